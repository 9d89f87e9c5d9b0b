from dataclasses import dataclass

import pytest

from engine.graph.errors import LoomError, SpecError
from engine.graph.types import (
    BOOL,
    FLOAT,
    INT,
    PortType,
    conversion,
    conversions,
    convert,
    find_conversion,
    kind,
    kind_named,
    kind_of,
)
from tests.engine.graph.stubs import Latents


@kind("TypesBase")
@dataclass(frozen=True)
class Base:
    value: int


@dataclass(frozen=True)
class Derived(Base):
    pass


@kind("TypesPicture")
@dataclass(frozen=True)
class Picture:
    grey: int


@conversion(Picture, Base, "its grey value")
def _grey(picture: Picture) -> Base:
    return Base(picture.grey)


def test_a_kind_is_found_by_name_and_by_class():
    assert kind_named("TypesBase").python is Base
    assert kind_of(Base) is kind_named("TypesBase")
    assert kind_of(Derived) is kind_named("TypesBase")
    assert kind_of(complex) is None
    with pytest.raises(LoomError, match="no kind called 'Nothing'"):
        kind_named("Nothing")


def test_a_name_belongs_to_one_class():
    with pytest.raises(SpecError, match="TypesBase"):
        kind("TypesBase")(Picture)


def test_conversions_are_listed_and_explicit():
    listed = {(way.source, way.target): way.note for way in conversions()}
    assert ("Int", "Float") in listed
    assert ("One", "List") in listed
    assert listed["TypesPicture", "TypesBase"] == "its grey value"
    assert find_conversion(FLOAT, INT) is None


def test_converting_values():
    found = convert(3, FLOAT)
    assert found == 3.0 and type(found) is float
    assert convert(Derived(1), kind_named("TypesBase")) == Derived(1)
    assert convert(Picture(4), kind_named("TypesBase")) == Base(4)
    assert convert(True, BOOL) is True


@pytest.mark.parametrize("value", [True, 1.5, "1", None, Latents(())])
def test_what_is_no_int_is_refused(value: object):
    with pytest.raises(LoomError, match="it takes Int"):
        convert(value, INT)


def test_types_in_words():
    latents = kind_named("StubLatents")
    assert PortType(latents).describe() == "StubLatents"
    assert PortType(latents, {"space": "sd15", "channels": None}).describe() == (
        "StubLatents [space=sd15]"
    )
    assert PortType(latents, many=True).describe({"channels": 4}) == (
        "list of StubLatents [channels=4]"
    )
    assert PortType(None, generic="T").describe() == "any kind"
    among = (latents, kind_named("Int"))
    assert PortType(None, generic="T", among=among).describe() == "StubLatents or Int"
