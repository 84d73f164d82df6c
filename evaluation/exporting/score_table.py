"""The scores of a run as a long table: a row a score, also of those that are not there."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, Any

from ..results.scores import Absence, Score

if TYPE_CHECKING:
    import pyarrow

    from ..results.run_folder import Run


def score_table(run: Run, scores: Iterable[Score], absences: Iterable[Absence] = ()) -> pyarrow.Table:
    """A row a score: what it is of, its value, and how sure it is; nulls for what isn't known.

    A setting or category has a column ``at.NAME``. What holds several things, such as the protocol, is JSON.
    """
    import pyarrow

    rows = [*(_row(score) for score in scores), *(_empty_row(absence) for absence in absences)]
    kinds = {
        "run": pyarrow.string(),
        "name": pyarrow.string(),
        **{name: _kind([row.get(name) for row in rows]) for name in _places(rows)},
        "kind": pyarrow.string(),
        "better": pyarrow.string(),
        "value": pyarrow.float64(),
        "standard_error": pyarrow.float64(),
        "low": pyarrow.float64(),
        "high": pyarrow.float64(),
        "corrected": pyarrow.float64(),
        "p_equal": pyarrow.float64(),
        "n": pyarrow.int64(),
        "clusters": pyarrow.int64(),
        "unit": pyarrow.string(),
        "missing": pyarrow.int64(),
        "flagged": pyarrow.string(),
        "method": pyarrow.string(),
        "conditional_on": pyarrow.string(),
        "reason": pyarrow.string(),
        "protocol": pyarrow.string(),
    }
    of_run = f"{run.name}-{run.digest}"
    columns = {
        name: pyarrow.array([{"run": of_run, **row}.get(name) for row in rows], kind)
        for name, kind in kinds.items()
    }
    return pyarrow.table(columns)


def _row(score: Score) -> dict[str, Any]:
    estimate = score.estimate
    low, high = estimate.interval or (None, None)
    return {
        "name": score.name,
        **_at(score.at),
        "kind": score.kind,
        "better": score.better,
        "value": float(estimate),
        "standard_error": estimate.standard_error,
        "low": low,
        "high": high,
        "corrected": estimate.corrected,
        "p_equal": estimate.p_equal,
        "n": estimate.n or None,
        "clusters": estimate.clusters or None,
        "unit": score.unit,
        "missing": score.missing,
        "flagged": _json(dict(estimate.flagged)),
        "method": estimate.method,
        "conditional_on": " ".join(estimate.conditional_on),
        "reason": estimate.reason,
        "protocol": _json(dict(score.protocol)),
    }


def _empty_row(absence: Absence) -> dict[str, Any]:
    about = {"missing": absence.missing, "reason": absence.reason}
    return {"name": absence.name, **_at(absence.at), **about}


def _at(at: Mapping[str, Any]) -> dict[str, Any]:
    return {f"at.{name}": value for name, value in at.items()}


def _places(rows: Iterable[Mapping[str, Any]]) -> list[str]:
    return list(dict.fromkeys(name for row in rows for name in row if name.startswith("at.")))


def _kind(values: Iterable[Any]) -> pyarrow.DataType:
    import pyarrow

    kinds = {type(value) for value in values if value is not None}
    if kinds == {bool}:
        return pyarrow.bool_()
    if kinds == {int}:
        return pyarrow.int64()
    return pyarrow.float64() if kinds <= {int, float} else pyarrow.string()


def _json(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False)
