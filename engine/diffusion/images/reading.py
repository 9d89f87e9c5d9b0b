"""Picture files as tensors: every colour mode, upright, in sRGB; damage told in a sentence."""

from __future__ import annotations

import io
import re
import struct
import zlib
from fnmatch import fnmatch
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

import torch

from engine.diffusion.images.choices import READ_FORMATS, READ_SUFFIXES, Filter, How
from engine.diffusion.images.pixels import levels
from engine.diffusion.images.raster import MAX_PIXELS, by, size_of
from engine.diffusion.images.resize import resize
from engine.diffusion.values import Image, Mask
from engine.graph.errors import LoomError

if TYPE_CHECKING:
    import PIL.Image

MAX_BATCH = 1 << 28
"""Pixels of all pictures of a folder together: 3.2 GB of three channels in float32."""
# What Pillow's decoders raise for bytes that make no sense, besides OSError.
DAMAGE = (
    *(ValueError, SyntaxError, TypeError, IndexError, KeyError, EOFError, OverflowError),
    *(struct.error, zlib.error, MemoryError, AttributeError),
)


class Loaded(NamedTuple):
    """A picture (1, 3, H, W) and how opaque it is (1, 1, H, W), 1 everywhere without alpha."""

    image: Image
    alpha: Mask


class Folder(NamedTuple):
    """Pictures of one folder as a batch, how opaque they are, and the files' names in lines."""

    image: Image
    alpha: Mask
    names: str


def read(path: Path) -> Loaded:
    """The picture in a file: the first one, where it has several.

    It is turned as its EXIF orientation says. Palettes, greys, CMYK and colour profiles become
    sRGB; of greys all 16 bits are kept, of colours the upper eight. Colours under transparent
    pixels stay as they are. Raises LoomError for a file that is no picture, is damaged, or has more
    than MAX_PIXELS.
    """
    from PIL import Image as pillow
    from PIL import ImageOps

    try:
        with pillow.open(path, formats=READ_FORMATS) as picture:
            if picture.width * picture.height > MAX_PIXELS:
                raise _too_large(path, f"is {by(*picture.size)}")
            picture.load()
            upright = ImageOps.exif_transpose(picture)
            colours, alpha = _channels(upright)
    except pillow.DecompressionBombError:
        raise _too_large(path, "is far too large") from None
    except pillow.UnidentifiedImageError:
        raise LoomError(
            f"{path} is no picture that can be read.",
            field="file",
            remedy="Give a PNG, JPEG, WebP, BMP, TIFF or GIF file.",
        ) from None
    except OSError as error:
        said = error.strerror or str(error)
        raise LoomError(f"{path} can't be read: {said}.", field="file") from error
    except DAMAGE as error:
        raise LoomError(
            f"{path} is a damaged picture: {error}.",
            field="file",
            remedy="Copy or save it again.",
        ) from None
    if alpha is None:
        alpha = torch.ones_like(colours[:1])
    return Loaded(Image(colours.unsqueeze(0)), Mask(alpha.unsqueeze(0)))


def read_folder(
    folder: Path,
    pattern: str = "*",
    width: int = 0,
    height: int = 0,
    how: How = "fill",
    filter: Filter = "lanczos",
) -> Folder:
    """The pictures of a folder whose file names match `pattern`, by name, numbers by their value.

    With `width` or `height` each is resized to that size as `resize` does. Raises LoomError when
    there is none, one can't be read, their sizes differ, or they are too many for one batch.
    """
    files = picture_files(folder, pattern)
    if not files:
        raise LoomError(
            f"No picture in {folder} is called {pattern}.",
            field="pattern",
            remedy="Choose another folder, or a pattern such as '*.png'.",
        )
    images: list[Image] = []
    alphas: list[Mask] = []
    for file in files:
        image, alpha = read(file)
        if width or height:
            image = resize(image, width, height, how, filter)
            alpha = resize(alpha, width, height, how, filter)
        size, wanted = size_of(image), size_of(images[0] if images else image)
        if size != wanted:
            raise LoomError(
                f"{files[0].name} is {by(*wanted)} and {file.name} is {by(*size)}.",
                field="folder",
                remedy="Give a width and a height that all of them get.",
            )
        if size[0] * size[1] * len(files) > MAX_BATCH:
            raise LoomError(
                f"{len(files)} pictures of {by(*size)} are too many for one batch.",
                field="folder",
                remedy="Give a smaller size, or a pattern that takes fewer.",
            )
        images.append(image)
        alphas.append(alpha)
    return Folder(
        Image(torch.cat([image.pixels for image in images])),
        Mask(torch.cat([alpha.values for alpha in alphas])),
        "\n".join(file.name for file in files),
    )


def picture_files(folder: Path, pattern: str = "*") -> list[Path]:
    """The pictures right in a folder that match, by name; hidden ones are left out."""
    found = [
        path
        for path in folder.iterdir()
        if path.suffix.lower() in READ_SUFFIXES
        and not path.name.startswith(".")
        and fnmatch(path.name, pattern)
        and path.is_file()
    ]
    return sorted(found, key=lambda path: _natural(path.name))


def _natural(name: str) -> list[str | int]:
    """A key that sorts picture_2 before picture_10: texts and numbers in turn."""
    parts = re.split(r"(\d+)", name.lower())
    return [int(part) if place % 2 else part for place, part in enumerate(parts)]


def _channels(picture: PIL.Image.Image) -> tuple[torch.Tensor, torch.Tensor | None]:
    """Colours (3, H, W) and, where there is one, alpha (1, H, W), in [0, 1]."""
    if picture.mode in ("I", "F") or picture.mode.startswith("I;16"):
        return _deep(picture), None
    alpha = None
    if picture.has_transparency_data:
        picture = picture.convert("RGBA")
        alpha = levels(picture.getchannel("A"))
    return levels(_in_srgb(picture)), alpha


def _deep(picture: PIL.Image.Image) -> torch.Tensor:
    """Greys of more than eight bits: whole numbers up to 65535, or fractions up to 1."""
    import numpy as np

    values = np.asarray(picture).astype(np.float32)
    grey = torch.from_numpy(np.nan_to_num(values)) / (1 if picture.mode == "F" else 65535)
    return grey.clamp(0, 1).expand(3, -1, -1).contiguous()


def _in_srgb(picture: PIL.Image.Image) -> PIL.Image.Image:
    """The picture as RGB, through its colour profile where it has another one than sRGB."""
    from PIL import ImageCms

    profile = picture.info.get("icc_profile")
    if profile:
        try:
            source = ImageCms.ImageCmsProfile(io.BytesIO(profile))
            if "srgb" not in ImageCms.getProfileDescription(source).lower():
                plain = picture if picture.mode in ("RGB", "CMYK", "L") else picture.convert("RGB")
                target = ImageCms.createProfile("sRGB")
                found = ImageCms.profileToProfile(plain, source, target, outputMode="RGB")
                return found or picture.convert("RGB")
        except (ImageCms.PyCMSError, OSError, *DAMAGE):
            pass  # a profile that is damaged, or of another mode, is as none
    return picture.convert("RGB")


def _too_large(path: Path, what: str) -> LoomError:
    return LoomError(
        f"{path} {what}; no more than {MAX_PIXELS // 10**6} million pixels are read.",
        field="file",
        remedy="Make it smaller with another program.",
    )
