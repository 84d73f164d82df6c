"""``perturb``: prompts with small changes that leave their meaning, to see whether pictures hold."""

from __future__ import annotations

import hashlib
import math
import re
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from random import Random
from typing import Annotated, Any, Literal

from ..graphs.digest import file_digest
from ..graphs.node import Content, Range, node
from ..graphs.types import Integer, Text

Kind = Literal["typos", "case", "order", "synonyms"]

_SPACES = re.compile(r"(\s+)")
_KEYS = ("qwertyuiop", "asdfghjkl", "zxcvbnm")
#: The letters beside each on a keyboard's row.
_NEIGHBOURS = {
    key: [row[at] for at in (index - 1, index + 1) if 0 <= at < len(row)]
    for row in _KEYS
    for index, key in enumerate(row)
}


def _digest(file: str, options: Mapping[str, Any], fetch: bool) -> str:
    try:
        return file_digest(Path(file).expanduser())
    except OSError as error:
        raise ValueError(f"the file of synonyms {file!r} can't be read: {error.strerror or error}") from error


def _synonyms_given(options: Mapping[str, Any]) -> None:
    """ValueError unless a list of synonyms is there exactly where it is needed."""
    given = [name for name in ("synonyms", "file") if options[name] is not None]
    if options["kind"] != "synonyms" and given:
        raise ValueError(f"{given[0]} goes with kind: synonyms, not with kind: {options['kind']}")
    if options["kind"] == "synonyms" and len(given) != 1:
        raise ValueError(
            'kind: synonyms needs either synonyms, such as ["photo, picture"], or a file of them'
        )
    _listed(options["synonyms"] or ())


@node(version=1, batch=256, check=_synonyms_given)
def perturb(
    text: Text,
    seed: Integer = 0,  # type: ignore[assignment]
    *,
    kind: Kind = "typos",
    amount: Annotated[float, Range(0, 1)] = 0.2,
    synonyms: list[str] | None = None,
    file: Annotated[str, Content(_digest, names_files=True)] | None = None,
) -> Text:
    """Change prompts a little, so that it shows how much pictures and scores depend on how they are written.

    The robustness of HELM and HEIM (Liang et al. 2022, Lee et al. 2023): draw the changed prompt, and score
    the picture against the unchanged one. What is changed depends on the text and the seed alone.

    Args:
        text: the prompts.
        seed: which of the possible changes; several seeds give several versions.
        kind: typos gives words one slip of the fingers each (letters swapped, left out, doubled, or hit
            beside), case changes capitals, order moves words, synonyms puts words of a list in place of
            others. Nothing else changes, not even spaces.
        amount: the share of the words that could be changed which are, rounded up; 0 changes nothing.
        synonyms: groups of words and phrases that may stand for each other, such as ["photo, picture"].
        file: a text file of such groups, one a line.

    Raises:
        ValueError: synonyms that are missing, given twice, or for another kind; a group of one word.

    >>> from mezzotint import nodes
    >>> nodes.perturb("a red circle", seed=1, kind="case")
    'A red circle'
    """
    _synonyms_given({"kind": kind, "synonyms": synonyms, "file": file})
    change: Callable[[str, float, Random], str]
    if kind == "synonyms":
        change = _Synonyms(_listed(synonyms) if synonyms is not None else _read(str(file)))
    else:
        change = {"typos": _typos, "case": _case, "order": _order}[kind]
    seeds = [seed] * len(text) if isinstance(seed, int) else seed
    return [
        change(one, amount, _random(one, number, kind)) if amount else one
        for one, number in zip(text, seeds, strict=True)
    ]


def _random(text: str, seed: int, kind: Kind) -> Random:
    digest = hashlib.blake2b(f"{kind}\0{seed}\0{text}".encode(), digest_size=16).digest()
    return Random(int.from_bytes(digest, "big"))


def _chosen(places: Sequence[int], amount: float, rng: Random) -> list[int]:
    """A share of the places, rounded up. The margin keeps 0.1 × 30 from being four."""
    return rng.sample(list(places), math.ceil(amount * len(places) - 1e-9))


def _typos(text: str, amount: float, rng: Random) -> str:
    parts = _SPACES.split(text)
    slips = {at: found for at, word in enumerate(parts) if (found := _slips(word))}
    for at in _chosen(list(slips), amount, rng):
        parts[at] = rng.choice(rng.choice(slips[at]))
    return "".join(parts)


def _slips(word: str) -> list[list[str]]:
    """The words that one slip makes of a word, by kind of slip; kinds that make none are left out."""
    letters = [at for at, letter in enumerate(word) if letter.isalpha()]
    if len(letters) < 3:  # a slip in "a" or "of" leaves too little to be read
        return []
    pairs = [at for at in letters if at + 1 in letters]
    kinds = (
        (word[:at] + word[at + 1] + word[at] + word[at + 2 :] for at in pairs),
        (word[:at] + word[at + 1 :] for at in letters),
        (word[: at + 1] + word[at:] for at in letters),
        (word[:at] + key + word[at + 1 :] for at in letters for key in _NEIGHBOURS.get(word[at], ())),
    )
    found = [sorted({made for made in kind if made != word}) for kind in kinds]
    return [kind for kind in found if kind]


def _case(text: str, amount: float, rng: Random) -> str:
    parts = _SPACES.split(text)
    # Letters without a counterpart, such as ſ, become others when their case is changed and back.
    forms = {
        at: sorted({new for new in (word.upper(), word.lower(), word.swapcase()) if _same_letters(new, word)})
        for at, word in enumerate(parts)
    }
    for at in _chosen([at for at, found in forms.items() if found], amount, rng):
        parts[at] = rng.choice(forms[at])
    return "".join(parts)


def _same_letters(new: str, word: str) -> bool:
    return new != word and new.casefold() == word.casefold()


def _order(text: str, amount: float, rng: Random) -> str:
    parts = _SPACES.split(text)
    places = [at for at in range(0, len(parts), 2) if parts[at]]
    words = [parts[at] for at in places]
    if len(set(words)) < 2:
        return text
    count = max(2, math.ceil(amount * len(words) - 1e-9))
    moved = sorted(rng.sample(range(len(words)), count))
    if len({words[at] for at in moved}) < 2:
        moved = list(range(len(words)))
    shift = rng.randrange(1, len(moved))
    new = [words[at] for at in moved]
    if new[shift:] + new[:shift] == new:  # "very big very big" turned by two
        shift = 1
    for at, word in zip(moved, new[shift:] + new[:shift], strict=True):
        parts[places[at]] = word
    return "".join(parts)


class _Synonyms:
    """Puts words of a group in the place of others, with their capitals."""

    def __init__(self, groups: Sequence[Sequence[str]]) -> None:
        self._others: dict[str, list[str]] = {}
        for group in groups:
            for word in group:
                known = self._others.setdefault(word.casefold(), [])
                known += [
                    other for other in group if other.casefold() != word.casefold() and other not in known
                ]
        if not self._others:
            raise ValueError("there are no groups of synonyms; write some, such as 'big, large'")
        # The longest first, so that "cell phone" isn't read as "phone".
        words = sorted(self._others, key=len, reverse=True)
        self._word = re.compile(rf"(?<!\w)(?:{'|'.join(map(re.escape, words))})(?!\w)", re.IGNORECASE)

    def __call__(self, text: str, amount: float, rng: Random) -> str:
        matches = [match for match in self._word.finditer(text) if match[0].casefold() in self._others]
        made = text
        # From the end, so that what is before keeps its place.
        for at in sorted(_chosen(range(len(matches)), amount, rng), reverse=True):
            word = matches[at][0]
            new = _capitals(word, rng.choice(self._others[word.casefold()]))
            made = made[: matches[at].start()] + new + made[matches[at].end() :]
        return made


def _capitals(word: str, new: str) -> str:
    if word.isupper() and sum(map(str.isalpha, word)) > 1:
        return new.upper()
    return new[0].upper() + new[1:] if word[0].isupper() else new


def _listed(synonyms: Sequence[str]) -> list[list[str]]:
    return [_group(line, f"synonyms {number}") for number, line in enumerate(synonyms, 1)]


def _read(file: str) -> list[list[str]]:
    try:
        lines = Path(file).expanduser().read_text(encoding="utf-8-sig").splitlines()
    except (OSError, UnicodeDecodeError) as error:
        raise ValueError(f"the file of synonyms {file!r} can't be read: {error}") from error
    return [_group(line, f"{file}:{number}") for number, line in enumerate(lines, 1) if line.strip()]


def _group(line: str, where: str) -> list[str]:
    """The words and phrases of ``big, large``; ValueError for fewer than two."""
    words = [" ".join(word.split()) for word in line.split(",") if word.strip()]
    if len({word.casefold() for word in words}) < 2:
        raise ValueError(f"{where}: {line!r} is no group of words; write 'big, large'")
    return words
