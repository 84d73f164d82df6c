"""What mezzotint never does, and that every test which a document names is there."""

from __future__ import annotations

import ast
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import yaml

import mezzotint
from mezzotint.graphs.problem import GraphError
from mezzotint.graphs.program.graph import Graph

ROOT = Path(mezzotint.__file__).parent
MODULES = sorted(
    path
    for path in ROOT.rglob("*.py")
    if not {"tests", "benchmarks", "build"} & set(path.relative_to(ROOT).parts)
    and not any(part.startswith(".") for part in path.relative_to(ROOT).parts)
)


@pytest.mark.parametrize("document", ["SECURITY.md", "docs/faults.md"])
def test_every_test_that_a_document_names_is_there(document: str) -> None:
    named = re.findall(r"`(tests/[\w/]+\.py)::(\w+)`", (ROOT / document).read_text("utf-8"))
    assert len(named) > 20
    for path, name in named:
        assert f"\ndef {name}(" in (ROOT / path).read_text("utf-8"), f"{path}::{name}"


@pytest.mark.parametrize(
    "node",
    [
        "{use: evil}",
        "{use: evil.run}",
        "{use: ./evil.py}",
        "{use: os.system, command: touch ran}",
        "{use: graph, file: evil.py}",
        "{use: !!python/object/apply:os.system ['touch ran']}",
        "{use: shout, text: !!python/object/apply:os.system ['touch ran']}",
        "{use: load_model, source: evil.py}",
        "{use: load_model, source: evil}",
        "{use: template, pattern: ['{0.__class__}'], values: [$a]}",
    ],
)
def test_a_graph_file_runs_no_code(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, node: str) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "evil.py").write_text("open('ran', 'w')\ndef run(): open('ran', 'w')\n")
    (tmp_path / "graph.yaml").write_text(f"nodes: {{a: {node}}}\noutputs: {{a: $a}}\n")
    with pytest.raises(GraphError):
        mezzotint.load("graph.yaml").plan()
    assert not (tmp_path / "ran").exists()


#: Calls that run code found in data, and what makes one of them harmless.
FORBIDDEN = {
    "eval": None,
    "exec": None,
    "pickle.load": None,
    "pickle.loads": None,
    "pickle.Unpickler": None,
    "marshal.loads": None,
    "shelve.open": None,
    "joblib.load": None,
    "yaml.load": None,
    "yaml.unsafe_load": None,
    "yaml.full_load": None,
    "torch.load": ("weights_only", True),
}


def wrongs(tree: ast.AST) -> list[str]:
    found = []
    for call in ast.walk(tree):
        if not isinstance(call, ast.Call):
            continue
        name = ast.unparse(call.func)
        given = {word.arg: getattr(word.value, "value", None) for word in call.keywords}
        if name in FORBIDDEN and FORBIDDEN[name] not in list(given.items()):
            found.append(f"{call.lineno}: {name}")
        if given.get("trust_remote_code") is True or given.get("allow_pickle") is True:
            found.append(f"{call.lineno}: {name} trusts what it reads")
    return found


def test_no_module_unpickles_or_evaluates() -> None:
    assert len(MODULES) > 100
    found = {path.name: wrongs(ast.parse(path.read_text("utf-8"))) for path in MODULES}
    (annotation,) = found.pop("node.py")  # of a module that is imported, and so run, already
    assert annotation.endswith(": eval")
    assert {name: lines for name, lines in found.items() if lines} == {}
    assert wrongs(ast.parse("import torch\ntorch.load(x)\neval(y)\nf(trust_remote_code=True)")) == [
        "2: torch.load",
        "3: eval",
        "4: f trusts what it reads",
    ]


OFFLINE = """
import sys
def hook(event, arguments):
    if event.startswith("socket."):
        raise SystemExit(f"a connection: {event} {arguments}")
sys.addaudithook(hook)
import mezzotint
graph = mezzotint.load(sys.argv[1])
graph.check()
print(sum(step.unknown for step in graph.plan().steps.values()))
"""


def test_checking_and_planning_open_no_connection(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MEZZOTINT_CACHE", str(tmp_path / "cache"))
    monkeypatch.setenv("HF_HOME", str(tmp_path / "hub"))
    graph = """\
nodes:
  model: {use: load_model, source: nobody/nothing}
  text: {use: text_encode, model: $model, prompt: a star}
  latent: {use: sample, model: $model, conditioning: $text, seed: 1}
outputs: {latent: $latent}
"""
    (tmp_path / "graph.yaml").write_text(graph)
    done = subprocess.run(
        [sys.executable, "-c", OFFLINE, str(tmp_path / "graph.yaml")],
        capture_output=True,
        text=True,
        check=False,
        timeout=120,
    )
    assert (done.returncode, done.stdout) == (0, "3\n"), done.stderr


@pytest.mark.parametrize("name", ["../out", "/tmp/out", "..", "a/b", "a\\b", "C:x", "~", "."])
def test_no_name_in_a_graph_leads_out_of_the_run_folder(project: Any, name: str) -> None:
    graph = {"nodes": {"a": {"use": "draw", "number": 1}}, "outputs": {name: "$a"}}
    project.write(yaml.safe_dump(graph))
    before = set(project.folder.parent.rglob("*"))
    done = project.run()
    assert done.returncode == 2
    assert f"{name!r} is not a name" in done.stderr
    new = {path.name for path in set(project.folder.parent.rglob("*")) - before}
    assert new <= {"stdout", "stderr", "store", "items.db", "items.lock", "toys.cpython-311.pyc"}


@pytest.mark.parametrize("match", ["../*", "../../*.png", "a/../../*", "/*", "**/../*"])
def test_a_pattern_does_not_lead_out_of_its_folder(tmp_path: Path, match: str) -> None:
    (tmp_path / "secret.png").write_bytes(b"")
    (tmp_path / "photos").mkdir()
    (tmp_path / "graph.yaml").write_text(
        f"inputs: {{photo: {{each: {{folder: photos, match: '{match}'}}}}}}\n"
        "nodes: {a: {use: load_images, files: $photo}}\noutputs: {a: $a}\n"
    )
    with pytest.raises(GraphError, match=r"leads out of the folder|not a pattern|no image"):
        Graph.load(tmp_path / "graph.yaml", mezzotint.registry()).check()
