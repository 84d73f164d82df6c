"""The device protocol: memory errors are told from others, and nothing imports torch by itself."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
import torch

from mezzotint.nodes.device import TorchDevice, resolve


@pytest.mark.parametrize(
    ("error", "expected"),
    [
        (torch.OutOfMemoryError("CUDA out of memory. Tried to allocate 2 GiB"), True),
        (MemoryError(), True),
        (RuntimeError("MPS backend out of memory (MPS allocated: 9 GB)"), True),
        (RuntimeError("[enforce fail] DefaultCPUAllocator: can't allocate memory: you tried"), True),
        (RuntimeError("CUDA error: CUBLAS_STATUS_ALLOC_FAILED when calling cublasCreate"), True),
        (RuntimeError("mat1 and mat2 shapes cannot be multiplied"), False),
        (ValueError("the prompt is about running out of memory"), False),
        (KeyboardInterrupt(), False),
    ],
)
def test_memory_errors_are_told_from_others(error: BaseException, expected: bool) -> None:
    assert TorchDevice().is_out_of_memory(error) is expected


def test_a_memory_error_is_found_behind_another() -> None:
    wrapped = ValueError("the node failed")
    wrapped.__cause__ = MemoryError()
    assert TorchDevice().is_out_of_memory(wrapped)


def test_inference_keeps_no_gradients() -> None:
    weight = torch.ones(2, requires_grad=True)
    with TorchDevice().inference():
        assert not (weight * 2).requires_grad
    assert (weight * 2).requires_grad


def test_versions_name_what_pictures_depend_on() -> None:
    versions = TorchDevice().versions()
    assert {"torch", "diffusers", "transformers", "device"} <= set(versions)
    assert versions["torch"] == torch.__version__ or torch.__version__.startswith(versions["torch"])


def test_releasing_and_measuring_work_anywhere() -> None:
    TorchDevice().release()
    peak = TorchDevice().peak_memory()
    assert (peak is None) == (resolve("auto") == "cpu")


def test_an_unknown_device_is_refused() -> None:
    with pytest.raises(ValueError, match=r"there is no device 'tpu' here; available: .*cpu \(or auto\)"):
        resolve("tpu")


def test_threads_may_begin_before_torch_is_imported() -> None:
    code = """
from concurrent.futures import ThreadPoolExecutor
from mezzotint import nodes
with ThreadPoolExecutor(4) as pool:
    scenes = list(pool.map(lambda seed: nodes.render_scene("a red circle", seed=seed), range(4)))
    texts = list(pool.map(lambda _: nodes.text_features("a red circle"), range(4)))
assert len(scenes) == len(texts) == 4
"""
    subprocess.run([sys.executable, "-c", code], check=True)


def test_nothing_imports_torch_by_itself() -> None:
    code = """
import sys
from mezzotint.nodes.device import TorchDevice
device = TorchDevice()
device.quiet()
device.release()
device.versions()
assert device.peak_memory() is None
assert not device.is_out_of_memory(RuntimeError('no'))
with device.inference():
    pass
assert 'torch' not in sys.modules
"""
    subprocess.run([sys.executable, "-c", code], check=True)


def test_quiet_leaves_no_chatter(checkpoint: Callable[..., Path], capfd: pytest.CaptureFixture[str]) -> None:
    code = """
import sys
from mezzotint.nodes.device import TorchDevice
TorchDevice().quiet()
from mezzotint.nodes.decoding import decode
from mezzotint.nodes.loading import load_model
from mezzotint.nodes.sampling import sample
from mezzotint.nodes.text import text_encode
model = load_model(source=sys.argv[1], device='cpu')
latents = sample(model, text_encode(model, ['red']), [1], steps=1)
decode(model, latents)
"""
    subprocess.run([sys.executable, "-c", code, str(checkpoint())], check=True)
    captured = capfd.readouterr()
    assert captured.out == ""
    assert captured.err == ""
