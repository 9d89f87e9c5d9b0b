import json
from pathlib import Path

import PIL.Image
import pytest

from app.session import open_registry
from engine.graph import workflow
from engine.graph.context import Settings
from engine.graph.executor import Executor


def test_check_says_that_all_is_well(loom, picture_workflow):
    result = loom("check", *picture_workflow)
    assert result.exit_code == 0
    assert result.stdout.endswith("text_to_image.json: 9 nodes, no problems.\n")
    assert json.loads(loom("check", *picture_workflow, "--json").stdout) == {
        "ok": True,
        "problems": [],
        "conversions": [],
    }


def test_plan_says_what_would_run_and_why(loom, picture_workflow):
    plan = loom("plan", *picture_workflow)
    assert plan.exit_code == 0
    assert "9 of 9 nodes to run" in plan.stdout
    assert not Path("outputs").exists()
    loom("run", *picture_workflow)
    plan = loom("plan", *picture_workflow, "--set", "denoise.guidance=6").stdout.splitlines()
    assert any(line.split()[:2] == ["cached", "prompt"] for line in plan)
    assert any(line.startswith("run") and "guidance 4.0 → 6.0" in line for line in plan)
    steps = json.loads(loom("plan", *picture_workflow, "--json").stdout)["steps"]
    assert {step["state"] for step in steps} == {"cached"}


def test_nodes_lists_each_with_its_line(loom):
    result = loom("nodes")
    assert result.exit_code == 0
    (line,) = [line for line in result.stdout.splitlines() if line.startswith("vae.decode ")]
    assert line.split(maxsplit=4) == [
        *("vae.decode", "Decode", "device", "latent-loom"),
        "The pictures that latents stand for.",
    ]
    title, *_ = result.stdout.splitlines()
    assert title.split()[:2] == ["NODE", "LABEL"]


def test_nodes_describes_one(loom):
    text = loom("nodes", "diffusion.denoise").stdout
    assert "negative   Conditioning, optional" in text
    assert "steps     a whole number from 1 to 1000; default 25" in text
    data = json.loads(loom("nodes", "diffusion.denoise", "--json").stdout)
    assert data["inputs"]["unet"] == {"type": "UNet", "required": True, "handle_only": False}
    assert (data["runs_on"], data["pack"]) == ("device", "latent-loom")
    assert "runs on the device, from latent-loom" in text
    assert "unet  UNet, never loaded" in loom("nodes", "latents.empty").stdout
    assert data["params"]["steps"]["default"] == 25
    assert {entry["id"] for entry in json.loads(loom("nodes", "--json").stdout)} > {data["id"]}


def test_types_lists_kinds_and_every_conversion(loom):
    text = loom("types").stdout
    assert any(line.split() == ["Latents", "space,", "channels"] for line in text.splitlines())
    data = json.loads(loom("types", "--json").stdout)
    found = {(way["from"], way["to"]) for way in data["conversions"]}
    assert found >= {("Int", "Float"), ("Image", "Mask"), ("One", "List")}
    assert "Image → Mask its luminance" in " ".join(text.split())
    assert {"name": "Latents", "facets": ["space", "channels"]} in data["kinds"]


@pytest.fixture
def converting(tmp_path: Path) -> Path:
    """A picture where a mask is asked for, and one where a list is."""
    nodes = {
        "pixel": {"type": "image.load", "params": {"file": "pixel.png"}},
        "less": {
            "type": "mask.feather",
            "params": {"radius": 0},
            "inputs": {"mask": "pixel.image"},
        },
        "grid": {"type": "image.grid", "inputs": {"images": "pixel.image"}},
    }
    PIL.Image.new("RGB", (2, 1), (255, 0, 0)).save(tmp_path / "pixel.png")
    path = tmp_path / "converting.json"
    path.write_text(json.dumps({"loom": 1, "nodes": nodes, "outputs": ["less", "grid"]}))
    return path


def test_conversions_are_told_by_check_and_plan(loom, converting):
    lines = [
        "convert  pixel.image → less.mask  Image → Mask: its luminance: white is 1, black is 0",
        "convert  pixel.image → grid.images  One → List: one value becomes a list of one",
    ]
    assert set(lines) <= set(loom("check", converting).stdout.splitlines())
    assert set(lines) <= set(loom("plan", converting).stdout.splitlines())
    for command in ("check", "plan"):
        ways = json.loads(loom(command, converting, "--json").stdout)["conversions"]
        assert {way["link"] for way in ways} == {
            *("pixel.image → less.mask", "pixel.image → grid.images")
        }


def test_a_picture_is_a_mask_by_its_luminance(converting, tmp_path: Path):
    executor = Executor(open_registry(), Settings(input_folders=(tmp_path,)))
    mask = executor.run(workflow.read(converting)).value("less.mask")
    assert mask.values.shape == (1, 1, 1, 2)
    assert mask.values.flatten().tolist() == pytest.approx([0.299] * 2, abs=1e-4)


def test_nodes_does_not_know_every_name(loom):
    result = loom("nodes", "diffusion.denoize")
    assert result.exit_code == 2
    assert "Did you mean 'diffusion.denoise'" in result.stderr


def test_models_lists_what_is_in_the_folders(loom, tiny_model):
    lines = loom("models").stdout.splitlines()
    assert lines[0].split() == ["NAME", "WHAT", "FAMILY", "TYPE", "SIZE", "NEEDS", "PLACE"]
    (tiny,) = [line.split() for line in lines if line.startswith("tiny ")]
    assert tiny[:4] == ["tiny", "StableDiffusionPipeline", "tiny", "F32"]
    assert tiny[5] == "MB" and tiny[-1] == str(tiny_model)
    found = json.loads(loom("models", "--hash", "--json").stdout)
    (tiny,) = [model for model in found if model["name"] == "tiny"]
    assert tiny["hash"].startswith("b2:") and len(tiny["hash"]) == 35
    weights = sum(file.stat().st_size for file in tiny_model.rglob("*.safetensors"))
    assert (tiny["what"], tiny["size"], tiny["needs"]) == ("StableDiffusionPipeline", weights, [])
    assert tiny["hash"][:11] in loom("models", "--hash").stdout


def test_models_are_hashed_once(loom, tiny_model, monkeypatch):
    import os

    for file in tiny_model.rglob("*"):
        os.utime(file, (1e9, 1e9))  # older than the clock's grain
    loom("models", "--hash")

    def read(*_):
        raise AssertionError("a file was read again")

    with monkeypatch.context() as patched:
        patched.setattr("hashlib.file_digest", read)
        assert loom("models", "--hash").exit_code == 0


def test_the_hash_that_models_shows_is_the_one_that_runs_pin(loom, picture_workflow):
    found = json.loads(loom("models", "--hash", "--json").stdout)
    (shown,) = [model["hash"] for model in found if model["name"] == "tiny"]
    plan = json.loads(loom("plan", *picture_workflow, "--json").stdout)
    assert plan["models"] == {"tiny": shown}


@pytest.mark.parametrize("words", [("--help",), ("run", "--help"), ("nodes", "-h")])
def test_help(loom, words):
    result = loom(*words)
    assert result.exit_code == 0
    assert "Usage:" in result.stdout
