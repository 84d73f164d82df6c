"""Models that live in this program, such as one that is being trained, under a name that graphs can use.

A pipeline of diffusers in memory is drawn with as it is at the moment: what is made with it is keyed by the
digest of its weights, so that nothing stored is ever taken for a picture of other weights.
"""

from __future__ import annotations

import copy
import functools
import hashlib
import importlib
import json
import threading
import weakref
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from itertools import count
from typing import TYPE_CHECKING, Any, get_args

from ..model import Dtype, ModelHandle
from .detection import SUPPORTED, UNUSED_PARTS
from .family import Family

if TYPE_CHECKING:
    import torch

#: What the sources of such models begin with.
PREFIX = "memory:"

#: What a family computes with its weights.
_COMPUTATIONS = ("encode", "sample", "encode_images", "decode")

#: Options of ``load_model`` that are decided already where a model is in memory, as they are when left alone.
_AT_REST: Mapping[str, Any] = {
    "revision": None,
    "variant": None,
    "device": "auto",
    "compile": False,
    "offload": "none",
    "attention": "sdpa",
    "channels_last": False,
}

#: What parts hold that decides nothing: where they come from, and in which mode they happen to be.
_NO_SETTINGS = frozenset(
    {
        "training",
        "_internal_dict",
        "_use_default_values",
        "_diffusers_version",
        "_name_or_path",
        "name_or_path",
    }
)

_pipelines: weakref.WeakValueDictionary[str, Any] = weakref.WeakValueDictionary()
#: For each name the digest that was found last, and what the weights looked like then.
_seen: dict[str, tuple[str, str]] = {}
_numbers = count(1)
#: One call at a time: a model is put into another mode while it draws.
_drawing = threading.RLock()


def model_of(pipeline: Any) -> ModelHandle:
    """A handle to a pipeline of diffusers that this program holds, such as one that it trains.

    Give it to nodes as their model, and its ``source`` (``memory:1``) to a graph as that of ``load_model``:
    every run then draws with the weights as they are when it begins, and takes from the store only what
    these very weights have made. The handle itself is of the weights of now: once they have changed, drawing
    with it is a ValueError, and it is time to make another.

    While it draws, every part is in evaluation mode and keeps no gradients; afterwards all is as before, the
    random state included. Where it computes, its dtype and its attention are those of the pipeline. The
    program keeps the pipeline: once nothing else refers to it, its name is gone.

    Raises ValueError for a pipeline that no adapter runs, or whose weights are elsewhere, as they are under
    sequential offload.
    """
    _family_of(pipeline)
    name = next((name for name, held in _pipelines.items() if held is pipeline), None)
    if name is None:
        name = f"{PREFIX}{next(_numbers)}"
        _pipelines[name] = pipeline
    return handle(name, {})


def is_live(source: str) -> bool:
    """Whether a source is of a model in memory, by its name."""
    return source.startswith(PREFIX)


def handle(source: str, options: Mapping[str, Any]) -> ModelHandle:
    """The handle of the model in memory as it is now.

    ``options`` are those of ``load_model``. ValueError for one that asks for what the pipeline isn't, and
    where this process holds no such pipeline.
    """
    pipeline = _held(source)
    dtype = str(_denoiser(pipeline).dtype).removeprefix("torch.")
    if dtype not in get_args(Dtype):
        raise ValueError(f"{source} is of {dtype}; expected one of {', '.join(get_args(Dtype))}")
    at_rest = {**_AT_REST, "dtype": "float32"}
    asked = [name for name, value in at_rest.items() if (options.get(name) or value) not in (value, dtype)]
    if asked:
        raise ValueError(
            f"{source} is a model in memory, as the program made it: {', '.join(asked)} can't be set here; "
            "set it on the pipeline"
        )
    return ModelHandle(
        source=source,
        revision=None,
        path="",
        digest=digest(source),
        family=_family_of(pipeline),
        dtype=dtype,  # type: ignore[arg-type]
    )


def digest(source: str) -> str:
    """Digest of all that decides what the model in memory makes, its weights above all; 32 hex digits."""
    pipeline = _held(source)
    found = _digest(pipeline, _contents)
    _seen[source] = (found, _digest(pipeline, _bit_sums))
    return found


def family(model: ModelHandle) -> Family:
    """The adapter of a model in memory. ValueError where its weights aren't those that the handle names."""
    pipeline = _held(model.source)
    # All of the weights are read again only where a look at them says that they may be others.
    if _seen.get(model.source) != (model.digest, _digest(pipeline, _bit_sums)) and (
        digest(model.source) != model.digest
    ):
        raise _changed(model.source)
    adapter = _as_it_is(_family_of(pipeline))(copy.copy(pipeline))
    adapter.source, adapter.weighed = model.source, _seen[model.source][1]
    live: Family = adapter
    return live


def _changed(source: str) -> ValueError:
    return ValueError(
        f"the weights of {source} have changed since this handle was made; "
        "make another with model_of, and change no weights while a graph draws with them"
    )


def _held(source: str) -> Any:
    pipeline = _pipelines.get(source)
    if pipeline is None:
        raise ValueError(
            f"this process holds no model {source!r}: model_of(pipeline) names one, "
            "for as long as the program keeps the pipeline"
        )
    return pipeline


def _denoiser(pipeline: Any) -> Any:
    """The part that draws; its dtype counts as the model's."""
    return getattr(pipeline, "unet", None) or pipeline.transformer


def _family_of(pipeline: Any) -> str:
    for kind in type(pipeline).__mro__:
        if kind.__name__ in SUPPORTED:
            return SUPPORTED[kind.__name__]
    raise ValueError(f"a {type(pipeline).__name__} has no adapter; supported: {', '.join(sorted(SUPPORTED))}")


@functools.cache
def _as_it_is(name: str) -> Any:
    """The adapter class of a family, whose computations leave the pipeline as they find it."""
    from .loaded import ADAPTERS

    module, class_name = ADAPTERS[name]
    plain = getattr(importlib.import_module(module, __package__), class_name)
    methods = {method: _borrowing(getattr(plain, method)) for method in _COMPUTATIONS}
    return type(f"Live{class_name}", (plain,), methods)


def _borrowing(method: Callable[..., Any]) -> Callable[..., Any]:
    @functools.wraps(method)
    def call(self: Any, *args: Any, **options: Any) -> Any:
        import torch

        # What a module keeps of a call in inference mode could take no part in training.
        with _drawing, torch.inference_mode(False), torch.no_grad(), _evaluating(self._pipeline):
            made = method(self, *args, **options)
        # What was drawn with some weights and then with others must not be stored as either's.
        if _digest(self._pipeline, _bit_sums) != self.weighed:
            raise _changed(self.source)
        return made

    return call


@contextmanager
def _evaluating(pipeline: Any) -> Iterator[None]:
    """Every part in evaluation mode; afterwards those that were training train on."""
    training = [part for _, whole in _parts(pipeline) for part in whole.modules() if part.training]
    try:
        for part in training:
            part.training = False
        yield
    finally:
        for part in training:
            part.training = True


# Digests


def _digest(pipeline: Any, weigh: Callable[[Sequence[torch.Tensor]], list[str]]) -> str:
    """A digest of the settings of a pipeline's parts, and of their tensors as ``weigh`` sees them."""
    scheduler = pipeline.scheduler
    described: dict[str, Any] = {"scheduler": [type(scheduler).__name__, _plain(scheduler.config)]}
    vocabulary = json.dumps(pipeline.tokenizer.get_vocab(), sort_keys=True)
    described["tokenizer"] = hashlib.blake2b(vocabulary.encode(), digest_size=16).hexdigest()
    for name, part in _parts(pipeline):
        tensors = part.state_dict()
        described[name] = {
            "settings": {inner: _settings(module) for inner, module in part.named_modules()},
            "shapes": [f"{key} {tuple(tensor.shape)} {tensor.dtype}" for key, tensor in tensors.items()],
            "weights": weigh([tensor.detach() for tensor in tensors.values()]),
        }
    text = json.dumps(described, sort_keys=True, default=repr)
    return hashlib.blake2b(text.encode(), digest_size=16).hexdigest()


def _parts(pipeline: Any) -> list[tuple[str, Any]]:
    """The parts of a pipeline that have weights, by name."""
    import torch

    return [
        (name, part)
        for name, part in sorted(pipeline.components.items())
        if isinstance(part, torch.nn.Module) and name not in UNUSED_PARTS
    ]


def _settings(module: Any) -> dict[str, Any]:
    """The numbers and words that a part holds beside its tensors, such as how strongly an adapter acts."""
    config = getattr(module, "config", None)
    said = {**vars(module), **(config if isinstance(config, Mapping) else {})}
    return {"class": type(module).__qualname__, **_plain(said)}


def _plain(said: Mapping[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in said.items() if name not in _NO_SETTINGS and _is_plain(value)}


def _is_plain(value: Any) -> bool:
    if isinstance(value, Mapping):
        return all(isinstance(key, str) and _is_plain(entry) for key, entry in value.items())
    if isinstance(value, (list, tuple)):
        return all(map(_is_plain, value))
    return value is None or isinstance(value, (bool, int, float, str))


def _contents(tensors: Sequence[torch.Tensor]) -> list[str]:
    import torch

    def content(tensor: torch.Tensor) -> str:
        if tensor.is_meta:
            raise ValueError("weights of the pipeline are elsewhere (sequential offload); take that off it")
        data: Any = tensor.cpu().contiguous().reshape(-1).view(torch.uint8).numpy()
        return hashlib.blake2b(data, digest_size=16).hexdigest()

    with ThreadPoolExecutor() as pool:
        return list(pool.map(content, tensors))


def _bit_sums(tensors: Sequence[torch.Tensor]) -> list[str]:
    """Sums of the tensors' bits taken for whole numbers: computed where they lie, other after any step."""
    import torch

    whole = {1: torch.uint8, 2: torch.int16, 4: torch.int32, 8: torch.int64}
    sums = [
        tensor.reshape(-1).view(whole[tensor.element_size()]).sum(dtype=torch.int64) for tensor in tensors
    ]
    return [str(found.item()) for found in sums]
