import json
from pathlib import Path

from engine.diffusion.images.files import read_metadata


def test_a_sweep_makes_a_picture_for_each_cell_and_says_what_each_is(loom, picture_workflow):
    result = loom(
        "run", *picture_workflow, "--sweep", "denoise.guidance=3,5", "--sweep", "seed.value=0..1"
    )
    assert result.exit_code == 0
    summary, *lines, sheet = result.stdout.splitlines()
    assert [line.partition(": ")[0] for line in lines] == [
        f"denoise.guidance={guidance}, seed.value={seed}"
        for guidance in ("3.0", "5.0")
        for seed in (0, 1)
    ]
    pictures = [Path(line.partition(": ")[2]) for line in lines]
    assert len(set(pictures)) == 4 and all(path.is_file() for path in pictures)
    # The pipeline is loaded once, the prompt encoded once, noise made for each seed.
    assert summary.startswith("21 nodes run, 0 cached")
    made = read_metadata(pictures[3])["workflow"]
    assert "sweep" not in made
    assert made["nodes"]["denoise"]["params"]["guidance"] == 5.0
    assert made["nodes"]["seed"]["params"]["value"] == 1
    assert made["outputs"] == ["save"] and "contact_sheet" not in made["nodes"]
    # The sheet is one more picture, of all of them.
    assert sheet.startswith("all: ") and sheet.endswith("picture_sheet_00001.png")
    whole = read_metadata(Path(sheet.removeprefix("all: ")))
    assert whole["cells"] == [
        {"denoise.guidance": guidance, "seed.value": seed}
        for guidance in (3.0, 5.0)
        for seed in (0, 1)
    ]
    assert list(whole["workflow"]["sweep"]) == ["denoise.guidance", "seed.value"]
    assert "save_contact_sheet" in whole["workflow"]["outputs"]


def test_a_sheet_can_be_made_again_and_left_out(loom, picture_workflow):
    words = ("--sweep", "seed.value=0..1")
    sheet = loom("run", *picture_workflow, *words).stdout.splitlines()[-1].removeprefix("all: ")
    assert "bit-equal" in loom("verify", sheet).stdout
    again = loom("run", sheet)
    assert again.exit_code == 0 and again.stdout.splitlines()[-1].startswith("all: ")
    without = loom("run", *picture_workflow, *words, "--no-sheet")
    assert "all: " not in without.stdout
    assert without.stdout.startswith("Nothing to run")


def test_zipped_sweeps_as_data(loom, picture_workflow):
    words = ("--sweep", "denoise.guidance=3,5", "--sweep", "seed.value=4,9", "--zip", "--json")
    data = json.loads(loom("run", *picture_workflow, *words).stdout)
    assert [cell["values"] for cell in data["cells"]] == [
        {"denoise.guidance": 3.0, "seed.value": 4},
        {"denoise.guidance": 5.0, "seed.value": 9},
    ]
    assert [len(cell["files"]) for cell in data["cells"]] == [1, 1]
    assert [Path(file).name for file in data["sheets"]] == ["picture_sheet_00001.png"]
    assert data["workflow"]["sweep"]["seed.value"] == {"values": [4, 9], "with": "denoise.guidance"}


def test_a_plan_of_a_sweep_names_the_cells(loom, picture_workflow):
    result = loom("plan", *picture_workflow, "--sweep", "denoise.guidance=3,5")
    assert "denoise@guidance=3.0" in result.stdout
    assert "contact_sheet" in result.stdout


def test_a_sweep_of_nothing_is_told(loom, picture_workflow):
    result = loom("run", *picture_workflow, "--sweep", "denoise.guidence=3,5")
    assert result.exit_code == 2
    assert "Did you mean 'guidance'?" in result.stderr
