"""The pictures of a sweep in one, each told by the values that made it."""

from __future__ import annotations

import json
import re
from collections.abc import Sequence
from typing import Any, cast

import torch

from engine.diffusion.images.batch import join
from engine.diffusion.images.grid import PAPER, columns_for, labelled_grid
from engine.diffusion.images.raster import size_of
from engine.diffusion.images.resize import scale
from engine.diffusion.values import Image
from engine.graph.errors import LoomError

Labels = Sequence[Sequence[str]]
READABLE = 128  # pixels; smaller pictures are enlarged to about this


def read_labels(text: str) -> Labels:
    """The labels of each cell from the JSON text that a sweep fills in; none for an empty one.

    Raises LoomError when the text is anything else than a list with a list of texts for each cell,
    all of one length.
    """
    try:
        found: Any = json.loads(text) if text.strip() else []
    except ValueError:
        found = None
    rows = cast(list[Any], found if isinstance(found, list) else [None])
    good = all(isinstance(row, list) and all(isinstance(item, str) for item in row) for row in rows)
    if not good or len({len(row) for row in rows}) > 1:
        raise LoomError(
            "These are no labels of cells.",
            field="cells",
            remedy='Leave it to a sweep, or write [["label"], ["label"], …], one for each picture.',
        )
    return rows


def contact_sheet(
    images: Sequence[Image],
    labels: Labels = (),
    columns: int = 0,
    title: str = "",
    largest: int = 8192,
) -> Image:
    """All pictures in one (1, 3, H, W): a table with a row for each value of the first axis.

    `labels` has for each cell its label on each axis. The last axis runs along the columns, the
    others down the rows; those of a single axis stand in `columns` (0: about square), with their
    labels below. Several pictures to a cell stand together in it. Pictures are made smaller where
    the table would be more than about `largest` pixels wide or high; tiny ones have their pixels
    repeated.

    Raises LoomError when there are no pictures, or not as many for each label.
    """
    labels = [list(map(_lined, own)) for own in labels] or [[] for _ in images]
    if not images or len(images) % len(labels):
        raise LoomError(
            f"{len(images)} pictures can't be shared out among {len(labels)} cells.",
            field="images",
            remedy="Join as many pictures in every cell.",
        )
    each = len(images) // len(labels)
    cells = [join(images[place : place + each]) for place in range(0, len(images), each)]
    enlarge = max(1, READABLE // max(size_of(cells[0])))
    if len(labels[0]) < 2:
        columns = columns_for(len(cells), columns)
        rows = -(-len(cells) // columns)
        blank = Image(torch.full((1, 3, 1, 1), PAPER))
        cells = _shrunk(cells, columns, rows, largest)
        empty = rows * columns - len(cells)
        captions = [*(" ".join(own) for own in labels), *[""] * empty] if labels[0] else []
        return labelled_grid(
            [*cells, *[blank] * empty],
            [""] * columns,
            [""] * rows,
            title=title,
            captions=captions,
            enlarge=enlarge,
        )
    across = list(dict.fromkeys(own[-1] for own in labels))
    down = list(dict.fromkeys(tuple(own[:-1]) for own in labels))
    cells = _shrunk(cells, len(across), len(down), largest)
    placed = {tuple(own): cell for own, cell in zip(labels, cells, strict=True)}
    table = [placed.get((*row, column)) for row in down for column in across]
    return labelled_grid(
        table, across, ["\n".join(row) for row in down], title=title, enlarge=enlarge
    )


def _lined(label: str) -> str:
    """`denoise guidance=3` for `denoise.guidance=3`: lines may end between node and parameter."""
    return re.sub(r"(^|, )([^\s.=]+)\.(?=[^\s=]+=)", r"\1\2 ", label)


def _shrunk(cells: Sequence[Image], columns: int, rows: int, largest: int) -> list[Image]:
    sizes = [size_of(cell) for cell in cells]
    widest, highest = (max(size[side] for size in sizes) for side in (0, 1))
    factor = min(1.0, largest / (widest * columns), largest / (highest * rows))
    return [cast(Image, scale(cell, factor)) for cell in cells] if factor < 1 else list(cells)
