"""CLIP score: open_clip's own cosine, an image at a time, whatever stands beside it."""

from __future__ import annotations

import json
import shutil
import warnings
from pathlib import Path

import open_clip
import pytest
import torch

import mezzotint
from mezzotint.evaluation import TruncatedTextWarning, clip_score
from mezzotint.evaluation.extractors.clip_models import ClipModel
from mezzotint.graphs.problem import GraphError
from mezzotint.graphs.program.outputs import Results
from mezzotint.graphs.store import Store
from mezzotint.nodes.picture_files import read
from mezzotint.nodes.pictures import to_pil
from mezzotint.starter import CLIP

TEXTS = ["a red circle", "two green stars", "a blue square left of a pink ring", ""]


@pytest.fixture(scope="module")
def images() -> torch.Tensor:
    return torch.rand(4, 3, 50, 40, generator=torch.Generator().manual_seed(0))


@pytest.fixture(params=["tiny", "starter"])
def model(request: pytest.FixtureRequest, tiny_clip: Path) -> tuple[str, str]:
    """The name in a graph, and in open_clip."""
    if request.param == "tiny":
        return f"clip:{tiny_clip}", f"local-dir:{tiny_clip}"
    return "starter", f"local-dir:{CLIP}"


def cosines_by_open_clip(name: str, images: torch.Tensor, texts: list[str]) -> torch.Tensor:
    clip, _, preprocess = open_clip.create_model_and_transforms(name)
    tokenizer = open_clip.get_tokenizer(name)
    with torch.no_grad():
        of_images = clip.eval().encode_image(torch.stack([preprocess(to_pil(image)) for image in images]))
        of_texts = clip.encode_text(tokenizer(texts))
    return torch.nn.functional.cosine_similarity(of_images, of_texts)


def test_it_equals_open_clip(model, images):
    cosines = cosines_by_open_clip(model[1], images, TEXTS)
    assert clip_score(images, TEXTS, model=model[0]) == pytest.approx(
        (100 * cosines.clamp(min=0)).tolist(), abs=1e-4
    )


def test_a_negative_cosine_counts_as_zero_for_its_image_alone(tiny_clip, images):
    texts = [f"word {i}" for i in range(64)]
    many = images[:1].expand(64, -1, -1, -1)
    cosines = cosines_by_open_clip(f"local-dir:{tiny_clip}", many, texts)
    assert (cosines < 0).any(), "the random CLIP should give some negative cosines"
    scores = torch.tensor(clip_score(many, texts, model=f"clip:{tiny_clip}"))
    assert (scores[cosines < 0] == 0).all()
    torch.testing.assert_close(scores, 100 * cosines.clamp(min=0), atol=1e-4, rtol=0)


def test_an_image_scores_the_same_alone_and_in_a_batch(model, images):
    together = clip_score(images, TEXTS, model=model[0])
    alone = [clip_score(images[i : i + 1], TEXTS[i : i + 1], model=model[0])[0] for i in range(4)]
    assert together == pytest.approx(alone, abs=1e-4)


def test_images_in_memory_score_as_their_png_files_do(tiny_clip, images, tmp_path):
    for index, image in enumerate(images):
        to_pil(image).save(tmp_path / f"{index}.png")
    saved = torch.stack([torch.from_numpy(read(tmp_path / f"{index}.png")) for index in range(4)])
    name = f"clip:{tiny_clip}"
    assert clip_score(images, TEXTS, model=name) == clip_score(saved, TEXTS, model=name)


def test_a_text_longer_than_the_context_keeps_its_end_token_and_is_reported(model, images):
    context = ClipModel(model[0]).loaded.context_length
    long = "red circle " * context
    with pytest.warns(TruncatedTextWarning, match=rf"1 of 2 texts .* {context} tokens"):
        scores = clip_score(images[:3], [long, "a red circle", long], model=model[0])
    peer = cosines_by_open_clip(model[1], images[:3], [long, "a red circle", long])
    assert scores == pytest.approx((100 * peer.clamp(min=0)).tolist(), abs=1e-4)


def test_two_long_texts_with_different_beginnings_differ(model):
    long = ["red circle " * 50, "blue star " * 50]
    features = ClipModel(model[0]).loaded.text_features(long)
    assert not torch.allclose(features[0], features[1], atol=1e-3)


def test_a_text_that_just_fits_is_not_reported(model):
    loaded = ClipModel(model[0]).loaded
    # One token a word in both vocabularies; start and end take two more.
    words = " ".join(["red"] * (loaded.context_length - 2))
    assert loaded.truncated([words, words + " red"]) == [False, True]


def test_short_texts_are_scored_in_silence(tiny_clip, images):
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        clip_score(images, TEXTS, model=f"clip:{tiny_clip}")


def test_no_images_give_no_scores(tiny_clip):
    assert clip_score(torch.zeros(0, 3, 8, 8), [], model=f"clip:{tiny_clip}") == []


def test_images_and_texts_must_pair_up(tiny_clip, images):
    with pytest.raises(ValueError, match="4 images can't be scored against 1 texts"):
        clip_score(images, ["a red circle"], model=f"clip:{tiny_clip}")


def test_weights_that_do_not_fit_are_one_clear_error(tiny_clip, tmp_path, images):
    broken = tmp_path / "broken"
    shutil.copytree(tiny_clip, broken)
    config = json.loads((broken / "open_clip_config.json").read_text())
    config["model_cfg"]["embed_dim"] = 24
    (broken / "open_clip_config.json").write_text(json.dumps(config))
    with pytest.raises(ValueError, match=r"the CLIP 'clip:.*broken' can't be loaded: .*size mismatch|Error"):
        clip_score(images, TEXTS, model=f"clip:{broken}")


def test_a_pickle_that_runs_code_is_not_opened(tmp_path, images):
    import pickle

    class Payload:
        def __reduce__(self):
            return (tmp_path.joinpath("ran").touch, ())

    weights = tmp_path / "weights.pt"
    weights.write_bytes(pickle.dumps(Payload(), protocol=2))
    with pytest.raises(ValueError, match="can't be loaded"):
        clip_score(images, TEXTS, model=f"clip:ViT-S-32-alt/{weights}")
    assert not (tmp_path / "ran").exists()


@pytest.mark.filterwarnings("ignore::mezzotint.evaluation.features.TruncatedTextWarning")
def test_hessels_convention_is_spelled_out_here_after_their_code(model, images):
    cosines = cosines_by_open_clip(model[1], images, [f"A photo depicts {text}" for text in TEXTS])
    expected = (2.5 * cosines.clamp(min=0)).tolist()
    assert clip_score(images, TEXTS, model=model[0], convention="hessel") == pytest.approx(expected, abs=1e-5)


def test_the_prefix_counts_among_the_tokens(model, images):
    context = ClipModel(model[0]).loaded.context_length
    just_fits = " ".join(["red"] * (context - 2))
    with pytest.warns(TruncatedTextWarning, match="1 of 1 texts"):
        clip_score(images[:1], [just_fits], model=model[0], convention="hessel")


def test_by_pieces_a_long_text_scores_the_mean_of_its_pieces_weighted_by_their_words(model, images):
    room = ClipModel(model[0]).loaded.context_length - 2  # start and end take two
    words = ["red"] * room + ["green"] * room + ["blue"] * 2
    parts = [" ".join(words[start : start + room]) for start in range(0, len(words), room)]
    of_parts = cosines_by_open_clip(model[1], images[:1].expand(3, -1, -1, -1), parts).double()
    expected = float((of_parts * torch.tensor([room, room, 2])).sum() / len(words))
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        found = clip_score(images[:1], [" ".join(words)], model=model[0], long_texts="pieces")
    assert found == pytest.approx([100 * max(expected, 0)], abs=1e-4)


def test_by_pieces_a_text_that_fits_scores_as_ever(model, images):
    plain = clip_score(images, TEXTS, model=model[0])
    assert clip_score(images, TEXTS, model=model[0], long_texts="pieces") == pytest.approx(plain, abs=1e-4)


def test_a_word_longer_than_the_context_is_reported_by_pieces_too(model, images):
    monster = "x7" * 60
    with pytest.warns(TruncatedTextWarning, match="1 of 1 texts have a word of more than"):
        clip_score(images[:1], [f"a {monster} b"], model=model[0], long_texts="pieces")


GRAPH = """
inputs:
  image: {{each: {{folder: .}}}}
nodes:
  score: {{use: clip_score, images: $image.image, text: $image.text, model: "clip:{model}"{options}}}
outputs: {{score: $score}}
"""


def run(folder: Path, model: Path, options: str = "") -> Results:
    (folder / "graph.yaml").write_text(GRAPH.format(model=model, options=options))
    with Store(folder / "store.db") as store:
        return mezzotint.load(folder / "graph.yaml").run(store=store)


@pytest.fixture
def folder(tmp_path, images):
    """Two pictures: one of a short text, one of a long one."""
    for name, text, image in zip(("a", "b"), ("a red circle", "red circle " * 20), images, strict=False):
        to_pil(image).save(tmp_path / f"{name}.png")
        (tmp_path / f"{name}.txt").write_text(text)
    return tmp_path


def test_in_a_graph_the_score_of_a_truncated_text_is_flagged(folder, tiny_clip):
    assert run(folder, tiny_clip)["score"].flags == [(), ("truncated",)]
    assert run(folder, tiny_clip, ", long_texts: pieces")["score"].flags == [(), ()]


def test_in_a_graph_conventions_and_pieces_score_as_from_python(folder, tiny_clip, images):
    texts = [(folder / f"{name}.txt").read_text() for name in "ab"]
    options = {"convention": "hessel", "long_texts": "pieces"}
    found = run(folder, tiny_clip, ", convention: hessel, long_texts: pieces")["score"]
    assert list(found) == pytest.approx(
        clip_score(images[:2], texts, model=f"clip:{tiny_clip}", **options), abs=1e-6
    )


def test_options_at_their_default_change_no_key(folder, tiny_clip):
    run(folder, tiny_clip)
    again = run(folder, tiny_clip, ", convention: '100', long_texts: cut")
    assert not sum(again.outcome.made.values())


def test_features_made_under_another_convention_are_refused(folder, tiny_clip):
    (folder / "graph.yaml").write_text(
        "inputs: {image: {each: {folder: .}}}\n"
        "nodes:\n"
        "  texts: {use: text_features, text: a red circle}\n"
        "  score: {use: clip_score, images: $image.image, text: $texts, convention: hessel}\n"
        "outputs: {score: $score}\n"
    )
    with pytest.raises(
        GraphError, match=r"clip_score\.convention is 'hessel'.*made by 'texts' with convention"
    ):
        mezzotint.load(folder / "graph.yaml").check()
