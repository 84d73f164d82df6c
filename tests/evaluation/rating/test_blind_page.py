"""The folder for raters: what is in it, and that nothing in it tells who made a picture."""

from __future__ import annotations

import json
import os
import re
import struct
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from mezzotint.evaluation.rating.blind_page import make_page
from mezzotint.evaluation.rating.key import RatingKey, read_key
from mezzotint.evaluation.rating.pairing import Contestant
from mezzotint.graphs.problem import GraphError


def shown(rating: Path) -> dict[str, object]:
    """What the page knows."""
    text = (rating / "page" / "pairs.js").read_text("utf-8")
    return json.loads(text.removeprefix("window.rating = ").rstrip().removesuffix(";"))


def chunks(png: bytes) -> Iterator[bytes]:
    """The names of a PNG's chunks."""
    at = 8
    while at < len(png):
        length, name = struct.unpack(">I4s", png[at : at + 8])
        yield name
        at += length + 12


def test_nothing_in_the_folder_names_a_contestant(key: RatingKey, rating: Path) -> None:
    page = rating / "page"
    for path in page.rglob("*"):
        assert not re.search("ours|theirs", str(path.relative_to(page)))
        if path.is_file():
            assert not re.search(rb"\bours\b|\btheirs\b|key\.json", path.read_bytes())


def test_pictures_keep_their_pixels_and_nothing_else(key: RatingKey, rating: Path, tmp_path: Path) -> None:
    for pair in key.pairs:
        at = ("a red circle", "two stars", "a heart", "a blue box").index(pair.prompt)
        for name, number in pair.pictures.items():
            original = tmp_path / key.contestants[number] / f"{key.contestants[number]}-{at}-{pair.seed}.png"
            copy = rating / "page" / "pictures" / name
            assert (np.asarray(Image.open(copy)) == np.asarray(Image.open(original))).all()
            assert set(chunks(copy.read_bytes())) == {b"IHDR", b"IDAT", b"IEND"}


def test_neither_times_nor_the_order_of_files_tell(key: RatingKey, rating: Path) -> None:
    assert len({path.stat().st_mtime for path in (rating / "page").rglob("*")}) == 1


def test_in_the_source_each_comes_first_half_of_the_time(key: RatingKey, rating: Path) -> None:
    listed = [list(pair["pictures"]) for pair in shown(rating)["pairs"]]  # type: ignore[attr-defined]
    first = Counter(key.by_number[number].pictures[one] for number, (one, _) in enumerate(listed, start=1))
    assert first == {0: 4, 1: 4}
    assert [pair.prompt for pair in key.pairs] != sorted(pair.prompt for pair in key.pairs)


def test_the_key_lies_beside_the_page_and_is_read_back(key: RatingKey, rating: Path) -> None:
    assert sorted(path.name for path in rating.iterdir()) == ["key.json", "page"]
    assert read_key(rating) == key
    assert key.contestants == ["ours", "theirs"]


def test_all_pairs_are_there_once(key: RatingKey) -> None:
    assert sorted((pair.prompt, pair.seed) for pair in key.pairs) == sorted(
        (prompt, seed) for prompt in ("a red circle", "two stars", "a heart", "a blue box") for seed in "01"
    )
    assert [pair.pair for pair in key.pairs] == list(range(1, 9))


def test_a_limit_takes_many_prompts_and_leaves_no_file_behind(contestants, rating: Path) -> None:
    key = make_page(contestants("ours", "theirs"), rating, limit=4)
    assert len({pair.prompt for pair in key.pairs}) == 4
    assert len(list((rating / "page" / "pictures").iterdir())) == 8


def test_equal_failed_and_damaged_pictures_are_left_out_and_counted(contestants, rating: Path) -> None:
    ours, theirs = contestants("ours", "theirs")
    equal, failed, damaged = list(ours.pictures)[:3]
    theirs.pictures[equal].write_bytes(ours.pictures[equal].read_bytes())
    theirs.pictures[damaged].write_bytes(b"no picture")
    key = make_page([ours, Contestant("theirs", {**theirs.pictures, failed: None})], rating)
    assert key.left_out == {"identical": 1, "failed": 1, "unreadable": 1}
    assert len(key.pairs) == 5


def test_the_same_again_keeps_votes_that_lie_in_the_folder(contestants, rating: Path) -> None:
    both = contestants("ours", "theirs")
    first = make_page(both, rating)
    (rating / "votes-ann.jsonl").write_text("{}\n")
    os.remove(rating / "page" / "rate.js")
    assert make_page(both, rating).page == first.page
    assert (rating / "page" / "rate.js").exists()
    assert (rating / "votes-ann.jsonl").exists()


def test_another_page_is_not_written_over_one_that_may_have_votes(contestants, rating: Path) -> None:
    both = contestants("ours", "theirs")
    before = make_page(both, rating)
    with pytest.raises(GraphError, match="holds another page"):
        make_page(both, rating, question="Which is prettier?")
    assert read_key(rating) == before


def test_a_folder_of_something_else_is_left_alone(contestants, rating: Path) -> None:
    rating.mkdir()
    (rating / "thesis.txt").write_text("mine")
    with pytest.raises(GraphError, match="holds no page"):
        make_page(contestants("ours", "theirs"), rating)
    assert [path.name for path in rating.iterdir()] == ["thesis.txt"]


def test_runs_without_a_prompt_in_common_are_told(contestants, rating: Path) -> None:
    (ours,), (theirs,) = contestants("ours", prompts=["a"]), contestants("theirs", prompts=["b"])
    with pytest.raises(GraphError, match="ours, theirs: no prompt and settings in common"):
        make_page([ours, theirs], rating)
    assert not rating.exists()


def test_runs_of_equal_pictures_leave_nothing_to_ask(contestants, rating: Path) -> None:
    (ours,) = contestants("ours")
    with pytest.raises(GraphError, match="8 whose pictures are equal to the pixel"):
        make_page([ours, Contestant("theirs", ours.pictures)], rating)


def test_a_prompt_can_hold_anything(contestants, rating: Path) -> None:
    prompt = "</script><b>½ \u2028 ‘שלום’"
    make_page(contestants("ours", "theirs", prompts=[prompt]), rating)
    assert {pair["prompt"] for pair in shown(rating)["pairs"]} == {prompt}  # type: ignore[attr-defined]


@pytest.mark.parametrize(
    ("damage", "said"),
    [
        (lambda key: "{", "is no key of a rating page"),
        (lambda key: key.replace('"seed": 0', '"seed": "none"'), "seed: "),
        (lambda key: key.replace('"pair": 2', '"pair": 1'), "pair 1 is there twice"),
        (lambda key: key.replace('.png": 1', '.png": 7'), "is not of two of the 2 contestants"),
    ],
)
def test_a_damaged_key_is_told_in_one_message(key: RatingKey, rating: Path, damage, said: str) -> None:
    path = rating / "key.json"
    path.write_text(damage(path.read_text("utf-8")), "utf-8")
    with pytest.raises(GraphError, match=said):
        read_key(rating)


def test_a_picture_shown_in_several_pairs_is_one_file(contestants, rating: Path) -> None:
    key = make_page(contestants("one", "two", "three", seeds=["0"]), rating)
    assert len(key.pairs) == 12
    assert len(list((rating / "page" / "pictures").iterdir())) == 12
