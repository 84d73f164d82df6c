"""`mezzotint score`: pictures from anywhere, tied to their prompts, scored by a graph like any other."""

from __future__ import annotations

import json
import os
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow.parquet
import pytest
from PIL import Image
from typer.testing import Result

NODES = Path(__file__).with_name("scored_nodes.py")
METRICS = "brightness,length,judge,extremes"

Score = Callable[..., Result]


@pytest.fixture
def score(invoke: Callable[..., Result]) -> Score:
    """Run `mezzotint score` with the toy metrics at hand."""

    def score(*arguments: str) -> Result:
        return invoke("score", *arguments, "--nodes", str(NODES), toys=False)

    return score


@pytest.fixture
def results(score: Score) -> Callable[..., dict[str, dict[str, Any]]]:
    """The results of a command by metric."""

    def results(*arguments: str) -> dict[str, dict[str, Any]]:
        events = [json.loads(line) for line in score(*arguments, "--json").stdout.splitlines()]
        assert events[-1]["event"] == "scored"
        return {entry["metric"]: entry for entry in events[-1]["results"]}

    return results


def draw(path: Path, level: int, **options: Any) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    Image.new("RGB", (8, 8), (level, level, level)).save(path, **options)


@pytest.fixture
def pictures(folder: Path) -> Path:
    """Three pictures in a folder and a folder below it, whose names spell out their prompts."""
    draw(folder / "pictures" / "00000_a-red-cube.png", 0)
    draw(folder / "pictures" / "00001_two-stars.png", 255)
    draw(folder / "pictures" / "more" / "00002_a-heart.png", 255)
    return folder / "pictures"


def table(result: Result) -> dict[str, list[str]]:
    """The printed lines by metric: value, of, pictures, missing."""
    return {metric: [value, *rest] for metric, (value, _, _, *rest) in whole_table(result).items()}


def whole_table(result: Result) -> dict[str, list[str]]:
    """The printed lines by metric: value, standard error, interval, of, pictures, missing."""
    lines = (re.split(r" {2,}", line.strip()) for line in result.stdout.split("─\n")[1].splitlines())
    return {metric: cells for metric, *cells in lines}


def test_a_folder_is_scored_and_the_table_says_of_what(score: Score, pictures: Path) -> None:
    (pictures / "notes.md").write_text("no picture")
    result = score("pictures", "--metrics", METRICS)
    assert result.exit_code == 0
    assert table(result) == {
        "brightness": ["0.6667", "mean", "3", "0"],
        "length": ["8.667", "mean", "3", "0"],
        "judge.bright": ["0.6667", "share", "3", "0"],
        "extremes.low": ["0", "set", "3", "0"],
        "extremes.high": ["1", "set", "3", "0"],
    }
    assert "3 in pictures; beside 1 other file" in result.stdout
    assert "3 from file names, such as 'a red cube' of '00000_a-red-cube.png'" in result.stdout


def test_a_number_says_how_sure_it_is(score: Score, results: Any, pictures: Path) -> None:
    lines = whole_table(score("pictures", "--metrics", "length,extremes"))
    found = results("pictures", "--metrics", "length,extremes")["length"]
    low, high = found["interval"]
    assert low < found["value"] < high
    assert lines["length"][1:3] == [f"{found['standard_error']:.2g}", f"{low:.1f} to {high:.1f}"]
    assert lines["extremes.low"][1:3] == ["–", "–"]  # a reducer that doesn't say


def test_scores_of_each_picture_are_in_the_run_folder(score: Score, pictures: Path, folder: Path) -> None:
    score("pictures", "--metrics", "judge,length", "--out", "run")
    rows = pyarrow.parquet.read_table(folder / "run" / "items.parquet").to_pylist()
    assert {
        row["picture.name"]: (row["judge_why"], row["length"]) for row in rows if row["picture.name"]
    } == {
        "00000_a-red-cube.png": ("dark", 10),
        "00001_two-stars.png": ("bright", 9),
        "more/00002_a-heart.png": ("bright", 7),
    }


def test_only_new_pictures_are_scored_the_next_time(score: Score, pictures: Path, folder: Path) -> None:
    first = score("pictures", "--metrics", "brightness,extremes")
    again = score("pictures", "--metrics", "brightness,extremes")
    assert "nothing: all was there" in again.stdout
    assert table(again) == table(first)
    draw(pictures / "00003_a-star.png", 51)
    (pictures / "00000_a-red-cube.png").rename(pictures / "renamed one.png")
    events = [
        json.loads(line)
        for line in score("pictures", "--metrics", "brightness,extremes", "--json").stdout.splitlines()
    ]
    made = next(event["made"] for event in events if event["event"] == "finished")
    # Keys go by content: the renamed picture is none that is new, and only the extremes' set is read anew.
    assert made["brightness"] == 1
    assert events[-1]["results"][0]["value"] == pytest.approx((2 + 0.2) / 4)


def test_the_graph_runs_as_it_is_printed(score: Score, invoke: Any, pictures: Path, folder: Path) -> None:
    draw(pictures / "price $5 or ${x}.png", 100)
    draw(pictures / "no: '1e-3' \"quotes\" #, [a].png", 100)
    options = ("--metrics", "brightness,judge,length", "--set", "brightness.gain=3")
    printed = score("pictures", *options, "--as-graph")
    assert printed.exit_code == 0
    assert not (folder / "runs").exists()
    (folder / "elsewhere").mkdir()
    (folder / "elsewhere" / "score.yaml").write_text(printed.stdout)
    scored = score("pictures", *options, "--out", "scored")
    assert scored.exit_code == 0
    run = invoke("run", "elsewhere/score.yaml", "--out", "run", "--nodes", str(NODES), toys=False)
    assert run.exit_code == 0, run.output
    assert "nothing: all was there" in run.stdout
    mine, theirs = (json.loads((folder / name / "metrics.json").read_text()) for name in ("scored", "run"))
    assert mine == theirs
    assert mine["metrics"]["brightness_mean"]["values"][0]["value"] > 1


def test_more_pictures_than_a_graph_file_holds_go_to_a_table(
    score: Score, invoke: Any, pictures: Path, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("mezzotint.cli.scoring.graph.MAX_BYTES", 200)
    text = score("pictures", "--metrics", "length", "--as-graph").stdout
    assert re.search(r"picture:\s+each:\s+file: .*\.jsonl$|{each: {file: .*\.jsonl}}", text, re.MULTILINE)
    (folder / "score.yaml").write_text(text)
    assert invoke("run", "score.yaml", "--nodes", str(NODES), toys=False).exit_code == 0


# What can't be scored


def test_what_a_metric_lacks_is_said_and_the_rest_is_scored(score: Score, folder: Path) -> None:
    draw(folder / "pictures" / "IMG_2034.png", 255)
    draw(folder / "pictures" / "IMG_2035.png", 255)
    result = score("pictures", "--metrics", "brightness,length,distance,needy")
    assert result.exit_code == 3
    assert table(result) == {
        "brightness": ["1", "mean", "2", "0"],
        **{name: ["–", "0", "2"] for name in ("length", "distance", "needy")},
    }
    assert "length: not scored: it needs prompts, and no picture has one: --prompts FILE" in result.stderr
    assert "distance: not scored: it needs a reference: --reference REF" in result.stderr
    assert "needy: not scored: it needs its option threshold: --set needy.threshold=…" in result.stderr
    given = score(
        "pictures", "--metrics", "distance,needy", "--reference", "starter", "--set", "needy.threshold=2"
    )
    assert given.exit_code == 0
    assert table(given)["needy"][0] == "2"


def test_weights_that_are_missing_keep_no_other_metric_from_being_made(score: Score, pictures: Path) -> None:
    result = score("pictures", "--metrics", "brightness,learned", "--set", "learned.weights=lost")
    assert result.exit_code == 3
    assert table(result)["brightness"] == ["0.6667", "mean", "3", "0"]
    assert "learned: not scored: the weights 'lost' could not be fetched" in result.stderr
    # A slip in an option is told, not hidden behind the weights that its default lacks.
    slip = score("pictures", "--metrics", "learned", "--set", "learned.wieghts=lost")
    assert "learned has no port or option 'wieghts'\n    did you mean 'weights'?" in slip.stderr
    assert table(score("pictures", "--metrics", "learned"))["learned"][0] == "1"


def test_nothing_that_can_be_scored_is_a_mistake(score: Score, pictures: Path, folder: Path) -> None:
    result = score("pictures", "--metrics", "distance")
    assert result.exit_code == 2
    assert "it needs a reference" in result.stderr
    assert not (folder / "runs").exists()


def test_pictures_without_a_prompt_are_counted_where_one_is_needed(
    score: Score, pictures: Path, folder: Path
) -> None:
    rows = [
        {"file": "00000_a-red-cube.png", "prompt": "a red cube"},
        {"file": "two.png", "prompt": "two stars"},
    ]
    (folder / "prompts.jsonl").write_text("\n".join(map(json.dumps, rows)))
    result = score("pictures", "--metrics", "brightness,length", "--prompts", "prompts.jsonl")
    assert result.exit_code == 3
    assert table(result) == {"brightness": ["0.6667", "mean", "3", "0"], "length": ["10", "mean", "1", "2"]}
    assert "1 from prompts.jsonl, by its column 'file'; 2 pictures have none" in result.stdout
    assert "prompts.jsonl:2:1: 1 row names no picture that is here ('two.png')" in result.stderr


def test_one_picture_has_scores_of_its_own_but_none_of_a_set(score: Score, pictures: Path) -> None:
    result = score("pictures/00001_two-stars.png", "--metrics", "brightness,extremes,length")
    assert result.exit_code == 3
    assert table(result) == {
        "brightness": ["1", "mean", "1", "0"],
        "extremes.low": ["–", "set", "0", "1"],
        "extremes.high": ["–", "set", "0", "1"],
        "length": ["9", "mean", "1", "0"],
    }
    assert "extremes: ValueError: extremes take at least 2 pictures" in result.stderr


@pytest.mark.parametrize(
    ("metrics", "said"),
    [
        ("britness", "'britness' is the name of no metric\n    did you mean 'brightness'?"),
        ("brightness,judge,brightness", "'brightness' stands there twice"),
        ("darker", "'darker' is no metric of pictures"),
        ("", "no metric is named\n    the metrics are "),
    ],
)
def test_wrong_names_of_metrics(score: Score, pictures: Path, metrics: str, said: str) -> None:
    result = score("pictures", "--metrics", metrics)
    assert result.exit_code == 2
    assert f"--metrics: {said}" in result.stderr


@pytest.mark.parametrize(
    ("setting", "said"),
    [
        ("britness.gain=2", "there is no metric 'britness' here to set\n    did you mean 'brightness'?"),
        ("brightness.gian=2", "has no port or option 'gian'\n    did you mean 'gain'?"),
        ("brightness.gain=11", "expected a number from 0 to 10"),
        ("brightness.over=picture", "'brightness.over' can't be set"),
        ("brightness.gain={each: [1, 2]}", "'brightness.gain' takes one value\n    each of several"),
    ],
)
def test_wrong_settings(score: Score, pictures: Path, setting: str, said: str) -> None:
    result = score("pictures", "--metrics", "brightness", "--set", setting)
    assert result.exit_code == 2
    assert said in result.stderr


def test_wrong_folders_references_and_tables(score: Score, pictures: Path, folder: Path) -> None:
    (folder / "empty").mkdir()
    (folder / "empty" / "a.txt").write_text("a")
    (folder / "table.csv").write_text("file,words\na.png,b\n")
    for arguments, said in (
        (("empty",), "empty: there is no picture in this folder; it holds 1 other file"),
        (("pictrues",), "pictrues: there is no such folder or picture\n    did you mean 'pictures'?"),
        (("empty/a.txt",), "this is no picture"),
        (("pictures", "--reference", "reel"), "--reference: there is no reference 'reel'"),
        (("pictures", "--prompts", "table.csv"), "there is no column of prompts; there is 'file', 'words'"),
        (("pictures", "--prompts", "tabel.csv"), "did you mean 'table.csv'?"),
    ):
        result = score(*arguments, "--metrics", "brightness")
        assert result.exit_code == 2
        assert said in result.stderr


# Odd pictures


def test_odd_pictures_are_scored_and_bad_ones_are_named(score: Score, folder: Path) -> None:
    pictures = folder / "pictures"
    draw(pictures / "plain.png", 255)
    Image.new("L", (3, 9), 255).save(pictures / "grey.png")
    Image.new("RGBA", (8, 8), (0, 0, 0, 0)).save(pictures / "clear.png")
    Image.new("CMYK", (8, 8), (0, 0, 0, 0)).save(pictures / "ink.jpg")
    Image.fromarray(np.full((4, 4), 65535, "uint16")).save(pictures / "deep.png")
    Image.new("RGB", (1, 1), "white").save(pictures / "dot.png")
    frames = [Image.new("RGB", (8, 8), name) for name in ("white", "black")]
    frames[0].save(pictures / "moving.gif", save_all=True, append_images=frames[1:])
    Image.new("RGB", (8, 8), "white").save(pictures / "白い四角.webp", lossless=True)
    (pictures / "damaged.png").write_bytes((pictures / "plain.png").read_bytes()[:50])
    (pictures / "empty.jpg").write_bytes(b"")
    os.symlink(folder / "nowhere", pictures / "broken.png")
    os.symlink(pictures, pictures / "loop")
    os.mkfifo(pictures / "pipe.png")
    result = score("pictures", "--metrics", "brightness")
    assert result.exit_code == 3
    assert table(result) == {"brightness": ["1", "mean", "8", "4"]}
    assert "12 in pictures; 2 can't be opened" in result.stdout
    for said in (
        "pictures/broken.png: left out: it links to nothing",
        "pictures/pipe.png: left out: it is not a regular file",
        "damaged.png can't be read",
        "empty.jpg is not an image",
        "image: of files that hold several pictures, such as animations, the first was read",
        "at picture 'damaged.png'",
    ):
        assert said in result.stderr


def test_a_name_that_is_no_text_is_left_out(score: Score, pictures: Path) -> None:
    try:
        os.rename(pictures / "00001_two-stars.png", os.fsencode(pictures) + b"/\xff.png")
    except OSError:
        pytest.skip("this file system takes only names in UTF-8")
    result = score("pictures", "--metrics", "brightness")
    assert result.exit_code == 3
    assert table(result) == {"brightness": ["0.5", "mean", "2", "1"]}
    assert "its name is not text in UTF-8" in result.stderr


def test_a_folder_of_nothing_but_what_cannot_be_opened(score: Score, folder: Path) -> None:
    (folder / "broken").mkdir()
    (folder / "broken" / "a\x1b[31m\nb.png").symlink_to(folder / "nowhere")
    result = score("broken", "--metrics", "brightness")
    assert result.exit_code == 2
    assert "none of the pictures can be opened" in result.stderr
    # Codes in names reach no terminal, and a message stays on its line.
    assert "broken/a\\x1b[31m\\nb.png: left out: it links to nothing\n" in result.stderr


def test_numbers_are_whole_in_a_narrow_window(
    score: Score, pictures: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("COLUMNS", "48")
    monkeypatch.setenv("FORCE_COLOR", "1")  # as on a terminal
    shown = re.sub(r"\x1b\[[0-9;]*m", "", score("pictures", "--metrics", METRICS).stdout)
    assert ["extremes.h", "1", "set", "3", "0"] in [line.split() for line in shown.splitlines()]
    assert ["brightness", "0.6667", "mean", "3", "0"] in [line.split() for line in shown.splitlines()]


def test_a_folder_is_named_with_its_dots(score: Score, pictures: Path, folder: Path) -> None:
    pictures.rename(folder / "sd-1.5")
    assert "Scores of the pictures in sd-1.5." in score("sd-1.5", "--metrics", "length", "--as-graph").stdout


def test_a_printed_graph_says_which_prompts_it_holds(score: Score, pictures: Path, folder: Path) -> None:
    (folder / "table.csv").write_text("file,prompt\n00000_a-red-cube.png,a red cube\n")
    result = score("pictures", "--metrics", "length", "--prompts", "table.csv", "--as-graph")
    assert "prompts: 1 from table.csv, by its column 'file'; 2 pictures have none\n" in result.stderr


def test_json_tells_what_the_table_does(results: Any, pictures: Path) -> None:
    found = results("pictures", "--metrics", "judge,distance")
    assert found["judge.bright"] == {
        "metric": "judge.bright",
        "value": pytest.approx(2 / 3),
        "of": "share",
        "pictures": 3,
        "missing": 0,
        "reason": "",
        "standard_error": pytest.approx(1 / 3),
        "interval": [pytest.approx(0.09, abs=0.1), pytest.approx(0.98, abs=0.1)],
        "clusters": 3,
    }
    assert found["distance"]["value"] is None
    assert "needs a reference" in found["distance"]["reason"]


def test_metrics_that_come_with_the_package(score: Score, pictures: Path) -> None:
    result = score("pictures", "--metrics", "diversity,clip_score")
    assert result.exit_code == 0, result.output
    found = table(result)
    assert found["diversity"][1:] == ["set", "3", "0"]
    assert found["clip_score"][1:] == ["mean", "3", "0"]
