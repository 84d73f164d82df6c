"""What ``metrics.json`` says, read back. Its JSON Schema is made of the models here; see
docs/metrics_json.md."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from ...graphs.problem import fail
from ...graphs.run_tables import SCHEMA
from ...graphs.schema import DIALECT
from .run_record import first_fault

NAME = "metrics.json"


class _Written(BaseModel):
    """Values are of their own types; entries that a later minor change adds are passed over."""

    model_config = ConfigDict(frozen=True, extra="ignore", allow_inf_nan=False)


class AxisEntry(_Written):
    """One axis of the run."""

    role: Literal["unit", "seed", "setting", "category"] = Field(
        description="unit, what is drawn from a population, such as prompts; seed, a further draw for the "
        "same unit; setting, what somebody chose; category, made by `by`."
    )
    length: int = Field(ge=0, description="How many values it has.")
    label: str = Field(description="The column of items.parquet that tells its values apart.")
    per: tuple[str, ...] = Field((), description="Of a seed: the axes that each have seeds of their own.")


class ValueEntry(_Written):
    """One value of a reduction, with how sure it is where that is known."""

    point: dict[str, Any] = Field(description="The values of the axes that are left, by axis.")
    value: Any = Field(description="A number, a truth value, text or a record; null where it failed.")
    missing: int = Field(0, ge=0, description="How many members of the set are missing.")
    flags: tuple[str, ...] = Field((), description="Words about the value itself, such as blank.")
    failure: str | None = Field(None, description="Why there is no value.")
    standard_error: float | None = Field(None, description="Over fresh draws of the units.")
    interval: tuple[float, float] | None = Field(None, description="The ends of the 95 % interval.")
    n: int | None = Field(None, ge=0, description="How many members were there.")
    clusters: int | None = Field(None, ge=0, description="Of how many units they are.")
    method: str = Field("", description="How the standard error and the interval were found.")
    conditional_on: tuple[str, ...] = Field((), description="What was taken as fixed.")
    corrected: float | None = Field(None, description="The value less its bias at this size.")
    p_equal: float | None = Field(None, description="The p-value of being like the reference.")
    flagged: dict[str, int] = Field(
        default_factory=dict, description="How many members carry each word, such as blank."
    )
    reason: str = Field("", description="Why something isn't known.")


class ItemsEntry(_Written):
    """An output that stands in items.parquet, a cell an item."""

    node: str = Field(description="The node type it came from, with its version.")
    type: str = Field(description="Its port type in small letters: number, boolean, text, images …")
    axes: tuple[str, ...] = Field(description="The axes it varies over.")
    better: Literal["higher", "lower"] | None = Field(None, description="Which way is better, if either.")
    protocol: dict[str, Any] = Field(
        default_factory=dict,
        description="What must be equal for two scores to be comparable, by field.",
    )


class MetricEntry(_Written):
    """A value without axes, or what a reducer made."""

    node: str = Field(description="The node type it came from, with its version.")
    type: str = Field("number", description="Its port type in small letters.")
    over: tuple[str, ...] = Field((), description="The axes that were taken away.")
    axes: tuple[str, ...] = Field((), description="The axes that are left.")
    better: Literal["higher", "lower"] | None = Field(None, description="Which way is better, if either.")
    protocol: dict[str, Any] = Field(
        default_factory=dict,
        description="What must be equal for two scores to be comparable, by field.",
    )
    values: tuple[ValueEntry, ...] = Field(description="One a point of the axes that are left.")


class MetricsFile(_Written):
    """metrics.json of a mezzotint run folder."""

    mezzotint: Literal[1] = Field(description="The version of the graph language.")
    schema_: Literal[2] = Field(alias="schema", description="The version of this file's form.")
    axes: dict[str, AxisEntry] = Field(description="The axes of the run, by name.")
    metrics: dict[str, MetricEntry] = Field(description="Values without axes, and reductions, by output.")
    items: dict[str, ItemsEntry] = Field(
        default_factory=dict, description="Outputs that stand in items.parquet, by name."
    )


def metrics_schema() -> dict[str, Any]:
    """The JSON Schema of ``metrics.json``; the package also holds it, as ``metrics.schema.json``."""
    return {"$schema": DIALECT, **MetricsFile.model_json_schema()}


def read_metrics(folder: Path) -> MetricsFile:
    """What a run folder's ``metrics.json`` says.

    GraphError where it isn't there, is damaged, or is of another version.
    """
    path = folder / NAME
    try:
        text = path.read_bytes()
    except FileNotFoundError:
        hint = "it is running, or was ended before it could write one; the same command goes on"
        raise fail(None, f"{folder} has no {NAME} yet", hint) from None
    except OSError as error:
        raise fail(None, f"{path} can't be read: {error.strerror}") from None
    try:
        return MetricsFile.model_validate_json(text)
    except ValidationError as error:
        _refuse_other_versions(path, text)
        hint = "take the file away, and the command of the run writes it anew"
        raise fail(None, f"{path} is not what a run writes: {first_fault(error)}", hint) from None


def _refuse_other_versions(path: Path, text: bytes) -> None:
    """Of a file that can't be read, whether that is so because it is older or newer."""
    try:
        content = json.loads(text)
    except ValueError:
        return
    if not isinstance(content, dict) or "metrics" not in content:
        return
    schema = content.get("schema", 1)  # the first version didn't say
    if not isinstance(schema, int) or schema == SCHEMA:
        return
    if schema < SCHEMA:
        hint = "run it again with this version: nothing is computed twice"
        raise fail(None, f"{path} is of an earlier version (schema {schema}; this one reads {SCHEMA})", hint)
    hint = "read it with the version that wrote it, or a later one"
    raise fail(None, f"{path} is of a later version (schema {schema}; this one reads {SCHEMA})", hint)
