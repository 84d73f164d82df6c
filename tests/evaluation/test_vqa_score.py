"""VQAScore: the probability of "Yes", asked one picture at a time, whatever stands beside it."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import torch

import mezzotint
from mezzotint.evaluation import vqa_score
from mezzotint.graphs.problem import GraphError
from mezzotint.nodes.pictures import to_pil

TEXTS = ["a red circle", "two blue stars left of a green square", "a red circle", ""]

SPECIAL = [
    "<pad>",
    "<s>",
    "</s>",
    "<image>",
    "<|vision_start|>",
    "<|vision_end|>",
    "<|image_pad|>",
    "<|video_pad|>",
]

#: What the tiny tokenizer learns its words from; "Yes" alone and "Yes" after a space are tokens of their own.
CORPUS = [
    "Yes",
    "No",
    "yes",
    " Yes",
    " No",
    'Does this figure show "a red circle"? Please answer yes or no.',
] * 9

CHAT = (
    "{% for message in messages %}USER: {% for part in message.content %}"
    "{% if part.type == 'image' %}IMAGE{% else %}{{ part.text }}{% endif %}{% endfor %}{% endfor %}"
    "{% if add_generation_prompt %} ASSISTANT:{% endif %}"
)


def tokenizer() -> Any:
    from tokenizers import Tokenizer, decoders, models, pre_tokenizers, trainers
    from transformers import PreTrainedTokenizerFast

    raw = Tokenizer(models.BPE())
    raw.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    raw.decoder = decoders.ByteLevel()
    alphabet = pre_tokenizers.ByteLevel.alphabet()
    trainer = trainers.BpeTrainer(vocab_size=400, special_tokens=SPECIAL, initial_alphabet=alphabet)
    raw.train_from_iterator(CORPUS, trainer)
    return PreTrainedTokenizerFast(
        tokenizer_object=raw,
        pad_token="<pad>",
        bos_token="<s>",
        eos_token="</s>",
        additional_special_tokens=SPECIAL[3:],
    )


def language(**more: Any) -> dict[str, Any]:
    return {
        "vocab_size": 400,
        "hidden_size": 32,
        "intermediate_size": 48,
        "num_hidden_layers": 2,
        "num_attention_heads": 2,
        "num_key_value_heads": 2,
        "pad_token_id": 0,
        "initializer_range": 0.4,  # so that answers differ
        **more,
    }


def llava(folder: Path) -> None:
    """One patch of the picture is one token; the picture's part of the input has the same length for all."""
    from transformers import (
        CLIPImageProcessor,
        CLIPVisionConfig,
        LlamaConfig,
        LlavaConfig,
        LlavaForConditionalGeneration,
        LlavaProcessor,
    )

    words = tokenizer()
    vision = CLIPVisionConfig(
        hidden_size=32,
        intermediate_size=48,
        num_hidden_layers=2,
        num_attention_heads=2,
        image_size=28,
        patch_size=14,
    )
    config = LlavaConfig(
        vision_config=vision,
        text_config=LlamaConfig(**language()),
        image_token_index=words.convert_tokens_to_ids("<image>"),
    )
    LlavaForConditionalGeneration(config).save_pretrained(folder)
    LlavaProcessor(
        image_processor=CLIPImageProcessor(size={"shortest_edge": 28}, crop_size={"height": 28, "width": 28}),
        tokenizer=words,
        patch_size=14,
        vision_feature_select_strategy="default",
        num_additional_image_tokens=1,
        chat_template=CHAT.replace("IMAGE", "<image>\n"),
    ).save_pretrained(folder)


def qwen2_vl(folder: Path) -> None:
    """The patches of all pictures stand in one row, as many as the picture's shape gives."""
    from transformers import (
        Qwen2VLConfig,
        Qwen2VLForConditionalGeneration,
        Qwen2VLImageProcessor,
        Qwen2VLProcessor,
        Qwen2VLVideoProcessor,
    )

    words = tokenizer()
    ids = {name: words.convert_tokens_to_ids(f"<|{name}|>") for name in ("image_pad", "video_pad")}
    config = Qwen2VLConfig(
        text_config=language(
            rope_parameters={"rope_type": "default", "rope_theta": 1e4, "mrope_section": [2, 3, 3]}
        ),
        vision_config={"depth": 2, "embed_dim": 32, "hidden_size": 32, "num_heads": 2, "mlp_ratio": 2},
        image_token_id=ids["image_pad"],
        video_token_id=ids["video_pad"],
        vision_start_token_id=words.convert_tokens_to_ids("<|vision_start|>"),
        vision_end_token_id=words.convert_tokens_to_ids("<|vision_end|>"),
    )
    Qwen2VLForConditionalGeneration(config).save_pretrained(folder)
    Qwen2VLProcessor(
        image_processor=Qwen2VLImageProcessor(min_pixels=56 * 56, max_pixels=56 * 84),
        tokenizer=words,
        video_processor=Qwen2VLVideoProcessor(),
        chat_template=CHAT.replace("IMAGE", "<|vision_start|><|image_pad|><|vision_end|>"),
    ).save_pretrained(folder)


def blip2_t5(folder: Path) -> None:
    """An encoder and a decoder, without a chat: the question is put bare."""
    from transformers import Blip2Config, Blip2ForConditionalGeneration, Blip2Processor, BlipImageProcessor

    words = tokenizer()
    sizes = {"hidden_size": 32, "intermediate_size": 48, "num_hidden_layers": 1, "num_attention_heads": 2}
    config = Blip2Config(
        vision_config={**sizes, "image_size": 28, "patch_size": 14, "initializer_range": 0.3},
        qformer_config={**sizes, "encoder_hidden_size": 32, "vocab_size": 400, "initializer_range": 0.3},
        text_config={
            "model_type": "t5",
            "vocab_size": 400,
            "d_model": 32,
            "d_kv": 16,
            "d_ff": 48,
            "num_layers": 1,
            "num_heads": 2,
            "decoder_start_token_id": 0,
            "pad_token_id": 0,
            "eos_token_id": 2,
        },
        num_query_tokens=2,
        image_token_index=words.convert_tokens_to_ids("<image>"),
    )
    Blip2ForConditionalGeneration(config).save_pretrained(folder)
    Blip2Processor(
        image_processor=BlipImageProcessor(size={"height": 28, "width": 28}),
        tokenizer=words,
        num_query_tokens=2,
    ).save_pretrained(folder)


@pytest.fixture(scope="module")
def make(tmp_path_factory: pytest.TempPathFactory) -> Callable[[Callable[[Path], None]], Path]:
    made: dict[str, Path] = {}

    def once(build: Callable[[Path], None]) -> Path:
        if build.__name__ not in made:
            folder = tmp_path_factory.mktemp(build.__name__)
            torch.manual_seed(0)
            build(folder)
            made[build.__name__] = folder
        return made[build.__name__]

    return once


@pytest.fixture(params=[llava, qwen2_vl, blip2_t5], ids=lambda build: build.__name__)
def model(request, make) -> Path:
    return make(request.param)


@pytest.fixture(scope="module")
def images() -> torch.Tensor:
    return torch.rand(4, 3, 60, 84, generator=torch.Generator().manual_seed(0))


def asked_plainly(folder: Path, picture: Any, question: str, spellings: list[str]) -> float:
    """The probability of these tokens as the first of the reply, by transformers' own steps."""
    from transformers import AutoModelForImageTextToText, AutoProcessor

    network = AutoModelForImageTextToText.from_pretrained(folder).eval()
    processor = AutoProcessor.from_pretrained(folder)
    prompt = question
    if processor.chat_template:
        content = [{"type": "image"}, {"type": "text", "text": question}]
        prompt = processor.apply_chat_template(
            [{"role": "user", "content": content}], add_generation_prompt=True
        )
    inputs = processor(images=[picture], text=[prompt], return_tensors="pt")
    with torch.no_grad():
        made = network.generate(
            **inputs, max_new_tokens=1, do_sample=False, output_logits=True, return_dict_in_generate=True
        )
    probabilities = made.logits[0][0].float().softmax(dim=-1)
    return float(sum(probabilities[processor.tokenizer.convert_tokens_to_ids(one)] for one in spellings))


def test_it_is_the_probability_of_yes_as_transformers_would_generate_it(model, images):
    scores = vqa_score(images, TEXTS, model=str(model))
    questions = [f'Does this figure show "{text}"? Please answer yes or no.' for text in TEXTS]
    expected = [
        asked_plainly(model, to_pil(image), question, ["Yes", "ĠYes"])
        for image, question in zip(images, questions, strict=True)
    ]
    assert scores == pytest.approx(expected, rel=1e-4)
    assert len({round(score, 6) for score in scores}) == 4, "pictures and texts should make a difference"


def test_a_picture_scores_the_same_alone_and_in_a_batch(model, images):
    together = vqa_score(images, TEXTS, model=str(model))
    alone = [vqa_score(images[i : i + 1], TEXTS[i : i + 1], model=str(model))[0] for i in range(4)]
    assert together == pytest.approx(alone, rel=1e-5)


def test_question_and_answer_can_be_others(make, images):
    folder = make(llava)
    found = vqa_score(images[:1], ["a cat"], model=str(folder), question="Is {} missing?", answer="no")
    assert found == pytest.approx(
        [asked_plainly(folder, to_pil(images[0]), "Is a cat missing?", ["no", "Ġno"])], rel=1e-4
    )


def test_braces_in_a_prompt_are_the_prompts(make, images):
    (score,) = vqa_score(images[:1], ["a {red} circle {}"], model=str(make(llava)))
    assert 0 <= score <= 1


def test_an_answer_of_several_tokens_is_refused(make, images):
    with pytest.raises(ValueError, match="'Absolutely' is no single token of this model; give one"):
        vqa_score(images[:1], ["a cat"], model=str(make(llava)), answer="Absolutely")


def test_a_question_without_a_place_for_the_text_is_refused_before_a_run(tmp_path):
    (tmp_path / "graph.yaml").write_text(
        "inputs: {image: {each: {folder: .}}}\n"
        "nodes: {vqa: {use: vqa_score, images: $image.image, text: a cat, question: Is it so?}}\n"
        "outputs: {score: $vqa}\n"
    )
    to_pil(torch.rand(3, 8, 8)).save(tmp_path / "a.png")
    with pytest.raises(GraphError, match=r"graph\.yaml:2:.*'Is it so\?'; write \{\} once"):
        mezzotint.load(tmp_path / "graph.yaml").check()


def test_weights_of_another_kind_are_one_clear_error(tmp_path, make, images):
    for file in make(llava).iterdir():
        (tmp_path / file.name).write_bytes(file.read_bytes())
    config = json.loads((tmp_path / "config.json").read_text())
    (tmp_path / "config.json").write_text(json.dumps({**config, "model_type": "clip_vision_model"}))
    with pytest.raises(ValueError, match=r"a vision-language model: .* can't be loaded: "):
        vqa_score(images, TEXTS, model=str(tmp_path))


def test_a_model_of_the_hub_is_unknown_until_it_is_fetched(monkeypatch, tmp_path):
    monkeypatch.setattr("huggingface_hub.constants.HF_HUB_CACHE", str(tmp_path))
    content = vqa_score.node_type.option("model").content
    assert content.resolve("some-owner/some-model", {}, False) is None


def test_pictures_and_texts_must_pair_up(make, images):
    with pytest.raises(ValueError, match="4 images can't be scored against 1 texts"):
        vqa_score(images, ["a red circle"], model=str(make(llava)))
    assert vqa_score(images[:0], [], model=str(make(llava))) == []
