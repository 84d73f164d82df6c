"""``mezzotint new-package``: names and folders that are refused, and a project that works as it is."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
from typer.testing import Result

Invoke = Callable[..., Result]


@pytest.mark.parametrize(
    ("name", "what", "instead"),
    [
        ("Film Looks", "is no name for a package", "film-looks"),
        ("9lives", "is no name for a package", "lives"),
        ("../up", "is no name for a package", "up"),
        ("Ω", "is no name for a package", "film-looks"),
        ("json", "is taken by a module of Python's own", "json-nodes"),
        ("class", "is taken by Python itself", "class-nodes"),
        ("mezzotint", "is taken by mezzotint itself", "mezzotint-nodes"),
        ("numpy", "is taken by the installed module", "numpy-nodes"),
        ("toys", "is taken by the installed package toy-nodes 1.0", "toys-nodes"),
    ],
)
def test_a_name_that_cannot_be_brings_one_that_can(
    invoke: Invoke, install: Callable[..., Path], folder: Path, name: str, what: str, instead: str
) -> None:
    install("toy_module", "", name="toy-nodes", offers="toys")
    before = sorted(folder.iterdir())
    result = invoke("new-package", name, toys=False)
    assert result.exit_code == 2
    assert what in result.stderr
    assert result.stderr.endswith(f"    for example {instead}\n")
    assert sorted(folder.iterdir()) == before


def test_what_is_there_is_left_alone(invoke: Invoke, folder: Path) -> None:
    (folder / "film-looks").mkdir()
    (folder / "film-looks" / "notes.txt").write_text("mine")
    (folder / "file").write_text("mine")
    assert "there already, and not empty" in invoke("new-package", "film-looks", toys=False).stderr
    assert "is a file" in invoke("new-package", "film-looks", "-o", "file", toys=False).stderr
    assert [path.name for path in (folder / "film-looks").iterdir()] == ["notes.txt"]


def test_an_empty_folder_is_filled_and_what_comes_next_is_said(invoke: Invoke, folder: Path) -> None:
    (folder / "looks").mkdir()
    result = invoke("new-package", "film-looks", "-o", "looks", toys=False)
    assert result.exit_code == 0
    assert "mezzotint nodes --package film_looks" in result.stdout
    written = {
        path.relative_to(folder / "looks"): path for path in (folder / "looks").rglob("*") if path.is_file()
    }
    assert Path("src/film_looks/py.typed") in written
    assert Path("pyproject.toml") in written
    for name, path in written.items():
        text = path.read_text("utf-8")
        assert path.suffix != ".template"
        assert not {"PACKAGE", "PROJECT", "VERSION"} & set(text.replace("/", " ").split()), name


def test_the_project_is_in_our_own_style(invoke: Invoke, folder: Path) -> None:
    pytest.importorskip("ruff", reason="ruff is not installed")
    invoke("new-package", "film-looks", toys=False)
    rules = ["--select", "E,F,W,I,UP,B,C4,SIM,RUF,PT,N"]
    for command in (["check", *rules], ["format", "--check"]):
        ruff = [sys.executable, "-m", "ruff", *command, "--no-cache", "film-looks"]
        done = subprocess.run(ruff, cwd=folder, capture_output=True, text=True)
        assert done.returncode == 0, done.stdout


@pytest.mark.slow
def test_it_installs_in_a_fresh_environment_and_passes_as_it_is_written(invoke: Invoke, folder: Path) -> None:
    """Torch and the like are lent by this environment; the package itself is built and installed."""
    reason = "building a package takes setuptools from 70.1 on"
    pytest.importorskip("setuptools.command.bdist_wheel", reason=reason)
    invoke("new-package", "film-looks", toys=False)
    project, environment = folder / "film-looks", folder / "environment"
    subprocess.run([sys.executable, "-m", "venv", "--without-pip", str(environment)], check=True)
    python = environment / "bin" / "python"
    asked = [str(python), "-c", "import site; print(site.getsitepackages()[0])"]
    own = Path(subprocess.run(asked, capture_output=True, text=True, check=True).stdout.strip())
    lent = [f"import site; site.addsitedir({path!r})\n" for path in _libraries()]
    (own / "lent.pth").write_text("".join(lent))

    def run(*arguments: str) -> str:
        variables = {**os.environ, "PYTHONPATH": ""}
        done = subprocess.run(
            [str(python), *arguments], cwd=project, capture_output=True, text=True, env=variables
        )
        assert done.returncode == 0, done.stdout + done.stderr
        return done.stdout

    run("-m", "pip", "install", "--no-deps", "--no-build-isolation", "--quiet", ".")
    assert list(own.glob("film_looks-0.1.0.dist-info"))
    assert "6 passed" in run("-m", "pytest", "-q", "-p", "no:cacheprovider")
    mezzotint = ("-c", "from mezzotint.cli import main; main()")
    run(*mezzotint, "run", "examples/palette.yaml", "--out", "run", "--quiet")
    assert len(list((project / "run" / "palettes" / "palettes").iterdir())) == 6
    listed = run(*mezzotint, "nodes", "--package", "film_looks")
    assert "vividness" in listed
    assert str(own / "film_looks" / "nodes.py") in "".join(listed.split())


def _libraries() -> list[str]:
    """The folders that this environment's libraries are in, in the order in which they are looked for."""
    return [path for path in sys.path if Path(path).name in ("site-packages", "dist-packages")]
