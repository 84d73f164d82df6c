"""Vision-language models of transformers, asked about pictures: how probable is an answer?"""

from __future__ import annotations

from collections.abc import Hashable, Mapping, Sequence
from dataclasses import dataclass
from inspect import signature
from typing import TYPE_CHECKING, Any

from ..nodes.device import resolve
from .extractors.networks import loaded
from .extractors.pretrained import Pretrained, from_pretrained

if TYPE_CHECKING:
    from pathlib import Path

    import torch
    from PIL import Image

    from ..nodes.model import Dtype

    Inputs = Mapping[str, torch.Tensor]


@dataclass(frozen=True, eq=False)
class VisionLanguageModel:
    """A model and its processor in memory."""

    model: Any
    processor: Any
    device: str

    def probabilities(
        self, pictures: Sequence[Image.Image], questions: Sequence[str], answer: str
    ) -> list[float]:
        """How probable the answer is as the first word of the reply to each question about its picture.

        Every picture and question is prepared by itself, and only those whose inputs have the same shapes
        share a call. So nothing is padded, and a value doesn't depend on what stands beside it, whatever a
        model makes of padding. Raises ValueError for an answer of several tokens.
        """
        tokens = self._tokens(answer)
        groups: dict[Hashable, list[int]] = {}
        inputs = [self._prepared(*pair) for pair in zip(pictures, questions, strict=True)]
        for index, one in enumerate(inputs):
            shapes = tuple((name, tuple(tensor.shape)) for name, tensor in sorted(one.items()))
            groups.setdefault(shapes, []).append(index)
        found = [0.0] * len(inputs)
        for indices in groups.values():
            likely = self._next_token([inputs[index] for index in indices])[:, tokens].sum(dim=-1)
            for index, value in zip(indices, likely.tolist(), strict=True):
                found[index] = value
        return found

    def _tokens(self, answer: str) -> list[int]:
        """The tokens that a reply of this answer may start with: as it is, and after a space."""
        tokenizer = self.processor.tokenizer
        spellings = [
            tokenizer(text, add_special_tokens=False)["input_ids"] for text in (answer, f" {answer}")
        ]
        tokens = {ids[0] for ids in spellings if len(ids) == 1} - {tokenizer.unk_token_id}
        if not tokens:
            raise ValueError(
                f"the answer {answer!r} is no single token of this model; "
                "give one that is, such as 'yes' or 'no'"
            )
        return sorted(tokens)

    def _prepared(self, picture: Image.Image, question: str) -> Inputs:
        """The model's inputs of one picture and question, each with one row or more; in the chat's form."""
        processor = self.processor
        if processor.chat_template is None:  # a model that was trained on bare questions
            return dict(processor(images=picture, text=question, return_tensors="pt"))
        content = [{"type": "image", "image": picture}, {"type": "text", "text": question}]
        return dict(
            processor.apply_chat_template(
                [{"role": "user", "content": content}],
                add_generation_prompt=True,
                tokenize=True,
                return_dict=True,
                return_tensors="pt",
            )
        )

    def _next_token(self, inputs: Sequence[Inputs]) -> torch.Tensor:
        """Probabilities float32 ``[B, vocabulary]`` of the reply's first token."""
        import torch

        batch: dict[str, Any] = {}
        for name in inputs[0]:
            rows = torch.cat([one[name] for one in inputs]).to(self.device)
            batch[name] = rows.to(self.model.dtype) if rows.is_floating_point() else rows
        if self.model.config.is_encoder_decoder:
            start = self.model.generation_config.decoder_start_token_id
            batch["decoder_input_ids"] = torch.full((len(inputs), 1), start, device=self.device)
        if "logits_to_keep" in signature(self.model.forward).parameters:
            batch["logits_to_keep"] = 1  # the vocabulary's width at every place of a picture fills memory
        with torch.inference_mode():
            logits: torch.Tensor = self.model(**batch).logits[:, -1]
            return logits.float().softmax(dim=-1).cpu()


def vision_language_model(source: str, dtype: Dtype) -> VisionLanguageModel:
    """The model that a folder or a hub id names, loaded on first use; fetched if need be.

    Raises ValueError where it can't be had, and for a model that doesn't answer questions about pictures.
    """
    files = Pretrained(source).files(fetch=True)
    assert files is not None
    folder, device = files[0].parent, resolve("auto")
    return loaded(("vision-language", device, dtype), files, lambda: _load(folder, dtype, device))


def _load(folder: Path, dtype: Dtype, device: str) -> VisionLanguageModel:
    import torch
    from transformers import AutoModelForImageTextToText, AutoProcessor

    needed_by, settings = "a vision-language model", {"use_safetensors": True, "dtype": getattr(torch, dtype)}
    model = from_pretrained(AutoModelForImageTextToText, folder, needed_by, **settings)
    processor = from_pretrained(AutoProcessor, folder, needed_by)
    return VisionLanguageModel(model.to(device).eval().requires_grad_(False), processor, device)
