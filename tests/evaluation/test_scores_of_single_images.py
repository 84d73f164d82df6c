"""What the metrics of single images have in common: odd pictures, and plans that load nothing."""

from __future__ import annotations

import os
import subprocess
import sys

import pytest
import torch

from mezzotint.evaluation import blank, ocr_accuracy, unsafe

SCORES = {
    "blank": blank,
    "unsafe": unsafe,
    "ocr_accuracy": lambda images: ocr_accuracy(images, ["a sign saying 'open'"] * len(images)).accuracy,
}


@pytest.fixture(params=SCORES)
def score(request):
    return SCORES[request.param]


def test_a_single_pixel_has_a_score(score):
    (value,) = score(torch.rand(1, 3, 1, 1))
    assert 0 <= value <= 1


@pytest.mark.parametrize(
    ("images", "message"),
    [
        (torch.full((1, 3, 8, 8), torch.nan), "NaN or infinity"),
        (torch.zeros(3, 8, 8), r"expected images of shape \[B, 3, H, W\], got \[3, 8, 8\]"),
        (torch.zeros(1, 4, 8, 8), r"got \[1, 4, 8, 8\]"),
    ],
)
def test_what_is_no_picture_is_an_error(score, images, message):
    with pytest.raises(ValueError, match=message):
        score(images)


def test_plans_that_name_weights_import_no_torch_and_ask_no_network(tmp_path):
    code = """
import socket, sys
socket.socket.connect = socket.getaddrinfo = None
from mezzotint.evaluation import aesthetic, hps, ocr_accuracy, pick_score, unsafe, vqa_score
named = [aesthetic, hps, ocr_accuracy, pick_score, unsafe, vqa_score]
found = {}
for metric in named:
    for option in metric.node_type.options:
        if option.content and (metric, option.name) != (aesthetic, "model"):
            found[metric.node_type.name, option.name] = option.content.resolve(option.default, {}, False)
known = {name for name, _ in [key for key, digest in found.items() if digest]}
assert known == {"ocr_accuracy", "unsafe"}, found
assert "torch" not in sys.modules
"""
    home = {"HF_HOME": str(tmp_path), "MEZZOTINT_CACHE": str(tmp_path), "TORCH_HOME": str(tmp_path)}
    subprocess.run([sys.executable, "-c", code], check=True, timeout=120, env={**os.environ, **home})
