"""Extractors: names, what enters keys, and weights that are loaded once."""

from __future__ import annotations

import hashlib
import pickle
import shutil
import subprocess
import sys
import threading

import pytest
import torch

from mezzotint.evaluation import clip_score, diversity, extractor_by_name, fd
from mezzotint.evaluation.extractors import clip_models, clip_names, networks
from mezzotint.nodes.pictures import quantize

TAG = "clip:ViT-B-32/laion2b_s34b_b79k"
RESOLVERS = [
    fd.node_type.option("extractor").content.resolve,
    diversity.node_type.option("extractor").content.resolve,
    clip_score.node_type.option("model").content.resolve,
]


@pytest.fixture
def no_hub(tmp_path, monkeypatch):
    """A hub cache with nothing in it, and no way out."""
    from huggingface_hub import constants

    def refuse(entry):
        raise OSError("no network")

    monkeypatch.setattr(constants, "HF_HUB_CACHE", str(tmp_path / "hub"))
    monkeypatch.setattr("open_clip.pretrained.download_pretrained", refuse)
    return tmp_path / "hub"


@pytest.mark.parametrize("resolve", RESOLVERS)
def test_keys_hold_what_a_model_is_not_what_it_is_called(resolve, tiny_clip, make_tiny_clip, tmp_path):
    digest = resolve(f"clip:{tiny_clip}", {}, False)
    moved = shutil.copytree(tiny_clip, tmp_path / "moved")
    assert resolve(f"clip:{moved}", {}, False) == digest
    assert resolve(f"clip:{make_tiny_clip(1)}", {}, False) != digest
    assert resolve("starter", {}, False) not in (None, digest)


def test_a_change_of_preprocessing_changes_the_digest(tiny_clip, tmp_path):
    changed = shutil.copytree(tiny_clip, tmp_path / "changed")
    config = changed / "open_clip_config.json"
    config.write_text(config.read_text().replace("bicubic", "bilinear"))
    assert extractor_by_name(f"clip:{changed}").digest() != extractor_by_name(f"clip:{tiny_clip}").digest()


def test_a_local_file_of_weights_is_named_by_architecture_and_content(tmp_path):
    for name, content in {"a": b"1", "b": b"1", "c": b"2"}.items():
        (tmp_path / name).write_bytes(content)
    digests = [extractor_by_name(f"clip:ViT-B-32/{tmp_path / name}").digest() for name in "abc"]
    assert digests[0] == digests[1] != digests[2]
    assert extractor_by_name(f"clip:ViT-B-16/{tmp_path / 'a'}").digest() != digests[0]


def test_published_weights_are_unknown_until_fetched(no_hub):
    extractor = extractor_by_name(TAG)
    assert extractor.digest() is None
    assert extractor.dimension == 512
    with pytest.raises(ValueError, match=r"could not be fetched: .*no network") as caught:
        extractor.digest(fetch=True)
    assert "open_clip_model.safetensors of huggingface.co/laion/CLIP-ViT-B-32-laion2B-s34B-b79K" in str(
        caught.value
    )
    assert str(caught.value).endswith("goes by clip:ViT-B-32/FILE")


def test_published_weights_in_the_hub_cache_are_found_without_the_network(no_hub):
    repository = no_hub / "models--laion--CLIP-ViT-B-32-laion2B-s34B-b79K"
    revision = "0" * 40
    (repository / "snapshots" / revision).mkdir(parents=True)
    (repository / "refs").mkdir()
    (repository / "refs" / "main").write_text(revision)
    (repository / "snapshots" / revision / "open_clip_model.safetensors").write_bytes(b"weights")
    digest = extractor_by_name(TAG).digest()
    assert digest is not None
    assert extractor_by_name("clip:ViT-B-32/laion2b-s34b-b79k").digest() == digest  # as open_clip reads tags


def test_published_weights_are_loaded_with_the_activation_they_were_trained_with(monkeypatch):
    given = {}

    def create_model(architecture, **arguments):
        given.update(arguments)
        raise RuntimeError("enough")

    monkeypatch.setattr("open_clip.create_model", create_model)
    for name, quick in (("clip:ViT-B-32/openai", True), (TAG, False)):
        with pytest.raises(ValueError, match="can't be loaded: enough"):
            clip_models._load(clip_names.clip_source(name), "weights.pt")
        assert given["force_quick_gelu"] is quick


@pytest.mark.parametrize("resolve", RESOLVERS)
@pytest.mark.parametrize(
    ("name", "message"),
    [
        ("clip:", "no model is named"),
        ("clip:ViT-B-33/openai", "no architecture 'ViT-B-33' .did you mean 'ViT-B-32'"),
        ("clip:ViT-B-32", "names no weights"),
        ("clip:ViT-B-32/openay", "no weights 'openay' .it has .*laion2b_s34b_b79k"),
        ("clip:ViT-B-32/missing.safetensors", "there is no file 'missing.safetensors'"),
    ],
)
def test_an_unknown_name_is_an_error_that_says_what_is_accepted(resolve, name, message):
    with pytest.raises(ValueError, match=message) as error:
        resolve(name, {}, False)
    assert "expected 'starter', 'clip:ARCHITECTURE/TAG'" in str(error.value)


def test_a_folder_of_another_layout_is_an_error(tmp_path):
    with pytest.raises(ValueError, match=r"holds no open_clip_config\.json"):
        extractor_by_name(f"clip:{tmp_path}")


def test_planning_with_a_published_name_imports_no_torch(shared_cache):
    extractor_by_name(TAG)  # from the first time on
    code = (
        "import sys; from mezzotint.evaluation import extractor_by_name as e\n"
        f"e({TAG!r}).digest(); e('starter').digest(); e('starter').dimension\n"
        "assert 'torch' not in sys.modules"
    )
    subprocess.run([sys.executable, "-c", code], check=True, timeout=60)


def test_the_starter_says_what_decides_its_features():
    extractor = extractor_by_name("starter")
    assert (extractor.name, extractor.dtype, extractor.preprocessing.rule) == (
        "starter",
        "float32",
        "pil-bicubic-shortest",
    )
    features = extractor(torch.rand(3, 3, 64, 64))
    assert features.shape == (3, extractor.dimension)
    assert features.dtype is torch.float32
    assert features.device.type == "cpu"


def test_features_are_those_of_open_clip(tiny_clip):
    import open_clip

    model, _, _ = open_clip.create_model_and_transforms(f"local-dir:{tiny_clip}")
    extractor = extractor_by_name(f"clip:{tiny_clip}")
    images = torch.rand(3, 3, 32, 32)
    mean, std = (
        torch.tensor(values).view(3, 1, 1)
        for values in (extractor.preprocessing.mean, extractor.preprocessing.std)
    )
    with torch.no_grad():
        peer = model.eval().encode_image((quantize(images) - mean) / std)
    torch.testing.assert_close(extractor(images), peer, atol=1e-6, rtol=0)


def test_weights_are_loaded_once_however_many_threads_ask(tiny_clip, monkeypatch):
    loads = []
    load = clip_models._load

    def counted(*given):
        loads.append(given)
        return load(*given)

    monkeypatch.setattr(clip_models, "_load", counted)
    networks.release_models()
    images = torch.rand(1, 3, 32, 32)
    threads = [
        threading.Thread(target=lambda: extractor_by_name(f"clip:{tiny_clip}")(images)) for _ in range(4)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(loads) == 1


def test_weights_that_changed_on_disk_are_loaded_again(make_tiny_clip, tmp_path):
    folder = shutil.copytree(make_tiny_clip(2), tmp_path / "clip")
    extractor, images = extractor_by_name(f"clip:{folder}"), torch.rand(1, 3, 32, 32)
    before = extractor(images)
    shutil.copyfile(make_tiny_clip(3) / "open_clip_model.safetensors", folder / "open_clip_model.safetensors")
    assert not torch.allclose(extractor(images), before)


def test_an_extractor_travels_to_another_process_without_its_weights(tiny_clip):
    extractor = extractor_by_name(f"clip:{tiny_clip}")
    images = torch.rand(1, 3, 32, 32)
    before = extractor(images)
    sent = pickle.dumps(extractor)
    assert len(sent) < 2000
    assert torch.equal(pickle.loads(sent)(images), before)


def test_digests_are_of_one_length(tiny_clip):
    expected = len(hashlib.blake2b(digest_size=16).hexdigest())
    assert {len(extractor_by_name(name).digest() or "") for name in ("starter", f"clip:{tiny_clip}")} == {
        expected
    }


@pytest.mark.parametrize(
    ("name", "message"),
    [
        ("inception", "no extractor is named 'inception' .did you mean 'inception-v3'"),
        ("starter:x", "no extractor is named 'starter:x'"),
        ("dino2", "did you mean 'dinov2'"),
        ("Starter", "did you mean 'starter'"),
        ("dinov2:", "names nothing after its colon; expected 'starter'"),
        ("inception-v3:x@y.pth", "no file 'x@y.pth'"),
        ("starter@cleen", "no resize rule 'cleen' .did you mean 'clean'..; expected one of clean, tf1"),
        ("inception-v3:nowhere.pth", "no file 'nowhere.pth'; the weights are published at https://"),
        ("dinov2:nowhere", "'nowhere' doesn't exist; expected a folder"),
    ],
)
def test_a_name_of_no_extractor_is_an_error_that_says_what_to_write(name, message):
    with pytest.raises(ValueError, match=message):
        extractor_by_name(name)


def test_any_name_takes_a_resize_rule(tiny_clip, inception_weights):
    for name in ("starter", f"clip:{tiny_clip}", f"inception-v3:{inception_weights}"):
        plain, ruled = extractor_by_name(name), extractor_by_name(f"{name}@tf1")
        assert (plain.name, ruled.name) == (name, f"{name}@tf1")
        assert plain.preprocessing.rule != ruled.preprocessing.rule == "tf1"
        assert plain.digest() != ruled.digest()
        assert plain.dimension == ruled.dimension


def test_a_path_may_hold_an_at_sign(tiny_clip, tmp_path):
    for folder in ("me@home", "me@home/clip"):
        moved = shutil.copytree(tiny_clip, tmp_path / folder, dirs_exist_ok=True)
        assert extractor_by_name(f"clip:{moved}").preprocessing.rule == "pil-bicubic-shortest"
        assert extractor_by_name(f"clip:{moved}@tf1").preprocessing.rule == "tf1"


def test_a_resize_rule_has_no_say_in_the_features_of_texts(tiny_clip):
    of_texts = clip_score.node_type.option("model").content.resolve
    assert of_texts(f"clip:{tiny_clip}@tf1", {}, False) == of_texts(f"clip:{tiny_clip}", {}, False)
