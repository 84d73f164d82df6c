"""A folder for raters: a page that shows pairs of pictures and asks which is better, and beside it the key.

``FOLDER/page`` is what raters get: static files that work from ``file://`` and name no contestant. Pictures
are written anew from their pixels, so that nothing travels in their files; they are named by their content,
and all files have the same time. ``FOLDER/key.json`` says who made which picture; the page neither holds
nor loads it.
"""

from __future__ import annotations

import hashlib
import io
import json
import os
import shutil
import tempfile
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from importlib.resources import files
from pathlib import Path
from typing import Any

from ...graphs.problem import fail
from ...nodes.picture_files import WHITE, read
from ...nodes.pictures import to_pil
from .key import KEY, KeyPair, RatingKey, read_key
from .pairing import Contestant, Pair, arranged, candidates

PAGE, PICTURES = "page", "pictures"
QUESTION = "Which picture shows the prompt better?"

#: The time of all files of a page, so that none tells what was written first: the start of 2000.
_MOMENT = 946684800


#: Why a pair isn't asked about, said after how many there are.
REASONS = {
    "failed": "of which one picture couldn't be made",
    "unreadable": "of which one picture can't be read",
    "identical": "whose pictures are equal to the pixel",
}


def make_page(
    contestants: Sequence[Contestant],
    folder: Path,
    *,
    question: str = QUESTION,
    seed: int = 0,
    limit: int | None = None,
    raters: Sequence[str] = (),
    progress: Callable[[int, int], None] = lambda done, total: None,
) -> RatingKey:
    """Write a page that asks for a choice in at most ``limit`` pairs, and the key beside it.

    Pairs whose two pictures are equal to the pixel aren't asked about. ``raters`` are names to choose from
    on the page; without them raters type theirs. The same page again is written over itself, and what else
    is in the folder stays. GraphError where contestants share no prompt, or the folder holds something
    else.
    """
    _expect_free(folder)
    there = candidates(contestants, seed)
    _expect_everyone(contestants, there)
    with _growing(folder) as made:
        pictures = _Pictures(made / PAGE / PICTURES)
        pairs, left_out = _askable(there, pictures, limit, progress)
        key = _key(arranged(pairs, seed), pictures, contestants, question, seed, left_out)
        pictures.keep({name for pair in key.pairs for name in pair.pictures})
        _write_page(made / PAGE, key, raters)
        (made / KEY).write_text(key.model_dump_json(indent=1) + "\n", "utf-8")
        _put_in_place(made, folder, key)
    return key


class _Pictures:
    """The pictures of a page, each written once, under a name made of its content."""

    def __init__(self, folder: Path) -> None:
        folder.mkdir(parents=True)
        self._folder = folder
        self._names: dict[Path, str] = {}

    def why_not(self, pair: Pair) -> str:
        """Why a pair can't be asked about, in a word; nothing if it can."""
        left, right = pair.pictures
        if left is None or right is None:
            return "failed"
        try:
            return "identical" if self.name(left) == self.name(right) else ""
        except ValueError:
            return "unreadable"

    def name(self, path: Path) -> str:
        """The name of a picture's file on the page; ValueError where the picture can't be read."""
        if path not in self._names:
            buffer = io.BytesIO()
            to_pil(read(path, WHITE)).save(buffer, "PNG")
            content = buffer.getvalue()
            self._names[path] = f"{hashlib.blake2b(content, digest_size=8).hexdigest()}.png"
            (self._folder / self._names[path]).write_bytes(content)
        return self._names[path]

    def keep(self, names: set[str]) -> None:
        """Take away the files of all others."""
        for path in self._folder.iterdir():
            if path.name not in names:
                path.unlink()


def _askable(
    there: Sequence[Pair], pictures: _Pictures, limit: int | None, progress: Callable[[int, int], None]
) -> tuple[list[Pair], Mapping[str, int]]:
    """The first pairs that can be asked about, and how many before the last of them can't, by reason."""
    total = min(len(there), limit or len(there))
    pairs: list[Pair] = []
    left_out: Counter[str] = Counter()
    for pair in there:
        if reason := pictures.why_not(pair):
            left_out[reason] += 1
            continue
        pairs.append(pair)
        progress(len(pairs), total)
        if len(pairs) == limit:
            break
    if not pairs:
        why = ", ".join(f"{count:,} {REASONS[reason]}" for reason, count in left_out.items())
        raise fail(None, f"there is no pair to ask about: {why}")
    return pairs, left_out


def _write_page(page: Path, key: RatingKey, raters: Sequence[str]) -> None:
    """The page's own files beside its pictures, all of one time."""
    text = f"window.rating = {json.dumps(_shown(key, raters), indent=1)};\n"
    (page / "pairs.js").write_text(text, "utf-8")
    for file in files(__package__).joinpath(PAGE).iterdir():
        (page / file.name).write_bytes(file.read_bytes())
    for path in (*page.rglob("*"), page):
        os.utime(path, (_MOMENT, _MOMENT))


def _key(
    pairs: Sequence[Pair],
    pictures: _Pictures,
    contestants: Sequence[Contestant],
    question: str,
    seed: int,
    left_out: Mapping[str, int],
) -> RatingKey:
    entries = []
    for number, pair in enumerate(pairs, start=1):
        names = [pictures.name(picture) for picture in pair.pictures if picture is not None]
        prompt, setting, label, _ = pair.spot
        by_name = dict(zip(names, pair.contestants, strict=True))
        entries.append(KeyPair(pair=number, prompt=prompt, setting=setting, seed=label, pictures=by_name))
    asked = [question, [[entry.prompt, *entry.pictures] for entry in entries]]
    return RatingKey(
        page=hashlib.blake2b(json.dumps(asked).encode(), digest_size=6).hexdigest(),
        question=question,
        seed=seed,
        contestants=[contestant.name for contestant in contestants],
        left_out=dict(left_out),
        pairs=entries,
    )


def _shown(key: RatingKey, raters: Sequence[str]) -> dict[str, Any]:
    """All that the page knows."""
    pairs = [{"pair": one.pair, "prompt": one.prompt, "pictures": list(one.pictures)} for one in key.pairs]
    return {"page": key.page, "question": key.question, "raters": list(raters), "pairs": pairs}


def _expect_everyone(contestants: Sequence[Contestant], pairs: Sequence[Pair]) -> None:
    """Raise GraphError for contestants that are in no pair."""
    met = {number for pair in pairs for number in pair.contestants}
    alone = [contestant.name for number, contestant in enumerate(contestants) if number not in met]
    if alone:
        what = f"{', '.join(alone)}: no prompt and settings in common with the others"
        raise fail(None, what, "rate runs of the same prompts")


def _expect_free(folder: Path) -> None:
    if (
        folder.exists()
        and not (folder / KEY).exists()
        and not (folder.is_dir() and not any(folder.iterdir()))
    ):
        hint = "give a new or an empty folder with --out"
        raise fail(None, f"{folder} is there and holds no page of `mezzotint rate`", hint)


@contextmanager
def _growing(folder: Path) -> Iterator[Path]:
    """A folder beside the one that was asked for; what is left in it in the end is taken away."""
    folder.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=folder.parent, prefix=".rating-") as made:
        yield Path(made)


def _put_in_place(made: Path, folder: Path, key: RatingKey) -> None:
    if (folder / KEY).exists() and read_key(folder).page != key.page:
        hint = "give a new folder with --out: votes on that page couldn't be counted without its key"
        raise fail(None, f"{folder} holds another page", hint)
    folder.mkdir(exist_ok=True)
    shutil.rmtree(folder / PAGE, ignore_errors=True)
    for path in list(made.iterdir()):
        path.replace(folder / path.name)
