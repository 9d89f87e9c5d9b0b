"""Several pictures in one."""

from typing import Annotated

from engine.diffusion.images.choices import Blend
from engine.diffusion.values import Image, Mask
from engine.graph.spec import Multiline, Range, node


@node("compose.over", label="Composite", runs_on="cpu")
def over(
    base: Image,
    layer: Image,
    mask: Mask | None = None,
    x: Annotated[int, Range(-65536, 65536)] = 0,
    y: Annotated[int, Range(-65536, 65536)] = 0,
    opacity: Annotated[float, Range(0, 1, step=0.01)] = 1.0,
    blend: Blend = "normal",
) -> Image:
    """One picture over another, its top left pixel at (x, y); what sticks out is cut off.

    The layer shows where the mask, which is of its size, is white; without a mask, everywhere.
    """
    from engine.diffusion.images.compose import composite

    return composite(base, layer, mask, x, y, opacity, blend)


@node("compose.labelled_grid", label="Labelled grid", runs_on="cpu")
def labelled_grid(
    images: list[Image],
    columns: Annotated[int, Range(0, 64)] = 0,
    labels: Annotated[str, Multiline()] = "",
    title: str = "",
    enlarge: Annotated[int, Range(1, 16)] = 1,
) -> Image:
    """All pictures in one with a line of text below each, row by row, in the order of the links.

    `labels` are as many lines as there are pictures, or none; 0 columns make it about square.
    Pictures may be of several sizes. `enlarge` shows each pixel as so many both ways.
    """
    from engine.diffusion.images.grid import captioned_grid

    return captioned_grid(images, labels.splitlines(), columns, title, enlarge)
