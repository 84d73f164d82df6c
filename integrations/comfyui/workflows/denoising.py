"""How many steps image to image takes: ComfyUI's ``denoise`` and our ``strength``.

ComfyUI makes a schedule of ``int(steps / denoise)`` steps and takes the last ``steps``; as in diffusers, we
make one of ``steps`` and take the last ``int(steps * strength)``.
"""

from __future__ import annotations

#: From here on ComfyUI takes all steps.
WHOLE = 0.9999
_DIGITS = range(1, 16)


def schedule_of(steps: int, denoise: float) -> tuple[int, float]:
    """Our steps and strength for theirs; 0 of either leaves latents as they are."""
    if denoise > WHOLE:
        return steps, 1.0
    if denoise <= 0:
        return steps, 0.0
    total = int(steps / denoise)
    return total, strength_of(total, steps, denoise)


def strength_of(total: int, taken: int, wanted: float = -1.0) -> float:
    """The strength with which ``taken`` of ``total`` steps are: ``wanted``, or that of the fewest digits."""
    if taken >= total:
        return 1.0
    if int(total * wanted) == taken:
        return wanted
    for digits in _DIGITS:
        found = float(-(-taken * 10**digits // total) / 10**digits)
        if int(total * found) == taken:
            return found
    return (taken + 0.5) / total


def denoise_of(total: int, strength: float) -> tuple[int, float]:
    """Their steps and denoise for ours."""
    taken = int(total * strength)
    if taken >= total:
        return total, 1.0
    if taken == 0:
        return total, 0.0
    if strength <= WHOLE and int(taken / strength) == total:
        return taken, strength
    for digits in _DIGITS:
        largest = taken * 10**digits // total
        for count in (largest, largest - 1):  # the largest may fall short by rounding
            found = count / 10**digits
            if 0 < found <= WHOLE and int(taken / found) == total:
                return taken, found
    return taken, taken / (total + 0.5)
