"""``docs/packages.md`` is what a package may rely on: page and code say the same."""

from __future__ import annotations

import importlib
import re
from pathlib import Path

import pytest

import mezzotint
from mezzotint.graphs.node_type import NodeType
from mezzotint.graphs.packages import ENTRY_POINT_GROUP
from mezzotint.graphs.registry import Registry
from mezzotint.graphs.types import PortType

PAGE = (Path(mezzotint.__file__).parent / "docs" / "packages.md").read_text("utf-8")
ROW = re.compile(r"^\| (`[^|]*`) \|", re.MULTILINE)


def listed(text: str) -> list[str]:
    """What stands in the first columns of the tables of a part of the page."""
    return [name for row in ROW.findall(text) for name in re.findall(r"`([^`]+)`", row)]


def names() -> dict[str, list[str]]:
    """The public names by module, as the page lists them."""
    section = PAGE.split("\n## Names\n")[1].split("\n## ")[0]
    _, *parts = re.split(r"^From `([\w.]+)`:", section, flags=re.MULTILINE)
    return {module: listed(text) for module, text in zip(parts[::2], parts[1::2], strict=True)}


def test_every_public_name_of_the_root_is_on_the_page_and_no_other() -> None:
    assert sorted(names()["mezzotint"]) == mezzotint.__all__


@pytest.mark.parametrize("module", names())
def test_every_name_on_the_page_can_be_imported(module: str) -> None:
    found = importlib.import_module(module)
    assert [name for name in names()[module] if not hasattr(found, name)] == []


def test_the_page_has_every_attribute_and_method_of_a_port_type_and_no_other() -> None:
    section = PAGE.split("\n## A port type\n")[1]
    public = {*PortType.__annotations__, *(name for name in vars(PortType) if not name.startswith("_"))}
    assert sorted(listed(section)) == sorted(public)


def test_the_page_names_the_entry_point_group_and_the_arguments_of_node() -> None:
    assert f'[project.entry-points."{ENTRY_POINT_GROUP}"]' in PAGE
    arguments = mezzotint.node.__kwdefaults__
    assert [name for name in arguments if f"`{name}`" not in PAGE] == []


def test_the_node_on_the_page_can_be_declared_called_and_converted(tmp_path: Path) -> None:
    (code,) = re.findall(r"```python\n(.*?)```", PAGE, re.DOTALL)
    (tmp_path / "shown.py").write_text(code, "utf-8")
    registry = Registry()
    registry.add_file(tmp_path / "shown.py")
    shown: NodeType = registry["brightness"]
    assert shown.converts[2]({"images": "$image"}) == {"images": "$image"}
    assert shown.converts[1]({"images": "$image", "percent": 25}) == {"images": "$image", "share": 0.25}
    with pytest.raises(ValueError, match=r"percent is \$given"):
        shown.converts[1]({"percent": "$given"})
    import torch

    picture = torch.zeros(1, 3, 2, 2)
    picture[0, :, 0, 0] = 1
    assert shown.function(picture, share=0.5) == [0.5]
