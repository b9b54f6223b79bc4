"""One folder a pair of systems, one module or folder in it a flow, named as the flow is in the docs."""

from pkgutil import extend_path

# folders of other distributions count too: their systems and pairs are found as ours are
__path__ = extend_path(__path__, __name__)
