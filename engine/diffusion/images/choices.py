"""The words that say how something is done with a picture; light to import, for nodes."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Literal

Filter = Literal["nearest", "bilinear", "bicubic", "lanczos", "area"]
How = Literal["fit", "fill", "stretch", "surround"]
Border = Literal["constant", "edge", "reflect"]
Axis = Literal["horizontal", "vertical", "both"]
Turn = Literal[90, 180, 270]
Blend = Literal["normal", "multiply", "screen", "difference"]
Combination = Literal["union", "intersection", "difference"]
Format = Literal["png", "webp", "jpeg"]

SUFFIXES: Mapping[Format, str] = {"png": ".png", "webp": ".webp", "jpeg": ".jpg"}
READ_SUFFIXES = (".png", ".jpg", ".jpeg", ".webp", ".bmp", ".tif", ".tiff", ".gif")
READ_FORMATS = ("PNG", "JPEG", "WEBP", "BMP", "TIFF", "GIF")
