"""Files of `torch.save` (`.ckpt`, `.bin`, `.pt`), read without torch and without running anything.

Such a file is a pickle that says how to put tensors together, and their bytes. A pickle may name
any function to be called. This reader knows by name the few that make tensors, and stands in for
each with one of its own that notes type, shape and place; it imports nothing that a file names.
Formats: since torch 1.6 a zip archive with `…/data.pkl` and a member `…/data/KEY` for each storage,
uncompressed; before that pickles one after the other, and behind them each storage with its length.
"""

from __future__ import annotations

import io
import math
import os
import pickle
import struct
import zipfile
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any, BinaryIO

from engine.diffusion.weights.headers import BITS, LONGEST_HEADER, Header, TensorInfo, damaged
from engine.graph.errors import LoomError

STORAGES = {
    **{"FloatStorage": "F32", "HalfStorage": "F16", "BFloat16Storage": "BF16"},
    **{"DoubleStorage": "F64", "LongStorage": "I64", "IntStorage": "I32", "ShortStorage": "I16"},
    **{"CharStorage": "I8", "ByteStorage": "U8", "BoolStorage": "BOOL"},
}
# Records of the training that some checkpoints carry. They are passed over, never made.
PASSED_OVER = ("pytorch_lightning", "lightning", "lightning_fabric", "numpy", "omegaconf")
PLAIN = {("builtins", "set"), ("builtins", "frozenset"), ("builtins", "dict"), ("builtins", "list")}
LEGACY_MAGIC = 0x1950A86A20F9469CFC6C
# Where the tensors are, in checkpoints that hold more than them.
STATE = "state_dict"


@dataclass(frozen=True)
class _Storage:
    """A run of numbers in the file."""

    key: str
    dtype: str
    count: int


@dataclass(frozen=True)
class _Tensor:
    """A view into a storage; offset and strides count elements."""

    storage: _Storage
    offset: int
    shape: tuple[int, ...]
    strides: tuple[int, ...]


class _PassedOver:
    """Stands for an object that is of no use here; takes whatever a pickle does to it."""

    def __new__(cls, *_: Any, **__: Any) -> _PassedOver:
        return super().__new__(cls)

    def __init__(self, *_: Any, **__: Any) -> None: ...

    def __setstate__(self, _: Any) -> None: ...

    def __setitem__(self, _: Any, __: Any) -> None: ...

    def append(self, _: Any) -> None: ...

    def extend(self, _: Any) -> None: ...


def _tensor(storage: _Storage, offset: int, shape: Any, strides: Any, *_: Any) -> _Tensor:
    return _Tensor(storage, int(offset), tuple(map(int, shape)), tuple(map(int, strides)))


def _parameter(data: _Tensor, *_: Any) -> _Tensor:
    return data


def _ordered(items: Any = ()) -> dict[Any, Any]:
    return dict(items)


def _counted(*_: Any) -> dict[Any, Any]:
    return {}


KNOWN: Mapping[tuple[str, str], Callable[..., Any]] = {
    ("torch._utils", "_rebuild_tensor"): _tensor,
    ("torch._utils", "_rebuild_tensor_v2"): _tensor,
    ("torch._utils", "_rebuild_parameter"): _parameter,
    ("torch", "Size"): tuple,
    ("collections", "OrderedDict"): _ordered,
    ("collections", "defaultdict"): _counted,
    ("collections", "Counter"): _counted,
    ("_codecs", "encode"): _PassedOver,
}


class _Refused(Exception):
    """A pickle that asks for something to be run."""


class _Reader(pickle.Unpickler):
    """Gives plain data, `_Tensor`s and `_PassedOver`s; `_Refused` for any other global."""

    def __init__(self, file: IO[bytes]) -> None:
        super().__init__(file)
        self.storages: dict[str, _Storage] = {}

    def find_class(self, module: str, name: str) -> Any:
        module = "builtins" if module == "__builtin__" else module
        if (module, name) in KNOWN:
            return KNOWN[module, name]
        if module in ("torch", "torch.storage") and name in STORAGES:
            return STORAGES[name]
        if (module, name) in PLAIN:
            return {"set": set, "frozenset": frozenset, "dict": dict, "list": list}[name]
        if module.partition(".")[0] in PASSED_OVER:
            return _PassedOver
        raise _Refused(f"{module}.{name}")

    def persistent_load(self, pid: Any) -> _Storage:
        kind, dtype, key, _, count, *view = pid
        if kind != "storage" or dtype not in BITS or (view and view[0] is not None):
            raise _Refused(f"a persistent object of kind {kind!r}")
        return self.storages.setdefault(str(key), _Storage(str(key), dtype, int(count)))


def read_pickle(path: Path) -> Header:
    """The tensors of `path`, places counted from the start of the file.

    Raises LoomError naming the file when it is missing, damaged, or a pickle that asks for anything
    to be run besides the making of tensors; nothing of it is run.
    """
    try:
        with path.open("rb") as file:
            state, places = _read_zip(file) if zipfile.is_zipfile(file) else _read_legacy(file)
            size = os.fstat(file.fileno()).st_size
    except _Refused as error:
        raise LoomError(
            f"The model file {path} holds a program: it asks for {error} to be run. "
            "It was not run, and the file is not opened.",
            remedy="Use a .safetensors file of this model.",
        ) from None
    except LoomError:
        raise
    except OSError as error:
        raise LoomError(
            f"The model file {path} can't be read: {error.strerror}.",
            remedy="Check that it exists and that you may read it.",
        ) from error
    except Exception as error:  # a damaged pickle raises anything
        reason = str(error) or type(error).__name__
        raise damaged(path, f"it can't be read as tensors ({reason})") from error
    return _header(path, state, places, size)


def _header(path: Path, state: Any, places: Mapping[str, int], size: int) -> Header:
    inner = state.get(STATE) if isinstance(state, dict) else None
    found = inner if isinstance(inner, dict) else state
    if not isinstance(found, dict):
        raise damaged(path, "it holds no tensors by name")
    tensors: dict[str, TensorInfo] = {}
    for name, value in found.items():
        if isinstance(name, str) and isinstance(value, _Tensor):
            info = _place(value, places)
            if info is None or info.end > size:
                raise damaged(path, f"the numbers of {name!r} are missing")
            tensors[name] = info
    return Header(tensors, {})


def _place(tensor: _Tensor, places: Mapping[str, int]) -> TensorInfo | None:
    """Where the tensor lies, or None when its storage does not hold it."""
    storage, item = tensor.storage, BITS[tensor.storage.dtype] // 8
    rows = _strides_of(tensor.shape)
    count = math.prod(tensor.shape)
    reach = sum((n - 1) * s for n, s in zip(tensor.shape, tensor.strides, strict=True)) + 1
    span = reach if count else 0
    if storage.key not in places or min((*tensor.strides, tensor.offset, *tensor.shape, 0)) < 0:
        return None
    if tensor.offset + span > storage.count:
        return None
    start = places[storage.key] + tensor.offset * item
    # A side of one can have any stride.
    plain = all(
        n <= 1 or s == r for n, s, r in zip(tensor.shape, tensor.strides, rows, strict=True)
    )
    strides = None if plain else tensor.strides
    return TensorInfo(storage.dtype, tensor.shape, start, start + span * item, strides)


def _strides_of(shape: tuple[int, ...]) -> tuple[int, ...]:
    return tuple(math.prod(shape[i + 1 :]) for i in range(len(shape)))


def _read_zip(file: BinaryIO) -> tuple[Any, dict[str, int]]:
    """What the archive's pickle makes, and where in the file each storage begins."""
    with zipfile.ZipFile(file) as archive:
        members = archive.infolist()
        main = next((m for m in members if m.filename.endswith("data.pkl")), None)
        if main is None:
            raise ValueError("the archive has no data.pkl")
        if main.file_size > LONGEST_HEADER:
            raise ValueError(f"its pickle has {main.file_size} bytes")
        state = _Reader(io.BytesIO(archive.read(main))).load()
    folder = main.filename.removesuffix("data.pkl") + "data/"
    places: dict[str, int] = {}
    for member in members:
        if member.filename.startswith(folder):
            if member.compress_type != zipfile.ZIP_STORED:
                raise ValueError("its tensors are compressed")
            places[member.filename.removeprefix(folder)] = _data_start(file, member.header_offset)
    return state, places


def _data_start(file: BinaryIO, header: int) -> int:
    """Where a member's bytes begin: behind its local header, whose name and extra field vary."""
    file.seek(header)
    local = file.read(30)
    if local[:4] != b"PK\3\4":
        raise ValueError("its table of contents leads astray")
    name, extra = struct.unpack("<HH", local[26:30])
    return header + 30 + name + extra


def _read_legacy(file: BinaryIO) -> tuple[Any, dict[str, int]]:
    file.seek(0)
    if _Reader(file).load() != LEGACY_MAGIC:
        raise ValueError("it was not written by torch.save")
    _Reader(file).load()  # version of the format
    _Reader(file).load()  # the machine it was written on
    reader = _Reader(file)
    state = reader.load()
    places: dict[str, int] = {}
    for key in _Reader(file).load():
        storage = reader.storages[str(key)]
        (count,) = struct.unpack("<q", file.read(8))
        if count != storage.count:
            raise ValueError("a storage has another length than its tensors need")
        places[storage.key] = file.tell()
        file.seek(count * BITS[storage.dtype] // 8, os.SEEK_CUR)
    if file.tell() > file.seek(0, os.SEEK_END):
        raise ValueError("it ends within a storage")
    return state, places
