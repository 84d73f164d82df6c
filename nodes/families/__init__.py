"""One adapter a model family, and the one place where weights are loaded."""

from .detection import SUPPORTED, detect
from .family import Family
from .loaded import adapter

__all__ = ["SUPPORTED", "Family", "adapter", "detect"]
