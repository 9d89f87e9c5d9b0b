"""What comes of a sweep as a whole."""

from typing import Annotated

from engine.diffusion.values import Image
from engine.graph.spec import Cells, Range, node


@node("image.contact_sheet", label="Contact sheet", runs_on="cpu")
def contact_sheet(
    images: list[Image],
    title: str = "",
    columns: Annotated[int, Range(0, 64)] = 0,
    largest: Annotated[int, Range(256, 32768)] = 8192,
    cells: Annotated[str, Cells()] = "",
) -> Image:
    """The pictures of all cells of a sweep in one, each told by its values.

    The values of the first axis go down, those of the last one across. With a single axis the
    pictures stand in `columns` (0: about square), each with its value below. They are made smaller
    where the sheet would be more than about `largest` pixels wide or high.

    Without a sweep these are the pictures that are joined, and `cells` may give them labels:
    `[["first"], ["second"]]`.
    """
    from engine.diffusion.images.contact_sheet import contact_sheet, read_labels

    return contact_sheet(images, read_labels(cells), columns, title, largest)
