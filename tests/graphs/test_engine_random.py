"""Random graphs, run in random ways: results never depend on the walk."""

from __future__ import annotations

import json
import random
from collections import Counter
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass, field
from itertools import product
from pathlib import Path
from typing import Any

import pytest
import yaml
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from mezzotint.graphs import template
from mezzotint.graphs.calls import Interrupted
from mezzotint.graphs.check import CheckedGraph, Step, check
from mezzotint.graphs.draft import Output
from mezzotint.graphs.engine import Engine
from mezzotint.graphs.keys import Keys
from mezzotint.graphs.plan import plan
from mezzotint.graphs.problem import Place
from mezzotint.graphs.program.outputs import OutputValues, Results
from mezzotint.graphs.registry import Registry
from mezzotint.graphs.resolved import leading_to, resolve, resolve_at
from mezzotint.graphs.returned import parts_of
from mezzotint.graphs.running import Settings
from mezzotint.graphs.source import Tree, read_text
from mezzotint.graphs.spec import parse_spec
from mezzotint.graphs.store import Store
from mezzotint.graphs.values import as_item
from mezzotint.graphs.walk import plan_walks

INNER = """
inputs:
  text: {each: [inner one, inner two]}
  extra: {each: {range: 2}}
nodes:
  measured: {use: measure, text: "$text"}
  mixed: {use: mix, left: $measured, right: $extra}
  most: {use: gather, number: $mixed, over: extra}
outputs: {number: $mixed, gathered: $most}
"""


class Quiet(Registry):
    """A registry that is short in the report of a failed example."""

    def __repr__(self) -> str:
        return "Registry(…)"


@pytest.fixture(scope="module")
def registry() -> Registry:
    registry = Quiet()
    registry.add_module(template, "mezzotint")
    registry.add_file(Path(__file__).with_name("engine_nodes.py"))
    return registry


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("graphs")
    (folder / "inner.yaml").write_text(INNER, "utf-8")
    return folder


Spot = tuple[int, ...]


@pytest.fixture(scope="module")
def store(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Store]:
    with Store(tmp_path_factory.mktemp("store")) as store:
        yield store


@dataclass(frozen=True)
class Made:
    items: dict[str, Any]
    missing: int = 0


@dataclass
class Reference:
    """For each step and point what was made, None where it failed; and where steps failed by themselves."""

    graph: CheckedGraph
    made: dict[str, dict[Spot, Made | None]] = field(default_factory=dict)
    raised: dict[str, set[Spot]] = field(default_factory=dict)

    def __post_init__(self) -> None:
        for step in self.graph.steps.values():
            self.raised[step.name] = set()
            self.made[step.name] = self._reduce(step) if step.type.is_reducer else self._map(step)

    def output(self, name: str) -> list[tuple[Any, int] | None]:
        """An output over its points: (item, missing), None where it failed."""
        source = self.graph.outputs[name]
        if not isinstance(source, Output):
            axes = self.graph.axes_of(source)
            return [(source.at(point), 0) for point in self._points(axes)]
        return [
            None if made is None else (made.items[source.name], made.missing)
            for _, made in sorted(self.made[source.step].items())
        ]

    def _points(self, axes: tuple[str, ...]) -> list[dict[str, int]]:
        lengths = [range(len(self.graph.axes[axis])) for axis in axes]
        return [dict(zip(axes, place, strict=True)) for place in product(*lengths)]

    def _map(self, step: Step) -> dict[Spot, Made | None]:
        made: dict[Spot, Made | None] = {}
        for point in self._points(step.domain):
            arguments = self._arguments(step, point, [port.name for port in step.type.ports])
            place = tuple(point.values())
            if arguments is None:
                made[place] = None
                continue
            try:
                result = step.type.function(**arguments, **self._options(step, point))
                parts = parts_of(step.type, result)
                items = {name: kind.split(parts[name], 1)[0] for name, kind in step.type.outputs.items()}
                if not all(step.type.outputs[name].is_finite(item) for name, item in items.items()):
                    raise ValueError("not finite")
                made[place] = Made(items)
            except Exception:
                made[place] = None
                self.raised[step.name].add(place)
        return made

    def _reduce(self, step: Step) -> dict[Spot, Made | None]:
        sets: dict[Spot, list[dict[str, int]]] = {}
        for point in self._points(step.domain):
            at = dict(point)
            if step.grouping is not None:
                at[step.grouping.axis.name] = step.grouping.at(point)
            sets.setdefault(tuple(at[axis] for axis in step.axes), []).append(point)
        return {place: self._result(step, place, points) for place, points in sets.items()}

    def _result(self, step: Step, place: Spot, points: list[dict[str, int]]) -> Made | None:
        members = [(point, self._arguments(step, point, list(step.type.members))) for point in points]
        present = [(point, arguments) for point, arguments in members if arguments is not None]
        free = [port.name for port in step.type.ports if port.name not in step.type.members]
        given = self._arguments(step, points[0], free)
        if not present:
            self.raised[step.name].add(place)
        if not present or given is None:
            return None
        try:
            state = step.type.function(**given, **self._options(step, points[0]))
            for point, arguments in present:
                if step.type.points_port:
                    axes = self.graph.axes
                    where = {axis: (point[axis], axes[axis].values[point[axis]]) for axis in step.over}
                    arguments = {**arguments, step.type.points_port: [where]}
                state.update(**arguments)
            parts = parts_of(step.type, state.compute())
            items = {name: kind.single(parts[name]) for name, kind in step.type.outputs.items()}
        except Exception:
            self.raised[step.name].add(place)
            return None
        return Made(items, len(members) - len(present))

    def _arguments(self, step: Step, point: dict[str, int], names: list[str]) -> dict[str, Any] | None:
        arguments: dict[str, Any] = {}
        for name in names:
            port = step.type.port(name)
            if port is None or name not in step.ports:
                continue
            value = step.ports[name]
            batches = []
            for source in value if isinstance(value, tuple) else (value,):
                if isinstance(source, Output):
                    producer = self.graph.steps[source.step]
                    made = self.made[source.step][tuple(point[axis] for axis in producer.axes)]
                    if made is None:
                        return None
                    item = made.items[source.name]
                else:
                    item = as_item(port.type, source.at(point))
                batches.append(port.type.stack([item]))
            arguments[name] = batches if port.many else batches[0]
        return arguments

    def _options(self, step: Step, point: dict[str, int]) -> dict[str, Any]:
        return {
            option.name: option.setting(step.options[option.name].at(point)) for option in step.type.options
        }


class Draft:
    """A random graph in the making: what there is to refer to, by type, with its axes."""

    def __init__(self, chance: random.Random) -> None:
        self.chance = chance
        words = ["red", "blue", "a $5 bill", "on", "7"]
        self.inputs: dict[str, Any] = {}
        self.nodes: dict[str, Any] = {}
        self.texts: dict[str, frozenset[str]] = {}
        self.numbers: dict[str, frozenset[str]] = {}
        self.tools: dict[str, frozenset[str]] = {}
        self.settings: dict[str, frozenset[str]] = {}
        self.rows = False
        self.axes: list[str] = []
        if chance.random() < 0.8:
            self.inputs["prompt"] = {"each": chance.choices(words, k=chance.randint(1, 4))}
            self.texts["$prompt"] = frozenset({"prompt"})
            if chance.random() < 0.8:
                self.inputs["seed"] = {"each": {"range": chance.randint(1, 3)}, "per": "prompt"}
                self.numbers["$seed"] = frozenset({"prompt", "seed"})
        if chance.random() < 0.5:
            self.inputs["row"] = {
                "each": [
                    {"text": chance.choice(words), "kind": chance.choice("xy")}
                    for _ in range(chance.randint(1, 4))
                ]
            }
            self.texts["$row.text"] = self.texts["$row.kind"] = frozenset({"row"})
            self.rows = True
        if chance.random() < 0.5:
            self.inputs["index"] = {"each": {"range": chance.randint(1, 4)}}
            self.numbers["$index"] = frozenset({"index"})
            self.settings["$index"] = frozenset({"index"})
        if chance.random() < 0.5:
            self.inputs["factor"] = {"each": [chance.randint(1, 4) for _ in range(chance.randint(1, 3))]}
            self.settings["$factor"] = frozenset({"factor"})
        self.inputs["word"] = "plain"
        self.texts["$word"] = frozenset()
        self.texts["literal $$"] = frozenset()
        for number in range(chance.randint(1, 14)):
            self.add(f"n{number}")

    def pick(self, among: dict[str, frozenset[str]]) -> tuple[str, frozenset[str]]:
        names = list(among)
        if self.chance.random() < 0.6:
            names = names[-2:]
        name = self.chance.choice(names)
        return name, among[name]

    def option(self) -> tuple[Any, frozenset[str]]:
        if self.settings and self.chance.random() < 0.5:
            return self.pick(self.settings)
        return self.chance.randint(1, 3), frozenset()

    def number(self) -> tuple[Any, frozenset[str]]:
        return self.pick(self.numbers) if self.numbers else (self.chance.randint(0, 9), frozenset())

    def add(self, name: str) -> None:
        kinds = ["measure", "mix", "mix", "halves", "total", "guard", "name", "template", "tool", "graph"]
        kinds += ["work"] * bool(self.tools) + ["gather", "gather", "gather", "largest", "picky"]
        kinds += ["gather_with"] * 3 * bool(self.tools) + ["guard"]
        kind = self.chance.choice(kinds)
        written: dict[str, Any] = {"use": kind}
        if self.chance.random() < 0.25 and kind not in ("graph", "tool"):
            written["keep"] = self.chance.choice(["none", "memory", "disk"])
        axes: frozenset[str] = frozenset()
        if kind == "measure":
            written["text"], axes = self.pick(self.texts)
            written["factor"], more = self.option()
            axes |= more
        elif kind == "mix":
            written["left"], axes = self.number()
            written["right"], more = self.number()
            axes |= more
            written["factor"], more = self.option()
            axes |= more
        elif kind == "halves":
            written["number"], axes = self.number()
            self.numbers[f"${name}.low"] = self.numbers[f"${name}.high"] = axes
        elif kind == "total":
            if not self.numbers:
                return
            picked = [self.pick(self.numbers) for _ in range(self.chance.randint(1, 3))]
            written["numbers"] = [source for source, _ in picked]
            axes = frozenset().union(*(more for _, more in picked))
        elif kind == "work":
            written["tool"], axes = self.pick(self.tools)
            written["number"], more = self.number()
            axes |= more
        elif kind == "guard":
            written["number"], axes = self.number()
            written["modulus"] = self.chance.randint(2, 4)
        elif kind == "name":
            written["number"], axes = self.number()
            written["text"], more = self.pick(self.texts)
            axes |= more
        elif kind == "template":
            number, axes = self.number()
            source, more = self.pick({**self.texts, **self.settings})
            axes |= more
            inside = "".join(f"${{{part[1:]}}}" for part in (str(number), source) if part[0] == "$")
            written = {"use": "measure", "text": f"{inside} and $$"}
        elif kind == "tool":
            written["source"] = self.chance.choice(["saw", "file"])
            if "$factor" in self.settings and self.chance.random() < 0.5:
                written["device"] = "the ${factor}th"
                axes = self.settings["$factor"]
            self.tools[f"${name}"] = axes
        elif kind == "graph":
            written["file"] = "inner.yaml"
            own = frozenset({f"{name}.extra"})
            if self.chance.random() < 0.5:
                written["text"], axes = self.pick(self.texts)
            else:
                axes = frozenset({f"{name}.text"})
            self.numbers[f"${name}.number"] = axes | own
            self.numbers[f"${name}.gathered"] = axes
        else:
            number, member_axes = self.number()
            if not member_axes:
                return
            written["number"] = number
            free: frozenset[str] = frozenset()
            among = sorted(member_axes)
            over = frozenset(self.chance.sample(among, self.chance.randint(1, len(among))))
            if any("row.kind" in axis for axis in over):
                return
            if kind == "gather_with":
                usable = {tool: more for tool, more in self.tools.items() if not more & over}
                if not usable:
                    return
                written["tool"], free = self.pick(usable)
            if kind in ("gather", "gather_with") and self.settings:
                usable = {source: more for source, more in self.settings.items() if not more & over}
                if usable:
                    written["power"], more = self.pick(usable)
                    free |= more
            written["over"] = sorted(over)
            axes = (member_axes | free) - over
            if "row" in over and self.rows and self.chance.random() < 0.5:
                written["by"] = "row.kind"
                axes |= {"row.kind"}
        self.nodes[name] = written
        if kind in ("name", "largest"):
            self.texts[f"${name}"] = axes
        elif kind not in ("halves", "tool", "graph"):
            self.numbers[f"${name}"] = axes

    def graph(self) -> dict[str, Any]:
        sources = {**self.numbers, **self.texts, **self.tools}
        names = [source for source in sources if source[0] == "$" and source[1] == "n"]
        if not names:
            self.nodes["n0"] = {"use": "measure", "text": "$word"}
            names = ["$n0"]
        names.sort(key=lambda source: int(source[2:].partition(".")[0]))
        chosen = [names[-1], *self.chance.sample(names[:-1], min(len(names) - 1, self.chance.randint(0, 3)))]
        outputs = {f"out{index}": source for index, source in enumerate(chosen)}
        known = [source for source in self.texts if source[0] == "$" and "." not in source]
        if self.chance.random() < 0.5:
            outputs["known"] = self.chance.choice(known)
        return {"inputs": self.inputs, "nodes": self.nodes, "outputs": outputs}


graphs = st.integers(0, 1 << 32).map(lambda seed: Draft(random.Random(seed)).graph())


def checked(text: dict[str, Any], folder: Path, registry: Registry) -> CheckedGraph:
    return check(parse_spec(Tree.of(text, Place("graph.yaml")), "graph", folder), registry)


def run(graph: CheckedGraph, store: Store, *, stop_after: int | None = None, **how: Any) -> Results:
    results = Results(
        {
            name: OutputValues(name, None, {a: graph.axes[a].values for a in graph.axes_of(source)})
            for name, source in graph.outputs.items()
        }
    )
    calls = Counter[str]()

    def should_stop() -> bool:
        calls["asked"] += 1
        return stop_after is not None and calls["asked"] > stop_after

    carried = how.pop("carried", 1 << 20)
    engine = Engine(graph, store, results, settings=Settings(**how), should_stop=should_stop, carried=carried)
    results.outcome = engine.run()
    return results


def shown(results: Results) -> dict[str, list[tuple[Any, int] | None]]:
    return {
        name: [
            None if made.failure is not None else (made.item, made.missing)
            for _, made in sorted(values._delivered.items())
        ]
        for name, values in results.outputs.items()
    }


def expected(graph: CheckedGraph) -> dict[str, list[tuple[Any, int] | None]]:
    reference = Reference(graph)
    return {name: reference.output(name) for name in graph.outputs}


def plain(values: dict[str, list[tuple[Any, int] | None]]) -> Any:
    return {
        name: [entry and (getattr(entry[0], "source", entry[0]), entry[1]) for entry in entries]
        for name, entries in values.items()
    }


relaxed = settings(
    max_examples=60,
    deadline=None,
    suppress_health_check=[*HealthCheck],
    derandomize=False,
)


@given(
    text=graphs,
    block=st.sampled_from([1, 2, 3, 5, 64]),
    batch=st.sampled_from([None, 1, 2, 3]),
    carried=st.sampled_from([0, 600, 1 << 20]),
    chance=st.integers(0, 1 << 32).map(random.Random),
)
@relaxed
def test_results_never_depend_on_the_walk(
    text: dict[str, Any],
    block: int,
    batch: int | None,
    carried: int,
    chance: random.Random,
    folder: Path,
    registry: Registry,
    store: Store,
) -> None:
    graph = checked(text, folder, registry)
    wanted = plain(expected(graph))
    clear(store)
    with suppress(Interrupted):
        stop_after = chance.choice([None, 0, 1, 2, 5, 9])
        run(graph, store, stop_after=stop_after, block=block, batch=batch, carried=carried)
    results = run(graph, store, block=block, batch=batch, carried=carried)
    assert plain(shown(results)) == wanted
    damage(store, chance)
    results = run(graph, store, block=chance.choice([1, 4, 64]), carried=carried)
    assert plain(shown(results)) == wanted


def clear(store: Store) -> None:
    store._database.ask("DELETE FROM items")


def damage(store: Store, chance: random.Random) -> None:
    """Trim some entries, and spoil the bytes of others."""
    database = store._database
    for (key,) in database.ask("SELECT key FROM items"):
        lot = chance.random()
        if lot < 0.3:
            store.drop([key])
        elif lot < 0.5:
            database.ask("UPDATE items SET data = ? WHERE key = ?", (b"rubbish", key))


@given(texts=st.lists(graphs, min_size=2, max_size=4))
@relaxed
def test_a_key_names_the_same_item_in_every_graph(
    texts: list[dict[str, Any]], folder: Path, registry: Registry, store: Store
) -> None:
    clear(store)
    for text in texts:
        graph = checked(text, folder, registry)
        assert plain(shown(run(graph, store))) == plain(expected(graph))


def made_by_type(graph: CheckedGraph, results: Results) -> Counter[str]:
    made: Counter[str] = Counter()
    for step, count in results.outcome.made.items():
        made[graph.steps[step].type.name] += count
    return made


@given(text=graphs, block=st.sampled_from([1, 2, 3, 64]))
@relaxed
def test_every_item_is_made_once_and_never_again(
    text: dict[str, Any], block: int, folder: Path, registry: Registry, store: Store
) -> None:
    for written in text["nodes"].values():
        if written.get("keep") == "none":
            del written["keep"]
    graph = checked(text, folder, registry)
    clear(store)
    reference = Reference(graph)
    planned = plan(graph, store)
    results = run(graph, store, block=block)
    made = made_by_type(graph, results)
    fails = any(reference.raised.values())
    if not fails:
        assert made == distinct(graph)
        assert made == Counter(
            {
                kind: count
                for kind in made
                if (
                    count := sum(line.to_do for line in planned.steps.values() if line.step.type.name == kind)
                )
            }
        )
    ledger = {(failure.step, tuple(failure.point)) for failure in results.outcome.failures}
    assert len(ledger) <= len(results.outcome.failures)
    points = Counter((failure.step, json.dumps(failure.point)) for failure in results.outcome.failures)
    assert not points or max(points.values()) == 1
    assert {failure.step for failure in results.outcome.failures} <= {
        step for step, places in reference.raised.items() if places
    }
    again = run(graph, store, block=block)
    kept = {name for name, step in graph.steps.items() if step.keep == "disk"}
    reducers = {name for name, step in graph.steps.items() if step.type.is_reducer}
    assert not (again.outcome.made.keys() & kept) - (reducers if fails else set())
    if not fails and all(step.keep == "disk" for step in graph.steps.values()):
        assert plan(graph, store).to_do == 0


def distinct(graph: CheckedGraph) -> Counter[str]:
    """How many different items each node type has to make."""
    keys = Keys(graph)
    seen: dict[str, set[bytes]] = {}
    for walk in plan_walks(graph, 1 << 30):
        keys.reduce(walk)
        for box in walk.boxes():
            for name, found in keys.of_box(walk, box).items():
                seen.setdefault(graph.steps[name].type.name, set()).update(found)
        for step in walk.reducers:
            seen.setdefault(step.type.name, set()).update(keys.reduced[step.name])
    return Counter({kind: len(found) for kind, found in seen.items()})


@given(text=graphs)
@relaxed
def test_a_resolved_graph_reads_back_with_the_same_keys(
    text: dict[str, Any], folder: Path, registry: Registry
) -> None:
    graph = checked(text, folder, registry)
    again = read_back(resolve(graph), folder, registry)
    assert resolve(again) == resolve(graph)
    if tells_names(graph):
        return
    assert all_keys(again) == all_keys(graph)
    assert plain(expected(again)) == plain(expected(graph))


@given(text=graphs, chance=st.integers(0, 1 << 32).map(random.Random))
@relaxed
def test_the_graph_of_one_point_makes_that_item(
    text: dict[str, Any], chance: random.Random, folder: Path, registry: Registry
) -> None:
    graph = checked(text, folder, registry)
    wanted = plain(expected(graph))
    for name, source in graph.outputs.items():
        if tells_names(graph):
            return
        axes = graph.axes_of(source)
        if not isinstance(source, Output) or "row.kind" in axes:
            continue  # an axis that `by` makes is no input, so that a graph of one category can't be written
        lengths = [len(graph.axes[axis]) for axis in axes]
        place = [chance.randrange(length) for length in lengths]
        index = 0
        for at, length in zip(place, lengths, strict=True):
            index = index * length + at
        one = read_back(resolve_at(graph, name, dict(zip(axes, place, strict=True))), folder, registry)
        found = plain(expected(one))[name]
        assert wanted[name][index] in found
        reduced = {axis for step in leading_to(graph, {name: source}) for axis in step.over}
        assert len(found) == 1 or reduced & set(axes)


def tells_names(graph: CheckedGraph) -> bool:
    """Whether a reducer is told the names of its axes, among them some of a nested graph, which change."""
    return any(step.type.takes_points and "." in "".join(step.over) for step in graph.steps.values())


def read_back(written: dict[str, Any], folder: Path, registry: Registry) -> CheckedGraph:
    tree = read_text(yaml.safe_dump(written, sort_keys=False, allow_unicode=True), "again.yaml")
    return check(parse_spec(tree, "again", folder / "elsewhere"), registry)


def all_keys(graph: CheckedGraph) -> list[list[bytes]]:
    keys = Keys(graph)
    found: dict[str, list[bytes]] = {}
    for walk in plan_walks(graph, 1 << 30):
        keys.reduce(walk)
        for box in walk.boxes():
            found.update(keys.of_box(walk, box))
        found.update((step.name, keys.reduced[step.name]) for step in walk.reducers)
    return sorted(found.values())
