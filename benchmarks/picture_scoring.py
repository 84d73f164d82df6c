"""The whole pass of ``metrics.py``: pictures in a folder in, five scores out, by everybody who can.

All use one seeded random Inception and one random CLIP; features of the reference are at hand.
"""

from __future__ import annotations

import itertools
import tempfile
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
import torch
from PIL import Image
from torch.nn.functional import normalize

import mezzotint
from mezzotint.evaluation import FeatureSet, extractor_by_name, read_features, write_features
from mezzotint.evaluation.extractors.clip_models import ClipModel
from mezzotint.evaluation.extractors.inception import random_weights
from mezzotint.graphs.store import Store
from mezzotint.nodes.picture_files import read

CLIP = "ViT-B-32"
BATCH = 64
GRAPH = """\
inputs: {{picture: {{each: {{folder: drawn}}}}, inception: "{inception}"}}
nodes:
  fid:  {{use: fid, images: $picture.image, reference: ./real.parquet, extractor: $inception, over: picture}}
  kid:  {{use: kid, images: $picture.image, reference: ./real.parquet, extractor: $inception, over: picture}}
  like: {{use: precision_recall, images: $picture.image, reference: ./real.parquet, extractor: $inception,
         over: picture}}
  clip: {{use: clip_score, images: $picture.image, text: $picture.text, model: "{clip}"}}
  mean: {{use: mean, number: $clip, over: picture}}
outputs: {{fid: $fid, kid: $kid, precision: $like.precision, recall: $like.recall, clip: $mean}}
"""


@dataclass(frozen=True)
class Scoring:
    """What is scored: ``folder/drawn`` with a text beside each picture, ``folder/real.parquet``, weights."""

    folder: Path
    weights: Path
    clip_weights: Path

    @property
    def inception(self) -> str:
        """torch-fidelity's resize rule, so that its values agree."""
        return f"inception-v3:{self.weights}@tf1"

    @property
    def clip(self) -> str:
        return f"clip:{CLIP}/{self.clip_weights}"

    @property
    def pictures(self) -> list[Path]:
        return sorted((self.folder / "drawn").glob("*.png"))

    def texts(self) -> list[str]:
        return [path.with_suffix(".txt").read_text() for path in self.pictures]

    @property
    def reference(self) -> np.ndarray:
        return read_features(self.folder / "real.parquet").rows


def prepare(folder: Path, count: int, side: int) -> Scoring:
    """Smooth random pictures with a text each, features of a reference, and weights."""
    import open_clip
    from safetensors.torch import save_file

    scoring = Scoring(folder, folder / "inception.pth", folder / "clip.safetensors")
    torch.save(random_weights(seed=0), scoring.weights)
    torch.manual_seed(0)
    save_file(open_clip.create_model(CLIP).state_dict(), scoring.clip_weights)
    random = np.random.default_rng(0)
    (folder / "drawn").mkdir()
    for index in range(count):
        grain = random.integers(0, 256, (8, 8, 3), np.uint8)
        picture = Image.fromarray(grain).resize((side, side), Image.Resampling.BICUBIC)
        picture.save(folder / "drawn" / f"{index:05}.png")
        (folder / "drawn" / f"{index:05}.txt").write_text(f"a picture of {index} things")
    # Features of the pictures themselves, moved: the distances are neither zero nor huge.
    extractor = extractor_by_name(scoring.inception)
    found = np.concatenate([extractor(batch).numpy() for batch in _batches(scoring.pictures)])
    moved = found + 0.1 * found.std(axis=0) * random.normal(size=found.shape).astype("float32")
    write_features(folder / "real.parquet", FeatureSet(moved, tuple(path.name for path in scoring.pictures)))
    ClipModel(scoring.clip).loaded.text_features(["warm"])
    return scoring


def contenders(scoring: Scoring, slow: bool) -> dict[str, Callable[[], Sequence[float]]]:
    """Everybody by name, each giving FID, KID, precision, recall and the mean CLIP score."""
    work: dict[str, Callable[[], Sequence[float]]] = {
        "mezzotint, one graph": lambda: by_graph(scoring),
        "the extractors alone": lambda: extractors_alone(scoring),
        "torch-fidelity, then open_clip": lambda: [*by_torch_fidelity(scoring), by_open_clip(scoring)],
    }
    return {**work, "one tool a metric": lambda: one_tool_a_metric(scoring)} if slow else work


def by_graph(scoring: Scoring) -> Sequence[float]:
    """A run into a run folder, with an empty store."""
    path = scoring.folder / "graph.yaml"
    path.write_text(GRAPH.format(inception=scoring.inception, clip=scoring.clip))
    with tempfile.TemporaryDirectory() as name, Store(Path(name) / "store") as store:
        run = mezzotint.load(path).run(out=Path(name) / "run", store=store)
        return [run[output].value for output in ("fid", "kid", "precision", "recall", "clip")]


def extractors_alone(scoring: Scoring) -> Sequence[float]:
    """Decode, resize, embed; nothing is scored. The networks as mezzotint runs them."""
    networks = [extractor_by_name(name) for name in (scoring.inception, scoring.clip)]
    for batch in _batches(scoring.pictures):
        for network in networks:
            network(batch)
    for texts in _parts(scoring.texts(), 256):
        ClipModel(scoring.clip).loaded.text_features(texts)
    return ()


def by_torch_fidelity(scoring: Scoring) -> Sequence[float]:
    """One pass for its three metrics."""
    from torch_fidelity.metric_fid import fid_features_to_statistics, fid_statistics_to_metric
    from torch_fidelity.metric_kid import kid_features_to_metric

    found = _features_of_torch_fidelity(scoring)
    real = torch.from_numpy(scoring.reference)
    fid = fid_statistics_to_metric(*map(fid_features_to_statistics, (found, real)), verbose=False)
    kid = kid_features_to_metric(found, real, kid_subsets=1, kid_subset_size=len(found), verbose=False)
    return [
        fid["frechet_inception_distance"],
        kid["kernel_inception_distance_mean"],
        *_precision_and_recall(found, real),
    ]


def one_tool_a_metric(scoring: Scoring) -> Sequence[float]:
    """FID by clean-fid (which resizes otherwise), KID by torchmetrics (too), the others as above."""
    from cleanfid.fid import frechet_distance, get_folder_features
    from torchmetrics.image.fid import NoTrainInceptionV3
    from torchmetrics.image.kid import KernelInceptionDistance

    real = scoring.reference
    network = _network(str(scoring.weights))
    # clean-fid's own network is a download; this is the same, on what clean-fid has resized.
    resized = get_folder_features(
        str(scoring.folder / "drawn"),
        lambda batch: network(batch.to(torch.uint8))[0],
        num_workers=0,
        batch_size=BATCH,
        device=torch.device("cpu"),
        verbose=False,
    )
    moments = [value for rows in (resized, real) for value in (rows.mean(axis=0), np.cov(rows, rowvar=False))]
    fid = frechet_distance(*moments)
    peer = NoTrainInceptionV3("inception-v3-compat", ["2048"], str(scoring.weights))
    metric = KernelInceptionDistance(peer, subsets=1, subset_size=len(real))
    metric.real_features.append(torch.from_numpy(real))
    with torch.inference_mode():
        for batch in _bytes(scoring.pictures):
            metric.update(batch, real=False)
    kid = float(metric.compute()[0])
    found = _features_of_torch_fidelity(scoring)
    return [fid, kid, *_precision_and_recall(found, torch.from_numpy(real)), by_open_clip(scoring)]


def by_open_clip(scoring: Scoring) -> float:
    """The mean CLIP score by hand, in batches."""
    from open_clip.transform import PreprocessCfg, image_transform_v2

    clip = ClipModel(scoring.clip).loaded
    model, tokenizer = clip.model, clip.tokenizer
    transform = image_transform_v2(PreprocessCfg(**model.visual.preprocess_cfg), is_train=False)
    scores = []
    with torch.inference_mode():
        for paths, texts in zip(_parts(scoring.pictures, BATCH), _parts(scoring.texts(), BATCH), strict=True):
            images = torch.stack([transform(Image.open(path)) for path in paths])
            of_images = normalize(model.encode_image(images), dim=-1)
            of_texts = normalize(model.encode_text(tokenizer(list(texts))), dim=-1)
            scores += (100 * (of_images * of_texts).sum(dim=-1).clamp(min=0)).tolist()
    return float(np.mean(scores))


def _features_of_torch_fidelity(scoring: Scoring) -> torch.Tensor:
    from torch_fidelity.datasets import ImagesPathDataset
    from torch_fidelity.utils import get_featuresdict_from_dataset

    dataset = ImagesPathDataset([str(path) for path in scoring.pictures])
    network = _network(str(scoring.weights))
    return get_featuresdict_from_dataset(dataset, network, BATCH, False, True, False)["2048"]


@cache
def _network(weights: str) -> Any:
    from torch_fidelity.utils import create_feature_extractor

    return create_feature_extractor(
        "inception-v3-compat", ["2048"], cuda=False, feature_extractor_weights_path=weights, verbose=False
    )


def _precision_and_recall(found: torch.Tensor, real: torch.Tensor) -> Sequence[float]:
    from torch_fidelity.metric_prc import prc_features_to_metric

    scores = prc_features_to_metric(found, real, verbose=False)
    return scores["precision"], scores["recall"]


def _batches(paths: Sequence[Path]) -> Iterator[torch.Tensor]:
    for part in _parts(paths, BATCH):
        yield torch.stack([torch.from_numpy(read(path)) for path in part])


def _bytes(paths: Sequence[Path]) -> Iterator[torch.Tensor]:
    for part in _parts(paths, BATCH):
        yield torch.stack([torch.from_numpy(np.array(Image.open(path))).permute(2, 0, 1) for path in part])


def _parts(values: Sequence[Any], size: int) -> Iterator[Sequence[Any]]:
    yield from itertools.takewhile(bool, (values[start : start + size] for start in itertools.count(0, size)))
