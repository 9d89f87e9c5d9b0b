"""How families of nodes are shown: a name, an icon, a colour."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable

from PySide6.QtGui import QColor

from app.gui import icons, theme
from app.gui.language import tr
from engine.graph.naming import title
from engine.graph.spec import NodeSpec

OWN = "subgraph:"  # the family of the workflow's own subgraphs

_ICONS = {
    "colour": "palette",
    "image": "image",
    "load": "model",
    "loop": "loop",
    "subgraph": "subgraph",
    OWN: "subgraph",
}


def family_of(spec: NodeSpec) -> str:
    """The family that a node type stands in."""
    return OWN if spec.id.startswith(OWN) else spec.family or spec.id


def name_of(family: str) -> str:
    """What people call a family."""
    known = {
        "batch": tr("Batches"),
        "caption": tr("Captions"),
        "colour": tr("Colours"),
        "compare": tr("Comparing"),
        "compose": tr("Compositing"),
        "condition": tr("Conditioning"),
        "control": tr("Control"),
        "diffedit": tr("DiffEdit"),
        "diffusion": tr("Denoising"),
        "filter": tr("Filters"),
        "guidance": tr("Guidance"),
        "hook": tr("Hooks"),
        "image": tr("Pictures"),
        "latents": tr("Latents"),
        "load": tr("Models"),
        "loop": tr("Opened loop"),
        "mask": tr("Masks"),
        "noise": tr("Noise"),
        "repeat": tr("Repeating"),
        "safety": tr("Safety"),
        "schedule": tr("Noise schedules"),
        "scheduler": tr("Solvers"),
        "text": tr("Text"),
        "trajectory": tr("Trajectories"),
        "transform": tr("Transforming"),
        "vae": tr("VAE"),
        OWN: tr("Subgraphs of this workflow"),
    }
    return known.get(family) or title(family.replace(".", " "))


def icon_of(family: str) -> str:
    """The name of a family's icon; that of any node for families nobody has drawn one for."""
    name = _ICONS.get(family, family)
    return name if name in icons.names() else "node"


def colour_of(specs: Iterable[NodeSpec]) -> str:
    """The colour of what a family gives most often, "" when it gives nothing."""
    colours = Counter(
        port.type.kind.colour
        for spec in specs
        for port in spec.outputs.values()
        if port.type.kind is not None
    )
    return colours.most_common(1)[0][0] if colours else ""


def legible(colour: str) -> str:
    """A kind's colour as it can be told from the panel of the current theme; dim for none.

    The name of a role of the theme stays what it is.
    """
    if not colour.startswith("#") or theme.theme().name == "dark":
        return colour or "dim"
    found = QColor(colour)
    hue, saturation, light, _ = found.getHsl()
    return QColor.fromHsl(hue, saturation, min(light, 105)).name()
