"""What only a process of its own shows: signals, pipes, and what gets imported."""

from __future__ import annotations

import json
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pytest

Start = Callable[..., "subprocess.Popen[str]"]

WAITING = '''\
"""A node that tells when it is at work, and works until it may end."""
import os, time
from mezzotint.graphs.node import node
from mezzotint.graphs.types import Text

@node(version=1, batch=1)
def wait(text: Text) -> Text:
    """Hand text through once the file ``go`` is there."""
    open("working", "a").close()
    while not os.path.exists("go"):
        time.sleep(0.01)
    return list(text)
'''
GRAPH = """\
inputs: {prompt: {each: [a, b, c]}}
nodes: {slow: {use: wait, text: $prompt}}
outputs: {slow: $slow}
"""
COMMAND = ("run", "slow.yaml", "--nodes", "waiting.py", "--out", "out")


def wait_for(path: Path, process: subprocess.Popen[str]) -> None:
    until = time.monotonic() + 30
    while not path.exists():
        assert process.poll() is None, process.communicate()
        assert time.monotonic() < until, f"{path} never came"
        time.sleep(0.01)


@pytest.fixture
def waiting(folder: Path) -> Path:
    (folder / "waiting.py").write_text(WAITING)
    (folder / "slow.yaml").write_text(GRAPH)
    return folder


@pytest.mark.parametrize(("number", "status"), [(signal.SIGINT, 130), (signal.SIGTERM, 143)])
def test_a_signal_ends_the_run_after_its_micro_batch_and_the_same_command_goes_on(
    start: Start, waiting: Path, number: signal.Signals, status: int
) -> None:
    process = start(*COMMAND)
    wait_for(waiting / "working", process)
    process.send_signal(number)
    assert process.stderr is not None
    lines = iter(process.stderr.readline, "")
    assert any("Stopping after this micro-batch" in line for line in lines)
    (waiting / "go").touch()
    _, said = process.communicate(timeout=30)
    assert process.returncode == status
    assert "mezzotint run slow.yaml" in said
    assert json.loads((waiting / "out" / "run.json").read_text())
    if number == signal.SIGINT:
        out, _ = start(*COMMAND, "--json").communicate(timeout=30)
        last = json.loads(out.splitlines()[-1])
        assert last["made"] == {"slow": 2}  # the one under way was kept


def test_a_run_that_is_stopped_leaves_its_profile(start: Start, waiting: Path) -> None:
    process = start(*COMMAND, "--profile")
    wait_for(waiting / "working", process)
    process.send_signal(signal.SIGTERM)
    assert process.stderr is not None
    assert any("Stopping after" in line for line in iter(process.stderr.readline, ""))
    (waiting / "go").touch()
    told, _ = process.communicate(timeout=30)
    assert process.returncode == 143
    names = [event["name"] for event in json.loads((waiting / "out/trace.json").read_text())["traceEvents"]]
    assert names.count("slow") == 1
    assert "run" in names  # its span has ended, too
    assert next(line for line in told.splitlines() if line.startswith("slow")).split()[1:3] == ["1", "1"]
    assert "trace: out/trace.json" in told


def test_a_run_that_is_under_way_is_shown_as_such(start: Start, waiting: Path) -> None:
    process = start(*COMMAND)
    wait_for(waiting / "working", process)
    before = {path: path.stat().st_mtime_ns for path in (waiting / "out").iterdir()}
    told, _ = start("show", "out").communicate(timeout=30)
    told_json, _ = start("show", "out", "--json").communicate(timeout=30)
    assert {path: path.stat().st_mtime_ns for path in (waiting / "out").iterdir()} == before
    (state,) = [line for line in told.splitlines() if line.startswith("state")]
    running = json.loads(told_json)["running"]
    assert running.startswith(f"process {process.pid} on ")
    assert "run slow.yaml" in running
    assert state.split(maxsplit=1)[1] == f"running now: {running}"
    (waiting / "go").touch()
    process.communicate(timeout=30)
    told, _ = start("show", "out").communicate(timeout=30)
    assert "complete" in told
    assert "running" not in told


def test_a_second_ctrl_c_ends_at_once(start: Start, waiting: Path) -> None:
    process = start(*COMMAND)
    wait_for(waiting / "working", process)
    process.send_signal(signal.SIGINT)
    assert process.stderr is not None
    assert any("once more" in line for line in iter(process.stderr.readline, ""))
    process.send_signal(signal.SIGINT)
    process.communicate(timeout=10)  # though the file it waits for never comes
    assert process.returncode == -signal.SIGINT


def test_a_reader_that_goes_away_ends_the_command_in_silence(start: Start) -> None:
    process = start("run", "graph.yaml", "--nodes", "toys.py", "--json")
    assert process.stdout is not None
    process.stdout.close()
    assert process.stderr is not None
    said = process.stderr.read()
    process.wait(timeout=30)
    assert said == ""


def imported(folder: Path, *arguments: str) -> set[str]:
    """The top-level modules that a command has imported when it ends."""
    script = (
        "import sys, atexit\n"
        "from mezzotint.cli import main\n"
        "atexit.register(lambda: print('\\n@@' + ' '.join({m.split('.')[0] for m in sys.modules})))\n"
        "main()\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", script, *arguments], cwd=folder, capture_output=True, text=True, timeout=120
    )
    assert done.returncode == 0, done.stderr
    return set(done.stdout.rpartition("@@")[2].split())


def test_help_imports_nothing_heavy(folder: Path) -> None:
    assert not imported(folder, "--help") & {"torch", "diffusers", "transformers", "numpy", "networkx"}


def test_the_package_alone_imports_neither_typer_nor_rich() -> None:
    script = "import sys, mezzotint; print({'typer', 'rich', 'yaml'} & set(sys.modules))"
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
    assert done.stdout == "set()\n"


def test_check_plan_and_draw_import_no_model_library(folder: Path) -> None:
    for command in (["check"], ["plan"], ["draw", "-o", "graph.svg"]):
        found = imported(folder, *command, "graph.yaml", "--nodes", "toys.py")
        assert not found & {"torch", "diffusers", "transformers", "open_clip", "scipy", "pyarrow"}


PICTURE = """\
inputs: {prompt: a red circle}
nodes:
  model: {use: load_model, source: starter}
  text: {use: text_encode, model: $model, prompt: $prompt}
  latent: {use: sample, model: $model, conditioning: $text, seed: 1, steps: 1}
  image: {use: decode, model: $model, latents: $latent}
outputs: {image: $image}
"""


@pytest.mark.slow
def test_a_run_that_finds_everything_stored_imports_no_torch(folder: Path) -> None:
    import mezzotint.starter

    weights = Path(mezzotint.starter.__file__).parent / "weights" / "diffusion" / "model_index.json"
    if not weights.is_file():
        pytest.skip("the starter's weights are not here")
    (folder / "picture.yaml").write_text(PICTURE)
    assert "torch" in imported(folder, "run", "picture.yaml")
    # Into another folder, so that the picture itself is read from the store and written again.
    found = imported(folder, "run", "picture.yaml", "--out", "elsewhere")
    assert (folder / "elsewhere" / "images" / "image" / "0.png").is_file()
    assert not found & {"torch", "diffusers", "transformers"}
