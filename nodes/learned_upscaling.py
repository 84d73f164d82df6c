"""``load_upscaler`` and ``upscale_learned``: enlarge pictures with a network that was trained to."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Any

from ..graphs import stepping
from ..graphs.digest import file_digest
from ..graphs.node import Content, Effort, Range, node
from . import device as devices
from .arrays import to_torch
from .model import DeviceName, Dtype
from .pictures import Images
from .tiles import check_tile, in_tiles
from .upscaler import Upscaler, UpscalerHandle, find, network


def _weights(source: str, options: Mapping[str, Any], fetch: bool) -> str:
    """The digest that stands for a file of weights in keys."""
    wanted = options.get("device")
    if fetch and wanted in ("cuda", "mps"):
        devices.resolve(wanted)  # a device that isn't here should be known before anything runs
    return file_digest(find(source))


@node(version=1, keep="none")
def load_upscaler(
    *,
    source: Annotated[str, Content(_weights, names_files=True)],
    dtype: Dtype = "float32",
    device: Annotated[DeviceName, Effort()] = "auto",
) -> Upscaler:
    """Name a learned upscaler (ESRGAN, SPAN, SwinIR, DAT, … whatever spandrel reads).

    Its weights load when a node first computes with it. The file says which architecture it is of.

    Args:
        source: a .safetensors file of its weights, looked for beside the graph file first.
        dtype: number format of weights and computation; not every network takes float16 or bfloat16.
        device: where to compute; auto takes cuda, then mps, then cpu.

    Raises:
        ValueError: the file doesn't exist, isn't whole, or could run code when it is read.
    """
    path = find(source)
    return UpscalerHandle(source, str(path), file_digest(path), dtype, device)


def _tiles_with_a_middle(options: Mapping[str, Any]) -> None:
    if options["tile"] is not None:
        check_tile(options["tile"], options["overlap"])


@node(version=1, batch=4, check=_tiles_with_a_middle)
def upscale_learned(
    upscaler: Upscaler,
    images: Images,
    *,
    tile: Annotated[int, Range(32, 8192)] | None = 512,
    overlap: Annotated[int, Range(0, 1024)] = 32,
) -> Images:
    """Enlarge pictures with a learned upscaler, as many times as it was trained for.

    Args:
        upscaler: the network.
        images: the pictures; each is computed alone.
        tile: work in tiles of this many pixels a side, to spare memory; null for whole pictures.
        overlap: pixels that a tile reads beyond its own to each side; where it covers the network's receptive
            field, tiles change nothing, and with less they are blended, so that no seam shows.

    Raises:
        ValueError: a file that holds no upscaler, a device that isn't here, or tiles that are all overlap.
    """
    import torch
    from spandrel import ModelTiling

    loaded = network(upscaler)
    # Some networks tile by themselves, and would be disturbed.
    side = None if loaded.tiling == ModelTiling.INTERNAL else tile
    enlarged = []
    with torch.no_grad():
        for index, picture in enumerate(to_torch(images)):
            pixels = picture[None].to(loaded.device, loaded.dtype)
            whole = max(pixels.shape[-2:]) if side is None else side
            with stepping.part(index, len(images)):
                tiled = in_tiles(
                    pixels, loaded, scale=loaded.scale, tile=whole, overlap=overlap if side else 0
                )
            enlarged.append(tiled.float().clamp(0, 1).cpu())
    return torch.cat(enlarged)
