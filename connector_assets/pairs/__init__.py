"""One folder a pair of systems, one module or folder in it a flow, named as the flow is in the docs."""
