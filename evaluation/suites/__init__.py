"""Benchmarks: each a graph file beside this one, with an open generator, and where its prompts come from.

>>> from mezzotint.evaluation.suites import load_suite
>>> suite = load_suite("geneval")
>>> prompts = suite.prompts().sampled(50)
>>> spec = suite.filled(prompts, generator="txt2img.yaml", seeds=2)
"""

from __future__ import annotations

from .about import About, Form
from .needs import Need, needs
from .selection import selected
from .suite import Prompts, Suite, load_suite, seeds_of, suite_names

__all__ = [
    "About",
    "Form",
    "Need",
    "Prompts",
    "Suite",
    "load_suite",
    "needs",
    "seeds_of",
    "selected",
    "suite_names",
]
