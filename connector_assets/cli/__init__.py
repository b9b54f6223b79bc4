"""The `connector` command: the same engine without the web page."""

from connector_assets.cli.app import main

__all__ = ["main"]
