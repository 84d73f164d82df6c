"""Extractors and metrics. Importing this package imports no torch; its names load their modules when used.

Every metric is a node, and most are classes for anyone's loop too: over features here, over pictures as
torchmetrics modules in :mod:`.modules`. The nodes, by what they ask:

- how real: :mod:`.fidelity` (``fd``, ``fid``, ``kid``, ``inception_score``, ``cmmd``, ``precision_recall``,
  ``density_coverage``); how new: :mod:`.originality` (``copies``, ``authenticity``);
- how different from each other: :mod:`.variety` (``diversity``, ``prompt_diversity``, ``vendi``,
  ``lpips_diversity``); whom they show: :mod:`.bias` (``skew``);
- what their text says: :mod:`.alignment` (``clip_score``), :mod:`.vqa` (``vqa_score``), :mod:`.composition`
  (``geneval``, ``starter_judge``, over what :mod:`.detecting` finds), :mod:`.ocr` (``ocr_accuracy``);
- what people prefer: :mod:`.preferences` (``pick_score``, ``hps``), :mod:`.aesthetics` (``aesthetic``);
- what went wrong: :mod:`.safety` (``unsafe``), :mod:`.blankness` (``blank``); what they cost: :mod:`.costs`.

Arithmetic is in :mod:`.measures`, networks are in :mod:`.extractors`, real images in :mod:`.references`,
people's choices in :mod:`.rating`, runs side by side in :mod:`.comparing`.
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
    from .comparing.advice import advise
    from .comparing.allowances import parse_allowance
    from .comparing.comparison import Comparison, compare, compare_settings
    from .comparing.gates import GateResult, judge_gates
    from .composition import geneval, starter_judge
    from .costs import joules, peak_memory, seconds
    from .detecting import detect
    from .detections import DetectedObjects, Detections
    from .extractors import Extractor, extractor_by_name, register_extractor
    from .extractors.lpips import Lpips
    from .extractors.module_extractor import ModuleExtractor
    from .features import Features, TextFeatures, TruncatedTextWarning
    from .fidelity import cmmd, density_coverage, fd, fid, inception_score, kid, precision_recall
    from .gathering import reference
    from .geneval_protocol.sentences import geneval_prompts
    from .graph_metric import GraphMetric
    from .image_metric import FeatureMetric, ImageMetric
    from .lpips_spread import LpipsSpread
    from .measures.attribute_votes import AttributeVotes
    from .measures.authenticity import Authenticity
    from .measures.cmmd import CMMD, Embeddings
    from .measures.density_coverage import DensityCoverage
    from .measures.diversity import Diversity
    from .measures.frechet import FrechetDistance, Statistics, frechet_distance
    from .measures.inception_score import InceptionScore
    from .measures.kernel_distance import KernelDistance, KernelReference
    from .measures.moments import Moments
    from .measures.neighbours import PointSet
    from .measures.precision_recall import PrecisionRecall
    from .measures.prompt_diversity import PromptDiversity
    from .measures.vendi import Vendi
    from .ocr import ocr_accuracy
    from .originality import authenticity, copies
    from .outlining import outline
    from .preferences import hps, pick_score
    from .rating.bradley_terry import PairedVotes, Strengths, bradley_terry
    from .references import Reference, ReferenceSet, ReferenceType
    from .references.feature_sets import FeatureSet, Origin
    from .references.reference_files import read_features, read_statistics, write_features, write_statistics
    from .references.reference_store import reference_features, reference_set, reference_statistics
    from .report.writing import write_report
    from .results.run_folder import Run, read_run
    from .results.scores import Score, scores
    from .safety import unsafe
    from .torch_metric import TorchMetric
    from .torchmetrics_adapter import TorchmetricsState
    from .uncertainty.cmmd_influence import cmmd_estimate
    from .uncertainty.frechet_influence import frechet_estimate
    from .uncertainty.kernel_influence import kernel_estimate
    from .uncertainty.means import mean_estimate
    from .uncertainty.shares import share_estimate
    from .variety import diversity, lpips_diversity, prompt_diversity, vendi
    from .vqa import vqa_score


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
    ".ocr",
    ".originality",
    ".outlining",
    ".preferences",
    ".safety",
    ".variety",
    ".vqa",
)
"""The modules that declare built-in node types, relative to this package."""

_HOMES = {
    ".aesthetics": ("aesthetic",),
    ".alignment": ("ClipScore", "clip_score"),
    ".averaging": ("Mean", "TaskMean", "mean", "task_mean"),
    ".bias": ("skew",),
    ".blankness": ("blank",),
    ".comparing.advice": ("advise",),
    ".comparing.allowances": ("parse_allowance",),
    ".comparing.comparison": ("Comparison", "compare", "compare_settings"),
    ".comparing.gates": ("GateResult", "judge_gates"),
    ".composition": ("geneval", "starter_judge"),
    ".costs": ("joules", "peak_memory", "seconds"),
    ".detecting": ("detect",),
    ".detections": ("DetectedObjects", "Detections"),
    ".extractors": ("Extractor", "extractor_by_name", "register_extractor"),
    ".extractors.lpips": ("Lpips",),
    ".extractors.module_extractor": ("ModuleExtractor",),
    ".features": ("Features", "TextFeatures", "TruncatedTextWarning"),
    ".fidelity": ("cmmd", "density_coverage", "fd", "fid", "inception_score", "kid", "precision_recall"),
    ".gathering": ("reference",),
    ".geneval_protocol.sentences": ("geneval_prompts",),
    ".graph_metric": ("GraphMetric",),
    ".image_metric": ("FeatureMetric", "ImageMetric"),
    ".lpips_spread": ("LpipsSpread",),
    ".measures.attribute_votes": ("AttributeVotes",),
    ".measures.authenticity": ("Authenticity",),
    ".measures.cmmd": ("CMMD", "Embeddings"),
    ".measures.density_coverage": ("DensityCoverage",),
    ".measures.diversity": ("Diversity",),
    ".measures.frechet": ("FrechetDistance", "Statistics", "frechet_distance"),
    ".measures.inception_score": ("InceptionScore",),
    ".measures.kernel_distance": ("KernelDistance", "KernelReference"),
    ".measures.moments": ("Moments",),
    ".measures.neighbours": ("PointSet",),
    ".measures.precision_recall": ("PrecisionRecall",),
    ".measures.prompt_diversity": ("PromptDiversity",),
    ".measures.vendi": ("Vendi",),
    ".ocr": ("ocr_accuracy",),
    ".originality": ("authenticity", "copies"),
    ".outlining": ("outline",),
    ".preferences": ("hps", "pick_score"),
    ".rating.bradley_terry": ("PairedVotes", "Strengths", "bradley_terry"),
    ".references": ("Reference", "ReferenceSet", "ReferenceType"),
    ".references.feature_sets": ("FeatureSet", "Origin"),
    ".references.reference_files": ("read_features", "read_statistics", "write_features", "write_statistics"),
    ".references.reference_store": ("reference_features", "reference_set", "reference_statistics"),
    ".report.writing": ("write_report",),
    ".results.run_folder": ("Run", "read_run"),
    ".results.scores": ("Score", "scores"),
    ".safety": ("unsafe",),
    ".torch_metric": ("TorchMetric",),
    ".torchmetrics_adapter": ("TorchmetricsState",),
    ".uncertainty.cmmd_influence": ("cmmd_estimate",),
    ".uncertainty.frechet_influence": ("frechet_estimate",),
    ".uncertainty.kernel_influence": ("kernel_estimate",),
    ".uncertainty.means": ("mean_estimate",),
    ".uncertainty.shares": ("share_estimate",),
    ".variety": ("diversity", "lpips_diversity", "prompt_diversity", "vendi"),
    ".vqa": ("vqa_score",),
}

__all__ = [
    "CMMD",
    "MODULES",
    "AttributeVotes",
    "Authenticity",
    "ClipScore",
    "Comparison",
    "DensityCoverage",
    "DetectedObjects",
    "Detections",
    "Diversity",
    "Embeddings",
    "Extractor",
    "FeatureMetric",
    "FeatureSet",
    "Features",
    "FrechetDistance",
    "GateResult",
    "GraphMetric",
    "ImageMetric",
    "InceptionScore",
    "KernelDistance",
    "KernelReference",
    "Lpips",
    "LpipsSpread",
    "Mean",
    "ModuleExtractor",
    "Moments",
    "Origin",
    "PairedVotes",
    "PointSet",
    "PrecisionRecall",
    "PromptDiversity",
    "Reference",
    "ReferenceSet",
    "ReferenceType",
    "Run",
    "Score",
    "Statistics",
    "Strengths",
    "TaskMean",
    "TextFeatures",
    "TorchMetric",
    "TorchmetricsState",
    "TruncatedTextWarning",
    "Vendi",
    "advise",
    "aesthetic",
    "authenticity",
    "blank",
    "bradley_terry",
    "clip_score",
    "cmmd",
    "cmmd_estimate",
    "compare",
    "compare_settings",
    "copies",
    "density_coverage",
    "detect",
    "diversity",
    "extractor_by_name",
    "fd",
    "fid",
    "frechet_distance",
    "frechet_estimate",
    "geneval",
    "geneval_prompts",
    "hps",
    "inception_score",
    "joules",
    "judge_gates",
    "kernel_estimate",
    "kid",
    "lpips_diversity",
    "mean",
    "mean_estimate",
    "ocr_accuracy",
    "outline",
    "parse_allowance",
    "peak_memory",
    "pick_score",
    "precision_recall",
    "prompt_diversity",
    "read_features",
    "read_run",
    "read_statistics",
    "reference",
    "reference_features",
    "reference_set",
    "reference_statistics",
    "register_extractor",
    "scores",
    "seconds",
    "share_estimate",
    "skew",
    "starter_judge",
    "task_mean",
    "unsafe",
    "vendi",
    "vqa_score",
    "write_features",
    "write_report",
    "write_statistics",
]


def __getattr__(name: str) -> Any:
    for home, names in _HOMES.items():
        if name in names:
            return getattr(import_module(home, __name__), name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
