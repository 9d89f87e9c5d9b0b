import sys
from pathlib import Path

import pytest

from engine.graph.errors import SpecError, UnknownNodeError
from engine.graph.registry import Registry, suggestion
from engine.graph.spec import node, spec_of
from tests.engine.graph import stubs

GOOD = """
from engine.graph.spec import node
@node("{family}.thing")
def thing(a: int = 1) -> int:
    return a
"""


@pytest.fixture
def packs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.syspath_prepend(str(tmp_path))
    before = set(sys.modules)
    yield tmp_path
    for name in set(sys.modules) - before:
        del sys.modules[name]


def write_pack(folder: Path, name: str, modules: dict[str, str]) -> str:
    (folder / name).mkdir()
    (folder / name / "__init__.py").touch()
    for module, text in modules.items():
        (folder / name / f"{module}.py").write_text(text)
    return name


def test_a_pack_gives_the_nodes_of_its_modules(packs: Path):
    name = write_pack(packs, "good_pack", {m: GOOD.format(family=m) for m in ("one", "two")})
    registry = Registry()
    report = registry.load_pack(name)
    assert report.nodes == ("one.thing", "two.thing")
    assert report.failures == ()
    assert registry.get("one.thing").function(3) == 3
    assert registry.packs == [report]


def test_a_module_that_fails_is_reported_and_skipped(packs: Path):
    modules = {
        "broken": "import no_such_library",
        "wrong": "def (",
        "exits": "raise RuntimeError('boom')",
        "fine": GOOD.format(family="fine"),
    }
    report = Registry().load_pack(write_pack(packs, "half_pack", modules))
    assert report.nodes == ("fine.thing",)
    assert [line.split(":")[0] for line in report.failures] == [
        "half_pack.broken", "half_pack.exits", "half_pack.wrong"
    ]  # fmt: skip
    assert "no_such_library" in report.failures[0]


def test_a_pack_that_is_not_there_is_reported():
    report = Registry().load_pack("no_such_pack_at_all")
    assert report.nodes == ()
    assert "no_such_pack_at_all" in report.failures[0]


def test_two_packs_with_one_id_are_told(packs: Path):
    registry = Registry()
    text = GOOD.format(family="same")
    registry.load_pack(write_pack(packs, "first_pack", {"a": text}))
    report = registry.load_pack(write_pack(packs, "second_pack", {"a": text}))
    assert report.nodes == ()
    assert "same.thing" in report.failures[0]
    assert registry.get("same.thing").function.__module__ == "first_pack.a"


def test_an_imported_node_is_taken_once(packs: Path):
    modules = {"a": GOOD.format(family="a"), "b": "from again_pack.a import thing"}
    registry = Registry()
    assert registry.load_pack(write_pack(packs, "again_pack", modules)).nodes == ("a.thing",)
    assert registry.load_pack("again_pack").nodes == ("a.thing",)


def test_an_unknown_type_suggests_what_is_near():
    with pytest.raises(UnknownNodeError) as error:
        stubs.registry().get("diffusion.denoize")
    assert "Did you mean 'diffusion.denoise'?" in str(error.value)
    assert stubs.registry().find("nothing.at_all") is None


def test_suggestions():
    assert suggestion("stpes", ["steps", "seed"]) == " Did you mean 'steps'?"
    assert suggestion("xyz", ["steps"]) == ""


def test_an_id_is_of_one_function():
    @node("math.number")
    def other() -> int:
        return 1

    registry = stubs.registry()
    assert len(registry) == len(stubs.NODES)
    assert "math.number" in registry
    with pytest.raises(SpecError, match=r"math\.number"):
        registry.add(spec_of(other))


def test_entry_points_are_looked_up():
    assert Registry().load_entry_points() == []
