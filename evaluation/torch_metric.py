"""Any metric of features as a torchmetrics ``Metric``."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any, Protocol

import torch
from torchmetrics import Metric

from .features import embedded
from .image_metric import FeatureReducer

if TYPE_CHECKING:
    import numpy.typing as npt

    from .extractors import Extractor


class PackedMetric(FeatureReducer[Any], Protocol):
    """A metric of features, of one number or a NamedTuple of several, whose state travels as one array."""

    def pack(self) -> npt.NDArray[Any]:
        """The state as one array of two dimensions."""

    def absorb(self, packed: npt.NDArray[Any]) -> None:
        """Add what another state of the same class has packed."""


class TorchMetric(Metric):  # type: ignore[misc]
    """Any metric of features as a torchmetrics ``Metric``.

    ``forward``, ``reset``, ``merge_state``, ``MetricCollection``, pickling, ``state_dict`` (after
    ``persistent(True)``) and synchronisation between processes work as everywhere in torchmetrics. The state
    stays on the CPU in its own precision, wherever the module is moved and whatever it is cast to: not every
    device has float64, and the metrics are computed in NumPy.
    """

    full_state_update = False
    is_differentiable = False

    def __init__(
        self,
        empty: Callable[[], PackedMetric],
        extractor: Extractor | None = None,
        label: str = "",
        **settings: Any,
    ) -> None:
        """``empty`` makes a metric that has seen nothing; it is pickled with the module.

        Without an ``extractor`` the module takes features. ``label`` tells it from others of its class and
        extractor. ``settings`` are those of every torchmetrics ``Metric``, such as ``process_group``.
        """
        super().__init__(**settings)
        self.empty = empty
        self.extractor = extractor
        self._latest = empty()
        # A MetricCollection shares the state of metrics whose states have one name and are equal after the
        # first batch, which those of two extractors can be by accident.
        told = f"{type(self._latest).__name__} {extractor.name if extractor else ''} {label}"
        self._name = "packed_" + "".join(c if c.isalnum() else "_" for c in told)
        self.add_state(self._name, [], dist_reduce_fx=None)

    def update(self, images: torch.Tensor) -> None:
        """Add pictures ``[B, 3, H, W]``, float in [0, 1] (rounded to 8 bits first) or uint8.

        Without an extractor, features ``[B, d]``. Raises ValueError for anything else, and for NaN.
        """
        self._add(self._features(images))

    def _add(self, *inputs: Any) -> None:
        self._latest = self.empty()
        self._latest.update(*inputs)
        self._packed = [*self._packed, torch.from_numpy(self._latest.pack())]
        self._join_small()

    def forward(self, *inputs: Any, **named: Any) -> Any:
        """Add what :meth:`update` takes, and give the value over that alone.

        Raises ValueError where they are too few to have one; they are added all the same.
        """
        if self.dist_sync_on_step:
            value = super().forward(*inputs, **named)
            self._join_small()
            return value
        # torchmetrics would copy the whole state at every step, and lose it in such an error.
        self.update(*inputs, **named)
        self._forward_cache = _as_tensors(self._latest.compute())
        return self._forward_cache

    def compute(self) -> Any:
        """The value in float64 on the CPU, or a dictionary of such where the metric gives several.

        Raises ValueError where too little was added.
        """
        return _as_tensors(self._joined(self._packed).compute())

    def _features(self, images: torch.Tensor) -> Any:
        if self.extractor is None:
            return images
        if images.ndim != 4:
            raise ValueError(f"expected images of shape [B, 3, H, W], got {list(images.shape)}")
        return embedded(as_floats(images), self.extractor)

    def _join_small(self) -> None:
        """Keep each part twice as large as the next, so that there are few and none is copied often."""
        parts = list(self._packed)
        while len(parts) > 1 and parts[-2].numel() < 2 * parts[-1].numel():
            parts[-2:] = [torch.from_numpy(self._joined(parts[-2:]).pack())]
        self._packed = parts

    def _joined(self, parts: Sequence[torch.Tensor]) -> PackedMetric:
        metric = self.empty()
        for part in parts:
            metric.absorb(part.cpu().numpy())
        return metric

    @property
    def _packed(self) -> list[torch.Tensor]:
        parts: list[torch.Tensor] = getattr(self, self._name)
        return parts

    @_packed.setter
    def _packed(self, parts: list[torch.Tensor]) -> None:
        setattr(self, self._name, parts)

    def _sync_dist(self, dist_sync_fn: Callable[..., Any], process_group: Any = None) -> None:
        # Every process must bring as many tensors as the others, of one type, where the processes exchange.
        whole = torch.from_numpy(self._joined(self._packed).pack())
        whole = whole.double() if whole.is_floating_point() else whole
        self._packed = [whole if self.device.type == "mps" else whole.to(self.device)]
        super()._sync_dist(dist_sync_fn, process_group)

    def _apply(self, fn: Callable[[torch.Tensor], torch.Tensor], exclude_state: Sequence[str] = ()) -> Any:
        return super()._apply(fn, exclude_state=(*exclude_state, self._name))


def as_floats(images: torch.Tensor) -> torch.Tensor:
    """Pictures in [0, 1], of floats or of bytes from 0 to 255."""
    return images if images.is_floating_point() else images.float() / 255


def _as_tensors(value: Any) -> Any:
    if isinstance(value, tuple):
        named = value._asdict()  # type: ignore[attr-defined]
        return {name: _as_tensors(part) for name, part in named.items()}
    if isinstance(value, dict):
        return {name: _as_tensors(part) for name, part in value.items()}
    return torch.tensor(float(value), dtype=torch.float64)
