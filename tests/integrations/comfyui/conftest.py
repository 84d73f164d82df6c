"""The pack as ComfyUI loads it, once for all tests."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

import pytest

sys.path.insert(0, str(Path(__file__).parent))

from comfy_loader import load_pack
from comfy_stand_in import Comfy

ROOT = Path(__file__).parents[3]


@pytest.fixture(scope="session")
def pack() -> Any:
    """The repository as a folder of ``custom_nodes``."""
    return load_pack(ROOT)


@pytest.fixture
def comfy(pack: Any) -> Comfy:
    """ComfyUI with the pack's nodes beside its own."""
    return Comfy(pack.NODE_CLASS_MAPPINGS)
