"""Content digests: two values have the same digest exactly when they hold the same content.

A digest walks plain Python values and dataclasses, and meets everything else through registered
readers, so that tensors can be read here without this package knowing of them.
"""

from __future__ import annotations

import dataclasses
import hashlib
from collections.abc import Callable
from enum import Enum
from pathlib import PurePath
from typing import Any, Protocol, cast, runtime_checkable

from engine.graph.errors import LoomError

Reader = Callable[[Any, "Digest"], None]

_readers: dict[type, Reader] = {}


@runtime_checkable
class HasDigest(Protocol):
    """A value that knows a text which changes exactly when its content does."""

    def __digest__(self) -> str: ...


class Digest:
    """A running digest: 128 bits of BLAKE2b, and the number of bytes that went in."""

    def __init__(self) -> None:
        self._hash = hashlib.blake2b(digest_size=16)
        self.size = 0

    def bytes(self, tag: str, data: bytes | bytearray | memoryview) -> None:
        """Take in bytes under a tag that tells what they are; lengths keep neighbours apart."""
        view = memoryview(data)
        self._hash.update(f"{tag}:{view.nbytes};".encode())
        self._hash.update(view)
        self.size += view.nbytes

    def text(self, tag: str, text: str) -> None:
        """Take in a text."""
        self.bytes(tag, text.encode("utf-8", "surrogatepass"))

    def value(self, value: Any) -> None:
        """Take in any value; LoomError when nothing is registered that can read its type."""
        cls = _class(value)
        if value is None or isinstance(value, bool | int | float):
            self.text(cls.__name__, repr(value))
        elif isinstance(value, Enum):
            self.text("enum", f"{cls.__qualname__}.{value.name}")
        elif isinstance(value, str | PurePath):
            self.text(cls.__name__, str(value))
        elif isinstance(value, bytes | bytearray | memoryview):
            self.bytes("bytes", cast(bytes, value))
        elif isinstance(value, HasDigest):
            self.text(cls.__qualname__, value.__digest__())
        elif reader := _reader(cls):
            self.text("read", cls.__qualname__)
            reader(value, self)
        elif isinstance(value, tuple | list):
            items = cast(tuple[Any, ...], value)
            self.text(cls.__name__, str(len(items)))
            for item in items:
                self.value(item)
        elif isinstance(value, dict):
            pairs = cast(dict[Any, Any], value)
            self.text("dict", str(len(pairs)))
            for key in sorted(pairs, key=repr):
                self.value(key)
                self.value(pairs[key])
        elif isinstance(value, set | frozenset):
            self.value(("set", *sorted(digest(item) for item in cast(set[Any], value))))
        elif dataclasses.is_dataclass(value):
            fields = dataclasses.fields(value)
            self.text(cls.__qualname__, str(len(fields)))
            for field in fields:
                self.text("field", field.name)
                self.value(getattr(value, field.name))
        else:
            raise LoomError(
                f"A value of type {cls.__qualname__} has no digest.",
                remedy="Register a reader for it with digests.reader().",
            )

    def hexdigest(self) -> str:
        """32 hex digits."""
        return self._hash.hexdigest()


def reader(cls: type) -> Callable[[Reader], Reader]:
    """Decorator: register how values of `cls` are read: `function(value, digest)`."""

    def register(function: Reader) -> Reader:
        _readers[cls] = function
        return function

    return register


def digest(value: Any) -> str:
    """The content digest of a value."""
    return fingerprint(value)[0]


def fingerprint(value: Any) -> tuple[str, int]:
    """The content digest of a value and its size: the bytes that were read to find it."""
    running = Digest()
    running.value(value)
    return running.hexdigest(), running.size


def _class(value: object) -> type[Any]:
    return type(value)


def _reader(cls: type) -> Reader | None:
    return next((found for base in cls.__mro__ if (found := _readers.get(base))), None)
