"""The one place that imports private modules of Dagster: an upgrade that moves one is corrected here.

Each module only hands names on. They are apart so that a command loads what it needs.
"""
