"""Whatever is wrong with the input: one clear message, exit code 2, nothing half-written."""

import json
import os
from pathlib import Path

import PIL.Image
import pytest

from engine.graph import workflow

WORKFLOW = Path(__file__).resolve().parents[2] / "workflows" / "text_to_image.json"


def edited(changes: dict[str, str], name: str = "edited.json") -> Path:
    graph = workflow.read(WORKFLOW)
    graph.set_param("model", "model", {"name": "tiny"})
    text = workflow.dumps(graph)
    for old, new in changes.items():
        assert old in text
        text = text.replace(old, new, 1)
    Path(name).write_text(text)
    return Path(name)


def refused(result, *parts: str) -> None:
    """The command ended with exit code 2 and an error that says all `parts`."""
    assert result.exit_code == 2, result.output
    assert result.stdout == ""
    assert "Traceback" not in result.stderr
    for part in parts:
        assert part in result.stderr
    assert not Path("outputs").exists()


def test_a_file_that_is_not_there(loom):
    refused(loom("run", "nowhere.json"), "nowhere.json can't be read: No such file")


def test_a_folder(loom):
    refused(loom("run", "."), "can't be read: Is a directory")


@pytest.mark.parametrize("command", ["run", "check", "plan"])
@pytest.mark.parametrize(
    "content, says",
    [
        (b"{bad", "is not JSON: Expecting property name"),
        (b"\xff\xfe\x00", "is not a text file"),
        (b"[1]", "is not a workflow"),
        (b'{"loom": 99, "nodes": {}}', "newer Latent Loom"),
        (b'{"loom": 1, "nodes": {"a": {}}}', "a: 'type' is missing"),
    ],
)
def test_a_file_that_is_no_workflow(loom, command: str, content: bytes, says: str):
    Path("bad.json").write_bytes(content)
    refused(loom(command, "bad.json"), says)


def test_a_picture_without_a_workflow(loom):
    PIL.Image.new("RGB", (4, 4)).save("plain.png")
    refused(loom("run", "plain.png"), "plain.png carries no workflow", "that Latent Loom saved")


def test_a_picture_cut_short(loom):
    PIL.Image.new("RGB", (4, 4)).save("plain.png")
    Path("cut.png").write_bytes(Path("plain.png").read_bytes()[:20])
    refused(loom("run", "cut.png"), "cut.png", "as a picture")


def test_a_model_that_is_not_there(loom, tiny_model: Path):
    result = loom("run", edited({'"tiny"': '"absent"'}))
    refused(result, "model.model: There is no model called 'absent'", str(tiny_model.parent))


def test_a_model_folder_that_is_not_there(loom):
    refused(loom("run", edited({}), "--models", "nowhere"), "--models", "'nowhere' does not exist")


def test_a_model_of_another_content(loom):
    result = loom("run", edited({'{"name": "tiny"}': '{"name": "tiny", "hash": "b2:00"}'}))
    refused(result, "model.model: 'tiny' here is not the model", "b2:00", "remove the hash")


def test_an_unknown_node_type(loom):
    result = loom("run", edited({'"text.encode"': '"text.encod"'}))
    refused(result, "prompt.type: There is no node type 'text.encod'", "'text.encode'")


def test_a_cycle(loom):
    result = loom("run", edited({'{"unet": "model.unet"}': '{"unet": "denoise.latents"}'}))
    refused(result, "latents → denoise → latents", "Remove one of these links")


@pytest.mark.parametrize(
    "assignment, says",
    [
        ("denoise.steps=0", "denoise.steps: 0 does not fit. It takes a whole number from 1 to"),
        ("denoise.steps=many", "denoise.steps: 'many' does not fit"),
        ("denoise.guidance=nan", "denoise.guidance: nan does not fit"),
        ("latents.width=60", "latents.width: 60 does not fit"),
        ("promt.text=a", "promt: There is no such node. "),
        ("prompt.txt=a", "prompt.txt: There is no such parameter. It has text, clip_skip"),
        ("prompt", "'prompt' sets nothing. Write node.param=value."),
        ("seed.value=-1", "seed.value: -1 does not fit"),
        ("model.model=../tiny", "model.model: '../tiny' is not a plain name"),
        ("save.folder=../elsewhere", "save.folder: '../elsewhere' is not a plain name"),
        ("save.folder=/tmp", "save.folder: '/tmp' is not a plain name"),
    ],
)
def test_a_parameter(loom, assignment: str, says: str):
    refused(loom("run", edited({}), "--set", assignment), says)


def test_a_parameter_in_the_file(loom):
    refused(loom("run", edited({'"steps": 25': '"steps": 2.5'})), "denoise.steps: 2.5 does not fit")


def test_a_link_of_the_wrong_type(loom):
    result = loom("run", edited({'"vae": "model.vae"': '"vae": "model.unet"'}))
    refused(result, "decode.vae: UNet from model.unet can't feed it: it takes VAE")


def test_an_input_that_nothing_is_joined_to(loom):
    result = loom("run", edited({'"noise": "seed.noise",': ""}))
    refused(result, "denoise.noise: Nothing is joined to it", "Noise comes from: Seed")


def test_weights_cut_short(loom, model_copy: Path):
    file = model_copy / "vae" / "diffusion_pytorch_model.safetensors"
    file.write_bytes(file.read_bytes()[:-100])
    result = loom("run", edited({}), "--models", model_copy.parent)
    refused(result, f"model.model: The model file {file} is damaged", "bytes expected")


def test_an_output_folder_that_is_a_file(loom):
    Path("taken").write_text("")
    result = loom("run", edited({}), "--out", "taken/sub")
    refused(result, "save.folder: taken/sub can't be written to", "Choose an output folder")
    assert Path("taken").read_text() == ""


@pytest.mark.skipif(os.name == "nt" or os.geteuid() == 0, reason="root may write anywhere")
def test_an_output_folder_without_permission(loom):
    Path("locked").mkdir(mode=0o500)
    refused(loom("run", edited({}), "--out", "locked/sub"), "locked/sub can't be written to")


def test_a_cache_folder_that_is_a_file(loom, monkeypatch: pytest.MonkeyPatch):
    Path("taken").write_text("")
    monkeypatch.setenv("LOOM_CACHE", "taken")
    refused(loom("run", edited({})), "taken can't be used", "Set LOOM_CACHE")


def test_a_device_that_is_none(loom, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setenv("LOOM_DEVICE", "abacus")
    refused(loom("run", edited({})), "LOOM_DEVICE is 'abacus'", "cpu")


def test_all_problems_are_told_at_once(loom):
    changes = {'"steps": 25': '"steps": 0', '"vae": "model.vae"': '"vae": "model.unet"'}
    refused(loom("check", edited(changes)), "error: denoise.steps: 0", "error: decode.vae: UNet")


def test_an_output_that_is_not_there_is_told_with_all_else(loom):
    result = loom("run", edited({'["save"]': '["sav"]', '"steps": 25': '"steps": 0'}))
    refused(result, "outputs: There is no node 'sav'", "Did you mean 'save'?", "denoise.steps: 0")
    assert len(result.stderr.splitlines()) == 2


def test_json_tells_where_too(loom):
    result = loom("run", edited({}), "--set", "denoise.steps=0", "--json")
    assert result.exit_code == 2
    error = json.loads(result.stdout)["error"]
    assert (error["node"], error["field"]) == ("denoise", "steps")
    checked = loom("check", edited({'"steps": 25': '"steps": 0'}), "--json")
    assert checked.exit_code == 2
    (problem,) = json.loads(checked.stdout)["problems"]
    assert (problem["code"], problem["node"], problem["port"]) == ("bad-param", "denoise", "steps")


def test_a_node_by_the_end_of_its_name(loom):
    refused(loom("nodes", "decode"), "no node type 'decode'", "Did you mean 'vae.decode'?")
    refused(loom("nodes", "vae.decod"), "`loom nodes` lists them.", "Did you mean 'vae.decode'")


def test_the_list_of_commands_cuts_nothing_off(loom):
    assert "..." not in loom("--help").stdout.partition("Commands:")[2]
