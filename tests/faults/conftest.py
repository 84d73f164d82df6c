"""A folder with a graph of toy nodes, and the real command line as processes of their own to harm."""

from __future__ import annotations

import json
import os
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import pytest

from mezzotint.graphs.store import Store

TOYS = Path(__file__).with_name("toys.py")

GRAPH = """\
inputs:
  number: {each: {range: 40}}
nodes:
  squared: {use: square, number: $number}
  text: {use: long, number: $squared}
  picture: {use: draw, number: $squared}
  total: {use: add, number: $squared, over: number}
outputs: {text: $text, picture: $picture, total: $total}
"""

MAIN = "from mezzotint.cli import main; main()"
#: Seconds after which something that a test waits for never comes.
PATIENCE = 60


_PARENT = """
import gc, json, os, resource, sys
import networkx, pyarrow.parquet, rich.table, rich.text
from mezzotint.cli.app import app
import mezzotint.cli.progress, mezzotint.cli.summary, mezzotint.graphs.program.graph

mezzotint.registry()
gc.freeze()

for line in sys.stdin:
    child = os.fork()
    if child == 0:
        given = json.loads(line)
        sys.argv = ["mezzotint", *given["arguments"]]
        os.chdir(given["folder"])
        os.environ.update(given["environment"])
        for name, number in (("stdout", 1), ("stderr", 2)):
            os.dup2(os.open(name, os.O_WRONLY | os.O_CREAT | os.O_TRUNC), number)
        os.dup2(os.open(os.devnull, os.O_RDONLY), 0)
        if given["limit"]:
            kind, most = given["limit"]
            resource.setrlimit(kind, (most, resource.getrlimit(kind)[1]))
        app()
    print(child, flush=True)
    end = os.waitid(os.P_PID, child, os.WEXITED | os.WNOWAIT)
    print(end.si_status if end.si_code == os.CLD_EXITED else -end.si_status, flush=True)
    sys.stdin.readline()  # until then its number is its own
    os.waitpid(child, 0)
"""


class Nursery:
    """Starts runs as children of one process that has imported everything: dozens of them cost little."""

    def __init__(self) -> None:
        #: What undisturbed runs have left, by graph.
        self.whole: dict[str, tuple[dict[bytes, tuple[str, bytes]], dict[str, bytes]]] = {}
        self._parent = subprocess.Popen(
            [sys.executable, "-c", _PARENT], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
        )

    def start(self, folder: Path, arguments: Sequence[str], limit: tuple[int, int] | None = None) -> Child:
        """Run ``mezzotint`` in a folder, where the files stdout and stderr will hold what it says."""
        environment = {name: os.environ[name] for name in ("MEZZOTINT_CACHE", "COLUMNS")}
        given = {"folder": str(folder), "arguments": arguments, "environment": environment, "limit": limit}
        self.write(json.dumps(given))
        return Child(self)

    def write(self, line: str) -> None:
        assert self._parent.stdin is not None
        print(line, file=self._parent.stdin, flush=True)

    def read(self) -> str:
        assert self._parent.stdout is not None
        return self._parent.stdout.readline()

    def end(self) -> None:
        assert self._parent.stdin is not None
        self._parent.stdin.close()
        self._parent.wait(60)


class Child:
    """One run at work."""

    def __init__(self, nursery: Nursery) -> None:
        self._nursery = nursery
        self.pid = int(nursery.read())

    def is_running(self) -> bool:
        return Path(f"/proc/{self.pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"

    def kill(self) -> None:
        os.kill(self.pid, signal.SIGKILL)

    def status(self) -> int:
        """How it ended: its exit status, or the signal that killed it, negative."""
        status = int(self._nursery.read())
        self._nursery.write("")
        return status


@pytest.fixture(scope="session")
def nursery() -> Iterator[Nursery]:
    nursery = Nursery()
    yield nursery
    nursery.end()


def checked(done: subprocess.CompletedProcess[str]) -> subprocess.CompletedProcess[str]:
    assert "Traceback" not in done.stderr, done.stderr
    return done


class Project:
    """A folder in which commands are run; its calls, stores and run folders, as they are on the disk."""

    def __init__(self, folder: Path, nursery: Nursery) -> None:
        self.folder = folder
        self.nursery = nursery
        (folder / "toys.py").write_text(TOYS.read_text())
        self.write(GRAPH)
        self._started: list[subprocess.Popen[str]] = []

    def write(self, graph: str) -> None:
        (self.folder / "graph.yaml").write_text(graph)

    def arguments(self, *more: str) -> list[str]:
        return ["run", "graph.yaml", "--nodes", "toys.py", "--store", "store", "--out", "out", *more]

    def start(self, *more: str) -> subprocess.Popen[str]:
        """Begin a run in a process of its own."""
        process = subprocess.Popen(
            [sys.executable, "-c", MAIN, *self.arguments(*more)],
            cwd=self.folder,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
        self._started.append(process)
        return process

    def run(self, *more: str, limit: tuple[int, int] | None = None) -> subprocess.CompletedProcess[str]:
        """Run the graph to its end; ``limit`` is one of the ``resource`` module and what it is set to."""
        arguments = self.arguments(*more)
        status = self.nursery.start(self.folder, arguments, limit).status()
        said = [(self.folder / name).read_text() for name in ("stdout", "stderr")]
        return checked(subprocess.CompletedProcess(arguments, status, *said))

    def shell(
        self, script: str, *more: str, environment: Mapping[str, str] | None = None
    ) -> subprocess.CompletedProcess[str]:
        """Run a script of the shell, in which ``"$@"`` is the command that runs the graph."""
        command = ["bash", "-c", script, "bash", sys.executable, "-c", MAIN, *self.arguments(*more)]
        return checked(
            subprocess.run(
                command,
                cwd=self.folder,
                env={**os.environ, **(environment or {})},
                capture_output=True,
                text=True,
                timeout=PATIENCE,
                check=False,
            )
        )

    def wait_for(self, name: str, process: subprocess.Popen[str]) -> None:
        """Wait until a file is there while a process is at work."""
        until = time.monotonic() + PATIENCE
        while not (self.folder / name).exists():
            assert process.poll() is None, process.communicate()
            assert time.monotonic() < until, f"{name} never came"
            time.sleep(0.002)

    def end(self) -> None:
        for process in self._started:
            if process.poll() is None:
                process.kill()
            process.communicate()

    # What there is

    @property
    def calls(self) -> list[str]:
        path = self.folder / "calls.log"
        return path.read_text().splitlines() if path.exists() else []

    def begin_anew(self) -> None:
        """Take away the store and the run folder."""
        for name in ("store", "out"):
            shutil.rmtree(self.folder / name)

    def forget_calls(self) -> None:
        (self.folder / "calls.log").unlink(missing_ok=True)

    def stored(self, store: str = "store") -> dict[bytes, tuple[str, bytes]]:
        """Everything a store holds, read as a run would: key to node type and bytes."""
        with Store(self.folder / store) as opened:
            keys = [key for (key,) in opened._database.ask("SELECT key FROM items")]
            entries = opened.read(keys)
            assert opened.damaged == 0
            assert len(entries) == len(keys)
            return {key: (entry.node, entry.data) for key, entry in entries.items()}

    def files(self, out: str = "out") -> dict[str, bytes]:
        """The files of a run folder that don't depend on when it was run."""
        folder = self.folder / out
        return {
            path.relative_to(folder).as_posix(): path.read_bytes()
            for path in sorted(folder.rglob("*"))
            if path.is_file() and not path.name.startswith(".") and path.name != "run.json"
        }

    @property
    def whole(self) -> tuple[dict[bytes, tuple[str, bytes]], dict[str, bytes]]:
        """What an undisturbed run of the graph leaves in its store and in its folder."""
        known = self.nursery.whole
        graph = (self.folder / "graph.yaml").read_text()
        if graph not in known:
            done = self.run("--store", "other", "--out", "whole")
            assert done.returncode in (0, 3), done.stderr
            known[graph] = (self.stored("other"), self.files("whole"))
        return known[graph]

    def record(self, out: str = "out") -> dict[str, Any]:
        record: dict[str, Any] = json.loads((self.folder / out / "run.json").read_text())
        return record


@pytest.fixture
def project(tmp_path: Path, nursery: Nursery, monkeypatch: pytest.MonkeyPatch) -> Iterator[Project]:
    monkeypatch.setenv("MEZZOTINT_CACHE", str(tmp_path / "cache"))
    monkeypatch.setenv("COLUMNS", "200")
    monkeypatch.delenv("MEZZOTINT_TRACEBACK", raising=False)
    folder = tmp_path / "work"
    folder.mkdir()
    project = Project(folder, nursery)
    yield project
    project.end()


@pytest.fixture
def undisturbed(project: Project) -> Callable[[], None]:
    """Checks that a run folder and its store are those of a run that nothing has disturbed."""

    def check() -> None:
        stored, files = project.whole
        assert project.stored() == stored
        assert project.files() == files
        assert project.record()["complete"] is True

    return check
