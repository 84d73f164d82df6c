"""A port type: what travels along an edge, and how it is batched, stored, shown and handed to programs.

A port type is written as metadata of an annotation, so that a function's signature reads well to people
and to type checkers, and declaring it imports nothing heavy::

    Images = Annotated["torch.Tensor", ImagesType()]

An *item* is one value at one point of its axes; a *batch* is what a node function receives.
"""

from __future__ import annotations

from collections.abc import Hashable, Mapping, Sequence
from typing import TYPE_CHECKING, Any, ClassVar

from .forms import PLAIN_DATA, Taken, at_once, listed, telling_entry

if TYPE_CHECKING:
    from .members import MemberColumns


class PortType:
    """How items of one type are parsed, batched, stored and shown.

    Subclass it for a type of your own. Only ``name``, ``encode`` and ``decode`` are required; the defaults
    suit a value that is handled one at a time.
    """

    name: ClassVar[str]
    #: Whether several items can share a call. A model or a reference does not stack: a micro-batch shares it.
    stacks: ClassVar[bool] = False
    #: File name suffix when an output of this type is a file of its own in the run folder, else None.
    suffix: ClassVar[str | None] = None
    #: Folder of those files inside the run folder.
    folder: ClassVar[str] = "files"
    #: What :meth:`parse` reads, in words, when a literal in a graph file is legal here; else None.
    reads: ClassVar[str | None] = None
    #: Whether :meth:`parse` takes the :class:`~pathlib.Path` of a file, as a folder of images yields them.
    reads_files: ClassVar[bool] = False

    #: Whether a port of this type takes values of every type.
    takes_all: ClassVar[bool] = False

    #: Whether a literal may be a path: one with a slash, or any where the type reads files, is then looked
    #: for beside the graph file or the table that it stands in first.
    names_files: ClassVar[bool] = False

    #: Options that the node that makes such an item and the node that takes it must set alike, where both
    #: have them.
    alike: ClassVar[tuple[str, ...]] = ()

    #: Whether scores are scores of this: how it was made is then no part of how they were measured.
    is_judged: ClassVar[bool] = False

    #: What a result says of each member of its set: columns of the items table, see :meth:`by_member`.
    member_columns: ClassVar[tuple[str, ...]] = ()

    def parse(self, value: object) -> Any:
        """Turn plain data (from YAML, a table or Python) into an item; raise ValueError where it can't be."""
        raise ValueError(f"{self.name} can't be written as a literal; give it a node's output")

    def literal_schema(self) -> dict[str, Any] | None:
        """JSON Schema of the literals that :meth:`parse` reads in a graph file; None where none is legal."""
        return None if self.reads is None else {"description": self.reads}

    def digest(self, item: Any) -> bytes:
        """What names this item in keys when it comes from outside the graph. By default, its stored form."""
        return self.encode(item)

    def shape(self, item: Any) -> Hashable:
        """Items with equal shapes may share a batch."""
        return None

    def stack(self, items: Sequence[Any]) -> Any:
        """Make a batch of items. A type that doesn't stack hands its single item through."""
        (item,) = items
        return item

    def split(self, batch: Any, count: int) -> list[Any]:
        """Take a batch of ``count`` items apart; raise ValueError when it holds another number of them."""
        return [batch]

    def single(self, value: Any) -> Any:
        """The item in what a reducer's ``compute`` returned."""
        return self.split(value, 1)[0]

    def encode(self, item: Any) -> bytes:
        """The stored form of an item, lossless."""
        raise NotImplementedError

    def decode(self, data: bytes) -> Any:
        """The item back from its stored form, without importing torch."""
        raise NotImplementedError

    def nbytes(self, item: Any) -> int:
        """Roughly how much memory an item takes, in bytes."""
        return 256

    def is_finite(self, item: Any) -> bool:
        """False for an item that holds NaN or infinity; such an item fails."""
        return True

    def flags(self, item: Any) -> tuple[str, ...]:
        """Words about an item that is kept all the same, such as ``blank``."""
        return ()

    def cell(self, item: Any) -> str | int | float | bool | None:
        """The item as one cell of the items table."""
        return None

    def details(self, item: Any) -> Mapping[str, Any]:
        """What there is to say of a result beside its value, as plain data; stands in ``metrics.json``."""
        return {}

    def by_member(self, item: Any) -> MemberColumns | None:
        """What a reduction's result says of each of its members; None where it says nothing."""
        return None

    def is_item(self, value: Any) -> bool:
        """Whether a value is an item of this type, where that can be told from what it is."""
        return False

    def is_batch(self, value: Any) -> bool:
        """Whether a value is a batch of this type, one that :meth:`split` takes apart and ``len`` counts."""
        return False

    def take(self, value: Any) -> Taken:
        """The items in what a Python program hands over for a port of this type.

        By default one item, or a list or a generator of them; plain data is parsed. Raises ValueError for
        what holds none.
        """
        if not self.stacks:
            return Taken(self.split(self._handed(value), 1), True, self.give)
        value = at_once(value)
        if self.is_batch(value):
            return Taken(self.split(value, len(value)), False, self.give)
        entries = None if self.is_item(value) else listed(value)
        if entries is None:
            return Taken([self._handed(value)], True, self.give)
        items = []
        for index, entry in enumerate(entries):
            with telling_entry(index, len(entries), entry):
                items.append(self._handed(entry))
        return Taken(items, False, self.give)

    def _handed(self, value: Any) -> Any:
        return self.parse(value) if isinstance(value, PLAIN_DATA) else value

    def give(self, items: Sequence[Any], single: bool) -> Any:
        """What a Python program gets of items, where it handed over none of this type itself."""
        return items[0] if single else list(items)

    def picture(self, item: Any) -> Any:
        """The item as a PIL image; TypeError for what is none."""
        raise TypeError(f"{self.name} is not a picture")

    def array(self, items: Sequence[Any], dtype: str | None = None) -> Any:
        """Items as one NumPy array ``[N, ...]``, of a ``dtype`` or of their natural one.

        Raises TypeError for what is no array, ValueError where shapes differ.
        """
        raise TypeError(f"{self.name} is no array")

    def tensor(self, items: Sequence[Any]) -> Any:
        """Items as one tensor ``[N, ...]``; TypeError for what is none, ValueError where shapes differ."""
        raise TypeError(f"{self.name} is no tensor")

    def export(self, item: Any, metadata: Mapping[str, str]) -> bytes:
        """The item as the content of a file with :attr:`suffix`."""
        return self.encode(item)

    def __repr__(self) -> str:
        return self.name

    def __eq__(self, other: object) -> bool:
        return type(self) is type(other)

    def __hash__(self) -> int:
        return hash(type(self))
