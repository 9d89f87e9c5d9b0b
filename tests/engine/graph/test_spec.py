from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated, Literal

import pytest

from engine.graph.context import Context
from engine.graph.errors import SpecError
from engine.graph.naming import snake, title
from engine.graph.params import REQUIRED, Choices, Facets, Label, Range, Seed
from engine.graph.spec import Migration, node, spec_of
from engine.graph.types import kind
from tests.engine.graph import stubs


@kind("SpecThing", facets=("space",))
@dataclass(frozen=True)
class Thing:
    value: int


def test_the_signature_is_the_specification():
    spec = spec_of(stubs.denoise)
    assert spec.id == "diffusion.denoise"
    assert spec.family == "diffusion"
    assert list(spec.inputs) == ["model", "positive", "latents", "negative"]
    assert [port.required for port in spec.inputs.values()] == [True, True, True, False]
    assert spec.context == "ctx"
    assert spec.params["steps"].default == 4
    assert spec.params["steps"].widget == Range(1, 1000)
    assert spec.params["mode"].widget == Choices("fast", "slow")
    assert list(spec.outputs) == ["stub_latents"]
    assert spec.summary == "A loop that reports each step."
    assert spec.nature == "pure"


def test_a_named_tuple_names_the_outputs():
    spec = spec_of(stubs.divide)
    assert list(spec.outputs) == ["whole", "rest"]
    assert spec.call({"a": 7, "by": 2}, Context()) == {"whole": 3, "rest": 1}


def test_one_output_is_called_by_its_kind_or_as_given():
    assert list(spec_of(stubs.number).outputs) == ["int"]
    assert list(spec_of(stubs.total).outputs) == ["total"]
    assert spec_of(stubs.save).outputs == {}


def test_a_list_port_and_an_optional_one():
    port = spec_of(stubs.total).inputs["items"]
    assert port.type.many
    assert not port.required
    assert port.type.describe() == "list of StubLatents"


def test_the_function_stays_callable():
    assert stubs.clamp(20, high=5) == 5


def test_a_parameter_without_default_is_required():
    assert spec_of(stubs.add).params["a"].required
    assert spec_of(stubs.add).params["a"].default is REQUIRED
    assert not spec_of(stubs.add).params["b"].required


def test_labels_and_facets():
    @node("a.b", label="See")
    def function(
        thing: Annotated[Thing, Facets(space="x"), Label("The thing")],
        n: Annotated[int, Label("How many")] = 1,
    ) -> Thing:
        return thing

    spec = spec_of(function)
    assert spec.label == "See"
    assert spec.inputs["thing"].label == "The thing"
    assert spec.inputs["thing"].type.facets == {"space": "x"}
    assert spec.params["n"].label == "How many"


def test_what_names_a_file_takes_no_link():
    assert spec_of(stubs.load).socket("model") is None
    steps = spec_of(stubs.denoise).socket("steps")
    assert steps is not None and steps.describe() == "Int"


def plain(thing: Thing, n: int = 0) -> Thing:
    return thing


def no_annotation(n=0) -> int:
    return n


def unknown_type(n: complex) -> int:
    return 0


def two_types(n: int | str) -> int:
    return 0


def bad_default(n: Annotated[int, Range(1, 5)] = 9) -> int:
    return n


def port_default(thing: Thing = Thing(1)) -> Thing:
    return thing


def bad_facet(thing: Annotated[Thing, Facets(colour="red")]) -> Thing:
    return thing


def missing_name(n: Nowhere) -> int:  # noqa: F821
    return 0


def seeds(seed: Annotated[int, Seed()] = 0) -> int:
    return seed


@pytest.mark.parametrize(
    ("function", "options", "says"),
    [
        (no_annotation, {}, "x.y.n: It has no annotation."),
        (unknown_type, {}, "complex is neither a kind"),
        (two_types, {}, "several types"),
        (port_default, {}, "no default but None"),
        (bad_facet, {}, "no facet called 'colour'"),
        (missing_name, {}, "Nowhere"),
        (seeds, {}, "reads a seed, so it is not pure"),
        (plain, {"nature": "seeded"}, "needs a parameter annotated Seed()"),
        (plain, {"nature": "external"}, "FilePath() or ModelName()"),
        (plain, {"version": 3, "migrations": {1: Migration()}}, "without a gap"),
    ],
)
def test_a_bad_signature_says_why(function, options, says):
    with pytest.raises(SpecError) as error:
        node("x.y", **options)(function)
    assert says in str(error.value)
    assert "x.y" in str(error.value)


def test_a_default_out_of_range_is_refused():
    with pytest.raises(Exception, match="9 does not fit"):
        node("x.y")(bad_default)


@pytest.mark.parametrize("name", ["", "nodot", "Upper.case", "a.", ".b", "a b.c"])
def test_an_id_reads_family_dot_name(name):
    with pytest.raises(SpecError, match=r"family\.name"):
        node(name)(plain)


def test_spec_of_something_else():
    with pytest.raises(SpecError, match="is not a node"):
        spec_of(plain)


def test_names():
    assert [snake(name) for name in ("UNet", "VAE", "TextEncoder", "Int")] == [
        "unet", "vae", "text_encoder", "int"
    ]  # fmt: skip
    assert title("text_encoder") == "Text encoder"
    assert title("load_vae") == "Load VAE"
    assert title("unet") == "UNet"


def literal(n: Literal[1, 2, 4] = 1) -> int:
    return n


def test_literal_numbers_are_choices():
    spec = spec_of(node("x.literal")(literal))
    assert spec.params["n"].base is int
    assert spec.params["n"].widget == Choices(1, 2, 4)
