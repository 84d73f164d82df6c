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
    from .authentic import Authenticity
    from .averaging import Mean, TaskMean, mean, task_mean
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
    from .fidelity import fd
    from .frechet import FrechetDistance, Statistics, frechet_distance
    from .gathering import GatheredReference, reference
    from .geneval_sentences import geneval_prompts
    from .image_metric import FeatureMetric, ImageMetric
    from .inception_scores import InceptionScore
    from .kernel_distance import KernelDistance, KernelReference
    from .module_extractor import ModuleExtractor
    from .modules import TorchMetric
    from .moments import Moments
    from .neighbours import PointSet
    from .originality import Nearest, authenticity, copies
    from .outlining import outline
    from .pairwise import Diversity
    from .precision import PrecisionRecall
    from .preferences import hps, pick_score
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
    from .torchmetrics_adapter import TorchmetricsState
    from .vendi_score import Vendi

MODULES: tuple[str, ...] = (
    ".aesthetics",
    ".alignment",
    ".averaging",
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
)
"""The modules that declare built-in node types, relative to this package."""

_HOMES = {
    ".aesthetics": ("aesthetic",),
    ".alignment": ("ClipScore", "clip_score"),
    ".authentic": ("Authenticity",),
    ".averaging": ("Mean", "TaskMean", "mean", "task_mean"),
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
    ".fidelity": ("fd",),
    ".frechet": ("FrechetDistance", "Statistics", "frechet_distance"),
    ".gathering": ("GatheredReference", "reference"),
    ".geneval_sentences": ("geneval_prompts",),
    ".image_metric": ("FeatureMetric", "ImageMetric"),
    ".inception_scores": ("InceptionScore",),
    ".kernel_distance": ("KernelDistance", "KernelReference"),
    ".module_extractor": ("ModuleExtractor",),
    ".modules": ("TorchMetric",),
    ".moments": ("Moments",),
    ".neighbours": ("PointSet",),
    ".originality": ("Nearest", "authenticity", "copies"),
    ".outlining": ("outline",),
    ".pairwise": ("Diversity",),
    ".precision": ("PrecisionRecall",),
    ".preferences": ("hps", "pick_score"),
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
    ".vendi_score": ("Vendi",),
}

__all__ = [
    "CMMD",
    "MODULES",
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
    "Mean",
    "ModuleExtractor",
    "Moments",
    "Nearest",
    "Origin",
    "PointSet",
    "Precision",
    "PrecisionRecall",
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
    "frechet_distance",
    "geneval",
    "geneval_prompts",
    "hps",
    "joules",
    "mean",
    "ocr_accuracy",
    "outline",
    "peak_memory",
    "pick_score",
    "precision_recall",
    "read_features",
    "read_statistics",
    "reference",
    "reference_features",
    "reference_set",
    "reference_statistics",
    "register_extractor",
    "seconds",
    "starter_judge",
    "task_mean",
    "unsafe",
    "vqa_score",
    "write_features",
    "write_statistics",
]


def __getattr__(name: str) -> Any:
    for home, names in _HOMES.items():
        if name in names:
            return getattr(import_module(home, __name__), name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
