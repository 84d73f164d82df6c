"""Models in transformers' layout: which files make one up, and what is fetched of a hub id."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from mezzotint.evaluation.extractors.pretrained import Pretrained


def fill(folder: Path, *names: str) -> Path:
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "config.json").write_text('{"model_type": "toy"}')
    for name in names:
        (folder / name).write_bytes(name.encode())
    return folder


def names(source: Any, **settings: Any) -> list[str]:
    files = Pretrained(str(source)).files(**settings)
    assert files is not None
    return [path.name for path in files]


@pytest.fixture
def hub(tmp_path, monkeypatch):
    """A hub whose one model is a folder; tells what it was asked for."""
    from huggingface_hub.errors import LocalEntryNotFoundError

    published = tmp_path / "published"
    asked: list[dict[str, Any]] = []

    def snapshot_download(name: str, **settings: Any) -> str:
        asked.append(settings)
        if settings.get("local_files_only") and len(asked) == 1:
            raise LocalEntryNotFoundError("not here")
        return str(published)

    monkeypatch.setattr("huggingface_hub.snapshot_download", snapshot_download)
    return published, asked


def test_settings_vocabularies_and_weights_make_up_a_model(tmp_path):
    folder = fill(
        tmp_path, "model.safetensors", "vocab.txt", "spiece.model", "README.md", "pytorch_model.bin"
    )
    assert names(folder) == ["config.json", "model.safetensors", "spiece.model", "vocab.txt"]
    before = Pretrained(str(folder)).digest()
    (folder / "README.md").write_text("changed")
    assert Pretrained(str(folder)).digest() == before
    (folder / "vocab.txt").write_text("changed")
    assert Pretrained(str(folder)).digest() not in (None, before)


def test_weights_in_pieces_are_those_that_their_index_names(tmp_path):
    folder = fill(tmp_path, "one.safetensors", "two.safetensors", "stray.safetensors")
    index = folder / "model.safetensors.index.json"
    index.write_text(json.dumps({"weight_map": {"a": "one.safetensors", "b": "two.safetensors"}}))
    assert names(folder) == ["config.json", index.name, "one.safetensors", "two.safetensors"]
    (folder / "two.safetensors").unlink()
    with pytest.raises(ValueError, match=r"lacks two\.safetensors"):
        names(folder)
    index.write_text('{"weight_map": 3}')
    with pytest.raises(ValueError, match=r"index\.json can't be read"):
        names(folder)


def test_a_hub_id_is_unknown_until_it_is_fetched(hub):
    published, asked = hub
    fill(published, "model.safetensors")
    assert Pretrained("owner/name").digest() is None
    assert names("owner/name", fetch=True) == ["config.json", "model.safetensors"]
    assert all(settings.get("local_files_only") for settings in asked)


def test_what_is_fetched_are_no_pickles(hub):
    published, asked = hub
    fill(published, "model.safetensors")
    Pretrained("owner/name").folder(fetch=True)
    assert "local_files_only" not in asked[-1]
    suffixes = {pattern.rpartition(".")[2] for pattern in asked[-1]["allow_patterns"]}
    assert "safetensors" in suffixes
    assert not suffixes & {"bin", "pt", "pth", "pkl", "py", "msgpack", "h5", "*"}


def test_a_model_without_safetensors_is_an_error_even_when_fetched(hub):
    published, _ = hub
    fill(published, "pytorch_model.bin")
    with pytest.raises(ValueError, match=r"lacks model\.safetensors; only safetensors weights are read"):
        Pretrained("owner/name").folder(fetch=True)


@pytest.mark.parametrize("source", ["nowhere", "a/b/c", "", "../x"])
def test_what_is_neither_a_folder_nor_a_hub_id_is_an_error(source):
    with pytest.raises(ValueError, match="doesn't exist; expected a folder in transformers' layout"):
        Pretrained(source).folder(fetch=True)
