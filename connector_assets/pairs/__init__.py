"""One folder for each pair of systems; in it one module or folder for each flow, named as in the docs."""

from pkgutil import extend_path

# folders of other distributions count too: their systems and pairs are found as ours are
__path__ = extend_path(__path__, __name__)
