"""PNG files that carry how they were made, under numbered names that never overwrite."""

from __future__ import annotations

import importlib.metadata
import io
import json
import platform
import re
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from engine.graph.errors import LoomError
from engine.graph.files import write_atomically

if TYPE_CHECKING:
    import PIL.Image

SIGNATURE = b"\x89PNG\r\n\x1a\n"
KEYWORD = "latent-loom"
"""The text chunk with the metadata: JSON with `workflow`, `seeds`, `models`, `versions`,
`environment`, and of which `node` it is which `number`."""
LIBRARIES = ("latent-loom", "torch", "transformers", "safetensors", "numpy", "pillow")
DIGITS = 5


def encode(picture: PIL.Image.Image, metadata: Mapping[str, Any]) -> bytes:
    """The bytes of a PNG file with `metadata` in it."""
    from PIL.PngImagePlugin import PngInfo

    chunks = PngInfo()
    chunks.add_text("Software", "Latent Loom")
    chunks.add_itxt(KEYWORD, json.dumps(metadata, ensure_ascii=False, sort_keys=True))
    file = io.BytesIO()
    picture.save(file, "PNG", pnginfo=chunks)
    return file.getvalue()


def read_metadata(path: Path) -> dict[str, Any]:
    """What `encode` put into a PNG file; LoomError when it is no such file."""
    import PIL.Image

    remedy = "Give a picture that Latent Loom saved; other programs may strip what it carries."
    try:
        with PIL.Image.open(path, formats=["PNG"]) as picture:
            text = picture.info.get(KEYWORD)
    except OSError as error:
        raise LoomError(f"{path} can't be read as a PNG picture: {error}.", remedy=remedy) from None
    except (ValueError, SyntaxError) as error:  # what Pillow raises for chunks that make no sense
        raise LoomError(f"{path} is a damaged PNG picture: {error}.", remedy=remedy) from None
    try:
        metadata = json.loads(text) if isinstance(text, str) else None
    except (ValueError, RecursionError):
        metadata = None
    if not isinstance(metadata, dict):
        raise LoomError(f"{path} carries no workflow.", remedy=remedy)
    return metadata


def largest_difference(first: Path, second: Path) -> int | None:
    """How far any channel of any pixel is off, of 255; None for pictures of different sizes.

    Raises LoomError when one of them is no picture.
    """
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
    extrema = PIL.ImageChops.difference(*pictures).getextrema()
    return max(int(high) for _, high in extrema)


def versions() -> dict[str, str]:
    """Versions of Python and of the libraries whose code decides the pixels."""
    found = {"python": platform.python_version()}
    for name in LIBRARIES:
        try:
            found[name] = importlib.metadata.version(name)
        except importlib.metadata.PackageNotFoundError:
            continue
    return found


def write_numbered(folder: Path, stem: str, data: bytes) -> Path:
    """Write `stem_00001.png`, or the number after the highest there is; the path it got.

    A name is claimed before anything is written, so two programs never share one, and the file is
    there wholly or not at all. Raises LoomError when `stem` is no plain name or the folder can't be
    written to.
    """
    if not re.fullmatch(r"[^\\/:*?\"<>|\0-\x1f.][^\\/:*?\"<>|\0-\x1f]*", stem):
        raise LoomError(
            f"{stem!r} can't begin a file name.",
            field="name",
            remedy="Use letters, digits, spaces, '_' and '-'.",
        )
    try:
        folder.mkdir(parents=True, exist_ok=True)
        path = _claim(folder, stem)
        try:
            write_atomically(path, data)
        except BaseException:
            path.unlink(missing_ok=True)
            raise
    except OSError as error:
        raise LoomError(
            f"Nothing can be saved in {folder}: {error.strerror or error}.",
            field="folder",
            remedy="Choose an output folder that exists and that you may write to.",
        ) from error
    return path


def _claim(folder: Path, stem: str) -> Path:
    """A new empty file under the next free number."""
    pattern = re.compile(re.escape(stem) + r"_(\d+)\.png", re.IGNORECASE)
    taken = (match for file in folder.iterdir() if (match := pattern.fullmatch(file.name)))
    number = 1 + max((int(match[1]) for match in taken), default=0)
    while True:
        path = folder / f"{stem}_{number:0{DIGITS}}.png"
        try:
            path.open("xb").close()
        except FileExistsError:
            number += 1
        else:
            return path
