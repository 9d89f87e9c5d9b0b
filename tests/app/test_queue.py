import json
from pathlib import Path

import PIL.Image
import pytest

from engine.diffusion.weights import hub
from engine.graph.queue import Queue


@pytest.fixture
def queue(loom, picture_workflow, monkeypatch: pytest.MonkeyPatch):
    """Calls `loom queue`, on a queue of its own."""
    monkeypatch.setenv("LOOM_QUEUE", str(Path("queue.db").absolute()))
    return lambda *words: loom("queue", *words)


def states() -> list[str]:
    with Queue(Path("queue.db").absolute()) as jobs:
        return [job.state for job in jobs.jobs()]


def test_several_runs_are_worked_off(queue, picture_workflow):
    added = queue("add", *picture_workflow, "--count", 3, "--seed", 10)
    assert (added.exit_code, added.stdout) == (0, "Added jobs 1, 2, 3.\n")
    assert queue("list").stdout.splitlines()[0].split() == ["1", "queued", "text_to_image.json"]
    result = queue("run")
    assert result.exit_code == 0
    assert result.stdout.splitlines()[0] == "job 1: done"
    files = sorted(Path("outputs").iterdir())
    assert len({PIL.Image.open(file).tobytes() for file in files}) == len(files) == 3
    listed = json.loads(queue("list", "--json").stdout)
    assert [job["state"] for job in listed["jobs"]] == ["done"] * 3
    assert [Path(job["files"][0]).name for job in listed["jobs"]] == [file.name for file in files]
    assert queue("clear").stdout == "3 jobs forgotten.\n"
    assert queue("list").stdout == "The queue is empty.\n"


def test_moving_cancelling_pausing(queue, picture_workflow):
    queue("add", *picture_workflow, "--count", 3)
    assert queue("move", 3, 1).stdout == "Waiting: 3, 1, 2\n"
    assert queue("cancel", 1, 2).exit_code == 0
    assert queue("pause").exit_code == 0
    assert queue("run").stdout == ""
    assert "The queue is paused" in queue("list").stdout
    assert queue("resume").stdout == "The queue goes on: 1 job waiting.\n"
    assert queue("run").stdout.startswith("job 3: done")
    assert states() == ["cancelled", "cancelled", "done"]
    gone = queue("cancel", 99)
    assert gone.exit_code == 2 and "no job 99" in gone.stderr


def test_a_sweep_is_one_job_with_a_sheet(queue, picture_workflow):
    added = queue("add", *picture_workflow, "--sweep", "seed.value=0..1")
    assert added.stdout == "Added job 1.\n"
    assert queue("run").exit_code == 0
    assert sorted(file.name for file in Path("outputs").iterdir()) == [
        *("picture_00001.png", "picture_00002.png", "picture_sheet_00001.png")
    ]


def test_a_job_whose_program_has_ended_is_interrupted(queue, picture_workflow):
    queue("add", *picture_workflow)
    with Queue(Path("queue.db").absolute()) as jobs:
        jobs._begin()
    listed = queue("list").stdout
    assert listed.splitlines()[0].split() == ["1", "interrupted", "text_to_image.json"]
    assert "`loom queue run` goes on with it" in listed
    assert not json.loads(queue("list", "--json").stdout)["at_work"]


def test_what_was_edited_afterwards_does_not_change_a_job(queue, loom, picture_workflow):
    text = Path(picture_workflow[0]).read_text()
    Path("mine.json").write_text(text)
    queue("add", "mine.json", *picture_workflow[1:])
    Path("mine.json").write_text("{}")
    assert queue("run").exit_code == 0


def test_a_failed_job_is_told_and_the_next_one_runs(queue, picture_workflow):
    queue("add", *picture_workflow, "--set", "save.name=a/b")
    queue("add", *picture_workflow)
    result = queue("run")
    assert result.exit_code == 1
    assert "Job 1 failed. save.name: 'a/b' can't begin a file name" in result.stderr
    assert states() == ["failed", "done"]


def test_a_workflow_with_problems_is_not_taken(queue, picture_workflow):
    result = queue("add", *picture_workflow, "--set", "model.model=absent")
    assert result.exit_code == 2 and "no model called 'absent'" in result.stderr
    assert not Path("queue.db").exists()


def test_a_job_that_a_kill_interrupted_goes_on_where_it_was(queue, loom, picture_workflow):
    """The same seed was drawn, so what was finished is found."""
    queue("add", *picture_workflow, "--set", "seed.value=random")
    with Queue(Path("queue.db").absolute()) as jobs:
        text = jobs.jobs()[0].workflow
        Path("same.json").write_text(text)
        assert jobs._begin()  # as a program that was killed leaves it
    assert loom("run", "same.json").stdout.startswith("9 nodes run")
    Path("outputs/picture_00001.png").unlink()
    result = queue("run", "--json")
    (job,) = json.loads(result.stdout)
    assert (job["state"], job["tries"]) == ("done", 2)
    again = loom("run", "same.json")
    assert "0 nodes run, 9 cached" in again.stdout


def test_a_model_that_is_in_the_hubs_cache_alone_is_found(
    queue, picture_workflow, tiny_model, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr(hub, "cached", {"owner/tiny": tiny_model}.get)
    queue("add", *picture_workflow, "--set", "model.model=owner/tiny")
    assert queue("run").stdout.startswith("job 1: done")


def test_a_file_that_is_no_queue_is_told_with_the_way_out(queue):
    Path("queue.db").write_text("not a database " * 100)
    listed = queue("list")
    assert listed.exit_code == 2
    assert "Move it away, or set LOOM_QUEUE to another file." in listed.stderr
