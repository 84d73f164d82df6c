"""``geneval``: detections of any detector's node, colours by a CLIP, in a graph and alone."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import open_clip
import pytest
import torch
from PIL import Image

import mezzotint
from mezzotint.evaluation import DetectedObjects, geneval, geneval_prompts
from mezzotint.evaluation.extractors.clip_models import ClipModel
from mezzotint.evaluation.geneval_protocol import colors as geneval_colors
from mezzotint.graphs.store import Store
from mezzotint.nodes import render_scene, to_8bit, to_pil
from mezzotint.starter import judge
from mezzotint.starter.tasks import COLORS as STARTER_COLORS

# A detector of the starter's shapes, as anybody's node may give one; its boxes are those of the judge.
NODES = '''
import numpy as np
from mezzotint import Detections, Images, node
from mezzotint.evaluation import DetectedObjects
from mezzotint.nodes import to_8bit
from mezzotint.starter.judge import detect as read

@node(version=1)
def find_shapes(images: Images) -> Detections:
    """Finds the starter's shapes."""
    found = []
    for picture in to_8bit(images).permute(0, 2, 3, 1).numpy():
        things = read(picture)
        boxes = [(x - r, y - r, x + r, y + r) for (x, y), r in ((d.center, d.extent / 2) for d in things)]
        found.append(DetectedObjects(
            *picture.shape[:2], tuple(d.shape for d in things), np.array([d.fit for d in things], "float32"),
            np.array(boxes, "float32").reshape(-1, 4),
        ))
    return found
'''
RECORDS = [
    {"tag": "single_object", "include": [{"class": "star", "count": 1}], "prompt": "a star"},
    {
        "tag": "counting",
        "include": [{"class": "ring", "count": 2}],
        "exclude": [{"class": "ring", "count": 3}],
        "prompt": "three rings",  # the picture has one too many
    },
    {"tag": "colors", "include": [{"class": "star", "count": 1, "color": "green"}], "prompt": "a green star"},
    {"tag": "colors", "include": [{"class": "star", "count": 1, "color": "green"}], "prompt": "a blue star"},
    {
        "tag": "position",
        "include": [{"class": "ring", "count": 1}, {"class": "cross", "count": 1, "position": ["above", 0]}],
        "prompt": "a cross above a ring",
    },
]
GRAPH = """
inputs: {row: {each: {file: records.jsonl}}}
nodes:
  image: {use: render_scene, prompt: $row.prompt, seed: 3}
  found: {use: find_shapes, images: $image}
  judged: {use: geneval, images: $image, detections: $found, metadata: $row, color_model: starter,
           counting_threshold: 0.6}
  overall: {use: task_mean, correct: $judged.correct, task: $judged.task, over: row}
  by_task: {use: mean, number: $judged.correct, over: row, by: $row.tag}
outputs: {correct: $judged.correct, reason: $judged.reason, overall: $overall.overall, tasks: $overall.tasks,
          by_task: $by_task, found: $found}
"""


def one_object(label: str, box: tuple[float, ...], masks: np.ndarray | None = None) -> DetectedObjects:
    return DetectedObjects(
        64, 64, (label,), np.ones(1, "float32"), np.array([box], "float32"), masks, classes=(label,)
    )


def test_a_graph_scores_prompts_by_task_and_overall(tmp_path: Path):
    (tmp_path / "nodes.py").write_text(NODES)
    (tmp_path / "graph.yaml").write_text(GRAPH)
    (tmp_path / "records.jsonl").write_text("".join(json.dumps(record) + "\n" for record in RECORDS))
    graph = mezzotint.load(tmp_path / "graph.yaml", nodes=[tmp_path / "nodes.py"])
    with Store(tmp_path / "store") as store:
        run = graph.run(store=store)
        assert list(run["correct"]) == [True, False, True, False, True]
        assert list(run["reason"])[1] == "expected ring<3, found 3"
        assert "expected green star>=1, found 0 green; and 1 blue" in list(run["reason"])
        assert run["tasks"].value == {"colors": 0.5, "counting": 0, "position": 1, "single_object": 1}
        assert run["overall"].value == pytest.approx(2.5 / 4)
        assert list(run["by_task"]) == [1, 0, 0.5, 1]
        again = graph.run(store=store)
        assert list(again["reason"]) == list(run["reason"])


def test_a_prompts_record_can_be_the_published_ones(tmp_path: Path):
    bench = next(record for record in geneval_prompts() if record["prompt"] == "a photo of a bench")
    found = geneval(torch.rand(1, 3, 64, 64), [one_object("bench", (0, 0, 9, 9))], [bench])
    assert found == ([True], ["single_object"], [""])


def test_no_clip_is_loaded_for_prompts_that_name_no_colour():
    record = {"tag": "single_object", "include": [{"class": "star", "count": 1}]}
    found = geneval(
        torch.rand(1, 3, 64, 64),
        [one_object("star", (0, 0, 9, 9))],
        [record],
        color_model="clip:there-is-none",
    )
    assert found.correct == [True]


def test_detections_of_other_pictures_are_refused():
    record = {"tag": "single_object", "include": [{"class": "star", "count": 1}]}
    with pytest.raises(ValueError, match="of a picture of 64×64 pixels, and this one has 128×96"):
        geneval(torch.rand(1, 3, 96, 128), [one_object("star", (0, 0, 9, 9))], [record])


@pytest.mark.parametrize("masked", [False, True])
def test_a_crop_is_what_pillow_cuts_out(masked: bool):
    rng = np.random.default_rng(0)
    image = torch.from_numpy(rng.integers(0, 256, (3, 64, 64)).astype("float32") / 255)
    mask = rng.random((1, 64, 64)) < 0.5 if masked else None
    box = (10.5, 3.2, 41.5, 60.7)
    picture = to_pil(image)
    if mask is not None:
        picture = Image.composite(picture, Image.new("RGB", picture.size, "#999"), Image.fromarray(mask[0]))
    crop = geneval_colors.masked_crop(image, one_object("star", box, mask), 0)
    assert np.array_equal(np.asarray(to_pil(crop)), np.asarray(picture.crop(box)))


@pytest.mark.parametrize("box", [(5, 5, 5, 5), (64, 64, 70, 70), (-9, -9, 0, 0), (60, 0, 80, 90)])
def test_a_crop_has_at_least_a_pixel_and_stays_within_the_picture(box: tuple[int, ...]):
    crop = geneval_colors.masked_crop(torch.rand(3, 64, 64), one_object("star", box), 0)
    assert crop.shape[1] in range(1, 65)
    assert crop.shape[2] in range(1, 65)


def test_colours_are_open_clips_zero_shot_classes(tiny_clip: Path):
    """The mean of three normalised texts a colour, normalised, against the crop: the largest cosine."""
    name = f"local-dir:{tiny_clip}"
    model, _, preprocess = open_clip.create_model_and_transforms(name)
    tokenizer = open_clip.get_tokenizer(name)
    rng = np.random.default_rng(1)
    images = torch.from_numpy(rng.integers(0, 256, (8, 3, 64, 64)).astype("float32") / 255)
    directions = []
    with torch.no_grad():
        for color in geneval_colors.COLORS:
            texts = [
                f"a photo of a {color} dog",
                f"a photo of a {color}-colored dog",
                f"a photo of a {color} object",
            ]
            mean = torch.nn.functional.normalize(model.eval().encode_text(tokenizer(texts)), dim=-1).mean(0)
            directions.append(mean / mean.norm())
        pictures = torch.stack([preprocess(to_pil(image).crop((4, 4, 60, 44))) for image in images])
        best = (model.encode_image(pictures) @ torch.stack(directions).T).argmax(1)
    found = one_object("dog", (4, 4, 60, 44))
    colors = [geneval_colors.colors(image, found, "dog", [0], f"clip:{tiny_clip}")[0] for image in images]
    assert colors == [geneval_colors.COLORS[index] for index in best]


def test_texts_of_a_class_are_encoded_once(monkeypatch: pytest.MonkeyPatch):
    clip = ClipModel("starter").loaded
    encoded = []

    def counting(self, texts):
        encoded.append(len(texts))
        return original(self, texts)

    original = type(clip).text_features
    monkeypatch.setattr(type(clip), "text_features", counting)
    for _ in range(3):
        geneval_colors.colors(
            torch.rand(3, 64, 64), one_object("kite", (0, 0, 9, 9)), "kite", [0, 0], "starter"
        )
    assert encoded == [30]


def test_the_starters_clip_tells_most_of_the_starters_colours():
    """White and brown are none of its words, so it takes one thing or another for them."""
    right = 0
    for color in STARTER_COLORS:
        (image,) = render_scene([f"a {color} circle"], [3])
        (thing,) = judge.detect(to_8bit(image).permute(1, 2, 0).numpy())
        (x, y), reach = thing.center, thing.extent / 2
        circle = one_object("circle", (x - reach, y - reach, x + reach, y + reach))
        right += geneval_colors.colors(image, circle, "circle", [0], "starter") == [color]
    assert right >= 6
