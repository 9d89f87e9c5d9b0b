"""Messages on a pipe: JSON objects, each after its length in eight bytes."""

from __future__ import annotations

import json
from typing import Any, BinaryIO

Message = dict[str, Any]
_LENGTH = 8


def write(stream: BinaryIO, message: Message) -> None:
    """Send a message; OSError or ValueError when nobody reads any more."""
    data = json.dumps(message, separators=(",", ":")).encode()
    stream.write(len(data).to_bytes(_LENGTH, "big") + data)
    stream.flush()


def read(stream: BinaryIO) -> Message | None:
    """The next message, waited for; None when the other end is gone."""
    head = stream.read(_LENGTH)
    if len(head) < _LENGTH:
        return None
    length = int.from_bytes(head, "big")
    data = stream.read(length)
    return json.loads(data) if len(data) == length else None
