"""Each way in which the hub fails is one line that says what to do next."""

from __future__ import annotations

import errno
from pathlib import Path
from typing import Any

import pytest

from mezzotint.nodes import sources
from mezzotint.nodes.hub import advice

ID = "owner/name"


def http(kind: str, status: int) -> Exception:
    """An error of the hub's client as it is raised for a response of this status."""
    from huggingface_hub import errors

    class Response:
        status_code = status
        headers: dict[str, str] = {}  # noqa: RUF012
        request = None

    made: Any = getattr(errors, kind)
    response: Any = Response()
    try:
        raised: Exception = made(f"{status} Client Error", response=response)
    except TypeError:  # before 1.0 the response was positional
        raised = made(f"{status} Client Error", response)
    return raised


def caused(error: Exception, cause: Exception) -> Exception:
    error.__cause__ = cause
    return error


def local_only() -> Exception:
    from huggingface_hub.errors import LocalEntryNotFoundError

    return LocalEntryNotFoundError("cannot find the requested files in the local cache")


FAILURES: list[tuple[Any, list[str]]] = [
    (lambda: http("GatedRepoError", 403), ["consent", "https://huggingface.co/owner/name", "hf auth login"]),
    (lambda: http("RepositoryNotFoundError", 401), ["no public model of this name", "hf auth login"]),
    (lambda: http("RevisionNotFoundError", 404), ["no revision 'v9'", "/commits"]),
    (lambda: http("DisabledRepoError", 403), ["disabled"]),
    (lambda: http("HfHubHTTPError", 403), ["HTTP 403", "hf auth login"]),
    (lambda: http("HfHubHTTPError", 429), ["too many requests"]),
    (lambda: http("HfHubHTTPError", 503), ["HTTP 503", "later"]),
    (lambda: caused(local_only(), ConnectionError("no route")), ["can't be reached", "give the folder"]),
    (local_only, ["can't be reached"]),
    (lambda: TimeoutError("timed out"), ["can't be reached"]),
    (lambda: OSError(errno.ENOSPC, "No space left on device"), ["is full", "HF_HOME"]),
    (lambda: PermissionError(errno.EACCES, "Permission denied"), ["can't be written", "HF_HOME"]),
    (lambda: OSError(errno.EROFS, "Read-only file system"), ["can't be written", "HF_HOME"]),
    (lambda: RuntimeError("a new kind of trouble\nwith a second line"), ["a new kind of trouble; try again"]),
]


@pytest.fixture
def online(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """An empty cache, and a hub that is taken to be there."""
    from huggingface_hub import constants

    monkeypatch.setattr(constants, "HF_HUB_CACHE", str(tmp_path / "hub"))
    monkeypatch.setattr(constants, "HF_HUB_OFFLINE", False)
    monkeypatch.setattr(constants, "ENDPOINT", "https://huggingface.co")


@pytest.mark.usefixtures("online")
@pytest.mark.parametrize(("failure", "expected"), FAILURES)
def test_a_model_that_cannot_be_fetched_says_what_to_do(
    failure: Any, expected: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    import huggingface_hub

    def snapshot_download(*_: Any, local_files_only: bool = False, **__: Any) -> str:
        raise local_only() if local_files_only else failure()

    monkeypatch.setattr(huggingface_hub, "snapshot_download", snapshot_download)
    with pytest.raises(ValueError, match="source 'owner/name' is no folder here") as caught:
        sources.locate(ID, "v9", fetch=True)
    message = str(caught.value)
    assert "\n" not in message
    for part in expected:
        assert part in message


def test_offline_by_setting_is_told_from_a_network_that_is_down(monkeypatch: pytest.MonkeyPatch) -> None:
    from huggingface_hub import constants

    monkeypatch.setattr(constants, "HF_HUB_OFFLINE", True)
    assert "HF_HUB_OFFLINE is set" in advice(local_only(), ID)


@pytest.mark.usefixtures("online")
def test_the_weights_of_a_clip_say_it_too(monkeypatch: pytest.MonkeyPatch) -> None:
    open_clip = pytest.importorskip("open_clip.pretrained")
    from mezzotint.evaluation.extractors.clip_names import clip_source

    def hf_hub_download(**_: Any) -> str:
        raise http("GatedRepoError", 403)

    monkeypatch.setattr(open_clip, "hf_hub_download", hf_hub_download)
    source = clip_source("clip:ViT-B-32/laion2b_s34b_b79k")
    with pytest.raises(ValueError, match="could not be fetched: its owner asks for consent") as caught:
        source.files(fetch=True)
    assert "https://huggingface.co/laion/CLIP-ViT-B-32" in str(caught.value)
    assert "goes by clip:ViT-B-32/FILE" in str(caught.value)
