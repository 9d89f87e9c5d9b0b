"""Pictures: from files, into files, and what they are."""

from pathlib import Path
from typing import Annotated, NamedTuple

from engine.diffusion.images.choices import READ_SUFFIXES, SUFFIXES, Filter, Format, How
from engine.diffusion.values import Image, Mask, Picture
from engine.graph.spec import Context, FilePath, OutputFolder, Range, node


class Loaded(NamedTuple):
    """A picture and how opaque it is."""

    image: Image
    alpha: Mask


class LoadedFolder(NamedTuple):
    """The pictures of a folder, how opaque they are, and their files' names, one a line."""

    image: Image
    alpha: Mask
    names: str


class Size(NamedTuple):
    """Sides in pixels, and how many there are in the batch."""

    width: int
    height: int
    count: int  # pyright: ignore[reportIncompatibleMethodOverride]


@node("image.load", label="Load picture", nature="external", runs_on="io")
def load(file: Annotated[Path, FilePath(READ_SUFFIXES)]) -> Loaded:
    """A picture from a PNG, JPEG, WebP, BMP, TIFF or GIF file, upright and in sRGB.

    `alpha` is white where the picture is opaque: everywhere, in files that have no transparency.
    Colours under transparent pixels stay as they are in the file. Of several pictures in a file it
    is the first. The file is read again when its content changes.
    """
    from engine.diffusion.images.reading import read

    return Loaded(*read(file))


@node("image.load_folder", label="Load pictures", nature="external", runs_on="io")
def load_folder(
    folder: Annotated[Path, FilePath(READ_SUFFIXES, folder=True)],
    pattern: str = "*",
    width: Annotated[int, Range(0, 8192)] = 0,
    height: Annotated[int, Range(0, 8192)] = 0,
    how: How = "fill",
    filter: Filter = "lanczos",
) -> LoadedFolder:
    """The pictures of a folder as one batch, by name: those whose file names match the pattern.

    `*` stands for any letters and `?` for one. A width or height resizes each as the node Resize
    does; with both 0 the pictures must have one size. `names` are the files' names, one a line.
    Subfolders are not looked into.
    """
    from engine.diffusion.images.reading import read_folder

    return LoadedFolder(*read_folder(folder, pattern, width, height, how, filter))


@node("image.save", label="Save picture", nature="effect", runs_on="io")
def save(
    context: Context,
    image: Image,
    name: str = "picture",
    folder: Annotated[Path, OutputFolder()] = Path(),
    format: Format = "png",
    quality: Annotated[int, Range(1, 100)] = 92,
    alpha: Mask | None = None,
) -> None:
    """Each picture as a file `name_00001.png`, `name_00002.png`, …; none is overwritten.

    The files carry the workflow, the seeds, the models' hashes, the libraries' versions and the
    device, so that `loom run picture.png` makes the same pixels again and `loom verify picture.png`
    says whether it does. `folder` is a folder in the output folder.

    A name may hold `{seed}`, `{index}` (the picture's number in the batch), `{date}` and
    parameters of nodes as `{prompt.text}`. `quality` is for WebP and JPEG; 100 makes WebP lossless.
    Where `alpha` is black, PNG and WebP files are transparent.
    """
    from engine.diffusion.images.files import encode, versions
    from engine.diffusion.images.numbered import filled, write_numbered
    from engine.diffusion.images.pixels import to_pil
    from engine.runtime.surroundings import surroundings

    pictures = to_pil(image, alpha)
    made = {
        **context.provenance,
        "node": context.node_id.partition("@")[0],  # without the values of a sweep
        "versions": versions(),
        "environment": surroundings(),
        "of": len(pictures),
    }
    for number, picture in enumerate(pictures):
        data = encode(picture, {**made, "number": number}, format, quality)
        stem = filled(name, made, number)
        context.wrote(write_numbered(folder, stem, data, SUFFIXES[format]))


@node("image.size", label="Size", runs_on="cpu")
def size(picture: Picture) -> Size:
    """Width and height in pixels of pictures or masks, and how many there are."""
    from engine.diffusion.images.raster import size_of, tensor_of

    return Size(*size_of(picture), len(tensor_of(picture)))


@node("image.grid", label="Grid", runs_on="cpu")
def grid(images: list[Image], columns: Annotated[int, Range(0, 64)] = 0) -> Image:
    """All pictures in one, row by row, in the order of the links; 0 columns make it about square.

    They must have one size.
    """
    from engine.diffusion.images.grid import grid

    return grid(images, columns)
