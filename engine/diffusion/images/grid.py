"""Several pictures in one: a plain table, and one with names along its columns and rows."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import torch

from engine.diffusion.images.batch import split
from engine.diffusion.images.lettering import Lettering, fit, measure
from engine.diffusion.images.pixels import from_pil, to_pil
from engine.diffusion.values import Image
from engine.graph.errors import LoomError

if TYPE_CHECKING:
    import PIL.Image

PAPER = 1.0
"""What empty cells of a grid are filled with: white."""
ABSENT = (236, 236, 236)
"""The grey of a cell whose picture is not there."""
SMALLEST, LARGEST = 11, 28  # sizes of the labels' font, in pixels
BLANK = 64  # the side of a cell when no picture is there


def grid(images: Sequence[Image], columns: int = 0) -> Image:
    """All pictures of all batches in one (1, 3, rows·H, columns·W), in reading order.

    0 columns makes it about square. Raises LoomError when there is none, or sizes differ.
    """
    if not images:
        raise LoomError("There is no picture to put into the grid.", field="images")
    sizes = sorted({(image.pixels.shape[3], image.pixels.shape[2]) for image in images})
    if len(sizes) > 1:
        found = " and ".join(f"{width}×{height}" for width, height in sizes)
        raise LoomError(
            f"A grid takes pictures of one size, and these are {found}.",
            field="images",
            remedy="Make them the same size first.",
        )
    cells = torch.cat([image.pixels for image in images])
    count, channels, height, width = cells.shape
    columns = columns_for(count, columns)
    rows = math.ceil(count / columns)
    empty = cells.new_full((rows * columns - count, channels, height, width), PAPER)
    table = torch.cat([cells, empty]).view(rows, columns, channels, height, width)
    return Image(table.permute(2, 0, 3, 1, 4).reshape(1, channels, rows * height, columns * width))


def columns_for(count: int, columns: int = 0) -> int:
    """The columns of a table of `count` cells: as asked, or about square for 0."""
    return min(columns, count) or math.ceil(math.sqrt(count))


def labelled_grid(
    cells: Sequence[Image | None],
    labels_x: Sequence[str],
    labels_y: Sequence[str] = ("",),
    *,
    title: str = "",
    captions: Sequence[str] = (),
    gap: int = 4,
    enlarge: int = 1,
) -> Image:
    """A table of pictures with names over its columns and before its rows, as one (1, 3, H, W).

    `cells` are in reading order, len(labels_x)·len(labels_y) of them; None leaves a grey cell. A
    cell of several pictures shows them as a grid of its own. Pictures of different sizes stand in
    the middle of cells of the largest size. `captions`, one a cell, stand below the pictures.
    `enlarge` repeats every pixel so many times both ways, for pictures too small to be read.
    Raises LoomError when the numbers don't fit.
    """
    rows, columns = len(labels_y), len(labels_x)
    if len(cells) != rows * columns or not cells:
        raise LoomError(
            f"{len(cells)} pictures don't fill {columns} columns and {rows} rows.", field="images"
        )
    if captions and len(captions) != len(cells):
        raise LoomError(f"{len(captions)} captions don't suit {len(cells)} pictures.")
    from PIL import Image as pillow
    from PIL import ImageDraw

    pictures = [cell and _single(cell, enlarge) for cell in cells]
    plan = _plan(pictures, labels_x, labels_y, title, captions, gap)
    sheet = pillow.new("RGB", plan.size, (round(255 * PAPER),) * 3)
    pen = ImageDraw.Draw(sheet)
    plan.title.draw(pen, (plan.size[0] / 2, gap + (plan.head - plan.header - gap) / 2))
    for column, label in enumerate(plan.tops):
        label.draw(pen, (plan.x(column) + plan.width / 2, plan.head - plan.header / 2))
    for row, label in enumerate(plan.sides):
        label.draw(pen, (plan.left / 2, plan.y(row) + plan.height / 2))
    for number, picture in enumerate(pictures):
        row, column = divmod(number, columns)
        x, y = plan.x(column), plan.y(row)
        picture = picture or pillow.new("RGB", plan.largest, ABSENT)
        place = (plan.width - picture.width) // 2, (plan.height - picture.height) // 2
        sheet.paste(picture, (x + place[0], y + place[1]))
        if plan.below:
            middle = y + plan.height + plan.footer / 2
            plan.below[number].draw(pen, (x + plan.width / 2, middle))
    return from_pil([sheet])


def captioned_grid(
    images: Sequence[Image],
    captions: Sequence[str] = (),
    columns: int = 0,
    title: str = "",
    enlarge: int = 1,
) -> Image:
    """All pictures of all batches with a line of text below each, in reading order.

    0 columns makes it about square. Raises LoomError when there is no picture, or there are
    captions, but not one for each.
    """
    cells = [one for image in images for one in split(image)]
    if not cells:
        raise LoomError("There is no picture to put into the grid.", field="images")
    if captions and len(captions) != len(cells):
        raise LoomError(
            f"{len(captions)} labels don't suit {len(cells)} pictures.",
            field="labels",
            remedy="Give a line of text for each, or none at all.",
        )
    columns = columns_for(len(cells), columns)
    rows = math.ceil(len(cells) / columns)
    missing = rows * columns - len(cells)
    blank = Image(torch.full_like(cells[-1].pixels, PAPER))
    return labelled_grid(
        [*cells, *[blank] * missing],
        [""] * columns,
        [""] * rows,
        title=title,
        captions=[*captions, *[""] * missing] if captions else (),
        enlarge=enlarge,
    )


@dataclass(frozen=True)
class _Plan:
    """Where everything of a labelled table stands, in pixels.

    Pictures are up to `largest`; a cell is `width` × `height` with `footer` below it for its
    caption; the table begins right of `left` and below `head`, whose last `header` pixels are the
    columns' labels.
    """

    title: Lettering
    tops: tuple[Lettering, ...]
    sides: tuple[Lettering, ...]
    below: tuple[Lettering, ...]
    gap: int
    largest: tuple[int, int]
    width: int
    height: int
    left: int
    head: int
    header: int
    footer: int

    @property
    def size(self) -> tuple[int, int]:
        return self.x(len(self.tops)), self.y(len(self.sides))

    def x(self, column: int) -> int:
        return self.left + column * (self.width + self.gap)

    def y(self, row: int) -> int:
        return self.head + row * (self.height + self.footer + self.gap)


def _plan(
    pictures: Sequence[PIL.Image.Image | None],
    labels_x: Sequence[str],
    labels_y: Sequence[str],
    title: str,
    captions: Sequence[str],
    gap: int,
) -> _Plan:
    width = max((picture.width for picture in pictures if picture), default=BLANK)
    height = max((picture.height for picture in pictures if picture), default=BLANK)
    size = max(SMALLEST, min(LARGEST, width // 14))
    words = [word for label in labels_x for word in label.split()]
    largest = width, height
    # A column is as wide as the longest word of its label, within reason.
    longest = max((measure(word, size) for word in words), default=0)
    width = max(width, min(12 * size, longest + size // 2))
    tops = tuple(fit(label, width - size // 2, size) for label in labels_x)
    sides = tuple(fit(label, max(width, 8 * size), size) for label in labels_y)
    below = tuple(fit(caption, width - size // 2, size) for caption in captions)
    beside = max(side.width for side in sides)
    left = beside + size if beside else gap
    across = len(tops) * (width + gap)
    heading = fit(title, left + across, round(1.3 * size), lines=4)
    header = max(_room(label, size) for label in tops)
    head = gap + _room(heading, size) + header
    footer = max((_room(label, size) for label in below), default=0)
    return _Plan(
        heading, tops, sides, below, gap, largest, width, height, left, head, header, footer
    )


def _room(text: Lettering, size: int) -> int:
    """The height to keep for a text, with some air; none for an empty one."""
    return text.height + size // 2 if text.lines else 0


def _single(cell: Image, enlarge: int) -> PIL.Image.Image:
    """A cell's pictures as one."""
    (picture,) = to_pil(grid([cell]) if len(cell.pixels) > 1 else cell)
    return picture.resize((picture.width * enlarge, picture.height * enlarge), resample=0)
