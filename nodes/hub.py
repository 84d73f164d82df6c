"""What to do when something can't be fetched from the Hugging Face Hub."""

from __future__ import annotations

import errno
from collections.abc import Iterator

_FULL = frozenset({errno.ENOSPC, errno.EDQUOT})
_FORBIDDEN = frozenset({errno.EACCES, errno.EPERM, errno.EROFS})
_BY_HAND = "or download it elsewhere and give the folder"


def advice(error: BaseException, repository: str, revision: str | None = None) -> str:
    """Why fetching from the hub failed, and what to do next, on one line.

    ``error`` is whatever the client raised, its causes included; ``repository`` is ``owner/name``.
    """
    from huggingface_hub import constants, errors

    causes = list(_causes(error))

    def is_one(*kinds: type[BaseException]) -> bool:
        return any(isinstance(cause, kinds) for cause in causes)

    page = f"{constants.ENDPOINT}/{repository}"
    cache = constants.HF_HUB_CACHE
    numbers = {cause.errno for cause in causes if isinstance(cause, OSError)}
    if numbers & _FULL:
        return f"the disk that holds {cache} is full; free some room, or set HF_HOME to a folder elsewhere"
    if numbers & _FORBIDDEN:
        return f"{cache} can't be written; set HF_HOME to a folder that can be"
    if is_one(errors.OfflineModeIsEnabled) or constants.HF_HUB_OFFLINE:
        return f"HF_HUB_OFFLINE is set and it isn't in {cache}; unset it, {_BY_HAND}"
    if is_one(errors.GatedRepoError):  # before the error that it is a kind of
        return f"its owner asks for consent; give it at {page}, then log in with `hf auth login`"
    if is_one(errors.DisabledRepoError):
        return f"the hub has disabled it; {page} may say why"
    if is_one(errors.RevisionNotFoundError):
        return f"it has no revision {revision!r}; {page}/commits lists them"
    if is_one(errors.RepositoryNotFoundError):
        return "the hub has no public model of this name; for a private one log in with `hf auth login`"
    status = next((found for cause in causes if (found := _status(cause)) is not None), None)
    if status in (401, 403):
        return f"the hub refuses access (HTTP {status}); log in with `hf auth login`, and see {page}"
    if status == 429:
        return "the hub has had too many requests from here (HTTP 429); wait, or log in with `hf auth login`"
    if status is not None and status >= 500:
        return f"the hub has a fault of its own (HTTP {status}); try again later, {_BY_HAND}"
    if _is_connection(causes) or is_one(errors.LocalEntryNotFoundError):
        mirror = "check the network (HF_ENDPOINT names a mirror)"
        return f"{constants.ENDPOINT} can't be reached; {mirror}, {_BY_HAND}"
    reason = (str(error).strip() or type(error).__name__).splitlines()[0]
    return f"{reason}; try again, {_BY_HAND}"


def _causes(error: BaseException | None) -> Iterator[BaseException]:
    """An error and those that led to it, the nearest first."""
    seen: set[int] = set()
    while error is not None and id(error) not in seen:
        seen.add(id(error))
        yield error
        error = error.__cause__ or error.__context__


def _status(error: BaseException) -> int | None:
    found = getattr(getattr(error, "response", None), "status_code", None)
    return found if isinstance(found, int) else None


def _is_connection(causes: list[BaseException]) -> bool:
    """Whether the network failed. Told by words: the HTTP library behind the client has changed before."""
    words = ("Connect", "Timeout", "Network", "Proxy", "ProtocolError", "SSL")
    return any(
        isinstance(cause, (ConnectionError, TimeoutError))
        or any(word in type(cause).__name__ for word in words)
        for cause in causes
    )
