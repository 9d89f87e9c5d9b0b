import json
import shutil
from pathlib import Path

import pytest

from tests.app.conftest import WORKFLOW


@pytest.fixture
def file(loom, tmp_path: Path) -> Path:
    """The gallery's workflow on the tiny model, in a file of its own that was run."""
    data = json.loads(WORKFLOW.read_text())
    data["nodes"]["model"]["params"]["model"] = "tiny"
    data["nodes"]["denoise"]["params"]["steps"] = 2
    path = tmp_path / "work" / "mine.json"
    path.write_text(json.dumps(data))
    assert loom("run", path).exit_code == 0
    return path


def test_a_locked_node_keeps_its_result_until_it_is_unlocked(loom, file: Path):
    done = loom("lock", file, "denoise")
    assert (done.exit_code, done.stdout) == (0, "Locked: denoise\n")
    other = ("--set", "prompt.text=a blue bird")
    again = loom("run", file, *other)
    assert again.stdout.startswith("Nothing to run")
    assert "locked   denoise" in loom("plan", file, *other).stdout
    done = loom("unlock", file, "denoise", "--json")
    assert json.loads(done.stdout) == []
    assert loom("run", file, *other).stdout.startswith("4 nodes run")


def test_what_has_no_result_is_refused_and_nothing_is_written(loom, file: Path):
    before = file.read_bytes()
    shutil.copy(file, "other.json")
    refused = loom("lock", "other.json", "denoise")
    assert refused.exit_code == 2
    assert "denoise: It has no result to keep. Run it first." in refused.stderr
    assert loom("lock", file, "nobody").exit_code == 2
    assert loom("unlock", file, "denoise").exit_code == 2
    assert file.read_bytes() == before


def test_a_picture_is_not_written_into(loom, file: Path):
    (picture,) = Path("outputs").iterdir()
    before = picture.read_bytes()
    refused = loom("lock", picture, "denoise")
    assert refused.exit_code == 2 and "is no JSON file" in refused.stderr
    assert picture.read_bytes() == before
