import json
import shutil
from pathlib import Path

import PIL.Image
import pytest

from engine.diffusion.images.files import encode, largest_difference, read_metadata


@pytest.fixture
def picture(loom, picture_workflow) -> Path:
    return Path(loom("run", *picture_workflow).stdout.splitlines()[1])


def rewrite(path: Path, change=lambda metadata: metadata, pixels=lambda picture: picture) -> Path:
    """The picture with other metadata or pixels."""
    with PIL.Image.open(path) as found:
        changed = pixels(found.convert("RGB"))
    other = Path("other.png")
    other.write_bytes(encode(changed, change(read_metadata(path))))
    return other


def test_it_carries_how_it_was_made(picture: Path):
    carried = read_metadata(picture)
    assert carried["node"] == "save"
    assert {"device", "dtype", "attention", "hardware"} <= carried["environment"].keys()
    assert {"python", "torch", "transformers"} <= carried["versions"].keys()
    assert {key: carried["workflow"]["nodes"]["save"][key] for key in ("type", "version")} == {
        "type": "image.save",
        "version": 1,
    }


def test_it_comes_out_bit_equal(loom, picture: Path):
    before = sorted(Path().rglob("*"))
    result = loom("verify", picture)
    assert (result.exit_code, result.stdout) == (0, f"{picture}: bit-equal\n")
    assert sorted(Path().rglob("*")) == before


def test_every_picture_of_a_batch_is_compared_with_itself(loom, picture_workflow):
    run = loom("run", *picture_workflow, "--set", "latents.batch=2", "--json")
    for file in json.loads(run.stdout)["files"]:
        assert loom("verify", file).exit_code == 0


def test_a_small_difference_is_within_tolerance(loom, picture: Path):
    other = rewrite(picture, pixels=lambda found: found.point(lambda level: level ^ 1))
    result = loom("verify", other)
    assert result.exit_code == 0
    assert "within tolerance: the largest difference is 1\n" in result.stdout
    assert loom("verify", other, "--tolerance", 0).exit_code == 1


def test_a_difference_is_explained(loom, picture: Path):
    def older(metadata):
        metadata["versions"]["torch"] = "1.0"
        metadata["environment"]["device"] = "cuda"
        return metadata

    other = rewrite(picture, older, lambda found: found.point(lambda level: 255 - level))
    result = loom("verify", other)
    assert result.exit_code == 1
    lines = result.stdout.splitlines()
    assert lines[0].startswith("other.png: different: the largest difference is 2")
    assert lines[1].startswith("  library torch: 1.0 → ")
    assert lines[2] == "  environment device: cuda → cpu"
    data = json.loads(loom("verify", other, "--json").stdout)
    assert (data["outcome"], data["differences"][1]["before"]) == ("different", "cuda")


def test_another_size_is_different(loom, picture: Path):
    other = rewrite(picture, pixels=lambda found: found.resize((8, 8)))
    assert largest_difference(picture, other) is None
    assert "different: it has another size" in loom("verify", other).stdout


def test_another_model_is_told(loom, picture: Path, model_copy: Path, monkeypatch):
    config = model_copy / "unet" / "config.json"
    config.write_text(config.read_text() + "\n")
    monkeypatch.setenv("LOOM_MODELS", str(model_copy.parent))
    result = loom("verify", picture)
    assert result.exit_code == 0
    assert "bit-equal\n  model tiny: b2:" in result.stdout


def test_a_renamed_model_is_found(loom, picture: Path, tiny_model: Path, monkeypatch):
    shutil.copytree(tiny_model, "models/another_name")
    monkeypatch.setenv("LOOM_MODELS", "models")
    assert loom("verify", picture).stdout == f"{picture}: bit-equal\n"


def test_a_model_that_is_not_here(loom, picture: Path, monkeypatch):
    monkeypatch.setenv("LOOM_MODELS", "nowhere")
    result = loom("verify", picture)
    assert result.exit_code == 2
    assert "model.model: There is no model called 'tiny'" in result.stderr


@pytest.mark.parametrize(
    "change",
    [
        lambda made: {**made, "workflow": 7},
        lambda made: {**made, "node": ["save"], "number": {}},
        lambda made: {**made, "node": "decode"},
        lambda made: {**made, "number": 5},
        lambda made: {},
    ],
)
def test_a_picture_that_makes_no_sense(loom, picture: Path, change):
    result = loom("verify", rewrite(picture, change))
    assert result.exit_code == 2
    assert result.stderr.splitlines()[-1].startswith("error: ")


def test_a_picture_that_is_not_there(loom):
    result = loom("verify", "nowhere.png")
    assert result.exit_code == 2
    assert result.stderr == (
        "error: nowhere.png can't be read: No such file or directory. Check the name.\n"
    )
