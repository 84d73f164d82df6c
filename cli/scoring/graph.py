"""The graph that scores pictures: what a user could have written, as plain data and as a file to keep."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal

from ...evaluation.metric_types import MetricType
from ...graphs.digest import cache_folder
from ...graphs.file_names import slug
from ...graphs.grammar import LANGUAGE_VERSION
from ...graphs.source import MAX_BYTES, MAX_VALUES
from ...graphs.store import write_atomically
from ...graphs.types import BooleanType
from ...graphs.yaml_text import flow_text, graph_text
from .pictures import Picture, Pictures
from .prompt_table import Prompts

#: The inputs: all pictures, and those with a prompt where some have none.
_ALL, _CAPTIONED = "picture", "captioned"
#: The entries of a record of a picture, as folders of images yield them.
_VALUES_A_PICTURE = 4


@dataclass(frozen=True)
class Score:
    """A number of the result, the output that holds it, and the input whose pictures it is about.

    It is ``of`` the set, or the mean of numbers of each picture, or the share of those that are true.
    """

    name: str
    output: str
    axis: str
    of: Literal["set", "mean", "share"]


@dataclass
class ScoreGraph:
    """A graph over pictures, the numbers that it makes, and by metric why some can't be made."""

    name: str
    description: str
    inputs: dict[str, list[dict[str, Any]]] = field(default_factory=dict)
    nodes: dict[str, dict[str, Any]] = field(default_factory=dict)
    outputs: dict[str, str] = field(default_factory=dict)
    scores: list[Score] = field(default_factory=list)
    unscored: dict[str, str] = field(default_factory=dict)

    def content(self) -> dict[str, Any]:
        """The graph as plain data, as :func:`~mezzotint.graphs.spec.parse_spec` reads it."""
        return {
            "mezzotint": LANGUAGE_VERSION,
            "description": self.description,
            "inputs": {name: {"each": records} for name, records in self.inputs.items()},
            "nodes": self.nodes,
            "outputs": self.outputs,
        }

    def yaml(self) -> str:
        """The graph as text of a file that runs as it stands, a picture a line.

        More pictures than a graph file holds go to a table in the cache folder, which the graph names.
        """
        rows = [flow_text(record) for records in self.inputs.values() for record in records]
        size = sum(len(row.encode()) for row in rows)
        is_short = _VALUES_A_PICTURE * len(rows) < MAX_VALUES // 2 and size < MAX_BYTES // 2
        inputs = {
            name: {"each": records if is_short else {"file": str(_table(records))}}
            for name, records in self.inputs.items()
        }
        return graph_text({**self.content(), "inputs": inputs})


def score_graph(
    pictures: Pictures,
    prompts: Prompts,
    metrics: Mapping[str, MetricType],
    reference: str | None,
    settings: Mapping[str, Mapping[str, Any]],
    *,
    fetch: bool,
) -> ScoreGraph:
    """The graph of the metrics that can be made with what there is.

    ``settings`` are options by metric that are set from outside; with ``fetch`` weights that they name are
    downloaded where they are missing, and a metric whose weights can't be had is left out.
    """
    root = pictures.root.resolve()
    name = root.name if root.is_dir() else root.stem
    graph = ScoreGraph(f"score-{slug(name)}", f"Scores of the pictures in {name}.")
    with_prompt = [picture for picture in pictures.found if picture.name in prompts.texts]
    for name, metric in metrics.items():
        set_here = settings.get(name, {})
        reason = _lack(
            name, metric, set_here, have_prompts=bool(with_prompt), have_reference=reference is not None
        )
        reason = reason or metric.obstacle(set_here, fetch=fetch)
        if reason:
            graph.unscored[name] = reason
            continue
        everyone = len(with_prompt) == len(pictures.found)
        takes_text = metric.needs_text or (metric.text is not None and everyone)
        axis = _CAPTIONED if metric.needs_text and not everyone else _ALL
        if axis not in graph.inputs:
            _add_pictures(graph, axis, with_prompt if axis == _CAPTIONED else pictures.found, prompts)
        _add_metric(graph, name, metric, axis, reference, takes_text=takes_text)
        graph.nodes[node_name(name)] |= {option: _literal(value) for option, value in set_here.items()}
    return graph


def _lack(
    name: str, metric: MetricType, settings: Mapping[str, Any], *, have_prompts: bool, have_reference: bool
) -> str:
    """What a metric needs and wasn't given; empty where nothing is."""
    if metric.needs_reference and not have_reference and metric.reference not in settings:
        return "it needs a reference: --reference REF"
    if metric.needs_text and not have_prompts:
        return "it needs prompts, and no picture has one: --prompts FILE"
    unset = next((option for option in metric.needed_options if option not in settings), None)
    return f"it needs its option {unset}: --set {node_name(name)}.{unset}=…" if unset else ""


def _add_pictures(graph: ScoreGraph, axis: str, pictures: Sequence[Picture], prompts: Prompts) -> None:
    graph.inputs[axis] = [
        {
            "name": picture.name,
            "image": str(picture.path),
            **({"text": prompts.texts[picture.name]} if picture.name in prompts.texts else {}),
        }
        for picture in pictures
    ]
    # Decoded pictures are large, and read again sooner than found in the store.
    graph.nodes[_image(axis)] = {"use": "load_images", "file": f"${axis}", "keep": "none"}


def _add_metric(
    graph: ScoreGraph, name: str, metric: MetricType, axis: str, reference: str | None, *, takes_text: bool
) -> None:
    node = node_name(name)
    made: dict[str, Any] = {"use": name, metric.images: f"${_image(axis)}"}
    if takes_text and metric.text is not None:
        made[metric.text] = f"${axis}.text"
    if metric.reference is not None and reference is not None:
        made[metric.reference] = _literal(reference)
    is_reducer = metric.node_type.is_reducer
    if is_reducer:
        made["over"] = axis
    graph.nodes[node] = made
    single = metric.node_type.single_output is not None
    for part, kind in metric.node_type.outputs.items():
        value = f"${node}" if single else f"${node}.{part}"
        output = node if single else f"{node}_{part}"
        graph.outputs[output] = value
        if part not in metric.scores:
            continue
        shown = name if single else f"{name}.{part}"
        if is_reducer:
            graph.scores.append(Score(shown, output, axis, "set"))
            continue
        mean = f"{output}_mean"
        graph.nodes[mean] = {"use": "mean", "number": value, "over": axis}
        graph.outputs[mean] = f"${mean}"
        graph.scores.append(Score(shown, mean, axis, "share" if isinstance(kind, BooleanType) else "mean"))


def _image(axis: str) -> str:
    return "image" if axis == _ALL else f"{axis}_image"


def node_name(metric: str) -> str:
    """The name of a metric's node: that of the metric, without the dot of a package's."""
    return metric.replace(".", "_")


def _literal(value: Any) -> Any:
    """A value as a node's field holds it, where a dollar sign begins a reference."""
    return value.replace("$", "$$") if isinstance(value, str) else value


def _table(records: Sequence[Mapping[str, Any]]) -> Path:
    """Where a table of pictures lies, named by what it holds."""
    content = "".join(f"{json.dumps(record, ensure_ascii=False)}\n" for record in records).encode()
    path = cache_folder() / "scored" / f"{hashlib.blake2b(content, digest_size=8).hexdigest()}.jsonl"
    write_atomically(path, content)
    return path.absolute()
