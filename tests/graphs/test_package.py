"""The list of packages in pyproject.toml is the tree; the root has every public name, and loads little."""

import re
import subprocess
import sys
from pathlib import Path

import pytest

import mezzotint
from mezzotint.graphs.registry import Registry
from mezzotint.graphs.types import PortType

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


def test_every_public_name_is_at_the_root_and_imports_no_torch() -> None:
    code = (
        "import sys, mezzotint\n"
        "before = set(sys.modules)\n"
        "found = [getattr(mezzotint, name) for name in mezzotint.__all__]\n"
        "print('numpy' in before, 'torch' in sys.modules)"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout == "False False\n"


def test_nodes_are_at_hand_after_importing_the_package_alone() -> None:
    code = (
        "import sys, mezzotint; mezzotint.nodes.upscale, mezzotint.evaluation; print('torch' in sys.modules)"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout == "False\n"


@pytest.mark.parametrize(
    "name",
    [
        "AnyValue",
        "Boolean",
        "Conditioning",
        "Detections",
        "Images",
        "Integer",
        "Latents",
        "Members",
        "Model",
        "Number",
        "Points",
        "Record",
        "Text",
    ],
)
def test_the_root_has_the_types_of_ports(name: str) -> None:
    (kind,) = getattr(mezzotint, name).__metadata__
    assert isinstance(kind, PortType)
    assert kind.name == name.removesuffix("Value")


@pytest.mark.parametrize("document", ["README.md", "CONTRIBUTING.md"])
def test_the_node_that_a_document_shows_can_be_declared(document: str, tmp_path: Path) -> None:
    text = (ROOT / document).read_text("utf-8")
    shown, *_ = re.findall(r"^( *)```python\n((?:(?!```)[\s\S])*@node[\s\S]*?)```", text, re.MULTILINE)
    indent, code = shown
    code = re.sub(f"^{indent}", "", code, flags=re.MULTILINE)
    # A file in nodes/ imports relatively; the same names are at the root.
    code = re.sub(r"^from \.\S* import", "from mezzotint import", code, flags=re.MULTILINE)
    (tmp_path / "shown.py").write_text(code, "utf-8")
    registry = Registry()
    registry.add_file(tmp_path / "shown.py")
    (declared,) = set(registry.names())
    assert [port.type.name for port in registry[declared].ports] == ["Images"]
