"""What every command has: help with an example that runs as it is written, and completion."""

from __future__ import annotations

import os
import re
import shlex
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
import typer
from typer.testing import Result

import mezzotint
from mezzotint.cli.app import app

Invoke = Callable[..., Result]

COMMANDS = sorted(typer.main.get_command(app).commands)  # type: ignore[attr-defined]


def examples(command: str, invoke: Invoke) -> list[list[str]]:
    """The commands below ``Example:`` in a command's help, as a shell would read them."""
    text = invoke(command, "--help", toys=False).stdout
    _, _, below = text.rpartition("Example")
    return [shlex.split(line) for line in below.splitlines() if line.strip().startswith("mezzotint")]


@pytest.mark.parametrize("command", COMMANDS)
def test_every_command_says_what_it_does_and_shows_an_example(invoke: Invoke, command: str) -> None:
    result = invoke(command, "--help", toys=False)
    assert result.exit_code == 0
    assert len(result.stdout.split("Usage:")[1].splitlines()[2].split()) > 3
    found = examples(command, invoke)
    assert found
    assert all(words[:2] == ["mezzotint", command] for words in found)


@pytest.mark.parametrize("command", COMMANDS)
def test_help_is_broken_where_the_terminal_ends_and_nowhere_else(invoke: Invoke, command: str) -> None:
    assert "[[" not in invoke(command, "--help", toys=False).stdout
    declared = typer.main.get_command(app).commands[command]  # type: ignore[attr-defined]
    assert "\n" not in declared.help.replace("\n\n", "")


@pytest.mark.parametrize("command", COMMANDS)
def test_the_options_of_an_example_are_options_of_the_command(invoke: Invoke, command: str) -> None:
    declared = typer.main.get_command(app).commands[command]  # type: ignore[attr-defined]
    known = {name for parameter in declared.params for name in parameter.opts}
    for words in examples(command, invoke):
        assert {word.partition("=")[0] for word in words if word.startswith("-")} <= known


def test_the_readme_names_every_command() -> None:
    readme = (Path(mezzotint.__file__).parent / "README.md").read_text("utf-8")
    table = readme.split("## The command line")[1].split("\n## ")[0]
    assert set(re.findall(r"`mezzotint ([\w-]+)", table)) >= set(COMMANDS)


def complete(folder: Path, *words: str) -> list[str]:
    """What a bash offers for the last word."""
    line = " ".join(["mezzotint", *words])
    environment = {
        **os.environ,
        "_MEZZOTINT_COMPLETE": "complete_bash",
        "COMP_WORDS": line,
        "COMP_CWORD": str(len(words)),
    }
    script = "import sys; sys.argv[0] = 'mezzotint'; from mezzotint.cli import main; main()"
    done = subprocess.run(
        [sys.executable, "-c", script], cwd=folder, env=environment, capture_output=True, text=True
    )
    assert "Traceback" not in done.stderr
    return done.stdout.split()


def test_commands_node_types_and_nodes_of_a_graph_are_completed(folder: Path) -> None:
    assert complete(folder, "do") == ["doctor"]
    assert complete(folder, "nodes", "load_m") == ["load_model"]
    assert complete(folder, "plan", "graph.yaml", "--why", "n") == ["number"]
    assert complete(folder, "plan", "missing.yaml", "--why", "n") == []
