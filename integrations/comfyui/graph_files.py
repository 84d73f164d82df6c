"""Which graph files a canvas can run: those in ComfyUI's own folders, and the examples of a clone."""

from __future__ import annotations

import hashlib
import importlib
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ...nodes.picture_texts import write

if TYPE_CHECKING:
    from PIL.Image import Image

#: The folder of graph files in ComfyUI's input folder and in each user's.
FOLDER = "mezzotint_graphs"
_SUFFIXES = (".yaml", ".yml")
#: The examples that come with a clone.
EXAMPLES = Path(__file__).parents[2] / "examples"


def graph_files() -> dict[str, Path]:
    """The graph files by name: the path below their folder, without its ending, with dots for slashes.

    Of equal names that of the input folder wins, then that of a user's, then the example.
    """
    found: dict[str, Path] = {}
    for folder in _folders():
        for path in sorted(folder.rglob("*")):
            inside = path.resolve().is_relative_to(folder.resolve())
            if path.suffix in _SUFFIXES and path.is_file() and inside:
                found.setdefault(".".join(path.relative_to(folder).with_suffix("").parts), path)
    return found


def graph_file(name: str) -> Path:
    """The graph file of a name; ValueError where there is none. A name is never taken for a path."""
    found = graph_files()
    if name not in found:
        raise ValueError(
            f"there is no graph {name!r} in {input_folder() / FOLDER}; there are {', '.join(found) or 'none'}"
        )
    return found[name]


def input_folder() -> Path:
    """ComfyUI's folder of what people give it."""
    return Path(_comfyui().get_input_directory())


def temporary_picture(picture: Image) -> Path:
    """A PNG of a picture in ComfyUI's folder of what it shows and throws away, named by what it holds."""
    data = write(picture, "PNG", {})
    name = f"{hashlib.blake2b(data, digest_size=16).hexdigest()}.png"
    path = Path(_comfyui().get_temp_directory()) / "mezzotint" / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(data)
    return path


def output_folder() -> Path:
    """ComfyUI's folder of what it keeps."""
    return Path(_comfyui().get_output_directory())


def _folders() -> Iterator[Path]:
    if "folder_paths" in sys.modules:  # else nobody is there but who reads the declarations
        yield input_folder() / FOLDER
        users = Path(_comfyui().get_user_directory())
        yield from (user / FOLDER for user in sorted(users.glob("*")) if user.is_dir())
    yield EXAMPLES


def _comfyui() -> Any:
    """ComfyUI's module of paths."""
    return importlib.import_module("folder_paths")
