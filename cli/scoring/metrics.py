"""What the options of ``mezzotint score`` name: metrics, their settings, the reference."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ...evaluation.metric_types import MetricType, metrics_in
from ...evaluation.references import ReferenceType
from ...graphs.node_type import RESERVED
from ...graphs.problem import Place, Problems, fail, nearest, show
from ..overrides import read_overrides
from .graph import node_name

if TYPE_CHECKING:
    from ...graphs.registry import Registry


def chosen(names: str, registry: Registry) -> dict[str, MetricType]:
    """The metrics that ``--metrics`` names, in that order.

    GraphError for none, for names that are no metrics, and for one that stands twice.
    """
    known = metrics_in(registry)
    place = Place("--metrics", 0)
    asked = [name.strip() for name in names.split(",") if name.strip()]
    if not asked:
        raise fail(place, "no metric is named", f"the metrics are {', '.join(known)}")
    problems = Problems()
    for name in dict.fromkeys(asked):
        if name not in known:
            what = "is no metric of pictures" if name in registry else "is the name of no metric"
            hint = nearest(name, known)
            problems.add(place, f"{show(name)} {what}", hint)
        elif asked.count(name) > 1:
            problems.add(place, f"{show(name)} stands there twice", "name it once")
    problems.raise_if_any()
    return {name: known[name] for name in asked}


def given(sets: Iterable[str], metrics: dict[str, MetricType]) -> dict[str, dict[str, Any]]:
    """The settings of ``--set``, by metric; GraphError for what isn't one of theirs."""
    nodes = {node_name(name): name for name in metrics}
    problems = Problems()
    found: dict[str, dict[str, Any]] = {}
    for name, spec in read_overrides(None, sets).items():
        node, _, option = name.partition(".")
        if node not in nodes:
            hint = nearest(node, nodes) or "write --set METRIC.OPTION=VALUE"
            problems.add(spec.place, f"there is no metric {show(node)} here to set", hint)
        elif not option or option in RESERVED - {"timeout"}:
            problems.add(spec.place, f"{show(name)} can't be set", f"write --set {node}.OPTION=VALUE")
        elif spec.default is None:
            hint = "each of several values is a sweep: run the graph that --as-graph prints, with --each"
            problems.add(spec.place, f"{show(name)} takes one value", hint)
        elif option not in (settable := _settable(metrics[nodes[node]])):
            problems.add(
                spec.place, f"{nodes[node]} has no port or option {show(option)}", nearest(option, settable)
            )
        else:
            metric = metrics[nodes[node]]
            found.setdefault(nodes[node], {})[option] = _from_anywhere(metric, option, spec.default.plain())
    problems.raise_if_any()
    return found


def literal_reference(reference: str | None) -> str | None:
    """The reference as a graph names it, a path so that it leads there from anywhere.

    GraphError for what is none.
    """
    if reference is None:
        return None
    try:
        found = ReferenceType().parse(reference)
    except ValueError as error:
        raise fail(Place("--reference", 0), str(error)) from None
    return reference if found.path is None else str(found.path)


def _settable(metric: MetricType) -> list[str]:
    """What a node of a metric takes by name: options, ports, and how long it may take."""
    declared = metric.node_type
    return [*(option.name for option in declared.options), *(port.name for port in declared.ports), "timeout"]


def _from_anywhere(metric: MetricType, name: str, value: Any) -> Any:
    """A value that is a path here, as one that leads there from anywhere."""
    option = metric.node_type.option(name)
    if option is None or option.content is None or not isinstance(value, str):
        return value
    try:
        path = Path(value).expanduser()
        is_path = (option.content.names_files or "/" in value) and path.exists()
    except (OSError, ValueError, RuntimeError):
        return value
    return str(path.absolute()) if is_path else value
