"""The list of packages in pyproject.toml is the tree."""

import re
from pathlib import Path

ROOT = Path(__file__).parents[2]
NOT_PACKAGES = {"tests", "examples", "benchmarks", "build", "dist", "runs"}


def test_the_package_list_is_the_tree() -> None:
    text = (ROOT / "pyproject.toml").read_text("utf-8")
    block = re.search(r"^packages = \[(.*?)\]", text, re.DOTALL | re.MULTILINE)
    assert block is not None
    listed = re.findall(r'"([\w.]+)"', block.group(1))
    folders = [path.parent.relative_to(ROOT) for path in ROOT.rglob("__init__.py")]
    there = {
        ".".join(("mezzotint", *folder.parts))
        for folder in folders
        if not NOT_PACKAGES & set(folder.parts[:1]) and not any(part.startswith(".") for part in folder.parts)
    }
    assert sorted(listed) == sorted(there)


def test_folders_of_tests_and_examples_are_no_packages() -> None:
    assert not list((ROOT / "tests").rglob("__init__.py"))
    assert not list((ROOT / "examples").rglob("__init__.py"))
