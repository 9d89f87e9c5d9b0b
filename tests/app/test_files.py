"""Commands that compare, rewrite and pack workflows, and say what they need."""

import json
import shutil
import zipfile
from pathlib import Path

import pytest

from engine.graph import workflow
from engine.graph.files import FileHashes

WORKFLOW = Path(__file__).resolve().parents[2] / "workflows" / "text_to_image.json"


@pytest.fixture
def mine(loom) -> Path:
    """The gallery's workflow on the tiny model, in the working folder."""
    graph = workflow.read(WORKFLOW)
    graph.set_param("model", "model", {"name": "tiny"})
    graph.set_param("denoise", "steps", 2)
    workflow.write(graph, Path("mine.json"))
    return Path("mine.json")


def test_diff_says_in_words_what_was_done(loom, mine: Path):
    graph = workflow.read(mine)
    graph.set_param("denoise", "guidance", 6.0)
    graph.place("prompt", {"at": [9, 9]})
    workflow.write(graph, Path("other.json"))
    result = loom("diff", mine, "other.json")
    assert (result.exit_code, result.stdout) == (1, "denoise.guidance: 4.0 → 6.0\n")
    assert "prompt: moved" in loom("diff", mine, "other.json", "--view").stdout
    (change,) = json.loads(loom("diff", mine, "other.json", "--json").stdout)
    assert (change["node"], change["after"]) == ("denoise", "6.0")
    same = loom("diff", mine, mine)
    assert (same.exit_code, same.stdout) == (0, "")
    assert loom("diff", mine, "nowhere.json").exit_code == 2


def test_diff_takes_pictures(loom, mine: Path):
    picture = loom("run", mine, "--seed", 5).stdout.splitlines()[1]
    lines = loom("diff", mine, picture).stdout.splitlines()
    assert "seed.value: 7 → 5" in lines
    assert len(lines) == 2 and lines[0].startswith('model.model: {"name": "tiny"} → {"hash": "b2:')


def test_migrate_writes_the_canonical_form(loom, mine: Path):
    assert loom("migrate", mine).stdout == "mine.json is up to date.\n"
    Path("old.json").write_text(json.dumps(json.loads(mine.read_text())))
    checked = loom("migrate", "old.json", "--check")
    assert checked.exit_code == 1
    assert checked.stdout == "old.json is not up to date: only its layout changes.\n"
    assert loom("migrate", "old.json").exit_code == 0
    assert Path("old.json").read_text() == mine.read_text()
    assert loom("migrate", mine, "--to", "copy.json").exit_code == 0
    assert Path("copy.json").read_text() == mine.read_text()


def test_migrate_does_not_rewrite_a_picture(loom, mine: Path):
    picture = loom("run", mine).stdout.splitlines()[1]
    before = Path(picture).read_bytes()
    assert "Name a file with --to" in loom("migrate", picture).stderr
    assert Path(picture).read_bytes() == before
    assert loom("migrate", picture, "--to", "from-picture.json").exit_code == 0
    assert loom("check", "from-picture.json").exit_code == 0


def test_models_of_a_workflow(loom, mine: Path, tiny_model: Path):
    result = loom("models", mine)
    assert result.exit_code == 0
    assert result.stdout.split() == ["model", "tiny", "any", "content", str(tiny_model)]
    digest = FileHashes().of(tiny_model)
    shutil.copytree(tiny_model, "more/renamed")
    pinned = mine.read_text().replace('{"name": "tiny"}', f'{{"name": "gone", "hash": "{digest}"}}')
    Path("pinned.json").write_text(pinned)
    assert (
        "here as renamed: more/renamed" in loom("models", "pinned.json", "--models", "more").stdout
    )
    Path("none.json").write_text(pinned.replace(digest, "b2:00"))
    missing = loom("models", "none.json", "--json")
    assert missing.exit_code == 2
    (need,) = json.loads(missing.stdout)
    assert (need["name"], need["hash"], need["state"]) == ("gone", "b2:00", "missing")


def test_a_bundle_opens_like_a_workflow(loom, mine: Path):
    result = loom("pack", mine)
    assert (result.exit_code, result.stdout) == (0, "mine.loom\n")
    with zipfile.ZipFile("mine.loom") as archive:
        assert archive.namelist() == ["workflow.json"]
    assert loom("check", "mine.loom").stdout == "mine.loom: 9 nodes, no problems.\n"
    assert "9 of 9 nodes to run" in loom("plan", "mine.loom").stdout
    assert loom("diff", "mine.loom", mine).exit_code == 0
    assert loom("run", "mine.loom").stdout.startswith("9 nodes run")
    again = loom("pack", mine)
    assert again.exit_code == 2 and "is there already" in again.stderr
    assert loom("pack", mine, "--force").exit_code == 0


def test_a_bundle_that_can_not_be_trusted(loom):
    with zipfile.ZipFile("bad.loom", "w") as archive:
        archive.writestr("workflow.json", '{"loom": 1, "nodes": {}}')
        archive.writestr("../evil.txt", "x")
    for command in ("run", "check", "plan", "migrate", "models"):
        result = loom(command, "bad.loom")
        assert result.exit_code == 2
        assert "'../evil.txt' is not workflow.json" in result.stderr
    assert sorted(path.name for path in Path("..").iterdir()) == ["cache", "work"][1:]


PACK = '''"""Answers."""
from engine.graph.spec import node
__version__ = "0.3"
@node("answers.all")
def answer(a: int = 0) -> int:
    """The answer."""
    return 42
'''


def test_packs_are_listed_with_what_they_declare(loom, monkeypatch: pytest.MonkeyPatch):
    Path("packs").mkdir()
    Path("packs/answers_.py").write_text(PACK)
    Path("packs/broken_.py").write_text("raise SystemExit('no')")
    monkeypatch.setenv("LOOM_NODES", "packs")
    result = loom("nodes", "--packs")
    assert result.exit_code == 0
    text = result.stdout
    path = Path("packs/answers_.py").absolute()
    assert f"answers_ 0.3  1 node  ({path})\n  Answers.\n  answers.all\n" in text
    assert "broken_  0 nodes" in text and "can't be used: loom_packs.broken_: SystemExit" in text
    packs = {pack["name"]: pack for pack in json.loads(loom("nodes", "--packs", "--json").stdout)}
    assert packs["answers_"]["nodes"] == ["answers.all"]
    assert packs["nodes"]["origin"] == "latent-loom"
    listed = loom("nodes")
    assert "answers.all" in listed.stdout
    assert "broken_ can't be used" in listed.stderr
