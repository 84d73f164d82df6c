"""``reference``: pictures of a graph are what others are compared with."""

from __future__ import annotations

import re
from pathlib import Path

import numpy as np
import pytest
import torch

import mezzotint
from mezzotint.evaluation import FeatureSet, Origin, ReferenceSet, ReferenceType, extractor_by_name, reference
from mezzotint.graphs.members import Member
from mezzotint.graphs.problem import GraphError
from mezzotint.graphs.running import Settings
from mezzotint.graphs.store import Store
from mezzotint.nodes.pictures import to_pil

GRAPH = """
inputs:
  prompt: {each: [a red circle, two blue stars, a green ring]}
  seed: {each: {range: 6}}
  noise: 0
nodes:
  scene: {use: render_scene, prompt: $prompt, seed: $seed}
  real: {use: reference, images: $scene, over: [prompt, seed]}
  other: {use: resize, images: $scene, width: 24, height: 24}
  drift: {use: fd, images: $other, reference: $real, over: [prompt, seed]}
  none: {use: fd, images: $scene, reference: $real, over: [prompt, seed]}
  of_one: {use: reference, images: $scene, over: seed}
  each: {use: fd, images: $scene, reference: $of_one, over: seed}
  near: {use: copies, images: $scene, reference: $real}
outputs: {drift: $drift, none: $none, each: $each, image: $near.image, similarity: $near.similarity}
"""


@pytest.fixture
def write(tmp_path: Path):
    def write(text: str) -> Path:
        (tmp_path / "graph.yaml").write_text(text)
        return tmp_path / "graph.yaml"

    return write


def test_scenes_of_the_same_prompts_are_a_reference_in_two_lines(write, tmp_path):
    with Store(tmp_path / "store") as store:
        run = mezzotint.load(write(GRAPH)).run(store=store)
    assert run["none"].value < 1e-9 < 1e-3 < run["drift"].value
    assert len(run["each"]) == 3
    assert max(run["each"]) < 1e-9
    assert list(run["similarity"]) == pytest.approx([1] * 18)
    assert list(run["image"])[:2] == ["prompt 0, seed 0", "prompt 0, seed 1"]


def test_a_reference_is_stored_and_named_by_what_it_was_made_of(write, tmp_path):
    with Store(tmp_path / "store") as store:
        graph = mezzotint.load(write(GRAPH))
        before = graph.run(store=store)
        assert graph.plan(store).to_do == 0
        again = mezzotint.load(write(GRAPH.replace("width: 24", "width: 32"))).run(store=store)
        assert again.outcome.made.get("real", 0) == 0, "taken from the store"
        assert again.outcome.made["drift"] == 1
        other = mezzotint.load(write(GRAPH.replace("range: 6", "range: 5"))).plan(store)
    assert other.steps["real"].to_do == 1, "a reference of fewer pictures is another"
    assert again["none"].value == before["none"].value


def test_the_rows_stand_in_the_order_of_their_places_however_they_came(tmp_path, write):
    text = GRAPH.split("outputs:")[0] + "outputs: {real: $real}\n"
    found = []
    for index, batch in enumerate((16, 1)):
        with Store(tmp_path / f"store{index}") as store:
            run = mezzotint.load(write(text)).run(store=store, settings=Settings(batch=batch))
            found.append(run["real"].value.features)
    assert found[0].names == found[1].names
    np.testing.assert_allclose(found[0].rows, found[1].rows, atol=1e-5)  # the network's own float32


def test_it_remembers_the_prompt_of_each_picture_and_the_seeds_that_all_prompts_share(tmp_path, write):
    text = GRAPH.split("outputs:")[0] + "outputs: {real: $real}\n"
    with Store(tmp_path / "store") as store:
        found = mezzotint.load(write(text)).run(store=store)["real"].value.features
    assert found.units == tuple(np.repeat(["a red circle", "two blue stars", "a green ring"], 6))
    assert found.crossed == ("seed",)


def test_the_units_are_part_of_what_a_reference_is():
    rows = np.ones((2, 4), np.float32)
    plain, drawn = FeatureSet(rows, ("a", "b")), FeatureSet(rows, ("a", "b"), units=("p", "q"))
    assert plain.digest != drawn.digest


def test_shards_merge_to_the_same_reference():
    rows = np.random.default_rng(0).normal(size=(9, 128)).astype(np.float32)
    members = [
        Member({"prompt": index // 3, "seed": index % 3}, f"prompt {index // 3}") for index in range(9)
    ]
    whole = reference()
    whole.update(rows, members)
    one, two = reference(), reference()
    two.update(rows[:4], members[:4])
    one.update(rows[4:], members[4:])
    one.merge(two)
    assert one.compute().digest == whole.compute().digest
    assert np.array_equal(one.compute().features.rows, rows)


def test_another_extractor_is_refused_before_anything_runs(write, tiny_clip):
    text = GRAPH.replace("reference: $real, over", f"reference: $real, extractor: 'clip:{tiny_clip}', over")
    with pytest.raises(GraphError) as refused:
        mezzotint.load(write(text)).check()
    message = r"graph\.yaml:10:\d+: fd\.extractor is 'clip:.*made by 'real' with extractor: 'starter'"
    assert re.search(message, str(refused.value))
    assert "write extractor: starter, or at 'real' extractor: clip:" in str(refused.value)


def test_another_extractor_that_no_file_names_is_refused_by_the_metric(write, tmp_path, tiny_clip):
    text = GRAPH.replace("reference: $real, over", "reference: $real, extractor: $by, over")
    text = text.replace("noise: 0", f"by: {{each: [starter, 'clip:{tiny_clip}']}}")
    with Store(tmp_path / "store") as store:
        run = mezzotint.load(write(text)).run(store=store)
    assert run["drift"][0] > 0
    with pytest.raises(Exception, match=r"made with the extractor 'starter'.*say extractor: starter"):
        _ = run["drift"][1]


def test_features_of_another_extractor_are_noticed_by_their_dimension():
    state = reference()
    state.update(np.zeros((2, 7), np.float32), [Member({"seed": seed}, f"seed {seed}") for seed in range(2)])
    with pytest.raises(ValueError, match=r"dimension 7.*'starter' yields 128; say at the reference"):
        state.compute()


def test_one_picture_is_no_reference():
    state = reference()
    state.update(torch.rand(1, 3, 8, 8), [Member({"seed": 0}, "seed 0")])
    with pytest.raises(ValueError, match="at least 2 images, got 1"):
        state.compute()


def test_a_reference_of_features_survives_being_stored():
    port = ReferenceType()
    rows = np.random.default_rng(0).normal(size=(3, 4)).astype(np.float32)
    ours = Origin.of(extractor_by_name("starter"))
    for origin, drawn in ((None, {}), (ours, {}), (ours, {"units": ("p", "p", "q"), "crossed": ("seed",)})):
        item = ReferenceSet("set", features=FeatureSet(rows, ("a", "b", "c"), origin, **drawn))
        back = port.decode(port.encode(item))
        assert back.digest == item.digest
        assert port.digest(back) == port.digest(item)
        assert back.features.origin == origin
        assert (back.features.units, back.features.crossed) == (item.features.units, item.features.crossed)
        assert port.nbytes(item) == rows.nbytes


def test_pictures_of_a_folder_are_a_reference_of_a_graph_too(write, tmp_path):
    (tmp_path / "real").mkdir()
    for index in range(4):
        to_pil(torch.rand(3, 20, 20)).save(tmp_path / "real" / f"{index}.png")
    text = """
inputs: {photo: {each: {folder: real}}}
nodes:
  real: {use: reference, images: $photo.image, over: photo}
  same: {use: fd, images: $photo.image, reference: $real, over: photo}
  kept: {use: fd, images: $photo.image, reference: ./real, over: photo}
outputs: {same: $same, kept: $kept}
"""
    with Store(tmp_path / "store") as store:
        run = mezzotint.load(write(text)).run(store=store)
    assert run["same"].value < 1e-9
    assert run["kept"].value < 1e-6
