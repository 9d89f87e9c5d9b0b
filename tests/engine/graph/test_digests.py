from __future__ import annotations

from array import array
from dataclasses import dataclass
from enum import Enum
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.graph.digests import Digest, digest, fingerprint, reader
from engine.graph.errors import LoomError


@dataclass(frozen=True)
class Pair:
    first: Any
    second: Any


@dataclass(frozen=True)
class Couple:
    first: Any
    second: Any


class Colour(Enum):
    RED = 1
    BLUE = 2


class Known:
    def __init__(self, text: str) -> None:
        self.text = text

    def __digest__(self) -> str:
        return self.text


class Buffer:
    def __init__(self, data: bytes) -> None:
        self.data = data


@reader(Buffer)
def _read(value: Buffer, into: Digest) -> None:
    into.bytes("buffer", value.data)


DIFFERENT = [
    None, True, False, 0, 1, 1.0, -0.0, 0.0, float("inf"), "", "1", "True", b"", b"1", (), [], {},
    (1,), [1], (1, 2), ((1,), 2), (1, (2,)), ["12"], ["1", "2"], {"a": 1}, {"a": 2}, {1: "a"},
    {"a": {"b": 1}}, Pair(1, 2), Pair(2, 1), Pair((1,), 2), Couple(1, 2), Colour.RED, Colour.BLUE,
    Known("a"), Known("b"), Buffer(b"a"), Buffer(b"ab"), Path("a"), {1, 2}, {1, 3}, [Pair(1, 2)],
]  # fmt: skip


def test_different_content_has_different_digests():
    digests = [digest(value) for value in DIFFERENT]
    assert len(set(digests)) == len(DIFFERENT)
    assert all(len(text) == 32 for text in digests)


def test_same_content_has_the_same_digest():
    assert digest({"a": 1, "b": 2}) == digest({"b": 2, "a": 1})
    assert digest({3, 1, 2}) == digest({2, 3, 1})
    assert digest(Buffer(b"x")) == digest(Buffer(b"x"))
    assert digest(array("f", [1, 2]).tobytes()) == digest(memoryview(array("f", [1, 2])))


def test_a_digest_lasts():
    assert digest(("a", 1, 2.5, None, {"k": [True]})) == "8f8090c1b52574d129a6e0c4d4fbeca5"


def test_size_counts_what_was_read():
    assert fingerprint(b"x" * 1000)[1] >= 1000
    assert fingerprint(Buffer(b"x" * 5000))[1] >= 5000
    assert fingerprint(1)[1] < 100


def test_what_cannot_be_read_says_so():
    with pytest.raises(LoomError, match="object has no digest"):
        digest([object()])


values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text()
    | st.binary(),
    lambda inner: st.lists(inner) | st.tuples(inner, inner) | st.dictionaries(st.text(), inner),
    max_leaves=8,
)  # fmt: skip


@given(values, values)
def test_digests_agree_with_equality(first: Any, second: Any):
    assert (digest(first) == digest(second)) == (
        repr(first) == repr(second) or _same(first, second)
    )


def _same(first: Any, second: Any) -> bool:
    """Equal in type and content, at every depth."""
    if type(first) is not type(second):
        return False
    if isinstance(first, dict):
        return first.keys() == second.keys() and all(_same(first[k], second[k]) for k in first)
    if isinstance(first, list | tuple):
        return len(first) == len(second) and all(map(_same, first, second))
    return repr(first) == repr(second)
