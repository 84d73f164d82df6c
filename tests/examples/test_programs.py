"""The example programs run as they stand, in any folder, offline; so does the notebook."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

import mezzotint

EXAMPLES = Path(mezzotint.__file__).parent / "examples"
pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def environment(tmp_path_factory):
    """One thread a process, a cache of their own for all of them, and no hub to ask."""
    cache = str(tmp_path_factory.mktemp("cache"))
    return {**os.environ, "OMP_NUM_THREADS": "1", "MEZZOTINT_CACHE": cache, "HF_HUB_OFFLINE": "1"}


@pytest.fixture
def said(environment, tmp_path):
    """What a program writes to stdout."""

    def run(name: str) -> str:
        done = subprocess.run(
            [sys.executable, EXAMPLES / name],
            cwd=tmp_path,
            env=environment,
            capture_output=True,
            text=True,
            check=False,
        )
        assert done.returncode == 0, done.stderr
        return done.stdout

    return run


def test_a_training_loop_validates_with_its_weights_of_now(said):
    lines = said("training_loop.py").splitlines()
    assert [line.split(":")[0] for line in lines[:2]] == ["step 2", "step 4"]
    scores = [float(line.rsplit(" ", 1)[1]) for line in lines[:2]]
    assert scores[0] != scores[1]
    assert min(scores) > 60
    assert re.fullmatch(r"\{'right': 1\.0, 'diversity': 0\.\d+\}", lines[2])


def test_a_worker_pool_draws_in_processes_and_scores_in_threads(said):
    lines = said("worker_pool.py").splitlines()
    prompts, scores, processes = zip(
        *(re.findall(r"(.*): clip score ([\d.]+), drawn by process (\d+)", line)[0] for line in lines),
        strict=True,
    )
    assert prompts[:2] == ("a red circle", "two green stars")
    assert sum(map(float, scores)) > 4 * 50
    assert 1 <= len(set(processes)) <= 2


def test_weights_are_loaded_once_a_process_whoever_asks(environment, tmp_path):
    """A worker counts what it loads, and is asked by four threads for two pictures each."""
    program = tmp_path / "counted.py"
    program.write_text(
        f"""
import sys
from concurrent.futures import ProcessPoolExecutor, ThreadPoolExecutor
from multiprocessing import get_context
sys.path.insert(0, {str(EXAMPLES)!r})

def work(model):
    from mezzotint.nodes.families import loaded
    from worker_pool import draw
    plain, loads = loaded._load, []
    loaded._load = lambda model: loads.append(model) or plain(model)
    with ThreadPoolExecutor(4) as pool:
        pictures = list(pool.map(lambda seed: draw(model, "a red circle", seed)[0], range(8)))
    return len(pictures), len(loads)

if __name__ == "__main__":
    from mezzotint import nodes
    with ProcessPoolExecutor(1, mp_context=get_context("spawn")) as pool:
        print(*pool.submit(work, nodes.load_model(source="starter")).result())
"""
    )
    done = subprocess.run(
        [sys.executable, program], env=environment, capture_output=True, text=True, check=False
    )
    assert (done.stdout, done.returncode) == ("8 1\n", 0), done.stderr


def test_ray_draws_and_scores_a_dataset(said):
    pytest.importorskip("ray.data", reason="Ray is not installed; the extra ray brings it")
    lines = said("ray_dataset.py").splitlines()
    assert len(lines) == 9
    assert re.fullmatch(r"a red circle, seed 0: clip score \d+\.\d", lines[0])
    assert re.fullmatch(r"diversity of 8 pictures: \d\.\d+, [\d.]+ to [\d.]+", lines[8])


def test_the_notebook_runs_and_shows_the_graph_pictures_and_scores(environment, monkeypatch):
    nbformat = pytest.importorskip(
        "nbformat", reason="nbformat is not installed; the extra notebook brings it"
    )
    nbclient = pytest.importorskip(
        "nbclient", reason="nbclient is not installed; the extra notebook brings it"
    )
    for name, value in environment.items():
        monkeypatch.setenv(name, value)
    monkeypatch.setenv("IPYTHONDIR", environment["MEZZOTINT_CACHE"])
    notebook = nbformat.read(EXAMPLES / "notebook.ipynb", as_version=4)
    nbformat.validate(notebook)
    cells = [cell for cell in notebook.cells if cell.cell_type == "code"]
    assert not any(cell.outputs for cell in cells), "outputs are left out of the repository"
    client = nbclient.NotebookClient(
        notebook, timeout=300, kernel_name="python3", resources={"metadata": {"path": str(EXAMPLES)}}
    )
    client.execute()
    shown = [output.get("data", {}) for cell in cells for output in cell.outputs]
    html = [data.get("text/html", "") for data in shown]
    assert any("<svg" in each for each in html), "the graph is drawn"
    assert sum(each.count("data:image/") for each in html) == 9 + 9, "both grids of pictures"
    assert any("mean_clip_score" in each for each in html)
    assert shown[-1].keys() >= {"image/png"}, "the last cell is a picture"
