from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.graph.context import Settings
from engine.graph.errors import LoomError, ParamError
from engine.graph.params import (
    MAX_SEED,
    Choices,
    Drawing,
    FilePath,
    ModelName,
    OutputFolder,
    Param,
    Range,
    Seed,
)

STEPS = Param("steps", int, 4, Range(1, 1000))
WIDTH = Param("width", int, 512, Range(64, 4096, step=8))
SCALE = Param("scale", float, 1.0, Range(0, 30, step=0.5))
MODE = Param("mode", str, "a", Choices("a", "b"))
SEED = Param("seed", int, 0, Seed())
MAYBE = Param("n", int, None, nullable=True)
FLAG = Param("flag", bool, False)
MODEL = Param("model", Path, "x", ModelName())
FILE = Param("file", Path, "x.png", FilePath((".png",)))
FOLDER = Param("folder", Path, ".", OutputFolder())


@pytest.mark.parametrize(
    ("param", "value", "canonical"),
    [
        (STEPS, 20, 20),
        (STEPS, 20.0, 20),
        (WIDTH, 72, 72),
        (SCALE, 3, 3.0),
        (SCALE, 0.3, 0.3),
        (MODE, "b", "b"),
        (SEED, None, None),
        (SEED, MAX_SEED, MAX_SEED),
        (FLAG, True, True),
        (MODEL, "starter", {"name": "starter"}),
        (MODEL, {"name": "a/b", "hash": "b2:0"}, {"hash": "b2:0", "name": "a/b"}),
        (FILE, "A.PNG", "A.PNG"),
        (FOLDER, "a/b", "a/b"),
    ],
)
def test_values_that_fit(param: Param, value: Any, canonical: Any):
    found = param.validate(value)
    assert found == canonical
    assert type(found) is type(canonical)


@pytest.mark.parametrize(
    ("param", "value"),
    [
        (STEPS, 0), (STEPS, 1001), (STEPS, 1.5), (STEPS, "20"), (STEPS, True), (STEPS, None),
        (STEPS, float("nan")), (STEPS, 10**400), (STEPS, float("inf")), (STEPS, []),
        (WIDTH, 65), (WIDTH, 60),
        (SCALE, float("nan")), (SCALE, 31), (SCALE, "1"), (SCALE, False),
        (MODE, "c"), (MODE, 1), (MODE, ["a"]),
        (SEED, -1), (SEED, MAX_SEED + 1), (SEED, 0.5),
        (FLAG, 1), (FLAG, "true"),
        (MODEL, ""), (MODEL, {}), (MODEL, {"name": 3}), (MODEL, {"name": "a", "path": "/"}),
        (MODEL, "../x"), (MODEL, "/etc"), (MODEL, "a\\b"), (MODEL, "a\0"), (MODEL, 3),
        (FILE, "x.jpg"), (FILE, 3), (FOLDER, "../up"), (FOLDER, "/abs"), (FOLDER, None),
    ],
)  # fmt: skip
def test_values_that_do_not_fit(param: Param, value: Any):
    with pytest.raises(ParamError) as error:
        param.validate(value)
    assert error.value.remedy


def test_the_error_names_field_value_and_what_fits():
    with pytest.raises(ParamError) as error:
        STEPS.validate(0)
    assert str(error.value) == "steps: 0 does not fit. It takes a whole number from 1 to 1000."


@given(
    st.recursive(
        st.none() | st.booleans() | st.floats() | st.integers() | st.text(),
        lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
    )
)
def test_any_json_is_taken_or_refused(value: Any):
    for param in (STEPS, WIDTH, SCALE, MODE, SEED, FLAG, MODEL, FILE, FOLDER):
        try:
            canonical = param.validate(value)
        except ParamError:
            continue
        assert param.validate(canonical) == canonical


@pytest.mark.parametrize(
    ("param", "text", "value"),
    [
        (STEPS, "20", 20), (SCALE, "2.5", 2.5), (SCALE, "2", 2.0), (MODE, "b", "b"),
        (FLAG, "TRUE", True), (FLAG, "no", False), (SEED, "random", None), (SEED, "7", 7),
        (MODEL, "starter", {"name": "starter"}), (MAYBE, "none", None),
        (Param("text", str), "a = b, {c}", "a = b, {c}"),
    ],
)  # fmt: skip
def test_parsing_what_is_typed(param: Param, text: str, value: Any):
    assert param.parse(text) == value


@pytest.mark.parametrize(("param", "text"), [(STEPS, "many"), (SCALE, ""), (FLAG, "maybe")])
def test_parsing_what_is_mistyped(param: Param, text: str):
    with pytest.raises(ParamError, match="does not fit"):
        param.parse(text)


def test_names_resolve_inside_their_folders(tmp_path: Path):
    (tmp_path / "models" / "a").mkdir(parents=True)
    (tmp_path / "models" / "b.safetensors").touch()
    (tmp_path / "x.png").touch()
    settings = Settings(tmp_path / "out", (tmp_path / "none", tmp_path / "models"), (tmp_path,))
    assert MODEL.resolve({"name": "a"}, settings) == tmp_path / "models" / "a"
    assert MODEL.resolve({"name": "b"}, settings) == tmp_path / "models" / "b.safetensors"
    assert FILE.resolve("x.png", settings) == tmp_path / "x.png"
    assert FOLDER.resolve("sub", settings) == tmp_path / "out" / "sub"
    assert Param("m", str, "a", ModelName()).resolve({"name": "a"}, settings) == str(
        tmp_path / "models" / "a"
    )


def test_a_folder_of_inputs_is_a_folder(tmp_path: Path):
    (tmp_path / "pictures").mkdir()
    (tmp_path / "x.png").touch()
    settings = Settings(input_folders=(tmp_path,))
    folder = Param("folder", Path, widget=FilePath((".png",), folder=True))
    assert folder.describe() == "the name of a folder"
    assert folder.resolve(folder.validate("pictures"), settings) == tmp_path / "pictures"
    with pytest.raises(LoomError, match=r"no folder 'x\.png'"):
        folder.resolve("x.png", settings)
    with pytest.raises(LoomError, match="no file 'pictures'"):
        Param("file", Path, widget=FilePath()).resolve("pictures", settings)


def test_a_drawing_is_a_text():
    drawing = Param("shapes", str, "", Drawing())
    assert (drawing.validate("{}"), drawing.describe()) == ("{}", "a drawing as JSON text")
    with pytest.raises(ParamError):
        drawing.validate(3)


def test_a_missing_model_says_where_it_was_searched(tmp_path: Path):
    with pytest.raises(LoomError) as error:
        MODEL.resolve({"name": "zz"}, Settings(model_folders=(tmp_path,)))
    assert "'zz'" in str(error.value)
    assert str(tmp_path) in str(error.value)
    assert error.value.field == "model"
