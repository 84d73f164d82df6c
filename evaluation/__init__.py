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
    from .averaging import Mean, TaskMean, mean, task_mean
    from .bias import skew
    from .blankness import blank
    from .composition import geneval, starter_judge
    from .costs import joules, peak_memory, seconds
    from .detecting import detect
    from .detections import DetectedObjects, Detections, DetectionsType
    from .extractors import Extractor, extractor_by_name, register_extractor
    from .extractors.module_extractor import ModuleExtractor
    from .features import Features, FeaturesType, TextFeatures, TextFeaturesType, TruncatedTextWarning
    from .fidelity import fd, fid, inception_score, kid
    from .gathering import GatheredReference, reference
    from .geneval_protocol.sentences import geneval_prompts
    from .image_metric import FeatureMetric, ImageMetric
    from .lpips_spread import LpipsSpread
    from .measures.attribute_votes import AttributeVotes
    from .measures.authentic import Authenticity
    from .measures.density import DensityCoverage
    from .measures.discrepancy import CMMD, Embeddings
    from .measures.frechet import FrechetDistance, Statistics, frechet_distance
    from .measures.inception_scores import InceptionScore
    from .measures.kernel_distance import KernelDistance, KernelReference
    from .measures.lpips import Lpips
    from .measures.moments import Moments
    from .measures.neighbours import PointSet
    from .measures.pairwise import Diversity
    from .measures.precision import PrecisionRecall
    from .measures.prompt_pairs import PromptDiversity
    from .measures.results import Density, Precision, Skew, Spread
    from .measures.rows import Rows
    from .measures.vendi_score import Vendi
    from .originality import Nearest, authenticity, copies
    from .outlining import outline
    from .preferences import hps, pick_score
    from .questions import vqa_score
    from .reading import Legibility, ocr_accuracy
    from .references import Reference, ReferenceSet, ReferenceType
    from .references.feature_sets import FeatureSet, Origin
    from .references.reference_files import read_features, read_statistics, write_features, write_statistics
    from .references.reference_store import reference_features, reference_set, reference_statistics
    from .resemblance import cmmd, density_coverage, precision_recall
    from .safety import unsafe
    from .spread import diversity
    from .torch_metric import TorchMetric
    from .torchmetrics_adapter import TorchmetricsState
    from .variety import lpips_diversity, prompt_diversity, vendi


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
    ".measures.authentic": ("Authenticity",),
    ".measures.attribute_votes": ("AttributeVotes",),
    ".averaging": ("Mean", "TaskMean", "mean", "task_mean"),
    ".bias": ("skew",),
    ".blankness": ("blank",),
    ".composition": ("geneval", "starter_judge"),
    ".costs": ("joules", "peak_memory", "seconds"),
    ".measures.density": ("DensityCoverage",),
    ".detecting": ("detect",),
    ".detections": ("DetectedObjects", "Detections", "DetectionsType"),
    ".measures.discrepancy": ("CMMD", "Embeddings"),
    ".extractors": ("Extractor", "extractor_by_name", "register_extractor"),
    ".references.feature_sets": ("FeatureSet", "Origin"),
    ".features": ("Features", "FeaturesType", "TextFeatures", "TextFeaturesType", "TruncatedTextWarning"),
    ".fidelity": ("fd", "fid", "inception_score", "kid"),
    ".measures.frechet": ("FrechetDistance", "Statistics", "frechet_distance"),
    ".gathering": ("GatheredReference", "reference"),
    ".geneval_protocol.sentences": ("geneval_prompts",),
    ".image_metric": ("FeatureMetric", "ImageMetric"),
    ".measures.inception_scores": ("InceptionScore",),
    ".measures.kernel_distance": ("KernelDistance", "KernelReference"),
    ".measures.lpips": ("Lpips",),
    ".lpips_spread": ("LpipsSpread",),
    ".extractors.module_extractor": ("ModuleExtractor",),
    ".torch_metric": ("TorchMetric",),
    ".measures.moments": ("Moments",),
    ".measures.neighbours": ("PointSet",),
    ".originality": ("Nearest", "authenticity", "copies"),
    ".outlining": ("outline",),
    ".measures.pairwise": ("Diversity",),
    ".measures.precision": ("PrecisionRecall",),
    ".preferences": ("hps", "pick_score"),
    ".measures.prompt_pairs": ("PromptDiversity",),
    ".questions": ("vqa_score",),
    ".reading": ("Legibility", "ocr_accuracy"),
    ".references.reference_files": ("read_features", "read_statistics", "write_features", "write_statistics"),
    ".references.reference_store": ("reference_features", "reference_set", "reference_statistics"),
    ".references": ("Reference", "ReferenceSet", "ReferenceType"),
    ".resemblance": ("cmmd", "density_coverage", "precision_recall"),
    ".measures.results": ("Density", "Precision", "Skew", "Spread"),
    ".measures.rows": ("Rows",),
    ".safety": ("unsafe",),
    ".spread": ("diversity",),
    ".torchmetrics_adapter": ("TorchmetricsState",),
    ".variety": ("lpips_diversity", "prompt_diversity", "vendi"),
    ".measures.vendi_score": ("Vendi",),
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
