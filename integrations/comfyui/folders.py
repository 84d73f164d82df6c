"""The folders of the ComfyUI that the nodes run in."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

from ...graphs.located import beside


def input_folder() -> Path:
    """Where people put what workflows read; outside ComfyUI the working directory."""
    return _folder("get_input_directory")


def output_folder() -> Path:
    """Where workflows leave what they make; outside ComfyUI the working directory."""
    return _folder("get_output_directory")


def located(name: str, *, words: bool) -> str:
    """Where a typed name leads: below the input folder, if something is there, else as it is.

    Without ``words`` only a name with a slash is a path.
    """
    return beside(name, input_folder(), words)


def _folder(asked: str) -> Path:
    module: Any = sys.modules.get("folder_paths")
    return Path(getattr(module, asked)()) if hasattr(module, asked) else Path.cwd()
