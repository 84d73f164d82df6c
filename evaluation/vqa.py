"""``vqa_score``: whether a vision-language model says that a picture shows what its text says."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Any

from ..graphs.node import Content, node
from ..graphs.types import Number, Text
from ..nodes.model import Dtype
from ..nodes.pictures import Images
from .extractors.preprocessing import as_pictures
from .extractors.pretrained import Pretrained
from .vision_language import vision_language_model

PLACE = "{}"
QUESTION = 'Does this figure show "{}"? Please answer yes or no.'


def _digest(name: str, options: Mapping[str, Any], fetch: bool) -> str | None:
    return Pretrained(name).digest(fetch=fetch)


def _asks_for_the_text(options: Mapping[str, Any]) -> None:
    if options["question"].count(PLACE) != 1:
        raise ValueError(f"question is {options['question']!r}; write {PLACE} once, where the text goes")
    if not options["answer"].strip():
        raise ValueError("answer is empty; write the word whose probability is the score, such as Yes")


@node(version=1, batch=8, check=_asks_for_the_text, better="higher")
def vqa_score(
    images: Images,
    text: Text,
    *,
    model: Annotated[str, Content(_digest)] = "Qwen/Qwen2.5-VL-7B-Instruct",
    question: str = QUESTION,
    answer: str = "Yes",
    dtype: Dtype = "float32",
) -> Number:
    """VQAScore of each image: how probable it is that a vision-language model answers "Yes", from 0 to 1.

    Lin et al., "Evaluating Text-to-Visual Generation with Image-to-Text Generation", 2024: the model is
    asked whether the picture shows the text, and the score is the probability, over its whole vocabulary, of
    the answer as the reply's first token. The answer is taken as it is written and after a space, where each
    is one token of the model; "yes" and "Yes" are different answers. Any model of transformers that takes
    pictures and text will do, in its own chat format if it has one. Scores under different models don't
    compare.

    Args:
        images: The images; rounded to 8 bits first.
        text: What each of them should show.
        model: A folder in transformers' layout, or a hub id; fetched when a run first needs it.
        question: What is asked, with {} where the text goes.
        answer: The reply whose probability counts, one token of the model.
        dtype: Number format of weights and computation; float16 and bfloat16 suit graphics cards.

    Raises:
        ValueError: the model can't be had or loaded, or the answer is no single token of it.
    """
    if len(images) != len(text):
        raise ValueError(f"{len(images)} images can't be scored against {len(text)} texts")
    if not text:
        return []
    asked = [question.replace(PLACE, one) for one in text]
    return vision_language_model(model, dtype).probabilities(as_pictures(images), asked, answer)
