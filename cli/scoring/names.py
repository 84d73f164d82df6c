"""What the name of a picture's file tells of its prompt: words, or a number in a list."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator
from pathlib import PurePosixPath

_WORD = re.compile(r"[^\W_]+")
_LEADING_NUMBER = re.compile(r"\d+(?=\D|$)")
_NUMBERS_AROUND = re.compile(r"^\d+[\s_.-]+|[\s_-]+\(?\d+\)?$")
_UUID = r"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}"
#: ``user_a_red_cube_<job>.png``, and ``DALL·E 2024-05-01 12.30.00 - A red cube.webp``.
_MIDJOURNEY = re.compile(rf"[^_]+_(?P<words>.+?)(?:_--[a-z].*)?_{_UUID}(?:_\d)?", re.IGNORECASE)
_DALL_E = re.compile(r"DALL\W?E \d{4}-\d\d-\d\d [\d.]+ - (?P<words>.+)", re.IGNORECASE)
#: Words that programs call every picture by, whatever it shows.
_OF_PROGRAMS = re.compile(
    r"(?:ChatGPT Image|Gemini.Generated.Image|ComfyUI.temp|Screen.?shot|WhatsApp Image)\b", re.IGNORECASE
)
#: Scripts that part no words by spaces, from here on.
_UNPARTED = "\u2e80"


def words(text: str) -> str:
    """Text as its words alone, for comparing: of any script, whatever parts them, in lower case."""
    return " ".join(_WORD.findall(unicodedata.normalize("NFC", text).casefold()))


def word_forms(name: str) -> Iterator[str]:
    """The words of a picture's name: all of them, then without a number before and numbers behind them."""
    stem = _stem(name)
    yield words(stem)
    while True:
        shorter = _NUMBERS_AROUND.sub("", stem)
        if shorter == stem:
            return
        stem = shorter
        yield words(stem)


def number(name: str) -> int | None:
    """The number in a list that a name tells: of the first folder or file that begins with one, or ends so.

    ``00012_a-red-cube.png``, ``00012/samples/0000.png`` and ``image_12.png`` are all number 12.
    """
    parts = [*PurePosixPath(name).parts[:-1], _stem(name)]
    for part in parts:
        leading = _LEADING_NUMBER.match(part)
        if leading and len(leading.group()) < 10:
            return int(leading.group())
    trailing = re.search(r"(?<!\d)\d{1,9}$", parts[-1])
    return int(trailing.group()) if trailing else None


def prompt_in(name: str) -> str | None:
    """The prompt that a name spells out; None for a name that is no sentence, such as ``IMG_2034``.

    Midjourney and DALL·E name their files so, and cut long prompts short. ChatGPT's tell only the time.
    """
    stem = unicodedata.normalize("NFC", _stem(name))
    if _OF_PROGRAMS.match(stem.replace("_", " ")):
        return None
    named = _MIDJOURNEY.fullmatch(stem) or _DALL_E.fullmatch(stem)
    text = named["words"] if named else stem
    while not named and (shorter := _NUMBERS_AROUND.sub("", text)) != text:
        text = shorter
    if " " not in text:
        text = re.sub(r"[_-]+", " ", text)
    found = [word for word in text.split() if any(letter.isalpha() for letter in word)]
    if len(found) < 2 and not any(letter >= _UNPARTED for letter in text):
        return None
    return " ".join(text.split())


def _stem(name: str) -> str:
    return PurePosixPath(name).stem
