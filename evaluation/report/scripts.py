"""Data as scripts: a page opened from a disk may load a script, and nothing else."""

from __future__ import annotations

import json
import math
import re
from collections.abc import Mapping
from dataclasses import fields, is_dataclass
from pathlib import Path
from typing import Any

#: Whole numbers beyond are not exact in a browser.
_EXACT = 1 << 53
_LOCAL = re.compile(r"""(?<![\w:/.~])(?:~|[A-Za-z]:)?[/\\](?:[^\s/\\'"<>|]+[/\\])+(?=[^\s/\\'"<>|])""")


def script(target: str, value: Any) -> bytes:
    """A script that sets ``target``, a name in a browser's window, to plain data or dataclasses of them.

    The data is text for the browser's JSON reader: no key can become more than a key. The file is ASCII
    throughout, holds no ``<``, and can stand inside a page as well.
    """
    text = json.dumps(plain(value), allow_nan=False, separators=(",", ":")).replace("<", "\\u003c")
    quoted = text.replace("\\", "\\\\").replace("'", "\\'")
    return f"{target} = JSON.parse('{quoted}');\n".encode("ascii")


def plain(value: Any) -> Any:
    """Dataclasses, mappings and sequences as JSON has them.

    NaN and infinities are null, whole numbers that a browser can't hold are text, and of a path there is the
    name.
    """
    if isinstance(value, float):
        return value if math.isfinite(value) else None
    if isinstance(value, bool) or value is None or isinstance(value, str):
        return value
    if isinstance(value, int):
        return value if abs(value) < _EXACT else str(value)
    if is_dataclass(value) and not isinstance(value, type):
        return {field.name: plain(getattr(value, field.name)) for field in fields(value)}
    if isinstance(value, Mapping):
        return {str(key): plain(entry) for key, entry in value.items()}
    if isinstance(value, (list, tuple)):
        return [plain(entry) for entry in value]
    return value.name if isinstance(value, Path) else str(value)


def without_local_paths(value: Any) -> Any:
    """Plain data whose texts name files by their names: a report is shown to others."""
    if isinstance(value, str):
        return _LOCAL.sub("…/", value)
    if isinstance(value, Mapping):
        return {key: without_local_paths(entry) for key, entry in value.items()}
    if isinstance(value, (list, tuple)):
        return [without_local_paths(entry) for entry in value]
    return value
