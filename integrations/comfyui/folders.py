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


def expect_of_comfyui(path: str) -> None:
    """ValueError for a file outside of ComfyUI's folders: who may queue a workflow may not see all there is.

    Outside ComfyUI nothing happens.
    """
    if "folder_paths" not in sys.modules:
        return
    folders = (input_folder(), output_folder())
    if not any(Path(path).expanduser().resolve().is_relative_to(folder.resolve()) for folder in folders):
        raise ValueError(f"{path} is outside of ComfyUI's input folder {folders[0]}; put it there")


def _folder(asked: str) -> Path:
    module: Any = sys.modules.get("folder_paths")
    return Path(getattr(module, asked)()) if hasattr(module, asked) else Path.cwd()
