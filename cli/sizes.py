"""Sizes in bytes, as people write and read them."""

from __future__ import annotations

import re

_UNITS = {
    "B": 1,
    "kB": 10**3,
    "MB": 10**6,
    "GB": 10**9,
    "TB": 10**12,
    "KiB": 1 << 10,
    "MiB": 1 << 20,
    "GiB": 1 << 30,
    "TiB": 1 << 40,
}
ACCEPTED = ", ".join(_UNITS)


def read_size(text: str) -> int:
    """Bytes in ``5GB``, ``500 MiB`` or ``0``; ValueError says what is accepted."""
    match = re.fullmatch(r"\s*(\d+(?:\.\d+)?)\s*([A-Za-z]*)\s*", text)
    if match is None:
        raise ValueError(f"{text!r} is not a size; write a number and a unit: 5GB, 500 MiB")
    number, unit = match.groups()
    by_lower = {name.lower(): factor for name, factor in _UNITS.items()}
    if not unit and float(number) != 0:
        raise ValueError(f"{text!r} has no unit; it is one of {ACCEPTED}")
    factor = by_lower.get(unit.lower() or "b")
    if factor is None:
        raise ValueError(f"{text!r} has the unit {unit!r}; it is one of {ACCEPTED}")
    return round(float(number) * factor)


def show_size(size: int) -> str:
    """``1.2 GB``: in powers of ten, as disks are sold and file managers count."""
    for unit in ("TB", "GB", "MB", "kB"):
        if size >= _UNITS[unit]:
            return f"{size / _UNITS[unit]:.1f} {unit}"
    return f"{size} B"
