"""``mezzotint bench --list``: the suites, how large each is, and what is missing to run it here."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from typing import TYPE_CHECKING, Any

import typer

if TYPE_CHECKING:
    from ..evaluation.suites import Suite
    from ..graphs.registry import Registry


def show_suites(names: Sequence[str], registry: Registry, *, as_json: bool) -> None:
    """Write a table of suites to stdout, of all that the package comes with where none is named."""
    from rich.text import Text

    from ..evaluation.suites import load_suite, suite_names
    from .terminal import table, write

    found = [_record(load_suite(name), registry) for name in names or suite_names()]
    if as_json:
        for record in found:
            typer.echo(json.dumps(record, ensure_ascii=False))
        return
    lines = table(
        "suite", "prompts", "seeds", "licence", "digest", "missing here",
        numbers=("prompts", "seeds"), folds="missing here",
    )  # fmt: skip
    for record in found:
        lines.add_row(
            Text(record["name"], style="bold"),
            f"{record['prompts']:,}" if record["prompts"] else "?",
            str(record["seeds"] or "?"),
            Text(record["licence"]),
            record["digest"],
            Text("\n".join(map(_need, record["needs"])) or "nothing"),
        )
    write(lines)
    if names:
        for record in found:
            write(Text(f"\n{record['title']}: {record['description']}\n{record['note']}".rstrip()))


def _need(need: Mapping[str, Any]) -> str:
    return f"{need['what']} (for {', '.join(need['outputs'])})" if need["outputs"] else str(need["what"])


def _record(suite: Suite, registry: Registry) -> dict[str, Any]:
    from ..evaluation.suites import needs

    about = suite.about
    pinned = any(form.sha256 for form in about.prompts)
    return {
        "name": suite.name,
        "title": about.title,
        "description": suite.spec.description,
        "note": about.note,
        "url": about.url,
        "prompts": about.size,
        "seeds": suite.seeds,
        "licence": about.licence,
        "digest": "pinned" if pinned else "not pinned",
        "needs": [asdict(need) for need in needs(suite, registry)],
        "metrics": [name for name in suite.spec.outputs if name != "images"],
    }
