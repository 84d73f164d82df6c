"""Extractors: named image embedders that turn pictures into features.

A metric over features is only as comparable as its extractor, so an extractor says everything that
changes a feature: weights, input size, resize rule, normalisation, dimension and dtype.

Names are ``KIND``, ``KIND:ARGUMENT``, and either with a resize rule of :mod:`.resize_rules` after an ``@``:
``inception-v3@tf1``, ``dinov2:facebook/dinov2-base``, ``clip:ViT-L-14/openai@clean``.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from contextlib import suppress
from typing import TYPE_CHECKING, Annotated, Any, Protocol

from ...graphs.node import Content
from ...graphs.problem import meant
from .networks import loaded
from .resize_rules import RULES, split_rule

if TYPE_CHECKING:
    import torch

    from .preprocessing import Preprocessing


class Extractor(Protocol):
    """What every image embedder offers. Only a call, or asking for ``preprocessing``, may load weights.

    One with classes also offers ``logits(features)``, ``[B, classes]`` of features ``[B, d]``.
    """

    @property
    def name(self) -> str:
        """What it is called in graphs, such as ``starter``."""

    @property
    def dimension(self) -> int:
        """The length of a feature."""

    @property
    def dtype(self) -> str:
        """What the network computes in, such as ``float32``."""

    @property
    def preprocessing(self) -> Preprocessing:
        """Input size, resize rule and normalisation."""

    def digest(self, *, fetch: bool = False) -> str | None:
        """32 hex digits of the weights and everything else that decides a feature.

        None for weights that are unknown until fetched; only ``fetch=True`` may use the network.
        """

    def __call__(self, images: torch.Tensor) -> torch.Tensor:
        """Features ``[B, d]`` on the CPU; pictures ``[B, 3, H, W]`` in [0, 1] are rounded to 8 bits first."""


#: Makes an extractor of what follows the colon of its name ("" if nothing does) and the resize rule, if any.
Factory = Callable[[str, "str | None"], Extractor]

_BUILT_IN = ("starter", "inception-v3", "dinov2", "clip")
_NAME = re.compile(r"[a-z0-9]+(-[a-z0-9]+)*")
_registered: dict[str, Factory] = {}


def extractor_by_name(name: str) -> Extractor:
    """The extractor that ``name`` stands for.

    Loads nothing. Raises ValueError, saying what is accepted, for a name that means nothing, and for a file
    or folder that isn't there.
    """
    named, rule = split_rule(name)
    kind, colon, argument = named.partition(":")
    if kind == "clip" or named == "starter":
        from .clip_extractor import ClipExtractor

        return ClipExtractor.named(named, rule)
    if colon and not argument:
        raise ValueError(f"{name!r} names nothing after its colon; expected {_accepted()}")
    if kind == "inception-v3":
        from .inception_extractor import InceptionExtractor

        return InceptionExtractor.named(argument, rule)
    if kind == "dinov2":
        from .dinov2 import DinoV2Extractor

        return DinoV2Extractor.named(argument, rule)
    if kind in _registered:
        factory = _registered[kind]
        # A graph's nodes ask by name for every batch, and a factory may build a network.
        return loaded((factory, argument, rule), (), lambda: factory(argument, rule))
    hint = meant(kind, (*_BUILT_IN, *_registered))
    raise ValueError(f"no extractor is named {name!r}{hint}; expected {_accepted()}")


def classifier(extractor: Extractor) -> Callable[[Any], Any]:
    """What turns the features ``[B, d]`` of an extractor into logits ``[B, classes]``.

    Raises ValueError for an extractor that tells no classes apart.
    """
    from ...nodes.arrays import to_torch

    found = getattr(extractor, "logits", None)
    if found is None:
        raise ValueError(
            f"the extractor {extractor.name!r} tells no classes apart, so it has no Inception Score; "
            "use 'inception-v3'"
        )
    return lambda features: found(to_torch(features))


def register_extractor(name: str, factory: Factory) -> None:
    """Give an extractor of your own a name in graphs: ``name``, ``name:ARGUMENT``, and either with ``@RULE``.

    ``factory(argument, rule)`` gets what follows the colon ("" if nothing does) and the resize rule (None if
    none is named). It raises ValueError for what it can't do, and is called once for the same two. Register
    where a package of nodes, or a file of ``--nodes``, is imported::

        def tiny(argument: str, rule: str | None) -> ModuleExtractor:
            return ModuleExtractor(Tiny(), name="tiny", size=32, resize=rule or "clean")

        register_extractor("tiny", tiny)

    Raises ValueError for a name that isn't a word of lower-case letters, digits and dashes, or is taken.
    """
    if not _NAME.fullmatch(name):
        raise ValueError(f"an extractor is named in lower-case letters, digits and dashes, and not {name!r}")
    holder = _registered.get(name)
    # A file of nodes may be read several times in a process; what it offers then replaces what it offered.
    if name in _BUILT_IN or (holder is not None and _origin(holder) != _origin(factory)):
        owner = "mezzotint" if holder is None else getattr(holder, "__module__", type(holder).__module__)
        raise ValueError(f"the name {name!r} of an extractor is taken by {owner}")
    _registered[name] = factory
    with suppress(AttributeError):  # a file of nodes that only offers this is told by the mark
        factory.offers = name  # type: ignore[attr-defined]


def _origin(factory: Factory) -> tuple[Any, Any]:
    return getattr(factory, "__module__", None), getattr(factory, "__qualname__", None)


def _accepted() -> str:
    own = "".join(f"'{name}', " for name in sorted(_registered))
    return (
        "'starter', 'inception-v3', 'inception-v3:FILE', 'dinov2', 'dinov2:SOURCE' (a hub id or a folder), "
        f"{own}"
        "'clip:ARCHITECTURE/TAG' such as clip:ViT-B-32/laion2b_s34b_b79k, 'clip:ARCHITECTURE/FILE', or "
        f"'clip:FOLDER' in open_clip's layout; each with @{', @'.join(RULES)} for another resize rule"
    )


def _digest(name: str, options: Mapping[str, Any], fetch: bool) -> str | None:
    return extractor_by_name(name).digest(fetch=fetch)


#: An option that names an extractor; it enters keys by the digest of its weights.
ExtractorName = Annotated[str, Content(_digest)]
