"""What a suite says of itself in its graph file: a title, a licence, where its prompts come from."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from pathlib import PurePosixPath
from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError, model_validator

from ...graphs.problem import GraphError, Place, Problems, nearest
from ...graphs.source import Tree

#: Stands in the name of a file for what tells its prompts' category, or their number.
CATEGORY, NUMBER = "{category}", "{id}"


class Form(BaseModel):
    """One form that a suite's prompts are published in: files, a dataset of the hub, or made by our own code.

    ``columns`` says what our names stand for in a table (``prompt: Prompt``), ``keep_others`` keeps its other
    columns too; plain lines and texts need neither. Of JSON the rows may lie ``under`` a name. ``one_per`` is
    a column of whose equal values the first row counts. ``pictures`` says where each prompt's real picture
    lies, by its columns: ``{category}/{id}.jpg``, from the folder of the file.

    ``sha256`` is that of the file; of several, that of what ``sha256sum`` prints for all of them, in the
    order of their names. Without it the form isn't pinned: any content is taken for the published one.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    file: str | None = None
    url: str = ""
    sha256: Annotated[str, Field(pattern="^[0-9a-f]{64}$")] | None = None
    hub: str | None = None
    config: str | None = None
    split: str | None = None
    made: Literal["geneval"] | None = None
    columns: dict[str, str] = {}
    keep_others: bool = False
    under: str | None = None
    one_per: str | None = None
    pictures: str | None = None

    @model_validator(mode="after")
    def _has_one_source(self) -> Form:
        if self.made is None and self.file is None and (self.hub is None or self.split is None):
            raise ValueError("say file: NAME, hub: OWNER/NAME with split: or file:, or made: geneval")
        if self.columns and "prompt" not in self.columns and not self.keep_others:
            raise ValueError("columns: says which one is the prompt, as in {prompt: Prompt}")
        return self

    @property
    def name(self) -> str:
        """The name of its file, or the pattern of its files' names."""
        return PurePosixPath(self.file or "").name

    @property
    def has_several_files(self) -> bool:
        return CATEGORY in self.name or NUMBER in self.name

    @property
    def is_local(self) -> bool:
        """Whether a file or a folder given by ``--data`` can be of this form."""
        return self.file is not None

    @property
    def pattern(self) -> str:
        """The names of its files as a pattern of ``glob``."""
        return self.name.replace(CATEGORY, "*").replace(NUMBER, "*")

    def described(self) -> str:
        """What to give for it."""
        return f"a folder of {self.pattern}" if self.has_several_files else self.name


class About(BaseModel):
    """The mapping under ``suite:``.

    ``category`` is the column of the items table that results are told by, ``least_seeds`` how many seeds a
    prompt an output needs, ``gates`` what `mezzotint gate` asks of a run.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    title: str
    url: str = ""
    licence: str = "unknown"
    size: int | None = Field(default=None, ge=1)
    note: str = ""
    prompts: tuple[Form, ...] = ()
    category: str | None = "row.category"
    least_seeds: dict[str, Annotated[int, Field(ge=1)]] = {}
    gates: dict[str, str] = {}
    #: Written by a run into its own folder: which suite it was of, and what its prompts were.
    name: str | None = None
    used: dict[str, Any] | None = None


def read_about(tree: Tree) -> About:
    """The checked content of ``suite:``; GraphError says what is wrong and where."""
    try:
        about = About.model_validate(tree.plain())
    except ValidationError as error:
        problems = Problems()
        for found in error.errors():
            place, within = _place(tree, found["loc"])
            path = ".".join(("suite", *map(str, found["loc"])))
            if found["type"] == "extra_forbidden":
                known = About.model_fields if within == 1 else Form.model_fields
                problems.add(place, f"{path}: there is no such entry", nearest(str(found["loc"][-1]), known))
            else:
                problems.add(place, f"{path}: {found['msg'].removeprefix('Value error, ')}")
        problems.raise_if_any()
        raise
    _check_gates(about, tree)
    return about


def _check_gates(about: About, tree: Tree) -> None:
    """GraphError for gates that mean nothing: that should be known before hours of drawing."""
    from ..comparing.allowances import allowances_of_suite

    try:
        allowances_of_suite({"suite": {"gates": about.gates}})
    except GraphError as error:
        place = tree.key_places["gates"]
        raise GraphError(replace(problem, place=place) for problem in error.problems) from None


def _place(tree: Tree, path: Sequence[int | str]) -> tuple[Place, int]:
    """Where the entry at a path stands, or as much of the path as is there; and how deep it is."""
    place = tree.place
    for step in path:
        if tree.is_mapping and step in tree.value:
            place, tree = tree.key_places.get(str(step), tree.place), tree.value[step]
        elif tree.is_list and isinstance(step, int) and step < len(tree.value):
            tree = tree.value[step]
            place = tree.place
        else:
            break
    return place, len(path)
