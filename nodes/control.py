"""Networks that lead a UNet by a picture: edges, depth, poses."""

from pathlib import Path
from typing import Annotated, cast

from engine.diffusion.control import Control
from engine.diffusion.values import ControlNet, Image, T2IAdapter
from engine.diffusion.weights.parts import Choice, open_part
from engine.graph.spec import HandleOnly, ModelName, Range, node
from nodes.load import besides, facets_of

Model = Annotated[Path, ModelName()]
Scale = Annotated[float, Range(0, 10, step=0.05)]
Fraction = Annotated[float, Range(0, 1, step=0.01)]


@node(
    "load.controlnet",
    label="Load ControlNet",
    nature="external",
    facets=facets_of("controlnet"),
    also=besides("controlnet"),
)
def load_controlnet(model: Model, variant: str = "") -> ControlNet:
    """A ControlNet, from a folder or a single file of its own."""
    return cast(ControlNet, open_part(model, "controlnet", Choice(variant)))


@node(
    "load.t2i_adapter",
    label="Load T2I-Adapter",
    nature="external",
    facets=facets_of("adapter"),
    also=besides("adapter"),
)
def load_t2i_adapter(model: Model, variant: str = "") -> T2IAdapter:
    """A T2I-Adapter, from a folder of its own."""
    return cast(T2IAdapter, open_part(model, "adapter", Choice(variant)))


@node("control.net", label="ControlNet", runs_on="cpu")
def net(
    controlnet: Annotated[ControlNet, HandleOnly()],
    hint: Image,
    scale: Scale = 1.0,
    start: Fraction = 0.0,
    end: Fraction = 1.0,
    guess: bool = False,
) -> Control:
    """Leads a run by `hint`, a picture of edges, depth or whatever the ControlNet was trained on.

    It acts from `start` to `end`, fractions of the run. `guess` leads without a prompt's help.
    """
    return Control(controlnet, hint.pixels, scale, start, end, guess, controlnet.space)


@node("control.adapter", label="T2I-Adapter", runs_on="cpu")
def adapter(
    adapter: Annotated[T2IAdapter, HandleOnly()],
    hint: Image,
    scale: Scale = 1.0,
    end: Fraction = 1.0,
) -> Control:
    """Leads a run by `hint` up to `end`, a fraction of it; costs next to nothing a step."""
    return Control(adapter, hint.pixels, scale, 0.0, end, False, adapter.space)
