"""``mezzotint rate``: a blind page from runs, and what votes on it come to."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import pytest
from typer.testing import Result

NODES = Path(__file__).with_name("painted_nodes.py")
GRAPH = """\
inputs:
  prompt: {each: [a red circle, a star, two hearts]}
  seed: {each: {range: 2}, per: prompt}
nodes:
  picture: {use: paint, text: $prompt, seed: $seed}
outputs: {images: $picture}
"""

Invoke = Callable[..., Result]


@pytest.fixture
def draw(invoke: Invoke, folder: Path) -> Callable[..., str]:
    """Run the painter's graph into a folder of a name."""
    (folder / "painted.yaml").write_text(GRAPH)

    def draw(name: str, *arguments: str, status: int = 0) -> str:
        result = invoke("run", "painted.yaml", "--nodes", str(NODES), "--out", name, *arguments, toys=False)
        assert result.exit_code == status, result.output
        return name

    return draw


@pytest.fixture
def rate(invoke: Invoke) -> Invoke:
    def rate(*arguments: str) -> Result:
        return invoke("rate", *arguments, toys=False)

    return rate


def votes(page: str, wanted: Callable[[dict[str, str]], str], rater: str = "ann") -> str:
    """A file of votes on every pair: ``wanted`` is given each pair's pictures by contestant, and chooses."""
    key = json.loads(Path(page, "key.json").read_text("utf-8"))
    path = Path(f"votes-{rater}.jsonl")
    lines = []
    for pair in key["pairs"]:
        pictures = {key["contestants"][number]: name for name, number in pair["pictures"].items()}
        vote = {
            "page": key["page"],
            "pair": pair["pair"],
            "choice": wanted(pictures),
            "left": next(iter(pair["pictures"])),
            "rater": rater,
            "at": "2026-01-01T00:00:00Z",
            "seconds": 1,
        }
        lines.append(json.dumps(vote) + "\n")
    path.write_text("".join(lines))
    return str(path)


def test_a_page_is_made_and_its_votes_are_counted(draw: Callable[..., str], rate: Invoke) -> None:
    made = rate(draw("plain"), draw("fancy", "--set", "picture.style=3"), "-o", "page")
    assert made.exit_code == 0, made.output
    assert "page/page/index.html: 6 pairs of 3 prompts, plain against fancy" in made.stdout
    counted = rate("page", "--votes", votes("page", lambda pictures: pictures["fancy"]))
    assert counted.exit_code == 0, counted.output
    assert "6 votes of 1 rater on 6 of 6 pairs, 3 prompts" in counted.stdout
    assert ["fancy", "plain"] in [line.split()[:2] for line in counted.stdout.splitlines()]
    assert "fancy and plain can't be told apart" in counted.stdout  # three prompts are few
    assert "every vote between plain | fancy went one way" in counted.stdout


def test_a_clear_preference_is_said(draw: Callable[..., str], rate: Invoke) -> None:
    many = ("--each", "prompt={file: prompts.txt}")
    Path("prompts.txt").write_text("".join(f"a picture of {number}\n" for number in range(20)))
    rate(
        draw("plain", *many), draw("fancy", *many, "--set", "picture.style=3"), "-o", "page", "--limit", "20"
    )
    result = rate("page", "--votes", votes("page", lambda pictures: pictures["fancy"]))
    assert "fancy is preferred to plain" in result.stdout


def test_of_three_runs_ranks_are_shown(draw: Callable[..., str], rate: Invoke) -> None:
    styles = [draw(f"style-{style}", "--set", f"picture.style={style}") for style in (1, 2, 3)]
    rate(*styles, "-o", "page")
    result = rate("page", "--votes", votes("page", lambda pictures: pictures[max(pictures)]))
    ranked = [line.split()[:2] for line in result.stdout.splitlines() if "style" in line]
    assert [name for _, name in ranked[:3]] == ["style-3", "style-2", "style-1"]


def test_a_run_that_was_stopped_is_rated_as_far_as_it_came(draw: Callable[..., str], rate: Invoke) -> None:
    record = Path(draw("plain"), "run.json")
    record.write_text(record.read_text("utf-8").replace('"complete": true', '"complete": false', 1), "utf-8")
    result = rate("plain", draw("fancy", "--set", "picture.style=3"), "-o", "page")
    assert result.exit_code == 0
    assert "note: plain isn't finished" in result.stderr


def test_json_has_every_number(draw: Callable[..., str], rate: Invoke) -> None:
    made = rate(draw("plain"), draw("fancy", "--set", "picture.style=3"), "-o", "page", "--json")
    assert json.loads(made.stdout)["pairs"] == 6
    ann = votes("page", lambda pictures: pictures["fancy"])
    bob = votes("page", lambda pictures: min(pictures.values()), rater="bob")
    told = json.loads(rate("page", "--votes", ann, "--votes", bob, "--json").stdout)
    assert told["votes"] == 12
    assert told["raters"] == {"ann": 6, "bob": 6}
    first, second = told["standings"]
    assert first["wins"] == second["losses"]
    assert first["strength"]["clusters"] == 3
    assert first["strength"]["interval"][0] < first["strength"]["value"]
    assert told["agreement"]["comparisons"] == 6
    assert told["duels"][0]["contestants"] == [first["contestant"], second["contestant"]]


def test_the_settings_of_one_run_are_rated(draw: Callable[..., str], rate: Invoke) -> None:
    made = rate(draw("sweep", "--each", "picture.style=1,2,3"), "-o", "page", "--json")
    told = json.loads(made.stdout)
    assert told["pairs"] == 18
    assert [name.split()[-1] for name in told["contestants"]] == ["1", "2", "3"]


def test_one_run_of_one_setting_has_nothing_to_choose_between(draw: Callable[..., str], rate: Invoke) -> None:
    result = rate(draw("plain"))
    assert result.exit_code == 2
    assert "plain has nothing to choose between" in result.stderr


def test_a_limit_and_a_question(draw: Callable[..., str], rate: Invoke) -> None:
    runs = draw("plain"), draw("fancy", "--set", "picture.style=3")
    rate(*runs, "-o", "page", "--limit", "3", "--question", "Which is prettier?", "--raters", "ann, bob")
    page = Path("page/page/pairs.js").read_text("utf-8")
    assert page.count('"pair":') == 3
    assert "Which is prettier?" in page
    assert '"bob"' in page


def test_failed_pictures_are_told(draw: Callable[..., str], rate: Invoke) -> None:
    prompts = ("--each", "prompt=fail,a star")
    whole = draw("whole", *prompts)
    failed = draw("failed", *prompts, "--set", "picture.style=7", status=3)
    made = rate(whole, failed, "-o", "page")
    assert made.exit_code == 0, made.output
    assert "2 pairs of 1 prompt" in made.stdout
    assert "not asked about: 2 pairs of which one picture couldn't be made" in made.stdout


def test_runs_of_one_name_are_told_apart(draw: Callable[..., str], rate: Invoke) -> None:
    made = rate(draw("mon/run"), draw("tue/run", "--set", "picture.style=3"), "-o", "page", "--json")
    assert json.loads(made.stdout)["contestants"] == ["mon/run", "tue/run"]


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["plain", "plain"], "plain is named twice"),
        (["plain", "nowhere"], "nowhere"),
        (["plain", "fancy", "--images", "image"], "plain has no pictures 'image'"),
        (["plain", "fancy", "-o", "graph.yaml"], "graph.yaml"),
        (["page", "plain"], "page is no run but a page that is made already"),
        (["plain", "--votes", "votes.jsonl"], "plain has no key.json"),
        (["page", "--votes", "votes.jsonl"], "votes.jsonl can't be read"),
        (["page", "fancy", "--votes", "votes.jsonl"], "for one page at a time"),
        (["page", "--votes", "votes.jsonl", "--limit", "3"], "--limit is for making a page"),
        (["page", "--votes", "painted.yaml"], "there are no votes on the page of page"),
    ],
)
def test_mistakes_are_told_in_a_line(
    draw: Callable[..., str], rate: Invoke, arguments: list[str], said: str
) -> None:
    assert rate(draw("plain"), draw("fancy", "--set", "picture.style=3"), "-o", "page").exit_code == 0
    result = rate(*arguments)
    assert result.exit_code == 2
    assert said in result.stderr
