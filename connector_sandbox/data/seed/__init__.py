"""Made-up content: the same for the same seed, with every case that a sync has to get right."""

from __future__ import annotations

from .maker import load_seed

__all__ = ["load_seed"]
