"""``mezzotint run IMAGE``: nothing that a picture carries is trusted, and what is drawn is compared."""

from __future__ import annotations

import json
import os
import pty
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image
from PIL.PngImagePlugin import PngInfo
from typer.testing import Result

from mezzotint.cli.difference import difference

Invoke = Callable[..., Result]

#: A picture without a model: a photo, enlarged.
GRAPH = """\
inputs:
  size: {each: [2, 3]}
  photo: {each: {folder: photos}}
nodes: {paint: {use: stripes, number: $size}, big: {use: upscale, images: $paint, scale: $size}}
outputs: {big: $big}
"""
STRIPES = '''\
"""Pictures that need no model."""
from mezzotint import node
from mezzotint.graphs.types import Number
from mezzotint.nodes.pictures import Images

@node(version=1)
def stripes(number: Number) -> Images:
    """Stripes as wide as the number says."""
    import numpy, torch
    columns = numpy.arange(16)
    rows = [numpy.broadcast_to((columns // int(n)) % 2 * 0.5 + 0.25, (3, 16, 16)) for n in number]
    return torch.from_numpy(numpy.stack(rows).astype("float32"))
'''


@pytest.fixture
def picture(invoke: Invoke, folder: Path) -> Path:
    """A picture that a run wrote."""
    text = GRAPH.replace("  photo: {each: {folder: photos}}\n", "")
    (folder / "stripes.yaml").write_text(text)
    (folder / "stripes.py").write_text(STRIPES)
    ran = invoke("run", "stripes.yaml", "--nodes", "stripes.py", "--out", "first", "--quiet", toys=False)
    assert ran.exit_code == 0, ran.output
    return Path("first/images/big/1.png")


@pytest.fixture
def again(invoke: Invoke) -> Callable[..., Result]:
    return lambda *arguments: invoke("run", *map(str, arguments), "--nodes", "stripes.py", toys=False)


def carrying(path: Path, **texts: str) -> Path:
    info = PngInfo()
    for key, value in texts.items():
        info.add_text(key, value)
    Image.new("RGB", (4, 4)).save(path, pnginfo=info)
    return path


def test_a_picture_is_drawn_again_and_found_equal(again: Callable[..., Result], picture: Path) -> None:
    result = again(picture, "--yes", "--out", "second", "--fresh")
    assert result.exit_code == 0
    assert "use: toys" not in result.stderr
    assert "    size: 3" in result.stderr
    assert "use   stripes.stripes, upscale" in result.stderr
    assert result.stdout.endswith("second/images/big/0.png: equal, pixel for pixel\n")
    assert "--fresh draws it anew" in again(picture, "--yes", "--out", "second").stdout


def test_the_comparison_is_an_event_of_json_and_quiet_says_nothing(
    again: Callable[..., Result], picture: Path
) -> None:
    told = [json.loads(line) for line in again(picture, "--yes", "--json").stdout.splitlines()]
    assert [event["event"] for event in told[-2:]] == ["finished", "compared"]
    assert (told[-1]["largest"], told[-1]["same_key"]) == (0, True)
    quiet = again(picture, "--yes", "--quiet")
    assert (quiet.stdout, quiet.stderr) == ("", "")


def test_what_a_picture_says_of_its_output_leads_nowhere_else(
    again: Callable[..., Result], picture: Path, folder: Path
) -> None:
    with Image.open(picture) as opened:
        texts = {key: value for key, value in opened.info.items() if isinstance(value, str)}
    (folder / "elsewhere").mkdir()
    (folder / "elsewhere" / "torn.png").write_bytes(b"nothing that could be read")
    strange = carrying(folder / "strange.png", **{**texts, "mezzotint:output": "../../elsewhere"})
    assert "second/images/big/0.png" in again(strange, "--yes", "--out", "second").stdout


def test_without_a_terminal_nothing_is_drawn_unasked(again: Callable[..., Result], picture: Path) -> None:
    result = again(picture, "--out", "second")
    assert result.exit_code == 2
    assert "say --yes" in result.stderr
    assert not Path("second").exists()


@pytest.mark.parametrize(("answer", "drawn"), [(b"y\n", True), (b"n\n", False)])
def test_at_a_terminal_it_asks(picture: Path, folder: Path, answer: bytes, drawn: bool) -> None:
    here, there = pty.openpty()
    script = "from mezzotint.cli import main; main()"
    process = subprocess.Popen(
        [sys.executable, "-c", script, "run", str(picture), "--nodes", "stripes.py", "--out", "second"],
        stdin=there,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        cwd=folder,
    )
    os.close(there)
    os.write(here, answer)
    out, said = process.communicate(timeout=60)
    os.close(here)
    assert process.returncode == 0, said
    assert b"Draw it?" in said
    assert (folder / "second").exists() == drawn
    assert (b"equal" in out) == drawn


def test_a_setting_from_outside_makes_another_picture_and_that_is_said(
    again: Callable[..., Result], picture: Path
) -> None:
    said = again(picture, "--yes", "--out", "second", "--set", "paint.number=5").stdout
    assert "differs: " in said
    assert "its key is another" in said
    larger = again(picture, "--yes", "--out", "third", "--set", "big.scale=2").stdout
    assert "32×32 pixels, and the file has 48×48" in larger


def test_another_picture_under_the_same_key_was_drawn_elsewhere(
    again: Callable[..., Result], picture: Path
) -> None:
    with Image.open(picture) as opened:
        texts = {key: value for key, value in opened.info.items() if isinstance(value, str)}
        size = opened.size
    info = PngInfo()
    for key, value in texts.items():
        info.add_text(key, value)
    Image.new("RGB", size, "red").save("changed.png", pnginfo=info)
    assert "its key is the same" in again("changed.png", "--yes", "--out", "second").stdout


@pytest.mark.parametrize("ending", ["jpg", "webp"])
def test_what_save_images_wrote_is_drawn_again_too(
    again: Callable[..., Result], picture: Path, folder: Path, ending: str
) -> None:
    (folder / "saved.yaml").write_text(
        "inputs: {size: {each: [2, 3]}}\n"
        "nodes:\n"
        "  paint: {use: stripes, number: $size}\n"
        f'  file: {{use: save_images, images: $paint, pattern: "{{size}}.{ending}"}}\n'
        "outputs: {file: $file}\n"
    )
    assert again("saved.yaml", "--out", "saved", "--quiet").exit_code == 0
    result = again(f"saved/images/file/3.{ending}", "--yes", "--out", "second")
    assert result.exit_code == 0
    assert "equal, pixel for pixel" in result.stdout


def test_what_a_graph_names_outside_itself_is_shown_before_any_of_it_is_opened(
    invoke: Invoke, folder: Path
) -> None:
    graph = {
        "inputs": {
            "p": {"each": {"file": "/secret/prompts.txt"}},
            "i": {"each": {"zip": {"a": {"folder": "../photos"}, "b": [1]}}},
            "source": {"each": ["starter", "owner/name"]},
        },
        "nodes": {
            "m": {"use": "load_model", "source": "$source"},
            "g": {"use": "graph", "file": "\u001b[2Jother.yaml"},
            "d": {"use": "fd", "images": "$i.a", "reference": "~/real", "over": "i"},
        },
        "outputs": {"d": "$d"},
    }
    path = carrying(folder / "strange.png", mezzotint=json.dumps(graph))
    result = invoke("run", str(path))
    assert result.exit_code == 2
    for expected in (
        "read  '/secret/prompts.txt' (input p)",
        "photos' (input i)",
        "read  'starter' (m.source)",
        "read  'owner/name' (m.source)",
        "other.yaml' (g)",
        "read  '~/real' (d.reference)",
        "read  'starter' (d.extractor)",
    ):
        assert expected in result.stderr
    assert "\x1b" not in result.stderr
    assert "no such file" not in result.stderr


def test_weights_named_without_their_path_say_what_to_give(invoke: Invoke, folder: Path) -> None:
    graph = {
        "nodes": {
            "model": {"use": "load_model@1", "source": "my-model"},
            "text": {"use": "text_encode@1", "model": "$model", "prompt": "a star"},
            "latent": {"use": "sample@1", "model": "$model", "conditioning": "$text", "seed": 1},
            "image": {"use": "decode@1", "model": "$model", "latents": "$latent"},
        },
        "outputs": {"image": "$image"},
    }
    path = carrying(folder / "mine.png", mezzotint=json.dumps(graph))
    result = invoke("run", str(path), "--yes")
    assert result.exit_code == 2
    assert "'my-model' doesn't exist" in result.stderr
    assert "--set model.source=PATH" in result.stderr


@pytest.mark.parametrize(
    ("texts", "expected"),
    [
        ({}, "carries no graph"),
        ({"prompt": "{}", "workflow": "{}"}, "come from ComfyUI"),
        ({"parameters": "a star\nSteps: 20"}, "AUTOMATIC1111"),
        ({"mezzotint:left_out": "mezzotint"}, "had no room for its graph"),
        ({"mezzotint": "{"}, "damaged: it is not JSON"),
        ({"mezzotint": "[" * 100_000}, "damaged: it is not JSON"),
        ({"mezzotint": "[" * 60 + "]" * 60}, "levels deep"),
        ({"mezzotint": "7"}, "a graph is a mapping"),
        (
            {"mezzotint": '{"nodes": {"a": {"use": "nothing"}}, "outputs": {"a": "$a"}}'},
            "no node type 'nothing'",
        ),
        ({"mezzotint": " " * (1 << 20) + "{}"}, "are the most"),
    ],
)
def test_what_is_no_graph_is_one_message(
    invoke: Invoke, folder: Path, texts: dict[str, str], expected: str
) -> None:
    result = invoke("run", str(carrying(folder / "odd.png", **texts)), "--yes")
    assert result.exit_code == 2
    assert expected in result.stderr
    assert "odd.png" in result.stderr


@pytest.mark.parametrize(
    "damage", [b"", b"no picture", b"\x89PNG\r\n\x1a\n", b"\x89PNG\r\n\x1a\n\x00\x00\x00\x0dIHDR"]
)
def test_a_damaged_file_is_one_message(invoke: Invoke, folder: Path, damage: bytes) -> None:
    (folder / "torn.png").write_bytes(damage)
    result = invoke("run", "torn.png", "--yes")
    assert result.exit_code == 2
    assert result.stderr.startswith("torn.png: this ")
    assert invoke("run", "absent.png", "--yes").stderr.startswith("absent.png: no such file")


def test_text_that_unpacks_to_far_more_than_it_takes_is_refused(invoke: Invoke, folder: Path) -> None:
    info = PngInfo()
    info.add_text("mezzotint", " " * (64 << 20), zip=True)
    Image.new("RGB", (4, 4)).save(folder / "bomb.png", pnginfo=info)
    assert (folder / "bomb.png").stat().st_size < 1 << 20
    result = invoke("run", "bomb.png", "--yes")
    assert result.exit_code == 2
    assert "bomb.png" in result.stderr


def test_a_graph_too_long_to_read_is_shown_in_part(invoke: Invoke, folder: Path) -> None:
    graph = {"inputs": {f"i{number}": number for number in range(300)}}
    result = invoke("run", str(carrying(folder / "long.png", mezzotint=json.dumps(graph))))
    assert "    i98: 98" in result.stderr.replace("      ", "    ")
    assert "201 more lines" in result.stderr
    assert "i200" not in result.stderr


def test_other_commands_say_where_to_take_a_picture(invoke: Invoke, folder: Path) -> None:
    carrying(folder / "odd.png")
    for command in ("check", "plan", "draw"):
        result = invoke(command, "odd.png")
        assert result.exit_code == 2
        assert "`mezzotint show odd.png`" in result.stderr


def test_differences_are_counted_at_8_bits(tmp_path: Path) -> None:
    pixels = np.full((4, 5, 3), 100, np.uint8)

    def saved(name: str, changed: Any) -> Path:
        Image.fromarray(changed).save(tmp_path / name)
        return tmp_path / name

    one = saved("one.png", pixels)
    assert difference(one, one).sentence == "equal, pixel for pixel"
    near, far = pixels.copy(), pixels.copy()
    near[0, 0, 0] = 101
    far[1:3, :, 1] = 200
    assert difference(saved("near.png", near), one).sentence == (
        "the same but for rounding: 1 of 20 pixels differ, by at most 1 of 255"
    )
    found = difference(saved("far.png", far), one)
    assert (found.pixels, found.largest) == (10, 100)
    assert found.sentence.startswith("differs: 10 of 20 pixels")
