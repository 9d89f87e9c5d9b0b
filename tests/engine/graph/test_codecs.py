from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.graph import codecs
from engine.graph.digests import digest
from engine.graph.errors import CacheError
from engine.graph.types import kind


@kind("CodecNoise")
@dataclass(frozen=True)
class Noise:
    seeds: tuple[int, ...]
    inner: Any = None


@dataclass(frozen=True)
class SpecialNoise(Noise):
    pass


class Grid:
    def __init__(self, data: bytes) -> None:
        self.data = data


codecs.register(codecs.Codec("test-grid", Grid, lambda grid: grid.data, Grid))

values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False)
    | st.text(st.characters(exclude_categories=["Cs"])),
    lambda inner: st.lists(inner) | st.tuples(inner, inner)
    | st.dictionaries(st.text() | st.integers(), inner)
    | st.builds(Noise, st.tuples(st.integers()), inner),
    max_leaves=8,
)  # fmt: skip


@given(values)
def test_plain_values_come_back_as_they_were(value: Any):
    encoded = codecs.encode(value)
    assert encoded is not None
    again = codecs.decode(*encoded)
    assert again == value
    assert digest(again) == digest(value)


def test_a_registered_codec_is_used_for_its_class_and_below():
    class Finer(Grid):
        pass

    assert codecs.encode(Finer(b"xyz")) == ("test-grid", b"xyz")
    assert codecs.decode("test-grid", b"xyz").data == b"xyz"


@pytest.mark.parametrize("value", [object(), SpecialNoise((1,)), Noise((1,), object()), b"", {1}])
def test_what_has_no_codec_is_not_kept(value: Any):
    assert codecs.encode(value) is None


def test_a_form_that_nothing_reads():
    with pytest.raises(CacheError, match="'gone'"):
        codecs.decode("gone", b"")
