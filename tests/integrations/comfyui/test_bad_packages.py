"""A bad package of nodes is told, at its node where it has one, and all others go on."""

from __future__ import annotations

import logging
import sys
from pathlib import Path
from typing import Any

import pytest
from comfy_stand_in import Comfy

from mezzotint.graphs.registry import Registry
from mezzotint.integrations.comfyui.pack import pack_of

GOOD = '''
from mezzotint import Images, node

@node(version=1)
def {name}(images: Images) -> Images:
    """Do something."""
    return {value}
'''


@pytest.fixture
def packages(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Any:
    """Installs packages of nodes: ``packages(name=source, …)`` gives ComfyUI with what they have."""

    installed: list[str] = []

    def install(**sources: str) -> Comfy:
        for name, source in sources.items():
            installed.append(f"{name}_nodes")
            (tmp_path / f"{name}_nodes.py").write_text(source, "utf-8")
            info = tmp_path / f"{name}-1.0.dist-info"
            info.mkdir()
            (info / "METADATA").write_text(f"Metadata-Version: 2.1\nName: {name}\nVersion: 1.0\n", "utf-8")
            (info / "entry_points.txt").write_text(f"[mezzotint.nodes]\n{name} = {name}_nodes\n", "utf-8")
        monkeypatch.syspath_prepend(str(tmp_path))
        return Comfy(pack_of(Registry.load()).classes)

    yield install
    for name in installed:
        sys.modules.pop(name, None)


def workflow(class_type: str) -> dict[str, Any]:
    return {
        "1": {"class_type": "EmptyImage", "inputs": {"width": 8, "height": 8, "batch_size": 2, "color": 0}},
        "2": {"class_type": class_type, "inputs": {"images": ["1", 0]}},
        "3": {"class_type": "SaveImage", "inputs": {"images": ["2", 0]}},
    }


def test_a_good_package_is_on_the_canvas(packages: Any) -> None:
    comfy = packages(tidy=GOOD.format(name="negate", value="1 - images"))
    ran = comfy.run(workflow("Mezzotint.tidy.negate"))
    assert float(ran.outputs["2"][0][0].min()) == 1
    assert comfy.classes["Mezzotint.tidy.negate"].CATEGORY == "mezzotint/tidy"


def test_one_that_fails_at_import_is_logged_and_the_rest_is_there(
    packages: Any, caplog: pytest.LogCaptureFixture
) -> None:
    with caplog.at_level(logging.WARNING):
        comfy = packages(sadly="import nothing_like_it", tidy=GOOD.format(name="negate", value="1 - images"))
    assert comfy.run(workflow("Mezzotint.tidy.negate"))
    (told,) = [record.message for record in caplog.records if "sadly" in record.message]
    assert "mezzotint: the package sadly" in told
    assert "nothing_like_it" in told


def test_one_that_declares_a_node_twice_is_logged(packages: Any, caplog: pytest.LogCaptureFixture) -> None:
    twice = GOOD.format(name="negate", value="images") + GOOD.format(name="negate", value="1 - images")
    other = twice.replace("def negate", "def other", 1).replace(
        "node(version=1)", "node(version=1, name='negate')", 1
    )
    with caplog.at_level(logging.WARNING):
        comfy = packages(double=other, tidy=GOOD.format(name="negate", value="1 - images"))
    assert comfy.run(workflow("Mezzotint.tidy.negate"))
    assert "it is declared twice, in line 4 and in line 11" in caplog.text


def test_two_packages_may_call_a_node_alike(packages: Any) -> None:
    comfy = packages(
        one=GOOD.format(name="negate", value="images"), two=GOOD.format(name="negate", value="1 - images")
    )
    brightness = [
        float(comfy.run(workflow(f"Mezzotint.{name}.negate")).outputs["2"][0][0].max())
        for name in ("one", "two")
    ]
    assert brightness == [0, 1]


@pytest.mark.parametrize(
    ("value", "told"),
    [
        ("'a picture'", "wrong"),
        ("images[:1]", "2 items went in and 1 images came out"),
        ("images * 3 + 2", r"Images are in \[0, 1\]"),
        ("images / 0", "made NaN or infinity"),
    ],
)
def test_what_returns_another_thing_says_so_at_its_node(packages: Any, value: str, told: str) -> None:
    comfy = packages(wrong=GOOD.format(name="negate", value=value))
    with pytest.raises(Exception, match=told):
        comfy.run(workflow("Mezzotint.wrong.negate"))


def test_a_port_type_that_breaks_takes_its_node_along_and_nothing_else(
    packages: Any, caplog: pytest.LogCaptureFixture
) -> None:
    source = (
        GOOD.format(name="negate", value="1 - images")
        + '''
from typing import Annotated
from mezzotint.graphs.types import PortType

class Odd(PortType):
    name = "Odd"
    reads = "anything"

    def literal_schema(self):
        raise RuntimeError("no schema today")

@node(version=1)
def odd(thing: Annotated[str, Odd()], images: Images) -> Images:
    """Do something odd."""
    return images
'''
    )
    with caplog.at_level(logging.WARNING):
        comfy = packages(oddly=source)
    assert "the node oddly.odd@1 can't be shown: RuntimeError: no schema today" in caplog.text
    assert comfy.run(workflow("Mezzotint.oddly.negate"))
