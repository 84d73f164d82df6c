"""A floor imports only floors below it, and the language and the engine import no torch."""

import ast
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
FLOORS = {"starter": 0, "graphs": 1, "nodes": 2, "evaluation": 3, "integrations": 4, "cli": 5}
FILES = [path for floor in FLOORS for path in sorted((ROOT / floor).rglob("*.py"))]
HEAVY = {"torch", "torchvision", "diffusers", "transformers", "open_clip", "torchmetrics", "accelerate"}


def imports(path: Path) -> Iterator[tuple[str, bool]]:
    """Every module a file imports, by absolute name, and whether the package itself is meant."""
    package = path.relative_to(ROOT).parent.parts
    for statement in ast.walk(ast.parse(path.read_text("utf-8"))):
        if isinstance(statement, ast.Import):
            yield from ((alias.name, False) for alias in statement.names)
        elif isinstance(statement, ast.ImportFrom) and statement.level:
            base = package[: len(package) - statement.level + 1]
            if statement.module:
                yield ".".join((*base, statement.module)), True
            else:
                yield from ((".".join((*base, alias.name)), True) for alias in statement.names)
        elif isinstance(statement, ast.ImportFrom):
            yield statement.module or "", False


@pytest.mark.parametrize("floor", FLOORS)
def test_a_floor_imports_only_floors_below_it(floor: str) -> None:
    upward = [
        f"{path.relative_to(ROOT)} imports {module}"
        for path in FILES
        if path.relative_to(ROOT).parts[0] == floor
        for module, own in imports(path)
        if own
        and (first := module.split(".")[0]) in FLOORS
        and first != floor
        and FLOORS[first] >= FLOORS[floor]
    ]
    assert upward == []


def test_inside_the_package_every_import_is_relative() -> None:
    absolute = [
        str(path.relative_to(ROOT))
        for path in FILES
        for module, own in imports(path)
        if not own and module.split(".")[0] == "mezzotint"
    ]
    assert absolute == []


def test_the_language_and_the_engine_import_no_torch() -> None:
    found = [
        f"{path.relative_to(ROOT)} imports {module}"
        for path in FILES
        if path.relative_to(ROOT).parts[0] == "graphs"
        for module, _ in imports(path)
        if module.split(".")[0] in HEAVY
    ]
    assert found == []


def test_checking_loads_nothing_heavy() -> None:
    code = "import sys, mezzotint.graphs.check; print(*sys.modules)"
    run = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert not (HEAVY | {"numpy", "networkx", "pyarrow", "pydantic", "PIL"}) & set(run.stdout.split())
