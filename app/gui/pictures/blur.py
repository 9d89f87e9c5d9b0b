"""A Gaussian blur for masks that are looked at; what a run blurs is the engine's business."""

from __future__ import annotations

from PySide6.QtCore import QSize, Qt
from PySide6.QtGui import QImage

FINE = 4.0  # pixels of blur that are enough: with more, the picture is made smaller first
REACH = 3.0  # times the radius, beyond which nothing counts


def blurred(mask: QImage, radius: float) -> QImage:
    """A grey picture blurred by so many pixels; beyond its border it goes on."""
    smaller = max(1.0, radius / FINE)
    size = (mask.size() / smaller).expandedTo(QSize(1, 1))
    small = _scaled(mask, size)
    return _scaled(_gaussian(small, radius / smaller), mask.size())


def _scaled(image: QImage, size: QSize) -> QImage:
    if image.size() == size:
        return image
    keep, smooth = Qt.AspectRatioMode.IgnoreAspectRatio, Qt.TransformationMode.SmoothTransformation
    return image.scaled(size, keep, smooth).convertToFormat(QImage.Format.Format_Grayscale8)


def _gaussian(image: QImage, radius: float) -> QImage:
    import numpy as np

    wide, high = image.width(), image.height()
    lines = np.frombuffer(image.constBits(), np.uint8).reshape(high, image.bytesPerLine())
    pixels = lines[:, :wide].astype(np.float32)
    reach = max(1, round(REACH * radius))
    weights = np.exp(-0.5 * (np.arange(-reach, reach + 1) / radius) ** 2)
    weights /= weights.sum()
    for axis in (0, 1):
        around = [(0, 0), (0, 0)]
        around[axis] = (reach, reach)
        padded = np.pad(pixels, around, mode="edge")
        length = pixels.shape[axis]
        parts = (padded.take(range(at, at + length), axis) for at in range(2 * reach + 1))
        pixels = sum(weight * part for weight, part in zip(weights.tolist(), parts, strict=True))
    found = np.ascontiguousarray(pixels.round().clip(0, 255).astype(np.uint8))
    return QImage(found.data, wide, high, wide, QImage.Format.Format_Grayscale8).copy()
