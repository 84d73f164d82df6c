"""Fixtures of the command line's tests: a graph of toy nodes in a folder of its own, and commands to run."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner, Result

TOYS = Path(__file__).parents[1] / "graphs" / "toy_nodes.py"

GRAPH = """\
description: A number for every prompt and seed, and their mean.
inputs:
  prompt: {each: [a red circle, a star]}
  seed: {each: {range: 3}}
  scale: 10
nodes:
  loud: {use: shout, text: $prompt}
  number: {use: draw, text: $loud, seed: $seed, scale: $scale}
  average: {use: mezzotint.mean, number: $number, over: [prompt, seed]}
outputs: {number: $number, average: $average}
"""

Invoke = Callable[..., Result]


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The folder that commands run in, with ``graph.yaml`` and ``toys.py``; its store is its own."""
    monkeypatch.setenv("MEZZOTINT_CACHE", str(tmp_path / "cache"))
    monkeypatch.setenv("COLUMNS", "200")
    monkeypatch.delenv("MEZZOTINT_TRACEBACK", raising=False)
    work = tmp_path / "work"
    work.mkdir()
    (work / "graph.yaml").write_text(GRAPH)
    (work / "toys.py").write_text(TOYS.read_text())
    monkeypatch.chdir(work)
    return work


@pytest.fixture
def invoke() -> Invoke:
    """Run a command in this process: ``invoke("check", "graph.yaml")``, with the toy nodes at hand."""

    def invoke(command: str, *arguments: str, toys: bool = True) -> Result:
        from mezzotint.cli.app import app

        extra = ["--nodes", "toys.py"] if toys else []
        result = CliRunner().invoke(app, [command, *arguments, *extra])
        assert result.exception is None or isinstance(result.exception, SystemExit), result.exception
        assert "Traceback" not in result.output
        return result

    return invoke


@pytest.fixture
def start(folder: Path) -> Callable[..., subprocess.Popen[str]]:
    """Start the command line as a process of its own."""

    def start(*arguments: str, **options: Any) -> subprocess.Popen[str]:
        return subprocess.Popen(
            [sys.executable, "-c", "from mezzotint.cli import main; main()", *arguments],
            cwd=folder,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            env={**os.environ, "PYTHONUNBUFFERED": "1"},
            **options,
        )

    return start
