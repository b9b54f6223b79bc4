"""One folder for each system: its entities as sources, and its `System` object."""

from pkgutil import extend_path

# folders of other distributions count too: their systems and pairs are found as ours are
__path__ = extend_path(__path__, __name__)
