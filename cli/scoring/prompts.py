"""Where the prompts of pictures come from when no file is named: beside them, in them, or their names."""

from __future__ import annotations

from collections import Counter
from contextlib import suppress
from pathlib import Path

from ...graphs.problem import GraphError, shorten
from .names import prompt_in
from .pictures import Picture, Pictures
from .prompt_table import Prompts, tied_to_table

#: A text beside a picture that is longer is no prompt.
_MOST_BYTES = 100_000
#: Tables that folders of pictures have, as Hugging Face's image folders do.
_TABLES = ("metadata.jsonl", "metadata.csv", "metadata.parquet")


def prompts_of(pictures: Pictures, table: Path | None = None) -> Prompts:
    """The prompts of pictures: of a file that is named, and else of the first of these that has one.

    A table in the folder (``metadata.jsonl``, ``.csv``, ``.parquet``), a text of the same name beside the
    picture, the prompt that a program wrote into it. Only where no picture has any, names that spell out a
    prompt count. GraphError for a file that is named and can't be read.
    """
    if table is not None:
        return tied_to_table(table, pictures.found)
    prompts = _of_folder(pictures)
    for picture in pictures.found:
        for find in (_beside, _inside) if picture.name not in prompts.texts else ():
            found = find(picture)
            if found is not None:
                prompts.texts[picture.name], source = found
                prompts.sources[source] += 1
                break
    return prompts if prompts.texts else _spelt_out(pictures, prompts.remarks)


def _of_folder(pictures: Pictures) -> Prompts:
    if pictures.root.is_dir():
        for name in _TABLES:
            if not (pictures.root / name).is_file():
                continue
            try:
                return tied_to_table(pictures.root / name, pictures.found)
            except GraphError as error:  # nobody named it: it may be about something else
                return Prompts(remarks=[str(problem) for problem in error.problems])
    return Prompts()


def _beside(picture: Picture) -> tuple[str, str] | None:
    """The text of the same name that trainers keep beside a picture."""
    with suppress(OSError):
        path = picture.path.with_suffix(".txt")
        if path.is_file() and path.stat().st_size <= _MOST_BYTES:
            text = path.read_text("utf-8-sig", "replace").strip()
            return (text, "texts beside the pictures") if text else None
    return None


def _inside(picture: Picture) -> tuple[str, str] | None:
    """The prompt that a program wrote into a picture."""
    from ...nodes.carried_prompt import read_prompt

    try:
        found = read_prompt(picture.path)
    except ValueError:  # no picture, or a damaged one: loading it says so
        return None
    return None if found is None else (found.text, f"what {found.program} wrote into the pictures")


def _spelt_out(pictures: Pictures, remarks: list[str]) -> Prompts:
    found = {picture.name: text for picture in pictures.found if (text := prompt_in(picture.name))}
    if not found:
        return Prompts(remarks=remarks)
    name, text = next(iter(found.items()))
    source = f"file names, such as {shorten(text)!r} of {shorten(name)!r}"
    return Prompts(found, Counter({source: len(found)}), remarks)
