"""ComfyUI's samplers as ours."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from ....graphs.problem import fail
from ....nodes.families.noise_levels import SpacingName, noise_levels
from .conversion import Conversion
from .denoising import schedule_of, strength_of
from .made import Empty, Made
from .samplers import STOCHASTIC, our_scheduler, our_spacing
from .sets import SEED_BITS, SEEDS, Source
from .stock import widget
from .stock_texts import conditioning
from .workflow import WorkflowNode

#: Pixels along a side of one latent, of every model that a stock workflow draws with here.
PIXELS = 8
#: Timesteps that such models are trained on.
TRAINED = 1000


def empty(to: Conversion, node: WorkflowNode) -> Sequence[Made]:
    width, height = (
        to.option(node, side, "sample", side, widget(node, side) // PIXELS * PIXELS)
        for side in ("width", "height")
    )
    return [Empty("", "LATENT", width, height, node.id)]


def sampler(to: Conversion, node: WorkflowNode) -> Sequence[Made]:
    steps = widget(node, "steps")
    total, strength = schedule_of(steps, widget(node, "denoise"))
    return _sample(to, node, total, strength)


def sampler_advanced(to: Conversion, node: WorkflowNode) -> Sequence[Made]:
    steps, start, end = (widget(node, name) for name in ("steps", "start_at_step", "end_at_step"))
    wanted = (
        ("add_noise", "enable", "sets out from latents as noisy as they come"),
        ("return_with_leftover_noise", "disable", "leaves noise in its latents"),
    )
    for name, usual, what in wanted:
        if widget(node, name) != usual:
            hint = "sample draws from the first noise to none; use one KSampler"
            raise fail(to.place(node, name), f"{node} {what}, which has no equal", hint)
    if end < steps:
        what = f"{node} stops at step {end} of {steps} and drops the noise that is left"
        raise fail(to.place(node, "end_at_step"), what, "sample takes all steps to the last")
    if start >= steps:
        return _sample(to, node, steps, 0.0)
    return _sample(to, node, steps, strength_of(steps, steps - start))


def _sample(to: Conversion, node: WorkflowNode, steps: int, strength: float) -> Sequence[Made]:
    model = to.wire(node, "model", "MODEL")
    start = to.wire(node, "latent_image", "LATENT")
    guidance = widget(node, "cfg")
    if guidance < 1:
        what = f"{node}: cfg is {guidance}, with which ComfyUI follows the negative prompt"
        raise fail(to.place(node, "cfg"), what, "here guidance of 1 or less is none; use 1 or more")
    scheduler, spacing = (
        _named(to, node, "sampler_name", our_scheduler),
        _named(to, node, "scheduler", our_spacing),
    )
    if scheduler in STOCHASTIC:
        to.note(
            f"Scheduler {scheduler} adds noise at every step, which comes from another stream of random "
            "numbers than ComfyUI's: pictures are others of the same kind."
        )
    fields: dict[str, Any] = {
        "model": model.reference,
        "conditioning": conditioning(to, node),
        "seed": _seed(to, node),
    }
    if not isinstance(start, Empty):
        fields["latents"] = start.reference
    elif strength < 1:
        what = f"{node} draws with part of the noise only, from latents that are empty"
        raise fail(to.place(node, "latent_image"), what, "set denoise to 1, or give it a picture")
    if 0 < strength < 1 and not takes_all(spacing, steps):
        what = f"{node}: scheduler {spacing} makes another number of steps than {steps}"
        hint = "so which are the last isn't sure; use karras, or a number that divides 1000 (ddim_uniform)"
        raise fail(to.place(node, "scheduler"), what, hint)
    steps = to.option(node, "steps", "sample", "steps", steps)
    fields |= {
        "steps": to.draft.input("steps", steps),
        "guidance": to.draft.input("guidance", guidance),
        "scheduler": scheduler,
        "spacing": spacing,
    }
    if isinstance(start, Empty):
        fields |= {"width": start.width, "height": start.height}
    else:
        if strength == 1:
            to.note(
                "Denoise 1 over a picture: ComfyUI starts from a little more noise than its first level "
                "has, by 0.2 % for Stable Diffusion 1.5."
            )
        fields["strength"] = to.draft.input("strength", strength)
    to.note(
        "The noise of every picture comes from its own seed. The first picture of a batch sets out from "
        "the very noise that ComfyUI draws on the CPU; the others of a batch don't, for there they share "
        "one draw."
    )
    return [Made(to.draft.node(to.named(node, "latent"), "sample", fields), "LATENT")]


def takes_all(spacing: SpacingName, steps: int) -> bool:
    """Whether a spacing makes as many steps as it is asked for."""
    import numpy

    return len(noise_levels(spacing, numpy.linspace(0.03, 15, TRAINED), steps)) == steps + 1


def _named(to: Conversion, node: WorkflowNode, name: str, ours: Callable[[str], Any]) -> Any:
    try:
        return ours(widget(node, name))
    except ValueError as error:
        raise fail(to.place(node, name), f"{node}: {name} can't be kept", str(error)) from None


def _seed(to: Conversion, node: WorkflowNode) -> str:
    seed = widget(node, SEEDS[node.class_type])
    if seed >> SEED_BITS:
        to.note("A seed has 64 bits; here it has 63, and its noise, that of the lowest 32, is the same.")
    sources = [to.sets.sources[name] for name in sorted(to.sets.of[node.id])]
    drawn = [source for source in sources if source.is_axis and not source.by_file]
    if not drawn:
        return to.draft.input("seed", seed % (1 << SEED_BITS))
    return seeds(to, drawn[0], node.id)


def seeds(to: Conversion, source: Source, sampler: str) -> str:
    """The reference to the seeds of a set: an input, or a column of one where samplers have others."""
    if source.size > 1:
        to.note(
            f"A batch of {source.size} is an axis of {source.size} seeds here, counted up from the first."
        )
    columns = {name: source.seeds_of(name) for name in source.seeds}
    distinct = list(dict.fromkeys(tuple(seeds) for seeds in columns.values()))
    if source.node not in to.seed_inputs:
        if len(distinct) == 1:
            made = to.draft.input("seed", {"each": list(distinct[0])})
        else:
            zipped = {f"seed_{index + 1}": list(seeds) for index, seeds in enumerate(distinct)}
            made = to.draft.input("seeds", {"each": {"zip": zipped}})
        to.seed_inputs[source.node] = made
        to.axes[source.node] = made.removeprefix("$")
    made = to.seed_inputs[source.node]
    if len(distinct) == 1:
        return made
    return f"{made}.seed_{distinct.index(tuple(columns[sampler])) + 1}"
