"""A stage of Ray Data, as an actor makes and calls it: columns in, columns out, one bad row told apart."""

from __future__ import annotations

import numpy as np
import pyarrow
import pytest

from mezzotint import Graph, nodes
from mezzotint.integrations.ray import Stage
from mezzotint.nodes import to_8bit

PROMPTS = np.array(["a red circle", "two green stars", "a blue ring"], dtype=object)
SCENES = to_8bit(nodes.render_scene(PROMPTS.tolist(), seed=[1, 2, 3])).permute(0, 2, 3, 1).numpy()


def score(**settings):
    return Stage("clip_score", {"images": "image", "text": "prompt"}, "score", **settings)


def test_its_outputs_are_columns_more():
    batch = {"image": SCENES, "prompt": PROMPTS, "id": np.arange(3)}
    found = score()(batch)
    assert found.keys() == {"image", "prompt", "id", "score"}
    assert found["score"] == pytest.approx(nodes.clip_score(SCENES, text=PROMPTS.tolist()))


def test_pictures_stay_arrays_of_their_kind():
    big = Stage("upscale", {"images": "image"}, "image", {"scale": 2})({"image": SCENES})
    assert (big["image"].shape, big["image"].dtype) == ((3, 128, 128, 3), np.uint8)
    drawn = Stage("render_scene", {"prompt": "prompt"}, "image", {"seed": 1})({"prompt": PROMPTS})
    assert (drawn["image"].shape, drawn["image"].dtype) == ((3, 64, 64, 3), np.uint8)


def test_pictures_of_several_sizes_are_arrays_of_arrays():
    images = np.empty(2, dtype=object)
    images[:] = [SCENES[0], SCENES[1][:32]]
    big = Stage("upscale", {"images": "image"}, "image", {"scale": 2})({"image": images})
    assert [picture.shape for picture in big["image"]] == [(128, 128, 3), (64, 128, 3)]


def test_several_outputs_go_where_they_are_named():
    stage = Stage(
        "starter_judge", {"images": "image", "prompt": "prompt"}, {"correct": "ok", "reason": "why"}
    )
    found = stage({"image": SCENES, "prompt": PROMPTS})
    assert found["ok"].dtype == bool
    assert len(found["why"]) == 3
    assert "task" not in found


def test_a_row_that_fails_is_told_and_the_rest_goes_on():
    prompts = np.array(["a red circle", "nothing it knows", "a blue ring"], dtype=object)
    drawn = Stage("render_scene", {"prompt": "prompt"}, "image", {"seed": 1}, failures="failure")
    found = drawn({"prompt": prompts})
    assert found["failure"][0] is None
    assert "names nothing of the starter's world" in found["failure"][1]
    assert found["image"][1] is None
    assert found["image"][2].shape == (64, 64, 3)
    batch = {"image": SCENES, "prompt": np.array(["a red circle", None, "a blue ring"], dtype=object)}
    scored = score(failures="failure")(batch)
    assert scored["score"].dtype == float
    assert np.isnan(scored["score"]).tolist() == [False, True, False]


def test_without_a_column_for_failures_an_error_is_one():
    with pytest.raises(ValueError, match="names nothing of the starter's world"):
        Stage("render_scene", {"prompt": "prompt"}, "image", {"seed": 1})({"prompt": np.array(["nonsense"])})


def test_a_table_stays_a_table():
    pytest.importorskip("ray.data", reason="Ray is not installed")
    from ray.data.block import BlockAccessor

    table = BlockAccessor.batch_to_arrow_block({"image": SCENES, "prompt": PROMPTS, "score": np.zeros(3)})
    found = score()(table)
    assert isinstance(found, pyarrow.Table)
    assert found.column_names == ["image", "prompt", "score"]
    assert found.column("score").to_pylist() == pytest.approx(nodes.clip_score(SCENES, text=PROMPTS.tolist()))
    big = Stage("upscale", {"images": "image"}, "big", {"scale": 2})(table)
    assert BlockAccessor.for_block(big).to_numpy(["big"])["big"].shape == (3, 128, 128, 3)


GRAPH = """
inputs: {image: {}, prompt: {}, size: 32}
nodes:
  small: {use: resize, images: $image, width: $size, height: $size}
  clip: {use: clip_score, images: $small, text: $prompt}
  mean: {use: mean, number: $clip, over: image}
outputs: {small: $small, clip: $clip, mean: $mean}
"""


def test_a_graph_is_a_stage_too():
    columns = {"image": "image", "prompt": "prompt"}
    stage = Stage(Graph.parse(GRAPH), columns, {"small": "small", "clip": "score"})
    found = stage({"image": SCENES, "prompt": PROMPTS})
    assert found["small"].shape == (3, 32, 32, 3)
    small = nodes.resize(SCENES, width=32, height=32)
    assert found["score"] == pytest.approx(nodes.clip_score(small, text=PROMPTS.tolist()), rel=1e-4)
    with pytest.raises(ValueError, match="mean is one value for a whole batch"):
        Stage(Graph.parse(GRAPH), columns, {"mean": "mean"})({"image": SCENES, "prompt": PROMPTS})


def test_an_empty_batch_stays_empty():
    found = score(failures="failure")({"image": SCENES[:0], "prompt": PROMPTS[:0]})
    assert [len(found[name]) for name in ("image", "prompt", "score", "failure")] == [0] * 4


@pytest.mark.parametrize(
    ("stage", "message"),
    [
        ({"use": "clip_scor", "into": "x"}, "no node type 'clip_scor'; did you mean 'clip_score'"),
        ({"use": "fd", "into": "x"}, "fd reduces a set to one value, and a stage sees a batch at a time"),
        ({"use": "upscale", "into": "x"}, "upscale needs 'images': name its column"),
        ({"use": "upscale", "into": "x", "columns": {"image": "image"}}, "no 'image'; did you mean 'images'"),
        ({"use": "blank", "into": "x", "given": {"images": SCENES}}, "columns names none"),
        (
            {"use": "upscale", "into": "x", "columns": {"images": "image"}, "given": {"scal": 2}},
            "upscale takes no 'scal'; did you mean 'scale'",
        ),
        (
            {"use": "starter_judge", "into": "x", "columns": {"images": "a", "prompt": "b"}},
            "names a column for each of correct, task, reason",
        ),
        (
            {"use": "starter_judge", "into": {"right": "x"}, "columns": {"images": "a", "prompt": "b"}},
            "there is no output 'right'; there is correct",
        ),
        ({"use": Graph.parse(GRAPH), "into": {"small": "x"}, "columns": {"image": "a"}}, "needs 'prompt'"),
    ],
)
def test_mistakes_are_told_when_the_stage_is_made(stage, message):
    with pytest.raises(ValueError, match=message):
        Stage(**{"columns": {}, **stage})


def test_a_column_that_is_not_there_is_told():
    with pytest.raises(KeyError, match="the batch has no column 'image'; it has picture, prompt"):
        score()({"picture": SCENES, "prompt": PROMPTS})
