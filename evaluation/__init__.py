"""Extractors and metrics. Importing this package imports no torch; its names load their modules when used.

Metrics of features, for anyone's loop: :class:`FrechetDistance`, :class:`Diversity`. The same over images, as
nodes: ``fd``, ``diversity``; and ``clip_score`` for each image.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from .aesthetics import aesthetic
    from .alignment import ClipScore, clip_score
    from .attribute_votes import AttributeVotes
    from .authentic import Authenticity
    from .averaging import Mean, TaskMean, mean, task_mean
    from .bias import skew
    from .blankness import blank
    from .composition import geneval, starter_judge
    from .costs import joules, peak_memory, seconds
    from .density import DensityCoverage
    from .detecting import detect
    from .detections import DetectedObjects, Detections, DetectionsType
    from .discrepancy import CMMD, Embeddings
    from .extractors import Extractor, extractor_by_name, register_extractor
    from .feature_sets import FeatureSet, Origin
    from .features import Features, FeaturesType, TextFeatures, TextFeaturesType, TruncatedTextWarning
    from .fidelity import fd, fid, inception_score, kid
    from .frechet import FrechetDistance, Statistics, frechet_distance
    from .gathering import GatheredReference, reference
    from .geneval_sentences import geneval_prompts
    from .image_metric import FeatureMetric, ImageMetric
    from .inception_scores import InceptionScore
    from .kernel_distance import KernelDistance, KernelReference
    from .lpips import Lpips
    from .lpips_spread import LpipsSpread
    from .module_extractor import ModuleExtractor
    from .moments import Moments
    from .neighbours import PointSet
    from .originality import Nearest, authenticity, copies
    from .outlining import outline
    from .pairwise import Diversity
    from .precision import PrecisionRecall
    from .preferences import hps, pick_score
    from .prompt_pairs import PromptDiversity
    from .questions import vqa_score
    from .reading import Legibility, ocr_accuracy
    from .reference_files import read_features, read_statistics, write_features, write_statistics
    from .reference_store import reference_features, reference_set, reference_statistics
    from .references import Reference, ReferenceSet, ReferenceType
    from .resemblance import cmmd, density_coverage, precision_recall
    from .results import Density, Precision, Skew, Spread
    from .rows import Rows
    from .safety import unsafe
    from .spread import diversity
    from .torch_metric import TorchMetric
    from .torchmetrics_adapter import TorchmetricsState
    from .variety import lpips_diversity, prompt_diversity, vendi
    from .vendi_score import Vendi


MODULES: tuple[str, ...] = (
    ".aesthetics",
    ".alignment",
    ".averaging",
    ".bias",
    ".blankness",
    ".composition",
    ".costs",
    ".detecting",
    ".features",
    ".fidelity",
    ".gathering",
    ".originality",
    ".outlining",
    ".preferences",
    ".questions",
    ".reading",
    ".resemblance",
    ".safety",
    ".spread",
    ".variety",
)
"""The modules that declare built-in node types, relative to this package."""

_HOMES = {
    ".aesthetics": ("aesthetic",),
    ".alignment": ("ClipScore", "clip_score"),
    ".authentic": ("Authenticity",),
    ".attribute_votes": ("AttributeVotes",),
    ".averaging": ("Mean", "TaskMean", "mean", "task_mean"),
    ".bias": ("skew",),
    ".blankness": ("blank",),
    ".composition": ("geneval", "starter_judge"),
    ".costs": ("joules", "peak_memory", "seconds"),
    ".density": ("DensityCoverage",),
    ".detecting": ("detect",),
    ".detections": ("DetectedObjects", "Detections", "DetectionsType"),
    ".discrepancy": ("CMMD", "Embeddings"),
    ".extractors": ("Extractor", "extractor_by_name", "register_extractor"),
    ".feature_sets": ("FeatureSet", "Origin"),
    ".features": ("Features", "FeaturesType", "TextFeatures", "TextFeaturesType", "TruncatedTextWarning"),
    ".fidelity": ("fd", "fid", "inception_score", "kid"),
    ".frechet": ("FrechetDistance", "Statistics", "frechet_distance"),
    ".gathering": ("GatheredReference", "reference"),
    ".geneval_sentences": ("geneval_prompts",),
    ".image_metric": ("FeatureMetric", "ImageMetric"),
    ".inception_scores": ("InceptionScore",),
    ".kernel_distance": ("KernelDistance", "KernelReference"),
    ".lpips": ("Lpips",),
    ".lpips_spread": ("LpipsSpread",),
    ".module_extractor": ("ModuleExtractor",),
    ".torch_metric": ("TorchMetric",),
    ".moments": ("Moments",),
    ".neighbours": ("PointSet",),
    ".originality": ("Nearest", "authenticity", "copies"),
    ".outlining": ("outline",),
    ".pairwise": ("Diversity",),
    ".precision": ("PrecisionRecall",),
    ".preferences": ("hps", "pick_score"),
    ".prompt_pairs": ("PromptDiversity",),
    ".questions": ("vqa_score",),
    ".reading": ("Legibility", "ocr_accuracy"),
    ".reference_files": ("read_features", "read_statistics", "write_features", "write_statistics"),
    ".reference_store": ("reference_features", "reference_set", "reference_statistics"),
    ".references": ("Reference", "ReferenceSet", "ReferenceType"),
    ".resemblance": ("cmmd", "density_coverage", "precision_recall"),
    ".results": ("Density", "Precision", "Skew", "Spread"),
    ".rows": ("Rows",),
    ".safety": ("unsafe",),
    ".spread": ("diversity",),
    ".torchmetrics_adapter": ("TorchmetricsState",),
    ".variety": ("lpips_diversity", "prompt_diversity", "vendi"),
    ".vendi_score": ("Vendi",),
}

__all__ = [
    "CMMD",
    "MODULES",
    "AttributeVotes",
    "Authenticity",
    "ClipScore",
    "Density",
    "DensityCoverage",
    "DetectedObjects",
    "Detections",
    "DetectionsType",
    "Diversity",
    "Embeddings",
    "Extractor",
    "FeatureMetric",
    "FeatureSet",
    "Features",
    "FeaturesType",
    "FrechetDistance",
    "GatheredReference",
    "ImageMetric",
    "InceptionScore",
    "KernelDistance",
    "KernelReference",
    "Legibility",
    "Lpips",
    "LpipsSpread",
    "Mean",
    "ModuleExtractor",
    "Moments",
    "Nearest",
    "Origin",
    "PointSet",
    "Precision",
    "PrecisionRecall",
    "PromptDiversity",
    "Reference",
    "ReferenceSet",
    "ReferenceType",
    "Rows",
    "Skew",
    "Spread",
    "Statistics",
    "TaskMean",
    "TextFeatures",
    "TextFeaturesType",
    "TorchMetric",
    "TorchmetricsState",
    "TruncatedTextWarning",
    "Vendi",
    "aesthetic",
    "authenticity",
    "blank",
    "clip_score",
    "cmmd",
    "copies",
    "density_coverage",
    "detect",
    "diversity",
    "extractor_by_name",
    "fd",
    "fid",
    "frechet_distance",
    "geneval",
    "geneval_prompts",
    "hps",
    "inception_score",
    "joules",
    "kid",
    "lpips_diversity",
    "mean",
    "ocr_accuracy",
    "outline",
    "peak_memory",
    "pick_score",
    "precision_recall",
    "prompt_diversity",
    "read_features",
    "read_statistics",
    "reference",
    "reference_features",
    "reference_set",
    "reference_statistics",
    "register_extractor",
    "seconds",
    "skew",
    "starter_judge",
    "task_mean",
    "unsafe",
    "vendi",
    "vqa_score",
    "write_features",
    "write_statistics",
]


def __getattr__(name: str) -> Any:
    for home, names in _HOMES.items():
        if name in names:
            return getattr(import_module(home, __name__), name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
