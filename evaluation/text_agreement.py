"""How well a text that was read agrees with the text that was wanted."""

from __future__ import annotations

import re
import unicodedata
from collections import Counter
from collections.abc import Sequence
from itertools import permutations

#: Of more quoted texts than these the order of the prompt is taken; the orders of four are 24.
MOST_REORDERED = 4

_QUOTES = str.maketrans({"‘": "'", "’": "'", "‚": "'", "“": '"', "”": '"', "„": '"', "«": '"', "»": '"'})

#: A single quote opens before a word and closes after one, since it is an apostrophe within.
_QUOTED = re.compile(
    r'"([^"]+)"|“([^”]+)”|„([^“”]+)[“”]|«([^»]+)»|「([^」]+)」|『([^』]+)』'
    r"|(?<!\w)'(?=\S)(.+?)'(?!\w)|(?<!\w)‘(.+?)’(?!\w)"
)

_IDEOGRAPHS = r"\u3040-\u30ff\u3400-\u9fff"
_LETTERS = rf"(?:(?![{_IDEOGRAPHS}])[^\W_])+"

#: A word with its apostrophes, or one character of a script that is written without spaces.
_WORD = re.compile(rf"[{_IDEOGRAPHS}]|{_LETTERS}(?:'{_LETTERS})*")


def quoted(prompt: str) -> list[str]:
    """The texts in quotes in a prompt, in order: "…", “…”, „…“, '…', ‘…’, «…», 「…」 and 『…』."""
    found = ("".join(part or "" for part in match.groups()).strip() for match in _QUOTED.finditer(prompt))
    return [text for text in found if text]


def normalized(text: str, *, case: bool = False) -> str:
    """In Unicode's compatibility form, plain quotes, single spaces, and small letters unless ``case``."""
    plain = " ".join(unicodedata.normalize("NFKC", text).translate(_QUOTES).split())
    return plain if case else plain.casefold()


def edit_distance(left: Sequence[object], right: Sequence[object]) -> int:
    """Levenshtein distance: the fewest insertions, deletions and substitutions that turn one to the other."""
    before = list(range(len(right) + 1))
    for row, one in enumerate(left, start=1):
        after = [row]
        for column, other in enumerate(right, start=1):
            after.append(min(before[column] + 1, after[-1] + 1, before[column - 1] + (one != other)))
        before = after
    return before[-1]


def similarity(read: str, wanted: Sequence[str], *, case: bool = False) -> float:
    """1 − Levenshtein / length of the longer text, in [0, 1], over normalised texts joined by spaces.

    The wanted texts are taken in the order that fits best, since a prompt doesn't say which is read first;
    of more than :data:`MOST_REORDERED` in the order given.
    """
    found = normalized(read, case=case)
    orders = permutations(wanted) if len(wanted) <= MOST_REORDERED else [tuple(wanted)]
    texts = {normalized(" ".join(order), case=case) for order in orders}
    return max(1 - edit_distance(found, text) / max(len(found), len(text), 1) for text in texts)


def found_words(read: str, wanted: Sequence[str], *, case: bool = False) -> float:
    """The share of the wanted words that were read, in [0, 1], in any order; a word read once counts once.

    A text of signs alone, such as "!!!", is one word.
    """
    words = Counter(_words(normalized(" ".join(wanted), case=case)))
    return (words & Counter(_words(normalized(read, case=case)))).total() / words.total()


def _words(text: str) -> list[str]:
    return _WORD.findall(text) or [text]
