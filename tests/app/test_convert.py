"""`loom convert`, and single files wherever a model is named."""

import json
import shutil
from pathlib import Path

import pytest
import torch
from safetensors.torch import load_file, save_file

from app.cli.convert import size_of
from engine.diffusion.weights.configs.kinds import SD1
from engine.graph.errors import LoomError


@pytest.fixture
def standard(tiny_model, tmp_path, monkeypatch) -> Path:
    """A folder with the tiny model under Stable Diffusion's noise, as original files have it."""
    models = tmp_path / "models"
    folder = Path(shutil.copytree(tiny_model, models / "standard"))
    (folder / "scheduler" / "scheduler_config.json").write_text(json.dumps(SD1.scheduler))
    monkeypatch.setenv("LOOM_MODELS", str(models))
    return models


def refused(result, *says: str) -> None:
    assert result.exit_code == 2, result.output
    assert "Traceback" not in result.output
    for words in says:
        assert words in result.stderr


def test_a_model_by_name_to_a_file_and_back(loom, standard, tiny_model):
    result = loom("convert", "standard", "tiny.safetensors")
    assert result.exit_code == 0 and result.stdout.strip() == "tiny.safetensors"
    assert "tiny.safetensors: " in result.stderr and " MB" in result.stderr
    assert "model.diffusion_model.out.2.weight" in load_file("tiny.safetensors")
    result = loom("convert", "tiny.safetensors", "folder", "--dtype", "bfloat16", "--json")
    assert json.loads(result.stdout)["left_out"] == []
    back = load_file("folder/unet/diffusion_pytorch_model.safetensors")
    first = load_file(tiny_model / "unet" / "diffusion_pytorch_model.safetensors")
    assert back.keys() == first.keys()
    assert all(torch.equal(back[name], tensor.bfloat16()) for name, tensor in first.items())
    assert Path("folder/tokenizer/tokenizer_config.json").is_file()


def test_variants_and_shards(loom, standard):
    words = ("--variant", "fp16", "--dtype", "float16", "--max-shard", "100KB")
    assert loom("convert", "standard", "half", *words).exit_code == 0
    assert Path("half/unet/diffusion_pytorch_model.safetensors.index.fp16.json").is_file()
    refused(loom("convert", "half", "a.safetensors"), "no plain weights; it has: 'fp16'")
    assert loom("convert", "half", "a.safetensors", "--read", "fp16").exit_code == 0
    # A second variant goes beside the first without being forced to.
    assert (
        loom("convert", "standard", "half", "--variant", "bf16", "--dtype", "bfloat16").exit_code
        == 0
    )
    assert Path("half/unet/diffusion_pytorch_model.bf16.safetensors").is_file()


def test_what_is_there_is_not_replaced_unasked(loom):
    Path("taken").mkdir()
    Path("taken/mine").write_text("1")
    refused(loom("convert", "tiny", "taken"), "taken is there already", "--force")
    assert Path("taken/mine").read_text() == "1"
    assert loom("convert", "tiny", "taken", "--force").exit_code == 0
    assert not Path("taken/mine").exists()
    refused(loom("convert", "taken", "taken", "--force"), "taken is what is read")


@pytest.mark.parametrize(
    ("words", "says"),
    [
        (("tinny", "out"), "There is no model called 'tinny'"),
        (("tiny", "out.ckpt", "--to", "original"), "End it in .safetensors"),
        (("tiny", "out.safetensors"), "The scheduler has beta_start = 0.0001, which an original"),
        (("tiny", "out", "--max-shard", "many"), "'many' is no size"),
        (("tiny", "out", "--read", "fp16"), "no 'fp16' variant; it has: plain"),
        (("tiny", "out", "--vocabulary", "nobody"), "There is no model called 'nobody'"),
    ],
)
def test_bad_requests(loom, words, says):
    refused(loom("convert", *words), says)
    assert not list(Path().iterdir())


def test_bad_files(loom):
    Path("cut.safetensors").write_bytes(b"123")
    refused(loom("convert", "cut.safetensors", "out"), "cut.safetensors is damaged or incomplete")
    save_file({"lora_unet_x.lora_up.weight": torch.ones(2)}, "style.safetensors")
    refused(loom("convert", "style.safetensors", "out"), "style.safetensors is a LoRA")
    assert not Path("out").exists()


def test_weights_that_do_not_fit_their_configuration(loom, standard):
    """From a folder to a folder too, where no tensor's name or shape changes."""
    place = standard / "standard" / "unet" / "config.json"
    config = json.loads(place.read_text())
    place.write_text(json.dumps({**config, "cross_attention_dim": 7}))
    refused(loom("convert", "standard", "out"), "attn2.to_k.weight", "standard/unet")
    refused(loom("convert", "standard", "out.safetensors"), "attn2.to_k.weight")
    assert not Path("out").exists() and not Path("out.safetensors").exists()


@pytest.mark.parametrize(
    ("text", "size"), [("5GB", 5 * 10**9), ("1.5 mb", 1_500_000), ("10KB", 10_000)]
)
def test_sizes(text, size):
    assert size_of(text) == size


@pytest.mark.parametrize("text", ["", "5", "GB", "-1GB", "0GB", "5 apples"])
def test_what_is_no_size(text):
    with pytest.raises(LoomError, match="is no size"):
        size_of(text)


def test_a_single_file_runs_as_its_folder_does(loom, standard, picture_workflow):
    """The same picture, byte for byte, from the folder and from the file made of it."""
    from PIL import Image

    assert loom("convert", "standard", standard / "file.safetensors").exit_code == 0
    workflow, *rest = picture_workflow
    pictures = []
    for model in ("standard", "file"):
        words = (*rest, "--set", f"model.model={model}", "--set", "latents.width=64")
        words = (*words, "--set", "latents.height=64", "--models", standard, "--out", model)
        result = loom("run", workflow, *words)
        assert result.exit_code == 0, result.stderr
        (picture,) = Path(model).glob("*.png")
        pictures.append(Image.open(picture).tobytes())
    assert pictures[0] == pictures[1]


def test_single_files_are_listed(loom, standard):
    models = standard
    loom("convert", "standard", models / "mine.safetensors", "--dtype", "float16")
    (models / "broken.ckpt").write_bytes(b"\x80\x02cos\nsystem\n(S'true'\ntR.")
    found = json.loads(loom("models", "--models", models, "--json").stdout)
    rows = {row["name"]: row for row in found}
    assert rows["mine"]["what"] == "StableDiffusionPipeline"
    assert rows["mine"]["dtype"] == "F16" and rows["mine"]["needs"] == []
    assert rows["broken"]["what"] == "unreadable"
    assert "asks for os.system to be run" in rows["broken"]["problem"]
