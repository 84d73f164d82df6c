"""Where ComfyUI keeps files: checkpoints and upscalers below ``models``, pictures in ``input`` beside it."""

from __future__ import annotations

from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path, PurePosixPath, PureWindowsPath

from ....graphs.problem import nearest

INPUT = "input"
PICKLED = (".ckpt", ".pt", ".pth", ".bin", ".pkl")


@dataclass
class ModelsFolder:
    """Files by the names that workflows use. Without a folder, what they are called beside the graph file.

    ``beside`` is the graph file's folder, where pictures must be there; ``guessed`` gathers names that
    weren't looked for.
    """

    folder: Path | None = None
    beside: Path | None = None
    guessed: list[str] = field(default_factory=list)

    def weights(self, kind: str, name: str) -> str:
        """The path of a safetensors file below ``models/kind``; ValueError where there is none."""
        if name.lower().endswith(PICKLED):
            raise ValueError("a pickled file, which could run code when read; convert it to .safetensors")
        if not name.lower().endswith(".safetensors"):
            raise ValueError("no .safetensors file")
        return self._path(None if self.folder is None else self.folder / kind, name)

    def picture(self, name: str) -> str:
        """The path of a picture in ``input``, or in ``output`` or ``temp`` where the name says so."""
        place = INPUT
        for other in (INPUT, "output", "temp"):
            if name.endswith(f" [{other}]"):
                name, place = name.removesuffix(f" [{other}]"), other
        if self.folder is not None:
            return self._path(self.folder.parent / place, name)
        found = self._path(None, name)
        if self.beside is not None and not (self.beside / found).is_file():
            raise ValueError(
                f"not beside the graph, in {self.beside}; --models says where ComfyUI keeps its files"
            )
        return found

    def name_of(self, path: Path, kind: str) -> str:
        """What workflows call a file: its path below its folder, or its name where it is elsewhere."""
        if not path.is_absolute() and ".." not in path.parts:
            return path.as_posix()
        if self.folder is not None:
            home = self.folder.parent / kind if kind == INPUT else self.folder / kind
            with suppress(ValueError):
                return path.resolve().relative_to(home.resolve()).as_posix()
        return path.name

    def _path(self, home: Path | None, name: str) -> str:
        # Windows writes backslashes; whatever a stranger's file says may not lead out of the folder.
        parts = PureWindowsPath(name).parts if "\\" in name else PurePosixPath(name).parts
        if not parts or ".." in parts or PureWindowsPath(name).anchor or PurePosixPath(name).anchor:
            raise ValueError("not the name of a file in that folder")
        if home is None:
            self.guessed.append("/".join(parts))
            return f"./{'/'.join(parts)}"
        path = home.joinpath(*parts)
        try:
            found = path.is_file()
        except (OSError, ValueError):
            found = False
        if not found:
            raise ValueError(f"not in {home}; {_near(home, path)}")
        return str(path.resolve())


def _near(home: Path, path: Path) -> str:
    try:
        names = [entry.name for entry in path.parent.iterdir() if entry.is_file()]
    except OSError:
        return "is that ComfyUI's models folder?"
    return nearest(path.name, names) or f"{home} has no files"
