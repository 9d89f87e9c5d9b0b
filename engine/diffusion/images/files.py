"""Picture files that carry how they were made, and what two of them differ by."""

from __future__ import annotations

import importlib.metadata
import io
import json
import platform
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from engine.diffusion.images.choices import Format
from engine.graph.errors import LoomError

if TYPE_CHECKING:
    import PIL.Image

KEYWORD = "latent-loom"
"""The text chunk of a PNG file with the metadata: JSON with `workflow`, `seeds`, `models`,
`versions`, `environment`, and of which `node` it is which `number`. WebP and JPEG files have it as
the EXIF user comment (in the Exif directory), beside the name of this program as the software."""
SOFTWARE = "Latent Loom"
EXIF_SOFTWARE, EXIF_DIRECTORY, EXIF_COMMENT = 0x0131, 0x8769, 0x9286
ASCII = b"ASCII\0\0\0"  # the code of a comment's characters, before it
EXIF_ROOM = 65_000  # bytes that fit into the one segment that JPEG has for EXIF
LIBRARIES = ("latent-loom", "torch", "transformers", "safetensors", "numpy", "pillow")
REMEDY = "Give a picture that Latent Loom saved; other programs may strip what it carries."


def encode(
    picture: PIL.Image.Image,
    metadata: Mapping[str, Any],
    format: Format = "png",
    quality: int = 92,
) -> bytes:
    """The bytes of a file with `metadata` in it.

    `quality` is 1 to 100; PNG has none, and 100 makes WebP lossless. Raises LoomError for JPEG when
    the picture is transparent or the metadata too long.
    """
    file = io.BytesIO()
    match format:
        case "png":
            from PIL.PngImagePlugin import PngInfo

            chunks = PngInfo()
            chunks.add_text("Software", SOFTWARE)
            chunks.add_itxt(KEYWORD, json.dumps(metadata, ensure_ascii=False, sort_keys=True))
            picture.save(file, "PNG", pnginfo=chunks)
        case "webp":
            exif = _exif(metadata)
            picture.save(file, "WEBP", quality=quality, lossless=quality == 100, exif=exif)
        case "jpeg":
            if "A" in picture.getbands():
                raise LoomError(
                    "A JPEG file can't be transparent.",
                    field="format",
                    remedy="Save it as PNG or WebP, or join nothing to alpha.",
                )
            exif = _exif(metadata)
            if len(exif) > EXIF_ROOM:
                raise LoomError(
                    "The workflow is too long for a JPEG file to carry.",
                    field="format",
                    remedy="Save it as PNG or WebP.",
                )
            picture.save(file, "JPEG", quality=quality, subsampling=0, exif=exif)
    return file.getvalue()


def is_picture(path: Path) -> bool:
    """Whether a file begins as those do that `encode` makes."""
    try:
        with path.open("rb") as file:
            start = file.read(12)
    except OSError:
        return False
    is_webp = start[:4] == b"RIFF" and start[8:] == b"WEBP"
    return is_webp or start.startswith((b"\x89PNG\r\n\x1a\n", b"\xff\xd8\xff"))


def read_metadata(path: Path) -> dict[str, Any]:
    """What `encode` put into a file; LoomError when it is no such file."""
    import PIL.Image

    try:
        with PIL.Image.open(path, formats=("PNG", "WEBP", "JPEG")) as picture:
            text = _carried(picture)
    except OSError as error:
        if error.strerror:  # it is the file that can't be read, not what is in it
            reason = f"{path} can't be read: {error.strerror}."
            raise LoomError(reason, remedy="Check the name.") from None
        raise LoomError(f"{path} can't be read as a picture: {error}.", remedy=REMEDY) from None
    except (ValueError, SyntaxError, PIL.Image.DecompressionBombError) as error:
        # What Pillow raises for chunks that make no sense.
        raise LoomError(f"{path} is a damaged picture: {error}.", remedy=REMEDY) from None
    try:
        metadata = json.loads(text) if isinstance(text, str) else None
    except (ValueError, RecursionError):
        metadata = None
    if not isinstance(metadata, dict):
        raise LoomError(f"{path} carries no workflow.", remedy=REMEDY)
    return metadata


def largest_difference(first: Path, second: Path) -> int | None:
    """How far any channel of any pixel is off, of 255; None for pictures of different sizes.

    Raises LoomError when one of them is no picture.
    """
    import numpy as np
    import PIL.Image
    import PIL.ImageChops

    pictures: list[PIL.Image.Image] = []
    for path in (first, second):
        try:
            with PIL.Image.open(path) as picture:
                pictures.append(picture.convert("RGB"))
        except (OSError, ValueError, SyntaxError) as error:
            raise LoomError(f"{path} can't be read as a picture: {error}.") from None
    if pictures[0].size != pictures[1].size:
        return None
    difference = PIL.ImageChops.difference(*pictures)
    return int(np.asarray(difference).max())


def versions() -> dict[str, str]:
    """Versions of Python and of the libraries whose code decides the pixels."""
    found = {"python": platform.python_version()}
    for name in LIBRARIES:
        try:
            found[name] = importlib.metadata.version(name)
        except importlib.metadata.PackageNotFoundError:
            continue
    return found


def _exif(metadata: Mapping[str, Any]) -> bytes:
    """EXIF data with the metadata as ASCII text, other letters as \\u escapes."""
    import PIL.Image

    exif = PIL.Image.Exif()
    exif[EXIF_SOFTWARE] = SOFTWARE
    comment = json.dumps(metadata, ensure_ascii=True, sort_keys=True).encode()
    exif.get_ifd(EXIF_DIRECTORY)[EXIF_COMMENT] = ASCII + comment
    return exif.tobytes()


def _carried(picture: PIL.Image.Image) -> Any:
    """The text with the metadata, or something else where there is none."""
    if picture.format == "PNG":
        return picture.info.get(KEYWORD)
    exif = picture.getexif()
    comment = exif.get_ifd(EXIF_DIRECTORY).get(EXIF_COMMENT)
    if exif.get(EXIF_SOFTWARE) != SOFTWARE or not isinstance(comment, bytes):
        return None
    return comment.removeprefix(ASCII).decode("ascii", "replace")
