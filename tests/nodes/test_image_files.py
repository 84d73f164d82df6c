"""Pictures from files, by what they hold; and to files of any name and kind, which carry their graph."""

from __future__ import annotations

import json
import os
import struct
import warnings
import zlib
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from PIL import Image
from PIL.PngImagePlugin import PngImageFile

import mezzotint
from mezzotint import each
from mezzotint.graphs.keys import Keys
from mezzotint.graphs.problem import GraphError
from mezzotint.graphs.program.graph import Graph
from mezzotint.graphs.store import Store
from mezzotint.nodes.carried import read_carried
from mezzotint.nodes.image_files import PictureFilesType, load_images, save_images
from mezzotint.nodes.picture_files import FirstPictureWarning, size
from mezzotint.nodes.picture_texts import LEFT_OUT, LONGEST_IN_JPEG, read, write

GRAPH = """
inputs: {scale: {each: [1, 2]}, photo: {each: {folder: photos}}}
nodes:
  picture: {use: load_images, file: $photo}
  big: {use: upscale, images: $picture, scale: $scale, method: nearest}
  saved: {use: save_images, images: $big, pattern: "PATTERN", quality: 95}
outputs: {saved: $saved}
"""


def picture(width: int = 24, height: int = 16, mode: str = "RGB") -> Image.Image:
    """Smooth, so that lossy formats hardly change it."""
    x, y = np.meshgrid(np.linspace(20, 230, width), np.linspace(40, 200, height))
    bands = [x, y, (x + y) / 2, np.linspace(0, 255, width * height).reshape(height, width)]
    return Image.fromarray(np.stack(bands, -1).round().astype("uint8")[..., : len(mode)], mode)


@pytest.fixture
def photos(tmp_path: Path) -> Path:
    """Three files of two sizes."""
    folder = tmp_path / "photos"
    folder.mkdir()
    picture().save(folder / "a.png")
    picture(10, 10).save(folder / "b c.jpg", quality=95)
    picture(24, 16).rotate(180).save(folder / "d.webp", lossless=True)
    return folder


@pytest.fixture
def load(tmp_path: Path, photos: Path) -> Callable[..., Graph]:
    def load(text: str) -> Graph:
        (tmp_path / "graph.yaml").write_text(text)
        return mezzotint.load(tmp_path / "graph.yaml")

    return load


def key(graph: Graph) -> bytes:
    keys = Keys(graph.check())
    step = keys.graph.steps["picture"]
    from mezzotint.graphs.walk import plan_walks

    (walk,) = plan_walks(keys.graph, 1 << 20)
    return keys.of_box(walk, next(iter(walk.boxes())))[step.name][0]


def test_a_file_is_read_as_it_is(photos: Path) -> None:
    found = load_images([photos / "a.png", photos / "d.webp"])
    assert found.dtype == torch.float32
    assert found.shape == (2, 3, 16, 24)
    assert np.array_equal((found[0] * 255).round().numpy().transpose(1, 2, 0), np.asarray(picture()))


@pytest.mark.parametrize("orientation", range(1, 9))
def test_a_photo_on_its_side_is_read_upright(tmp_path: Path, orientation: int) -> None:
    exif = Image.Exif()
    exif[0x0112] = orientation
    path = tmp_path / "photo.png"
    picture().save(path, exif=exif)
    found = load_images([path])
    width, height = (16, 24) if orientation > 4 else (24, 16)
    assert found.shape == (1, 3, height, width)
    kind: Any = load_images.node_type.port("file").type  # type: ignore[attr-defined]
    assert kind.shape(path) == (width, height)


@pytest.mark.parametrize("mode", ["RGBA", "LA", "P"])
def test_the_background_shows_through(tmp_path: Path, mode: str) -> None:
    clear = Image.new("RGBA", (4, 4), (255, 0, 0, 0))
    clear.paste((0, 0, 0, 255), (0, 0, 2, 4))
    clear.convert(mode).save(tmp_path / "clear.png")
    white, green = (
        load_images([tmp_path / "clear.png"], background=name)[0] for name in ("white", "#00ff00")
    )
    assert white[:, :, :2].max() == green[:, :, :2].max() == 0
    assert white[:, :, 2:].min() == 1
    assert green[:, 0, 3].tolist() == [0, 1, 0]


def test_every_mode_of_white_is_white(tmp_path: Path) -> None:
    white = {
        "grey": Image.new("L", (4, 4), 255),
        "bits": Image.new("1", (4, 4), 1),
        "palette": Image.new("RGB", (4, 4), "white").convert("P"),
        "deep": Image.fromarray(np.full((4, 4), 65535, "uint16")),
    }
    for name, one in white.items():
        one.save(tmp_path / f"{name}.png")
    Image.new("CMYK", (4, 4), (0, 0, 0, 0)).save(tmp_path / "ink.jpg")
    Image.new("CMYK", (4, 4), (0, 0, 0, 0)).save(tmp_path / "ink.tif")
    Image.new("RGB", (4, 4), "white").save(tmp_path / "clear.png", transparency=(255, 255, 255))
    found = load_images(sorted(path for path in tmp_path.iterdir()))
    assert found.shape == (7, 3, 4, 4)
    assert (found == 1).all()


def test_greyscale_of_16_bits_keeps_them_and_colours_the_upper_8(tmp_path: Path) -> None:
    Image.fromarray(np.array([[0x0101, 0x80FF]], "uint16")).save(tmp_path / "grey.png")
    grey = load_images([tmp_path / "grey.png"])[0, 0, 0]
    assert torch.allclose(grey, torch.tensor([0x0101 / 65535, 0x80FF / 65535]))
    (tmp_path / "colour.png").write_bytes(deep_colours(np.array([[[0x0101, 0x80FF, 0xFFFF]]], ">u2")))
    colour = load_images([tmp_path / "colour.png"])[0, :, 0, 0]
    assert torch.allclose(colour, torch.tensor([0x01 / 255, 0x80 / 255, 1]))


def deep_colours(pixels: Any) -> bytes:
    """A PNG of 16 bits a channel, which Pillow can't write."""

    def chunk(kind: bytes, data: bytes) -> bytes:
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))

    height, width, _ = pixels.shape
    rows = b"".join(b"\0" + row.tobytes() for row in pixels)
    header = struct.pack(">IIBBBBB", width, height, 16, 2, 0, 0, 0)
    parts = [chunk(b"IHDR", header), chunk(b"IDAT", zlib.compress(rows)), chunk(b"IEND", b"")]
    return b"\x89PNG\r\n\x1a\n" + b"".join(parts)


def test_pixels_of_an_unknown_range_are_refused(tmp_path: Path) -> None:
    Image.fromarray(np.array([[0, 70_000]], "int32")).save(tmp_path / "deep.tif")
    with pytest.raises(ValueError, match=r"deep\.tif can't be read: its pixels have more than 16 bits"):
        load_images([tmp_path / "deep.tif"])
    Image.fromarray(np.array([[0.5]], "float32")).save(tmp_path / "float.tif")
    with pytest.raises(ValueError, match="no known range"):
        load_images([tmp_path / "float.tif"])


@pytest.mark.parametrize("ending", [".gif", ".webp", ".png", ".tif"])
def test_the_first_picture_stands_for_an_animation_and_that_is_said(tmp_path: Path, ending: str) -> None:
    frames = [Image.new("RGB", (4, 4), name) for name in ("white", "black")]
    frames[0].save(tmp_path / f"moving{ending}", save_all=True, append_images=frames[1:])
    with pytest.warns(FirstPictureWarning, match="the first was read"):
        assert (load_images([tmp_path / f"moving{ending}"]) == 1).all()


def test_the_size_of_a_png_is_told_without_decoding_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    picture(30, 20).save(tmp_path / "a.png")
    monkeypatch.setattr(PngImageFile, "load", lambda *_: pytest.fail("it was decoded"))
    assert size(tmp_path / "a.png") == (30, 20)


def test_wrong_files_and_colours_are_named(tmp_path: Path) -> None:
    (tmp_path / "no.png").write_text("no picture")
    with pytest.raises(ValueError, match=r"no\.png is not an image"):
        load_images([tmp_path / "no.png"])
    picture().save(tmp_path / "a.png")
    with pytest.raises(ValueError, match="background 'wite' is no colour; try white"):
        load_images([tmp_path / "a.png"], background="wite")


def test_a_large_picture_is_read_without_remarks(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    picture(30, 20).save(tmp_path / "large.png")
    monkeypatch.setattr(Image, "MAX_IMAGE_PIXELS", 400)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        assert load_images([tmp_path / "large.png"]).shape == (1, 3, 20, 30)
    monkeypatch.setattr(Image, "MAX_IMAGE_PIXELS", 200)
    with pytest.raises(ValueError, match=r"large\.png can't be read: .*exceeds limit"):
        load_images([tmp_path / "large.png"])


def test_a_file_is_looked_for_beside_the_graph(
    load: Callable[..., Graph], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "elsewhere").mkdir()
    monkeypatch.chdir(tmp_path / "elsewhere")
    text = "nodes: {picture: {use: load_images, file: photos/a.png}}\noutputs: {picture: $picture}"
    (tmp_path / "photos" / "a.png").rename(tmp_path / "a.png")
    graph = load(text.replace("photos/a.png", "a.png"))
    with Store(tmp_path / "store") as store:
        assert graph.run(store=store)["picture"].pil()[0].size == (24, 16)
        # The resolved graph finds it from anywhere.
        folder, _ = graph.run_to_folder(tmp_path / "run", store=store)
        assert mezzotint.load(folder / "graph.yaml").run(store=store)["picture"].pil()[0].size == (24, 16)
    carried = json.dumps(read_carried(folder / "images" / "picture" / "0.png").graph)
    assert str(tmp_path) not in carried
    assert '"a.png"' in carried
    picture(9, 9).save(tmp_path / "elsewhere" / "only here.png")
    elsewhere = load(text.replace("photos/a.png", "only here.png"))
    with Store(tmp_path / "store") as store:
        assert elsewhere.run(store=store)["picture"].pil()[0].size == (9, 9)
    with pytest.raises(GraphError, match=r"graph\.yaml:1:.*load_images\.file is 'b\.png'; there is no file"):
        load(text.replace("photos/a.png", "b.png")).check()
    for wrong, said in (
        ("7", "expected the path of a picture's file"),
        ("''", "expected the path of a picture's file"),
        ("photos", "a folder; its pictures are an input of each"),
    ):
        with pytest.raises(GraphError, match=said):
            load(text.replace("photos/a.png", wrong)).check()


def test_keys_are_of_content_whatever_a_file_is_called(load: Callable[..., Graph], photos: Path) -> None:
    text = "nodes: {picture: {use: load_images, file: photos/a.png}}\noutputs: {picture: $picture}"
    first = key(load(text))
    (photos / "a.png").rename(photos / "z.png")
    assert key(load(text.replace("a.png", "z.png"))) == first
    folder = "inputs: {photo: {each: {folder: photos, match: z.png}}}\n"
    assert key(load(folder + text.replace("photos/a.png", "$photo"))) == first
    picture(30, 30).save(photos / "z.png")
    os.utime(photos / "z.png", (1, 1))
    assert key(load(text.replace("a.png", "z.png"))) != first


def test_a_damaged_file_fails_alone(load: Callable[..., Graph], photos: Path, tmp_path: Path) -> None:
    (photos / "bad.png").write_bytes((photos / "a.png").read_bytes()[:60])
    graph = load(GRAPH.replace("PATTERN", "{photo}-{scale}.png"))
    with Store(tmp_path / "store") as store:
        folder, outcome = graph.run_to_folder(tmp_path / "run", store=store)
    assert len(outcome.failures) == 1
    assert "can't be read" in outcome.failures[0].message
    assert len(list((folder / "images" / "saved").iterdir())) == 6


@pytest.mark.parametrize("ending", ["png", "jpg", "webp"])
def test_files_have_their_name_kind_and_graph(
    load: Callable[..., Graph], tmp_path: Path, ending: str
) -> None:
    graph = load(GRAPH.replace("PATTERN", f"{{photo}}/x{{scale}}.{ending}"))
    with Store(tmp_path / "store") as store:
        folder, outcome = graph.run_to_folder(tmp_path / "run", store=store)
        assert not outcome.failures
        files = sorted((folder / "images" / "saved").rglob("*.*"))
        names = [file.relative_to(folder / "images" / "saved").as_posix() for file in files]
        assert names == [f"{photo}/x{scale}.{ending}" for photo in ("a", "b-c", "d") for scale in (1, 2)]
        with Image.open(files[1]) as found:
            assert found.format == {"png": "PNG", "jpg": "JPEG", "webp": "WEBP"}[ending]
            assert found.size == (48, 32)
            expected = np.asarray(picture().resize((48, 32), Image.Resampling.NEAREST), int)
            assert np.abs(np.asarray(found, int) - expected).mean() < (0.01 if ending == "png" else 3)
        carried = read_carried(files[1])
        assert (carried.output, len(carried.key)) == ("saved", 40)
        assert carried.graph["nodes"]["saved"]["pattern"] == f"a/x2.{ending}"
        assert carried.graph["nodes"]["picture"]["file"] == "a.png"
        assert carried.graph["inputs"] == {"scale": 2}
        assert str(tmp_path) not in json.dumps(carried.graph)
        # The graph in the file draws the file again.
        (photos := tmp_path / "photos").joinpath("graph.yaml").write_text(json.dumps(carried.graph))
        again, _ = mezzotint.load(photos / "graph.yaml").run_to_folder(tmp_path / "again", store=store)
        with (
            Image.open(again / "images" / "saved" / "a" / f"x2.{ending}") as redrawn,
            Image.open(files[1]) as one,
        ):
            assert np.array_equal(np.asarray(redrawn), np.asarray(one))


def test_a_lost_file_is_written_again_by_the_same_command(load: Callable[..., Graph], tmp_path: Path) -> None:
    graph = load(GRAPH.replace("PATTERN", "{photo}-{scale}.jpg"))
    with Store(tmp_path / "store") as store:
        folder, _ = graph.run_to_folder(tmp_path / "run", store=store)
        lost = folder / "images" / "saved" / "a-2.jpg"
        content = lost.read_bytes()
        lost.unlink()
        _, outcome = graph.run_to_folder(tmp_path / "run", store=store)
        assert lost.read_bytes() == content
        assert dict(outcome.made) == {"saved": 1}
        _, outcome = graph.run_to_folder(tmp_path / "run", store=store)
        assert not outcome.made


def test_of_a_pattern_only_its_ending_enters_keys(load: Callable[..., Graph]) -> None:
    def key_of(pattern: str) -> bytes:
        keys = Keys(load(GRAPH.replace("PATTERN", pattern)).check())
        return keys.digest_of(keys.graph.steps["saved"])

    assert key_of("{index}.png") == key_of("{photo}-{scale}.PNG") != key_of("{index}.jpg")


def test_saved_pictures_are_pictures_in_python_too(load: Callable[..., Graph], tmp_path: Path) -> None:
    graph = load(GRAPH.replace("PATTERN", "{photo}-{scale}.webp"))
    with Store(tmp_path / "store") as store:
        assert graph.run(store=store, scale=each(1, 3))["saved"].pil()[3].size == (72, 48)


def test_quality_is_that_of_lossy_files(tmp_path: Path) -> None:
    images = load_images([_saved(tmp_path / "a.png", picture(64, 64))])
    kind = PictureFilesType()

    def length(pattern: str, quality: int) -> int:
        return len(kind.export(save_images(images, pattern=pattern, quality=quality)[0], {}))

    for lossy in ("a.jpg", "a.JPEG", "a.webp"):
        assert length(lossy, 20) < length(lossy, 98)
    assert length("a.png", 20) == length("a.png", 98)
    with pytest.raises(ValueError, match=r"pattern 'a\.gif' has none of the endings \.png, \.jpg"):
        save_images(images, pattern="a.gif")


def test_picture_files_survive_the_store(tmp_path: Path) -> None:
    images = load_images([_saved(tmp_path / "a.png", picture())])
    kind = PictureFilesType()
    (item,) = kind.split(save_images(images, pattern="x.webp"), 1)
    again = kind.decode(kind.encode(item))
    assert (again.format, again.quality) == ("WEBP", 90)
    assert kind.export(again, {"a": "b"}) == kind.export(item, {"a": "b"})


def _saved(path: Path, image: Image.Image) -> Path:
    image.save(path)
    return path


@pytest.mark.parametrize("kind", ["PNG", "JPEG", "WEBP"])
def test_texts_are_read_back(tmp_path: Path, kind: Any) -> None:
    texts = {"mezzotint": json.dumps({"prompt": "ein Kätzchen 😀 $100"}), "other": "\x00\\ plain"}
    texts = texts if kind != "PNG" else {"mezzotint": texts["mezzotint"], "other": "plain"}
    (path := tmp_path / "picture").write_bytes(write(picture(), kind, texts))
    with Image.open(path) as found:
        assert texts.items() <= read(found).items()


def test_what_a_jpeg_has_no_room_for_is_left_out_and_said(tmp_path: Path) -> None:
    texts = {"mezzotint": "x" * (LONGEST_IN_JPEG + 1), "mezzotint:key": "c0ffee"}
    (path := tmp_path / "picture.jpg").write_bytes(write(picture(), "JPEG", texts))
    with Image.open(path) as found:
        kept = read(found)
    assert (kept["mezzotint:key"], kept[LEFT_OUT]) == ("c0ffee", "mezzotint")
    assert "mezzotint" not in kept
    with pytest.raises(ValueError, match="had no room for its graph"):
        read_carried(path)


def test_a_comment_of_another_program_is_no_text(tmp_path: Path) -> None:
    for comment in (b"ASCII\0\0\0{broken", b"ASCII\0\0\0[1]", b"UNICODE\0abc", b""):
        exif = Image.Exif()
        exif.get_ifd(0x8769)[0x9286] = comment
        picture().save(tmp_path / "a.jpg", exif=exif)
        with Image.open(tmp_path / "a.jpg") as found:
            assert "mezzotint" not in read(found)
