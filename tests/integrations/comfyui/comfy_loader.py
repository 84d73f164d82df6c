"""How ComfyUI imports a pack of nodes: by its path, under a strange name."""

from __future__ import annotations

import importlib.util
import sys
from pathlib import Path
from types import ModuleType


def load_pack(folder: Path) -> ModuleType:
    """A folder or file of ``custom_nodes`` as ComfyUI imports it."""
    name = str(folder).replace(".", "_x_")
    spec = importlib.util.spec_from_file_location(name, folder / "__init__.py" if folder.is_dir() else folder)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules[name] = module
    spec.loader.exec_module(module)
    assert hasattr(module, "NODE_CLASS_MAPPINGS")
    return module
