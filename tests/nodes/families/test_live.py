"""A model that the program holds and changes: drawn with as it is, keyed by its weights, left as found."""

from __future__ import annotations

import gc
import pickle

import pytest
import torch
from diffusers import StableDiffusionPipeline

import mezzotint
from mezzotint import GraphError
from mezzotint.graphs.store import Store
from mezzotint.nodes.families import adapter
from mezzotint.nodes.families.live import model_of
from mezzotint.starter import DIFFUSION

GRAPH = """
inputs:
  checkpoint: starter
  prompt: {each: [a red circle, two green stars]}
nodes:
  model: {use: load_model, source: $checkpoint}
  text: {use: text_encode, model: $model, prompt: $prompt}
  latent: {use: sample, model: $model, conditioning: $text, seed: 1, steps: 2, guidance: 3}
  image: {use: decode, model: $model, latents: $latent}
outputs: {images: $image}
"""


def new_pipeline(dtype=torch.float32):
    return StableDiffusionPipeline.from_pretrained(
        DIFFUSION, torch_dtype=dtype, safety_checker=None, requires_safety_checker=False
    )


@pytest.fixture
def pipeline():
    return new_pipeline()


@pytest.fixture
def graph(tmp_path):
    file = tmp_path / "graph.yaml"
    file.write_text(GRAPH)
    return mezzotint.load(file)


@pytest.fixture
def store(tmp_path):
    with Store(tmp_path / "store") as opened:
        yield opened


def weight(pipeline):
    return next(pipeline.unet.parameters())


def test_it_draws_what_the_same_weights_in_files_draw(graph, store, pipeline):
    live = graph.run(checkpoint=model_of(pipeline).source, store=store)
    filed = graph.run(checkpoint="starter", store=store)
    assert torch.allclose(live["images"].tensor(), filed["images"].tensor(), atol=1e-4)


def test_a_changed_weight_means_other_pictures_and_the_former_weight_the_stored_ones(graph, store, pipeline):
    source = model_of(pipeline).source
    before = graph.run(checkpoint=source, store=store)
    with torch.no_grad():
        kept = weight(pipeline).clone()
        weight(pipeline).add_(0.1)
    after = graph.run(checkpoint=source, store=store)
    assert after.outcome.made["image"] == 2
    assert not torch.equal(after["images"].tensor(), before["images"].tensor())
    weight(pipeline).data.copy_(kept)
    again = graph.run(checkpoint=source, store=store)
    assert not again.outcome.made["image"]
    assert torch.equal(again["images"].tensor(), before["images"].tensor())


def swap_averaged_weights(pipeline):
    """As averages of weights are swapped in: past autograd, which then counts no change."""
    averaged = [parameter * 0.9 for parameter in pipeline.unet.parameters()]
    for parameter, average in zip(pipeline.unet.parameters(), averaged, strict=True):
        parameter.data.copy_(average)


def strengthen_an_adapter(pipeline):
    pipeline.unet.mid_block.attentions[0].scaling = {"style": 0.5}


def learn_a_word(pipeline):
    pipeline.tokenizer.add_tokens(["<word>"])


@pytest.mark.parametrize("change", [swap_averaged_weights, strengthen_an_adapter, learn_a_word])
def test_a_handle_of_what_has_changed_since_draws_nothing(pipeline, change):
    handle = model_of(pipeline)
    adapter(handle)
    change(pipeline)
    with pytest.raises(ValueError, match=r"memory:.* changed since this handle was made"):
        adapter(handle)
    assert adapter(model_of(pipeline)).encode(["a red circle"], [""])


def test_what_changes_while_it_draws_makes_nothing_that_is_kept(graph, store, pipeline):
    source = model_of(pipeline).source

    def train(told):
        if told.step == 1:
            with torch.no_grad():
                weight(pipeline).add_(0.1)

    broken = graph.run(checkpoint=source, store=store, progress=train)
    assert all("changed since this handle" in reason for reason in broken["images"].failures.values())
    assert not broken.outcome.made["latent"]


def test_a_stored_picture_is_a_tensor_as_a_new_one_is(graph, store):
    new, stored = (graph.run(store=store)["images"] for _ in range(2))
    assert [type(picture) for picture in stored] == [type(picture) for picture in new] == [torch.Tensor] * 2
    streamed = [made.item for made in graph.stream(store=store)]
    assert all(map(torch.equal, streamed, stored))


def test_one_pipeline_keeps_its_name(pipeline):
    handle = model_of(pipeline)
    assert model_of(pipeline) == handle
    assert model_of(new_pipeline()).source != handle.source
    assert model_of(new_pipeline()).digest == handle.digest


def test_training_goes_on_as_if_nothing_had_been_drawn(graph, store, pipeline):
    pipeline.unet.train()
    pipeline.text_encoder.train()
    pipeline.vae.eval()
    source = model_of(pipeline).source
    graph.run(checkpoint=source, store=store)
    random = torch.get_rng_state()
    graph.run(checkpoint=source, prompt="a blue cross", store=store)
    assert torch.equal(torch.get_rng_state(), random)
    assert pipeline.unet.training
    assert all(module.training for module in pipeline.text_encoder.modules())
    assert not pipeline.vae.training
    text = pipeline.text_encoder(torch.ones(1, 4, dtype=torch.long))[0]
    pipeline.unet(torch.randn(1, 8, 8, 8), 3, text).sample.sum().backward()
    assert weight(pipeline).grad is not None


def test_it_draws_without_dropout_whatever_mode_it_is_in(graph, store, pipeline):
    source = model_of(pipeline).source
    quiet = graph.run(checkpoint=source, store=store)
    for module in pipeline.unet.modules():
        if isinstance(module, torch.nn.Dropout):
            module.p = 0.5
    pipeline.unet.train()
    trained = graph.run(checkpoint=source, store=store)
    assert trained.outcome.made["image"] == 2
    assert torch.equal(trained["images"].tensor(), quiet["images"].tensor())


def test_parts_may_be_of_several_dtypes(graph, store, pipeline):
    pipeline.text_encoder.half()
    drawn = graph.run(checkpoint=model_of(pipeline).source, store=store)
    filed = graph.run(checkpoint="starter", store=store)
    assert model_of(pipeline).dtype == "float32"
    assert torch.allclose(drawn["images"].tensor(), filed["images"].tensor(), atol=0.05)


def test_the_name_goes_with_the_pipeline(graph, store):
    pipeline = new_pipeline()
    handle = model_of(pipeline)
    del pipeline
    gc.collect()
    with pytest.raises(ValueError, match=f"holds no model '{handle.source}'.*as long as the program keeps"):
        adapter(handle)
    with pytest.raises(GraphError, match=f"load_model.source: this process holds no model '{handle.source}'"):
        graph.run(checkpoint=handle.source, store=store)


def test_what_is_decided_by_the_pipeline_cannot_be_set(graph, pipeline):
    source = model_of(pipeline).source
    with pytest.raises(GraphError, match=f"{source} is a model in memory.*dtype can't be set here"):
        graph.override({}).given(**{"model.dtype": "float16", "checkpoint": source}).run()


def test_pipelines_without_an_adapter_are_refused():
    with pytest.raises(ValueError, match="a dict has no adapter; supported: StableDiffusionPipeline"):
        model_of({})


def test_nodes_take_it_without_a_graph(pipeline):
    model = mezzotint.nodes.model_of(pipeline)
    text = mezzotint.nodes.text_encode(model, "a red circle")
    latents = mezzotint.nodes.sample(model, text, seed=1, steps=2)
    assert mezzotint.nodes.decode(model, latents).shape == (1, 3, 64, 64)


def test_a_graph_whose_model_is_left_open_takes_it(tmp_path, monkeypatch, pipeline):
    monkeypatch.setenv("MEZZOTINT_CACHE", str(tmp_path))
    text = GRAPH.replace("  checkpoint: starter\n", "  model: {}\n").replace(
        "  model: {use: load_model, source: $checkpoint}\n", ""
    )
    draw = mezzotint.Graph.parse(text).as_node()
    handle = mezzotint.nodes.model_of(pipeline)
    drawn = draw(model=handle, prompt=["a red circle", "a blue cross"])
    assert drawn.shape == (2, 3, 64, 64)
    assert torch.equal(draw(model=pickle.loads(pickle.dumps(handle)), prompt="a red circle"), drawn[0])
