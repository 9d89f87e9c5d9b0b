"""The header of a safetensors file, read without torch and without the tensors.

Format: eight bytes N (little endian), N bytes of JSON {name: {dtype, shape, data_offsets}}, then
the tensors' bytes; offsets count from the end of the JSON.
"""

from __future__ import annotations

import json
import math
import os
import struct
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from engine.graph.errors import LoomError

# Bits rather than bytes: the format knows types of four and six bits.
BITS = {
    **{"BOOL": 8, "U8": 8, "I8": 8, "F8_E4M3": 8, "F8_E5M2": 8, "F8_E8M0": 8},
    **{"U16": 16, "I16": 16, "F16": 16, "BF16": 16, "U32": 32, "I32": 32, "F32": 32},
    **{"U64": 64, "I64": 64, "F64": 64, "C64": 64, "F4": 4, "F6_E2M3": 6, "F6_E3M2": 6},
}
# The reference reader refuses longer headers too: a damaged length must not fill the memory.
LONGEST_HEADER = 100_000_000


@dataclass(frozen=True)
class TensorInfo:
    """One tensor of a file: type as the format writes it ("F16"), shape, place in the data.

    `strides`, in elements, are those of a tensor that is not laid out row by row.
    """

    dtype: str
    shape: tuple[int, ...]
    start: int
    end: int
    strides: tuple[int, ...] | None = None


@dataclass(frozen=True)
class Header:
    """What a weight file holds: tensors by name, and its free text metadata."""

    tensors: Mapping[str, TensorInfo]
    metadata: Mapping[str, str]

    @property
    def size(self) -> int:
        """Bytes of all tensors together."""
        return sum(tensor.end - tensor.start for tensor in self.tensors.values())


def read_header(path: Path) -> Header:
    """The header of `path`.

    Raises LoomError naming the file when it is missing, no safetensors file, or shorter or longer
    than its header says (with both sizes).
    """
    try:
        actual = os.path.getsize(path)
        with open(path, "rb") as file:
            start = file.read(8)
            length = struct.unpack("<Q", start)[0] if len(start) == 8 else 0
            if not 2 <= length <= LONGEST_HEADER:
                raise damaged(path, f"it has {actual} bytes and does not begin with a header")
            text = file.read(length)
    except OSError as error:
        raise LoomError(
            f"The model file {path} can't be read: {error.strerror}.",
            remedy="Check that it exists and that you may read it.",
        ) from error
    if len(text) < length:
        raise damaged(path, f"at least {8 + length} bytes expected, {actual} found")
    try:
        header = _parse(json.loads(text))
    except (ValueError, TypeError, KeyError, AttributeError) as error:
        raise damaged(path, f"its header can't be read ({error})") from error
    last = max((tensor.end for tensor in header.tensors.values()), default=0)
    expected = 8 + length + last
    if actual != expected:
        raise damaged(path, f"{expected} bytes expected, {actual} found")
    return header


def _parse(data: Mapping[str, Any]) -> Header:
    entries = dict(data)
    metadata = entries.pop("__metadata__", {})
    tensors: dict[str, TensorInfo] = {}
    for name, entry in entries.items():
        start, end = entry["data_offsets"]
        tensor = TensorInfo(entry["dtype"], tuple(entry["shape"]), start, end)
        bits = BITS[tensor.dtype] * math.prod(tensor.shape)
        if not 0 <= start <= end or bits != 8 * (end - start):
            raise ValueError(f"the place of {name!r} does not fit its shape")
        tensors[name] = tensor
    return Header(tensors, metadata)


def damaged(path: Path, what: str) -> LoomError:
    """The error for a weight file that is cut short or altered."""
    return LoomError(
        f"The model file {path} is damaged or incomplete: {what}.",
        remedy="Download or copy it again.",
    )
