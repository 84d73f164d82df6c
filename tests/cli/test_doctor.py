"""``mezzotint doctor``: what is looked at, what counts as broken, and a model that batches."""

from __future__ import annotations

import importlib.metadata
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from typer.testing import Result

from mezzotint.cli import findings
from mezzotint.cli.findings import Finding

Invoke = Callable[..., Result]


@pytest.fixture(autouse=True)
def _hub(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from huggingface_hub import constants

    monkeypatch.setattr(constants, "HF_HUB_CACHE", str(tmp_path / "hub"))


def test_a_sound_installation_is_told_with_versions_devices_and_caches(
    invoke: Invoke, tmp_path: Path
) -> None:
    result = invoke("doctor", toys=False)
    assert result.exit_code == 0, result.output
    for expected in ("torch", "diffusers", "python", "cpu", str(tmp_path / "cache"), "free", "node types"):
        assert expected in result.stdout
    told = json.loads(invoke("doctor", "--json", toys=False).stdout)
    assert told["broken"] == 0
    names = {entry["name"]: entry["value"] for entry in told["findings"]}
    assert names["torch"] == importlib.metadata.version("torch")


def found(looked_at: Any) -> dict[str, Finding]:
    return {finding.name: finding for finding in looked_at}


def test_a_library_that_is_missing_or_too_old_is_broken(monkeypatch: pytest.MonkeyPatch) -> None:
    needs = [
        "torch>=99",
        "no_such_library>=1",
        "rich>=1",
        'nothing_here>=2; extra == "serve"',
        'rich; extra == "test"',
    ]
    monkeypatch.setattr(findings, "requires", lambda _: needs)
    looked = found(findings.libraries())
    assert (looked["torch"].state, looked["torch"].hint) == ("broken", 'pip install "torch>=99"')
    assert looked["no_such_library"].value == "missing"
    assert looked["rich"].state == "fine"


def test_an_optional_part_that_lacks_something_is_a_note(monkeypatch: pytest.MonkeyPatch) -> None:
    class Metadata:
        def get_all(self, _: str) -> list[str]:
            return ["serve", "test"]

    needs = ["rich>=1", 'nothing_here>=2; extra == "serve"', 'rich; extra == "test"']
    monkeypatch.setattr(findings, "requires", lambda _: needs)
    monkeypatch.setattr(findings, "metadata", lambda _: Metadata())
    looked = found(findings.libraries())
    assert looked["serve"].state == "note"
    assert looked["serve"].value == "lacks nothing_here"
    assert looked["serve"].hint == 'pip install "mezzotint[serve]"'
    assert looked["test"].value == "complete"


def test_a_torchvision_of_another_torch_is_broken(monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(name: str) -> None:
        raise RuntimeError("operator torchvision::nms does not exist")

    monkeypatch.setattr(findings, "import_module", fail)
    (finding,) = findings._torchvision()
    assert finding.state == "broken"
    assert "torchvision::nms" in finding.value


def test_a_cache_that_cannot_be_written_is_broken(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MEZZOTINT_CACHE", str(tmp_path / "closed" / "cache"))
    (tmp_path / "closed").write_text("a file where a folder should be")
    looked = found(findings.caches())
    assert looked["mezzotint"].state == "broken"
    assert "MEZZOTINT_CACHE" in looked["mezzotint"].hint
    assert looked["hub"].state != "broken"


def test_a_disk_that_is_nearly_full_is_a_note(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(findings.shutil, "disk_usage", lambda _: _Usage)
    assert found(findings.caches())["mezzotint"].state == "note"


class _Usage:
    free = 10**9


def test_packages_of_nodes_are_told_broken_ones_and_names_that_several_want(
    invoke: Invoke, install: Callable[..., Path]
) -> None:
    install("lost", "import no_such_thing")
    file = install("other", UPSCALE, name="other-nodes", version="2.0")
    result = invoke("doctor", toys=False)
    assert result.exit_code == 1
    told = " ".join(result.stdout.split())
    assert "lost.py:1: ModuleNotFoundError: No module named 'no_such_thing'" in told
    assert f"1 node types, from other-nodes 2.0, {file}" in told
    assert "several packages declare it: mezzotint has the name" in told
    assert "by its full name: other.upscale of other (other-nodes 2.0)" in told
    assert "1 thing broken; " in told


UPSCALE = '''
from mezzotint import Images, node

@node(version=1)
def upscale(images: Images) -> Images:
    """Enlarge."""
    return images
'''


def test_a_dtype_or_device_that_is_none_is_a_mistake(invoke: Invoke) -> None:
    assert "not one of float32" in invoke("doctor", "--dtype", "int8", toys=False).stderr
    assert invoke("doctor", "--device", "abacus", toys=False).exit_code == 2


@pytest.mark.parametrize("option", [("--revision", "main"), ("--dtype", "float16"), ("--device", "cpu")])
def test_what_is_said_of_a_model_needs_one(invoke: Invoke, option: tuple[str, str]) -> None:
    result = invoke("doctor", *option, toys=False)
    assert (result.exit_code, result.stdout) == (2, "")
    assert result.stderr == f"{option[0]} goes with --model SOURCE\n"


def test_a_model_is_looked_at_in_float32_on_its_own_device_unless_told(
    invoke: Invoke, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[tuple[object, ...]] = []

    def batching(*how: object) -> list[Finding]:
        asked.append(how)
        return []

    monkeypatch.setattr(findings, "batching", batching)
    invoke("doctor", "--model", "starter", toys=False)
    invoke("doctor", "--model", "starter", "--dtype", "float16", "--device", "cpu", toys=False)
    assert asked == [("starter", None, "float32", "auto"), ("starter", None, "float16", "cpu")]


def test_a_model_that_is_not_there_is_broken(invoke: Invoke) -> None:
    result = invoke("doctor", "--model", "no-model-here", toys=False)
    assert result.exit_code == 1
    assert "doesn't exist" in result.stdout


@pytest.mark.slow
def test_the_starter_keeps_the_promise_of_batching(invoke: Invoke) -> None:
    result = invoke("doctor", "--model", "starter", "--device", "cpu", toys=False)
    assert result.exit_code == 0
    assert "a picture is the same alone and in a batch" in result.stdout
    assert "TruncatedPromptWarning" not in result.output


@pytest.mark.parametrize(
    ("measured", "state", "word"),
    [
        (("float32", True, 1e-5, 1), "fine", "the same alone and in a batch"),
        (("float32", True, 0.5, 40), "broken", "more than rounding"),
        (("float16", True, 0.5, 4), "note", "in float16"),
        (("float32", False, 0.0, 0), "fine", "one by one"),
        (("float32", False, 0.5, 40), "broken", "more than rounding"),
    ],
)
def test_what_counts_as_kept(
    monkeypatch: pytest.MonkeyPatch, measured: tuple[str, bool, float, int], state: str, word: str
) -> None:
    from mezzotint.nodes import batch_invariance as module
    from mezzotint.nodes.batch_invariance import Batching

    dtype, batched, latents, pixels = measured
    made = Batching(dtype, "cpu", "stable_diffusion", batched, latents, pixels)
    monkeypatch.setattr(module, "measure_batching", lambda model: made)
    (_, finding) = findings.batching("starter", None, dtype, "cpu")
    assert finding.state == state
    assert word in finding.value
