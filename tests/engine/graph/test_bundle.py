import os
import random
import re
import stat
import zipfile
from pathlib import Path

import pytest

from engine.graph import bundle, workflow
from engine.graph.context import Settings
from engine.graph.errors import LoomError, WorkflowError
from engine.graph.executor import Executor
from engine.graph.graph import Graph
from engine.graph.subgraph import collapse
from engine.graph.sweep import Axis, Lines
from tests.engine.graph import stubs

REGISTRY = stubs.registry()
PLAIN = '{"loom": 1, "nodes": {}}'


@pytest.fixture
def graph(tmp_path: Path) -> Graph:
    (tmp_path / "words.txt").write_text("a red fish")
    (tmp_path / "deep").mkdir()
    (tmp_path / "deep" / "words.txt").write_text("a blue fish")
    graph = Graph()
    graph.add("load.file", "one", params={"file": "words.txt"})
    graph.add("load.file", "two", params={"file": str(tmp_path / "deep" / "words.txt")})
    graph.add("load.file", "again", params={"file": "deep/../words.txt"})
    graph.add("load.model", "model", params={"model": "tiny"})
    graph.place("one", {"at": [1, 2]})
    return graph


@pytest.fixture
def packed(graph: Graph, settings: Settings, tmp_path: Path) -> Path:
    path = tmp_path / "picture.loom"
    bundle.pack(graph, REGISTRY, settings, path)
    return path


def test_it_holds_the_workflow_and_what_it_reads_and_no_models(packed: Path):
    with zipfile.ZipFile(packed) as archive:
        assert archive.namelist() == ["workflow.json", "inputs/words.txt", "inputs/words_2.txt"]
        assert archive.read("inputs/words_2.txt") == b"a blue fish"
    graph = bundle.read(packed, REGISTRY)
    assert [graph.nodes[name].params["file"] for name in ("one", "two", "again")] == [
        "inputs/words.txt",
        "inputs/words_2.txt",
        "inputs/words.txt",
    ]
    assert graph.view == {"one": {"at": [1, 2]}}


def test_the_same_workflow_gives_the_same_bytes(packed: Path, graph: Graph, settings: Settings):
    other = packed.with_name("other.loom")
    bundle.pack(graph, REGISTRY, settings, other)
    assert other.read_bytes() == packed.read_bytes()


def test_it_runs_elsewhere(packed: Path, settings: Settings, tmp_path: Path):
    place = bundle.unpack(packed, tmp_path / "elsewhere")
    for name in ("words.txt", "deep/words.txt"):
        (tmp_path / name).unlink()
    there = Settings(settings.output_folder, settings.model_folders, (place,))
    result = Executor(REGISTRY, there).run(bundle.read(packed, REGISTRY), ["one", "two"])
    assert (result.value("one.text"), result.value("two.text")) == ("a red fish", "a blue fish")


def test_unpacking_again_leaves_what_is_whole_and_mends_what_is_not(packed: Path, tmp_path: Path):
    place = bundle.unpack(packed, tmp_path / "there")
    file = place / "inputs" / "words.txt"
    before = file.stat().st_ino
    assert bundle.unpack(packed, tmp_path / "there") == place
    assert file.stat().st_ino == before
    file.unlink()
    file.symlink_to(tmp_path / "words.txt")
    bundle.unpack(packed, tmp_path / "there")
    assert not file.is_symlink() and file.read_text() == "a red fish"
    assert [child.name for child in (tmp_path / "there").iterdir()] == [place.name]


def test_a_missing_file_is_named_and_nothing_is_written(
    graph: Graph, settings: Settings, tmp_path: Path
):
    graph.set_param("two", "file", "gone.txt")
    with pytest.raises(LoomError, match=r"two\.file: There is no file 'gone\.txt'"):
        bundle.pack(graph, REGISTRY, settings, tmp_path / "out.loom")
    assert not list(tmp_path.glob("*out.loom*"))


def test_files_inside_subgraphs_and_along_sweeps_come_too(
    graph: Graph, settings: Settings, tmp_path: Path
):
    (tmp_path / "prompts.txt").write_text("a\nb\n")
    collapse(graph, ["two"], "reading", "inside")
    graph.add("text.encode", "prompt", inputs={"model": "model.text_model"})
    graph.set_axis("one.file", Axis(("words.txt", "deep/words.txt")))
    graph.set_axis("prompt.text", Axis(Lines("prompts.txt")))
    path = tmp_path / "out.loom"
    names = bundle.pack(graph, REGISTRY, settings, path)
    assert names == ("words.txt", "words_2.txt", "prompts.txt")
    packed = bundle.read(path, REGISTRY)
    assert packed.sweep["one.file"].values == ("inputs/words.txt", "inputs/words_2.txt")
    assert packed.sweep["prompt.text"].values == Lines("inputs/prompts.txt")
    assert packed.definitions["reading"].nodes["two"].params == {"file": "inputs/words_2.txt"}


def test_files_that_a_zone_goes_through_come_too(settings: Settings, tmp_path: Path):
    (tmp_path / "a.txt").write_text("first")
    (tmp_path / "b.txt").write_text("second")
    graph = Graph()
    graph.add("repeat", "loop", params={"each": ["a.txt", "b.txt"], "last": "a.txt"})
    graph.add("load.file", "read", zone="loop", inputs={"file": "loop.item"})
    graph.add("load.file", "same", zone="loop", inputs={"file": "loop.last"})
    graph.connect("read.text", "loop.gather.text")
    graph.connect("loop.last", "loop.next.last")
    path = tmp_path / "out.loom"
    assert bundle.pack(graph, REGISTRY, settings, path) == ("a.txt", "b.txt")
    packed = bundle.read(path, REGISTRY)
    assert packed.nodes["loop"].params == {
        "each": ["inputs/a.txt", "inputs/b.txt"],
        "last": "inputs/a.txt",
    }
    there = Settings(input_folders=(bundle.unpack(path, tmp_path / "there"),))
    assert Executor(REGISTRY, there).run(packed, ["loop"]).value("loop.text") == ["first", "second"]


def test_a_muted_node_may_lack_its_file_whose_place_is_not_told(
    graph: Graph, settings: Settings, tmp_path: Path
):
    graph.set_param("two", "file", "/home/somebody/gone.txt")
    graph.set_state("muted", "two")
    path = tmp_path / "out.loom"
    assert bundle.pack(graph, REGISTRY, settings, path) == ("words.txt",)
    assert bundle.read(path, REGISTRY).nodes["two"].params == {"file": "inputs/gone.txt"}


def test_names_that_other_systems_do_not_take_are_changed(
    graph: Graph, settings: Settings, tmp_path: Path
):
    for number, name in enumerate(("con.txt", "a:b?.txt", ".hidden.txt", "WORDS.txt")):
        (tmp_path / name).write_text(str(number))
        graph.add("load.file", f"f{number}", params={"file": name})
    names = bundle.pack(graph, REGISTRY, settings, tmp_path / "out.loom")
    assert names[2:] == ("con_.txt", "a_b_.txt", "hidden.txt", "WORDS_3.txt")
    bundle.unpack(tmp_path / "out.loom", tmp_path / "there")


# What must be refused


def refuse(path: Path, says: str) -> None:
    """Neither reading nor unpacking takes the file, and nothing is written anywhere."""
    before = sorted(path.parent.rglob("*"))
    for attempt in (lambda: bundle.read(path), lambda: bundle.unpack(path, path.parent / "into")):
        with pytest.raises(WorkflowError, match=says):
            attempt()
    assert [p for p in sorted(path.parent.rglob("*")) if p.name != "into"] == before
    assert not list((path.parent / "into").glob("*"))


def made(folder: Path, *members: tuple[str | zipfile.ZipInfo, bytes], compress: int = 0) -> Path:
    path = folder / "bad.loom"
    with zipfile.ZipFile(path, "w", compress) as archive:
        archive.writestr("workflow.json", PLAIN)
        for name, data in members:
            archive.writestr(name, data)
    return path


@pytest.mark.parametrize(
    "name",
    [
        *("../evil.txt", "/etc/passwd", "inputs/../../evil.txt", "inputs/sub/evil.txt"),
        *("inputs\\..\\evil.txt", "C:evil.txt", "inputs/C:evil", "inputs/.hidden", "inputs/.."),
        *("inputs/", "inputs/nul.txt", "inputs/a.", "evil.txt", "inputs/a\x01b", "INPUTS/a.txt"),
        *("model/weights.safetensors", "inputs//a.txt", "./workflow.json"),
    ],
)
def test_names_that_lead_elsewhere(tmp_path: Path, name: str):
    refuse(made(tmp_path, (name, b"x")), "no bundle that can be trusted")


@pytest.mark.parametrize("name", ["/etc/a.txt", "../a.txt", "inputs/../../a.txt", "a.txt"])
@pytest.mark.parametrize("where", ["node", "muted", "subgraph", "axis", "lines", "item", "nested"])
def test_files_that_are_not_in_it_are_not_read(tmp_path: Path, name: str, where: str):
    graph = Graph()
    if where in ("item", "nested"):
        graph.add("repeat", "loop", params={"each": [name]})
        if where == "nested":
            graph.add("repeat", "deep", params={"times": 1}, zone="loop")
            graph.connect("loop.item", "deep.file")
            graph.connect("deep.file", "deep.next.file")
        source, zone = ("deep.file", "deep") if where == "nested" else ("loop.item", "loop")
        graph.add("load.file", "read", zone=zone, inputs={"file": source})
    else:
        inside = where in ("axis", "lines")
        graph.add("load.file", "read", params={"file": "inputs/a.txt" if inside else name})
        graph.add("text.encode", "prompt")
    if where == "muted":
        graph.set_state("muted", "read")
    if where == "subgraph":
        collapse(graph, ["read"], "reading")
    if where == "axis":
        graph.set_axis("read.file", Axis(("inputs/a.txt", name)))
    if where == "lines":
        graph.set_axis("prompt.text", Axis(Lines(name)))
    path = tmp_path / "bad.loom"
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("workflow.json", workflow.dumps(graph))
    says = re.escape(f"it reads {name!r}, which is not in it")
    with pytest.raises(WorkflowError, match=says):
        bundle.read(path, REGISTRY)


@pytest.mark.parametrize("kind", [stat.S_IFLNK, stat.S_IFDIR, stat.S_IFIFO, stat.S_IFCHR])
def test_links_and_devices(tmp_path: Path, kind: int):
    info = zipfile.ZipInfo("inputs/link")
    info.external_attr = (kind | 0o777) << 16
    refuse(made(tmp_path, (info, b"/etc/passwd")), "is a link or something else")


@pytest.mark.filterwarnings("ignore:Duplicate name")
@pytest.mark.parametrize("name", ["workflow.json", "inputs/a", "inputs/A"])
def test_the_same_name_twice(tmp_path: Path, name: str):
    refuse(made(tmp_path, ("inputs/a", b"1"), (name, b"2")), "is there twice")


def test_no_workflow(tmp_path: Path):
    path = tmp_path / "bad.loom"
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("inputs/a", "x")
    refuse(path, "it has no workflow.json")


def test_a_bomb_by_its_ratio(tmp_path: Path):
    path = made(tmp_path, ("inputs/bomb", b"\0" * (8 << 20)), compress=zipfile.ZIP_DEFLATED)
    refuse(path, "would unpack to 8388608 bytes from")


def test_a_bomb_that_lies_about_its_size(tmp_path: Path):
    path = made(tmp_path, ("inputs/bomb", b"\0" * (8 << 20)), compress=zipfile.ZIP_DEFLATED)
    data = path.read_bytes()
    true, told = (8 << 20).to_bytes(4, "little"), (1000).to_bytes(4, "little")
    assert data.count(true) == 2
    path.write_bytes(data.replace(true, told))
    with pytest.raises(WorkflowError, match=r"damaged bundle|unpacks to more than"):
        bundle.unpack(path, tmp_path / "into")
    assert list((tmp_path / "into").iterdir()) == []


def test_many_files(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(bundle, "MAX_FILES", 3)
    refuse(made(tmp_path, *((f"inputs/{n}", b"") for n in range(3))), "more than 3 files")


def test_all_together_too_large(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(bundle, "MAX_BYTES", 1000)
    refuse(made(tmp_path, ("inputs/a", b"x" * 600), ("inputs/b", b"x" * 600)), "would unpack to")


def test_other_compressions(tmp_path: Path):
    refuse(made(tmp_path, ("inputs/a", b"x" * 99), compress=zipfile.ZIP_LZMA), "another way")


def test_an_encrypted_member(packed: Path, tmp_path: Path):
    data = bytearray(packed.read_bytes())
    central = data.index(b"PK\x01\x02")
    data[central + 8] |= 1
    (tmp_path / "sub").mkdir()
    (tmp_path / "sub" / "bad.loom").write_bytes(data)
    refuse(tmp_path / "sub" / "bad.loom", "is encrypted")


def test_damaged_bytes_never_end_in_a_traceback(packed: Path, tmp_path: Path):
    whole = packed.read_bytes()
    random_ = random.Random(0)
    path = tmp_path / "x.loom"
    for turn in range(400):
        data = bytearray(whole)
        for _ in range(random_.randint(1, 4)):
            data[random_.randrange(len(data))] = random_.randrange(256)
        path.write_bytes(data[: random_.randrange(len(data))] if turn % 4 == 0 else data)
        try:
            bundle.read(path, REGISTRY)
            place = bundle.unpack(path, tmp_path / "into" / "deep")
        except LoomError:
            continue
        assert place.parent == tmp_path / "into" / "deep"
    assert {child.name for child in (tmp_path / "into").iterdir()} == {"deep"}


@pytest.mark.skipif(os.name == "nt" or os.geteuid() == 0, reason="root may write anywhere")
def test_a_folder_that_can_not_be_written_to(packed: Path, tmp_path: Path):
    (tmp_path / "locked").mkdir(mode=0o500)
    with pytest.raises(WorkflowError, match="can't be unpacked"):
        bundle.unpack(packed, tmp_path / "locked")


def test_what_it_is_is_seen_by_its_first_bytes(packed: Path, tmp_path: Path):
    assert bundle.is_bundle(packed)
    workflow.write(Graph(), tmp_path / "plain.loom")
    assert not bundle.is_bundle(tmp_path / "plain.loom")
    assert not bundle.is_bundle(tmp_path / "nowhere.loom")
