"""Pictures: into files, and side by side."""

from pathlib import Path
from typing import Annotated

from engine.diffusion.values import Image
from engine.graph.spec import Context, OutputFolder, Range, node


@node("image.save", label="Save picture", nature="effect", runs_on="io")
def save(
    context: Context,
    image: Image,
    name: str = "picture",
    folder: Annotated[Path, OutputFolder()] = Path(),
) -> None:
    """Each picture as a PNG file `name_00001.png`, `name_00002.png`, …; none is overwritten.

    The files carry the workflow, the seeds, the models' hashes, the libraries' versions and the
    device, so that `loom run picture.png` makes the same pixels again and `loom verify picture.png`
    says whether it does. `folder` is a folder in the output folder.
    """
    from engine.diffusion.images.pixels import to_pil
    from engine.diffusion.png import encode, versions, write_numbered
    from engine.runtime.surroundings import surroundings

    pictures = to_pil(image)
    made = {
        **context.provenance,
        "node": context.node_id.partition("@")[0],  # without the values of a sweep
        "versions": versions(),
        "environment": surroundings(),
        "of": len(pictures),
    }
    for number, picture in enumerate(pictures):
        data = encode(picture, {**made, "number": number})
        context.wrote(write_numbered(folder, name, data))


@node("image.grid", label="Grid", runs_on="cpu")
def grid(images: list[Image], columns: Annotated[int, Range(0, 64)] = 0) -> Image:
    """All pictures in one, row by row, in the order of the links; 0 columns make it about square.

    They must have one size.
    """
    from engine.diffusion.images.grid import grid

    return grid(images, columns)
