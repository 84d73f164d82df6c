"""Reducers that ask what their members are, and results that say something of each of them."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Annotated, Any

import pyarrow.parquet
import pytest

from mezzotint.graphs.members import Member, MemberColumns, Members
from mezzotint.graphs.node import DeclarationError, node
from mezzotint.graphs.program.graph import Graph
from mezzotint.graphs.registry import Registry
from mezzotint.graphs.run_tables import SCHEMA
from mezzotint.graphs.store import Store
from mezzotint.graphs.types import Number, PlainType

GRAPH = """
inputs:
  row: {each: [{prompt: a, kind: x}, {prompt: bb, kind: y}, {prompt: ccc, kind: x}]}
  seed: {each: {range: 2}, per: row}
  scale: {each: [1, 10]}
nodes:
  number: {use: draw, text: $row.prompt, seed: $seed, scale: $scale}
  spread: {use: spread, number: $number, over: [row, seed]}
outputs: {spread: $spread}
"""


class SpreadType(PlainType):
    name = "Spread"
    member_columns = ("deviation",)

    def parse(self, value: object) -> Any:
        return value

    def cell(self, item: dict[str, Any]) -> float:
        return float(item["value"])

    def details(self, item: dict[str, Any]) -> Mapping[str, Any]:
        return {"units": item["units"]}

    def by_member(self, item: dict[str, Any]) -> MemberColumns:
        return MemberColumns(("row", "seed"), item["places"], {"deviation": item["deviations"]})


class Spread:
    def __init__(self) -> None:
        self.numbers: list[float] = []
        self.members: list[Member] = []

    def update(self, number: Number, members: Members) -> None:
        self.numbers += number
        self.members += members

    def merge(self, other: Spread) -> None:
        raise NotImplementedError

    def compute(self) -> Annotated[dict[str, Any], SpreadType()]:
        middle = sum(self.numbers) / len(self.numbers)
        return {
            "value": max(self.numbers) - min(self.numbers),
            "units": sorted({member.unit for member in self.members}),
            "places": [[member.place["row"], member.place["seed"]] for member in self.members],
            "deviations": [number - middle for number in self.numbers],
        }


@node(version=1, better="lower")
def spread() -> Spread:
    """How far numbers lie apart."""
    return Spread()


@pytest.fixture
def run(registry: Registry, tmp_path: Path):
    registry.types["spread"] = spread.node_type

    def run_text(text: str = GRAPH) -> tuple[dict[str, Any], Sequence[dict[str, Any]]]:
        (tmp_path / "graph.yaml").write_text(text)
        with Store(tmp_path / "store") as store:
            folder, _ = Graph.load(tmp_path / "graph.yaml", registry).run_to_folder(
                tmp_path / "run", store=store
            )
        table = pyarrow.parquet.read_table(folder / "items.parquet").to_pylist()
        return json.loads((folder / "metrics.json").read_text()), table

    return run_text


def test_a_reducer_is_told_where_its_members_stand_and_of_which_unit_they_are(run) -> None:
    record, _ = run()
    first, second = record["metrics"]["spread"]["values"]
    assert first["point"] == {"scale": 1}
    assert first["units"] == second["units"] == ["a", "bb", "ccc"]


def test_what_a_result_says_of_its_members_is_a_column_of_the_items_table(run) -> None:
    record, table = run()
    members = [row for row in table if row["spread.deviation"] is not None]
    assert [(row["row.prompt"], row["seed.index"], row["scale"]) for row in members] == [
        (prompt, seed, scale) for prompt in ("a", "bb", "ccc") for seed in (0, 1) for scale in (1, 10)
    ]
    for value in record["metrics"]["spread"]["values"]:
        (scale,) = value["point"].values()
        here = [row["spread.deviation"] for row in members if row["scale"] == scale]
        assert sum(here) == pytest.approx(0)
        assert max(here) - min(here) == pytest.approx(value["value"])


def test_members_of_a_category_stand_among_all(run) -> None:
    record, table = run(GRAPH.replace("over: [row, seed]", "over: [row, seed], by: row.kind"))
    values = record["metrics"]["spread"]["values"]
    assert [(value["point"]["row.kind"], value["units"]) for value in values[:1]] == [("x", ["a", "ccc"])]
    assert sum(row["spread.deviation"] is not None for row in table) == 12


def test_the_same_run_again_keeps_what_was_said(run) -> None:
    assert run() == run()


def test_metrics_say_what_axes_are_and_how_scores_were_measured(run) -> None:
    record, _ = run()
    assert record["schema"] == SCHEMA
    assert record["axes"] == {
        "row": {"role": "unit", "length": 3, "label": "row.prompt"},
        "seed": {"role": "seed", "length": 2, "label": "seed", "per": ["row"]},
        "scale": {"role": "setting", "length": 2, "label": "scale"},
    }
    about = record["metrics"]["spread"]
    assert about["better"] == "lower"
    assert about["over"] == ["row", "seed"]
    assert about["protocol"]["number.text"] == "$prompt"
    assert about["protocol"]["number.node"].endswith(".draw@2")
    assert about["protocol"]["number.scale"] == "$scale"


def test_only_a_reducers_update_may_ask_for_members() -> None:
    with pytest.raises(DeclarationError, match="Members go to a reducer's update only"):

        @node(version=1)
        def wrong(number: Number, members: Members) -> Number:
            """Wrong."""
            return number
