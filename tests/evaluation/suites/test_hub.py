"""Prompts from the hub: published files are checked like local ones, datasets become the same records."""

from __future__ import annotations

import sys
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from mezzotint.evaluation.suites import load_suite
from mezzotint.graphs.problem import GraphError

datasets = pytest.importorskip("datasets")


@pytest.fixture
def asked(monkeypatch: pytest.MonkeyPatch) -> list[tuple[Any, ...]]:
    """A hub that holds two of DrawBench's prompts; what was asked of it."""
    table = datasets.Dataset.from_list(
        [{"Prompts": "A red car.", "Category": "Colors"}, {"Prompts": "Two cats.", "Category": "Counting"}]
    )
    calls: list[tuple[Any, ...]] = []

    def load_dataset(name: str, config: str | None, *, split: str) -> Any:
        calls.append((name, config, split))
        return table

    monkeypatch.setattr(datasets, "load_dataset", load_dataset)
    return calls


def test_rows_of_a_dataset_become_the_records_that_a_file_would(
    asked: list[tuple[Any, ...]], tmp_path: Path
) -> None:
    suite = load_suite("drawbench")
    fetched = suite.prompts(fetch=True)
    path = tmp_path / "DrawBench.csv"
    path.write_text("Prompts,Category\nA red car.,Colors\nTwo cats.,Counting\n")
    local = suite.prompts(path)
    assert [record.values for record in fetched.records] == [record.values for record in local.records]
    assert asked == [("sayakpaul/drawbench", None, "train")]
    assert fetched.as_published is None


def test_files_of_the_hub_are_checked_like_local_ones(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    import huggingface_hub

    names = ["README.md", "examples/dataset/color_val.txt", "examples/dataset/color_train.txt"]
    (tmp_path / "color_val.txt").write_text("a red cup\n")
    monkeypatch.setattr(
        huggingface_hub, "HfApi", lambda: SimpleNamespace(list_repo_files=lambda name, repo_type: names)
    )
    monkeypatch.setattr(
        huggingface_hub, "hf_hub_download", lambda hub, name, repo_type: str(tmp_path / Path(name).name)
    )
    suite = load_suite("t2i-compbench")
    with pytest.raises(GraphError, match="not all of its files, or another version"):
        suite.prompts(fetch=True)
    (record,) = suite.prompts(fetch=True, any_version=True).records
    assert record.values == {"prompt": "a red cup", "category": "color"}


def test_a_hub_that_cant_be_reached_is_told_on_one_line(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: Any, **__: Any) -> None:
        raise ConnectionError("no route")

    monkeypatch.setattr(datasets, "load_dataset", refuse)
    with pytest.raises(GraphError, match=r"--fetch: the prompts can't be fetched: .* can't be reached"):
        load_suite("drawbench").prompts(fetch=True)


def test_a_missing_package_is_asked_for(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delitem(sys.modules, "datasets")
    monkeypatch.setattr("mezzotint.evaluation.suites.hub.find_spec", lambda name: None)
    with pytest.raises(GraphError, match=r"needs the package datasets: pip install 'mezzotint\[suites\]'"):
        load_suite("drawbench").prompts(fetch=True)


def test_a_suite_that_is_not_on_the_hub_says_so() -> None:
    with pytest.raises(GraphError, match="not fetched from the hub"):
        load_suite("starter").prompts(fetch=True)


def test_prompts_are_given_once(tmp_path: Path) -> None:
    with pytest.raises(GraphError, match="by --data and by --fetch"):
        load_suite("parti").prompts(tmp_path, fetch=True)
