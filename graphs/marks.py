"""Marks of ports and options: what a declaration says of a parameter beside its type."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from annotated_types import Interval

if TYPE_CHECKING:
    from .node_type import NodeType
    from .types import PortType


def Range(low: float, high: float) -> Interval:  # noqa: N802 - reads as a type in annotations
    """The inclusive bounds of a numeric option."""
    return Interval(ge=low, le=high)


@dataclass(frozen=True)
class Effort:
    """Marks an option that changes how fast a result is made, not which: it stays out of keys."""


@dataclass(frozen=True)
class Content:
    """Marks an option that names something outside the graph, which enters keys by what it holds.

    ``resolve(value, options, fetch)`` returns a digest, or None for what is unknown until fetched;
    only with ``fetch=True`` may it use the network. It raises ValueError for what doesn't exist.
    A path with a slash is looked for beside the graph file first, and with ``names_files`` any name.
    """

    resolve: Callable[[Any, Mapping[str, Any], bool], str | None]
    names_files: bool = False


@dataclass(frozen=True)
class FileName:
    """Marks an option that is a pattern for the names of a node's files in the run folder.

    ``endings`` are those that a name may have, such as ``.png``. Of the name only its ending enters keys.
    """

    endings: tuple[str, ...]


class Through:
    """Marks a port that another node type feeds: what that one takes may be given, and goes through it first.

    ``feeder`` is a function declared with ``@node``, of one port and one output. Its options are set as the
    options of the same name of the node that has the port, or as those that ``own_options`` name instead::

        images: Annotated["numpy.ndarray", FeaturesType(), Through(features, extractor="model")]
    """

    def __init__(self, feeder: Callable[..., Any], **own_options: str) -> None:
        self.feeder = feeder
        self.own_options = own_options

    def fault(self, kind: PortType) -> str:
        """Why it can't feed a port of a type, in words that follow the port's name; or nothing."""
        if not hasattr(self.feeder, "node_type"):
            return f"goes through {self.feeder!r}, which is no node type"
        feeder = self.node_type
        if feeder.is_reducer or len(feeder.ports) != 1 or list(feeder.outputs.values()) != [kind]:
            return f"goes through {feeder.name!r}, which should take one port and give {kind.name}"
        unknown = set(self.own_options) - {option.name for option in feeder.options}
        return f"goes through {feeder.name!r}, which has no option {min(unknown)!r}" if unknown else ""

    @property
    def node_type(self) -> NodeType:
        """The feeding node type, as it was declared."""
        declared: NodeType = self.feeder.node_type  # type: ignore[attr-defined]
        return declared

    def own_option(self, name: str) -> str:
        """What the feeding node's option ``name`` is called at the node that has the port."""
        return self.own_options.get(name, name)
