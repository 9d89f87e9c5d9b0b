import json
import shutil
from pathlib import Path

import PIL.Image
import pytest
import torch

from engine.diffusion.images.files import read_metadata


def pixels(path: Path) -> bytes:
    with PIL.Image.open(path) as picture:
        return picture.tobytes()


def test_a_run_makes_a_picture_and_says_where(loom, picture_workflow):
    result = loom("run", *picture_workflow)
    assert result.exit_code == 0
    summary, path = result.stdout.splitlines()
    assert summary.startswith("9 nodes run, 0 cached, ")
    assert Path(path).samefile("outputs/picture_00001.png")
    with PIL.Image.open(path) as picture:
        assert picture.size == (32, 32)


def test_a_second_run_runs_nothing_and_names_the_picture(loom, picture_workflow):
    first = loom("run", *picture_workflow).stdout.splitlines()
    again = loom("run", *picture_workflow)
    assert again.exit_code == 0
    summary, path = again.stdout.splitlines()
    assert "Nothing to run" in summary and "0 nodes run, 9 cached" in summary
    assert path == first[1]
    assert len(list(Path("outputs").iterdir())) == 1


def test_every_step_of_the_loop_is_reported_on_stderr(loom, picture_workflow):
    result = loom("run", *picture_workflow, "--set", "denoise.steps=4")
    assert [line for line in result.stderr.splitlines() if line.startswith("denoise: ")][:4] == [
        f"denoise: {step}/4" for step in (1, 2, 3, 4)
    ]


def test_another_prompt_makes_another_picture_beside_it(loom, picture_workflow):
    one = loom("run", *picture_workflow).stdout.splitlines()[-1]
    text = "prompt.text=a blue fish on a big background"
    result = loom("run", *picture_workflow, "--set", text)
    summary, other = result.stdout.splitlines()
    assert summary.startswith("4 nodes run, 5 cached")
    assert Path(other).name == "picture_00002.png"
    assert pixels(Path(one)) != pixels(Path(other))


def test_a_picture_that_is_gone_is_made_again(loom, picture_workflow):
    path = Path(loom("run", *picture_workflow).stdout.splitlines()[1])
    before = pixels(path)
    path.unlink()
    result = loom("run", *picture_workflow)
    assert result.stdout.startswith("1 node run, 8 cached")
    assert pixels(path) == before


def test_a_picture_runs_again_to_the_same_pixels(loom, picture_workflow, monkeypatch):
    """From nothing but the picture: another cache, another output folder."""
    drawn = ("--set", "seed.value=random", "--set", "latents.batch=2")
    first = loom("run", *picture_workflow, *drawn, "--json")
    files = [Path(file) for file in json.loads(first.stdout)["files"]]
    assert len(files) == 2
    monkeypatch.setenv("LOOM_CACHE", str(Path("other-cache").absolute()))
    again = loom("run", files[1], "--out", "again", "--json")
    data = json.loads(again.stdout)
    assert len(data["ran"]) == 9
    assert [pixels(Path(file)) for file in data["files"]] == [pixels(file) for file in files]
    assert pixels(files[0]) != pixels(files[1])


def test_a_picture_carries_seed_models_and_versions(loom, picture_workflow):
    path = loom("run", *picture_workflow, "--seed", 99).stdout.splitlines()[1]
    carried = read_metadata(Path(path))
    assert carried["seeds"] == {"seed.value": 99}
    assert carried["workflow"]["nodes"]["seed"]["params"]["value"] == 99
    model = carried["workflow"]["nodes"]["model"]["params"]["model"]
    assert model == {"name": "tiny", "hash": carried["models"]["tiny"]}
    assert model["hash"].startswith("b2:")
    assert "torch" in carried["versions"]


def test_a_random_seed_is_another_one_each_time(loom, picture_workflow):
    seeds = set()
    for _ in range(2):
        done = loom("run", *picture_workflow, "--set", "seed.value=random", "--json")
        seeds.add(json.loads(done.stdout)["workflow"]["nodes"]["seed"]["params"]["value"])
    assert len(seeds) == 2


def test_fresh_runs_everything_again(loom, picture_workflow):
    loom("run", *picture_workflow)
    assert loom("run", *picture_workflow, "--fresh").stdout.startswith("9 nodes run, 0 cached")


def test_json_is_one_document_on_stdout(loom, picture_workflow):
    data = json.loads(loom("run", *picture_workflow, "--json", "--out", "there").stdout)
    assert data["ok"] and len(data["ran"]) == 9 and data["failed"] == {}
    assert Path(data["files"][0]).samefile("there/picture_00001.png")


def test_models_option_comes_before_the_usual_folders(loom, picture_workflow, tiny_model):
    shutil.copytree(tiny_model, "mine/other")
    result = loom("run", *picture_workflow, "--set", "model.model=other", "--models", "mine")
    assert result.exit_code == 0


def test_a_failing_node_is_exit_code_1_and_what_finished_stays(loom, picture_workflow):
    result = loom("run", *picture_workflow, "--set", "save.name=a/b")
    assert result.exit_code == 1
    assert "error: save.name: 'a/b' can't begin a file name." in result.stderr
    assert "Traceback" not in result.output
    assert result.stdout.startswith("Failed: 8 nodes run, 0 cached, 1 failed")
    assert not list(Path("outputs").glob("*"))
    assert loom("run", *picture_workflow).stdout.startswith("1 node run, 8 cached")


def test_words_that_were_cut_are_told(loom, picture_workflow):
    result = loom("run", *picture_workflow, "--set", "prompt.text=" + "a red fish and " * 6)
    assert "prompt: The prompt has" in result.stderr and "were cut" in result.stderr


def test_a_fault_that_the_outputs_do_not_need_is_a_warning(loom, picture_workflow):
    data = json.loads(Path(picture_workflow[0]).read_text())
    data["nodes"]["odd"] = {"type": "no.such"}
    Path("odd.json").write_text(json.dumps(data))
    result = loom("run", "odd.json", *picture_workflow[1:])
    assert result.exit_code == 0
    assert "warning: 1 problem in parts that are not needed here" in result.stderr
    again = json.loads(loom("run", "odd.json", *picture_workflow[1:], "--json").stdout)
    assert [problem["node"] for problem in again["elsewhere"]] == ["odd"]
    assert "warning: 1 problem" in loom("plan", "odd.json", *picture_workflow[1:]).stderr
    assert loom("check", "odd.json").exit_code == 2


def test_another_torch_makes_everything_anew_and_says_so(
    loom, picture_workflow, monkeypatch: pytest.MonkeyPatch
):
    loom("run", *picture_workflow)
    monkeypatch.setattr("engine.runtime.device.torch_version", lambda: "99.0")
    planned = loom("plan", *picture_workflow).stdout
    assert f"torch {torch.__version__} → 99.0" in planned
    assert "9 of 9 nodes to run" in planned
