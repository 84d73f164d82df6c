"""However the pack is loaded there is one registry, and whoever doesn't ask for it pays nothing."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

import mezzotint
from mezzotint.integrations import comfyui

ROOT = Path(__file__).parents[3]
HERE = str(Path(__file__).parent)


def python(code: str, *path: Path) -> str:
    """What a program prints, to either stream, that finds the stand-in, and packages in the folders given."""
    start = f"import sys; sys.path[:0] = {[HERE, *map(str, path)]!r}; from pathlib import Path\n"
    start += "import logging; logging.basicConfig(format='%(levelname)s %(message)s')\n"
    done = subprocess.run([sys.executable, "-c", start + code], capture_output=True, text=True, check=False)
    return done.stdout + done.stderr


def test_under_any_name_it_is_the_package_of_its_own_name(pack: Any) -> None:
    assert pack.__name__ != "mezzotint"
    assert pack.NODE_CLASS_MAPPINGS is comfyui.NODE_CLASS_MAPPINGS
    assert pack.registry is mezzotint.registry
    assert pack.Images is mezzotint.Images
    assert not [name for name in sys.modules if name.startswith(f"{pack.__name__}.")]


def test_a_clone_that_is_not_installed_gets_its_own_name() -> None:
    code = f"""
from comfy_loader import load_pack
sys.path = [entry for entry in sys.path if 'site-packages' in entry or 'lib/python' in entry]
sys.meta_path = [finder for finder in sys.meta_path if 'editable' not in repr(finder)]
pack = load_pack(Path({str(ROOT)!r}))
import mezzotint
print(mezzotint.__file__ == pack.__file__, mezzotint.node is pack.node, len(pack.NODE_CLASS_MAPPINGS) > 40)
"""
    assert python(code) == "True True True\n"


def test_an_installed_package_works_with_a_stub_of_a_line(tmp_path: Path) -> None:
    stub = tmp_path / "mezzotint.py"
    shown = (comfyui.__doc__ or "").split("::\n\n    ")[1].split("\n")[0]
    stub.write_text(shown, "utf-8")
    code = f"""
from comfy_loader import load_pack
pack = load_pack(Path({str(stub)!r}))
print(set(pack.NODE_DISPLAY_NAME_MAPPINGS) == set(pack.NODE_CLASS_MAPPINGS))
print(Path(pack.WEB_DIRECTORY).name)
"""
    assert python(code) == "True\nweb\n"


def test_a_package_that_is_loaded_already_is_used_and_another_version_told(tmp_path: Path) -> None:
    other = tmp_path / "mezzotint"
    other.mkdir()
    (other / "__init__.py").write_text(
        "__version__ = '0.0.1'\nNODE_CLASS_MAPPINGS = {'old': object}\n__getattr__ = lambda name: 1 / 0",
        "utf-8",
    )
    code = f"""
sys.meta_path = [finder for finder in sys.meta_path if 'editable' not in repr(finder)]
import mezzotint
from comfy_loader import load_pack
print(list(load_pack(Path({str(ROOT)!r})).NODE_CLASS_MAPPINGS))
"""
    printed = python(code, tmp_path)
    assert "['old']" in printed
    assert f"mezzotint {mezzotint.__version__} in {ROOT} is not used" in printed
    assert f"mezzotint 0.0.1 in {other} is loaded already; keep one of the two" in printed


def test_importing_mezzotint_elsewhere_builds_nothing() -> None:
    code = """
import mezzotint, mezzotint.integrations.comfyui
print([name for name in sys.modules if 'comfyui.' in name or name in ('torch', 'numpy')])
"""
    assert python(code) == "[]\n"


def test_building_the_pack_imports_nothing_heavy() -> None:
    code = """
from mezzotint.integrations.comfyui import NODE_CLASS_MAPPINGS
for made in NODE_CLASS_MAPPINGS.values(): made.INPUT_TYPES()
print({'torch', 'diffusers', 'transformers', 'open_clip', 'pyarrow', 'scipy'} & set(sys.modules))
"""
    assert python(code) == "set()\n"


@pytest.mark.parametrize("name", ["NODE_CLASS_MAPPINGS", "NODE_DISPLAY_NAME_MAPPINGS", "WEB_DIRECTORY"])
def test_what_comfyui_looks_for_is_at_the_root(name: str) -> None:
    assert hasattr(mezzotint, name)
