import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from engine.graph.errors import SpecError, UnknownNodeError
from engine.graph.registry import PackReport, Registry, suggestion
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


# Packs in folders

NODE = """
'''Squares and such.

More of it.'''
from engine.graph.spec import node

__version__ = "1.2"

@node("{id}")
def square(a: int = 0) -> int:
    '''Its square.'''
    return a * a
"""


def write_file(path: Path, text: str) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text)


@pytest.fixture
def folder(tmp_path: Path) -> Iterator[Path]:
    yield tmp_path / "packs"
    for name in [name for name in sys.modules if name.startswith("loom_packs.")]:
        del sys.modules[name]


def test_packs_in_a_folder_are_packages_and_modules(folder: Path):
    write_file(folder / "squares.py", NODE.format(id="squares.one"))
    write_file(folder / "cubes" / "__init__.py", "'''Cubes.'''\nfrom . import deep\n")
    write_file(folder / "cubes" / "deep" / "__init__.py", "")
    write_file(folder / "cubes" / "deep" / "inner.py", NODE.format(id="cubes.inner"))
    write_file(folder / "no-name.py", "raise ValueError")
    write_file(folder / "notes.txt", "")
    registry = Registry()
    cubes, squares = registry.load_folder(folder)
    assert squares == PackReport(
        "squares", ("squares.one",), (), str(folder / "squares.py"), "1.2", "Squares and such."
    )
    assert (cubes.nodes, cubes.summary, cubes.failures) == (("cubes.inner",), "Cubes.", ())
    assert registry.get("cubes.inner").function(3) == 9
    assert registry.load_folder(folder / "none") == []
    assert str(folder) not in sys.path


def test_a_pack_that_fails_in_any_way_is_reported_and_the_rest_loads(folder: Path):
    write_file(folder / "broken.py", "import nothing_of_this_name")
    write_file(folder / "clash.py", NODE.format(id="good.one"))
    write_file(folder / "exits.py", "raise SystemExit(3)")
    write_file(folder / "good" / "__init__.py", NODE.format(id="good.one"))
    write_file(folder / "good" / "leaves" / "__init__.py", "raise SystemExit(4)")
    write_file(folder / "good" / "syntax.py", "def")
    registry = Registry()
    reports = {report.name: report for report in registry.load_folder(folder)}
    assert "ModuleNotFoundError" in reports["broken"].failures[0]
    assert reports["exits"].failures == ("loom_packs.exits: SystemExit: 3",)
    assert reports["clash"].nodes == ("good.one",)
    assert "Two nodes are called 'good.one'" in reports["good"].failures[0]
    assert len(reports["good"].failures) == 3
    assert registry.packs == list(reports.values())


def test_two_packs_of_one_name_are_told_apart(folder: Path):
    write_file(folder / "a" / "squares.py", NODE.format(id="squares.one"))
    write_file(folder / "b" / "squares.py", NODE.format(id="squares.two"))
    registry = Registry()
    assert registry.load_folder(folder / "a")[0].nodes == ("squares.one",)
    assert "another pack has this name" in registry.load_folder(folder / "b")[0].failures[0]
    assert len(registry) == 1
