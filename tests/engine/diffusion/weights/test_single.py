"""Original single files of each kind: the same handles and the same numbers as the folder."""

import json
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
import torch
from safetensors.torch import load_file, save_file

from engine.diffusion.values import VAE, Scheduler, TextEncoder, UNet
from engine.diffusion.weights.configs.kinds import KINDS, SD1, SD2
from engine.diffusion.weights.convert import convert
from engine.diffusion.weights.find import component, components
from engine.diffusion.weights.folder import read_pipeline
from engine.diffusion.weights.handles import open_pipeline
from engine.diffusion.weights.load import load, load_component
from engine.diffusion.weights.parts import Choice, find_part, open_part, probe
from engine.diffusion.weights.single import ema_name, read_file
from engine.graph.errors import LoomError

NAMES = [kind.name for kind in KINDS]
MODELS = ("unet", "vae", "text_encoder", "text_encoder_2")
each_kind = pytest.mark.parametrize("name", NAMES)


def edited(file: Path, target: Path, edit, **metadata: str) -> Path:
    """A copy of a file, its tensors by name put through `edit`."""
    tensors = {name: tensor.clone() for name, tensor in load_file(file).items()}
    edited = edit(tensors) or tensors
    save_file(edited, target, metadata={"format": "pt", **metadata})
    return target


@each_kind
def test_every_tensor_of_the_folder_arrives(name, folders, files):
    ours, theirs = components(files(name)), read_pipeline(folders(name))
    assert {n for n in ours if n in MODELS} == {n for n in theirs if n in MODELS}
    for part in MODELS:
        if part in ours:
            expected = load_component(theirs[part]).state_dict()
            state = load_component(ours[part]).state_dict()
            assert state.keys() == expected.keys()
            for key, tensor in state.items():
                assert torch.equal(tensor, expected[key]), key


@each_kind
def test_the_configurations_are_those_of_the_folder(name, folders, files):
    for part, found in components(files(name)).items():
        expected = read_pipeline(folders(name))[part].config()
        # What a reader takes where a config does not say.
        expected |= {"bos_token_id": 0, "attention_dropout": 0.0} if "text" in part else {}
        for field, value in found.config().items():
            if field == "projection_dim" and found.class_name == "CLIPTextModel":
                continue  # of an encoder that does not project
            if field == "sample_size" and part == "vae":
                continue
            if field == "prediction_type":
                assert value == ("v_prediction" if name == "sd2" else "epsilon")
                continue
            assert value == expected.get(field, value), (part, field)
        assert found.class_name == read_pipeline(folders(name))[part].class_name


def test_the_original_names_are_in_the_file(files):
    names = set(load_file(files("sdxl")))
    assert "model.diffusion_model.label_emb.0.0.weight" in names
    assert "conditioner.embedders.1.model.transformer.resblocks.0.attn.in_proj_weight" in names
    assert "conditioner.embedders.0.transformer.text_model.final_layer_norm.bias" in names
    assert "first_stage_model.encoder.mid.attn_1.q.weight" in names


@each_kind
def test_a_file_opens_as_handles(name, files):
    parts = open_pipeline(files(name))
    kinds = {part: type(handle) for part, handle in parts.items()}
    assert kinds["unet"] is UNet and kinds["vae"] is VAE and kinds["scheduler"] is Scheduler
    assert {kinds.get("text_encoder", TextEncoder), kinds.get("text_encoder_2", TextEncoder)} == {
        TextEncoder
    }
    digests = {handle.digest for handle in parts.values() if not isinstance(handle, Scheduler)}
    assert len(digests) == len(parts) - 1
    unet = parts["unet"]
    assert isinstance(unet, UNet) and load(unet).config.in_channels == 4


def test_handles_do_not_depend_on_the_place(files, tmp_path):
    moved = shutil.copy(files("sd1"), tmp_path / "another name.safetensors")
    one, two = open_part(files("sd1"), "vae"), open_part(Path(moved), "vae")
    assert isinstance(one, VAE) and isinstance(two, VAE)
    assert one.digest == two.digest


def test_pickled_checkpoints_are_the_same(files, tmp_path):
    state = load_file(files("sd1"))
    state["first_stage_model.loss.logvar"] = torch.zeros(())
    state["alphas_cumprod"] = torch.ones(10)
    state["cond_stage_model.transformer.text_model.embeddings.position_ids"] = torch.arange(32)
    torch.save({"state_dict": state, "global_step": 1}, tmp_path / "model.ckpt")
    expected = components(files("sd1"))
    for name, found in components(tmp_path / "model.ckpt").items():
        assert found.config() == expected[name].config()
        if name in MODELS:
            wanted = load_component(expected[name]).state_dict()
            for key, tensor in load_component(found).state_dict().items():
                assert torch.equal(tensor, wanted[key]), key


def test_the_last_layer_of_a_whole_openclip_is_not_used(files, folders, tmp_path):
    """Stable Diffusion 2 reads the last layer but one; its files carry what lies behind."""
    head = "cond_stage_model.model."

    def edit(tensors):
        for name in [n for n in tensors if n.startswith(f"{head}transformer.resblocks.1.")]:
            tensors[name.replace(".1.", ".2.")] = torch.zeros_like(tensors[name])
        tensors[f"{head}text_projection"] = torch.zeros(64, 64)
        tensors[f"{head}logit_scale"] = torch.zeros(())

    whole = edited(files("sd2"), tmp_path / "whole.safetensors", edit)
    found = components(whole)["text_encoder"]
    assert found.config()["num_hidden_layers"] == 2
    expected = load_component(read_pipeline(folders("sd2"))["text_encoder"]).state_dict()
    for key, tensor in load_component(found).state_dict().items():
        assert torch.equal(tensor, expected[key])


def test_older_files_without_text_model_in_their_names(files, tmp_path):
    def edit(tensors):
        return {name.replace(".text_model.", "."): t for name, t in tensors.items()}

    old = edited(files("sd1"), tmp_path / "old.safetensors", edit)
    expected = load_component(components(files("sd1"))["text_encoder"]).state_dict()
    for key, tensor in load_component(components(old)["text_encoder"]).state_dict().items():
        assert torch.equal(tensor, expected[key])


def test_averaged_weights_are_a_variant(files, tmp_path):
    def edit(tensors):
        for name in [n for n in tensors if n.startswith("model.")]:
            tensors[ema_name(name)] = tensors[name] + 1

    both = edited(files("sd1"), tmp_path / "both.safetensors", edit)
    plain = load_component(component(both, "unet")).state_dict()
    averaged = load_component(component(both, "unet", "ema")).state_dict()
    for key, tensor in plain.items():
        assert torch.equal(averaged[key], tensor + 1)
    one, two = open_part(both, "unet"), open_part(both, "unet", Choice(variant="ema"))
    assert isinstance(one, UNet) and isinstance(two, UNet) and one.digest != two.digest
    assert torch.equal(load(two).conv_in.weight, averaged["conv_in.weight"])


def test_a_variant_that_is_not_there_is_named(files):
    with pytest.raises(LoomError, match="no 'fp16' variant; it has: plain") as raised:
        probe(files("sd1"), ["unet"], Choice(variant="fp16"))
    assert raised.value.field == "variant"


@pytest.mark.parametrize("name", ["unet", "vae"])
@pytest.mark.parametrize("prefixed", [True, False])
def test_a_component_alone_in_a_file(name, prefixed, files, tmp_path):
    prefix = {"unet": "model.diffusion_model.", "vae": "first_stage_model."}[name]

    def edit(tensors):
        own = {n: t for n, t in tensors.items() if n.startswith(prefix)}
        return own if prefixed else {n.removeprefix(prefix): t for n, t in own.items()}

    alone = edited(files("sdxl"), tmp_path / "alone-xl.safetensors", edit)
    expected = load_component(components(files("sdxl"))[name])
    found = component(alone)
    assert found.class_name == type(expected).__name__
    assert found.config() == components(files("sdxl"))[name].config()
    for key, tensor in load_component(found).state_dict().items():
        assert torch.equal(tensor, expected.state_dict()[key])
    assert find_part(alone, name)[0].path == alone


@pytest.mark.parametrize("name", ["unet", "vae"])
def test_weights_of_a_folder_in_a_file_of_their_own(name, folders, tmp_path):
    weights = read_pipeline(folders("sd1"))[name].weights()[0]
    alone = Path(shutil.copy(weights, tmp_path / "my model.safetensors"))
    expected = load_component(read_pipeline(folders("sd1"))[name])
    found = load_component(component(alone))
    assert type(found) is type(expected)
    for key, tensor in found.state_dict().items():
        assert torch.equal(tensor, expected.state_dict()[key])


@pytest.mark.parametrize(("named", "factor"), [("sdxl_vae", 0.13025), ("my_vae", 0.18215)])
def test_an_autoencoder_alone_is_told_by_its_name(named, factor, files, tmp_path):
    def edit(tensors):
        return {n: t for n, t in tensors.items() if n.startswith("first_stage_model.")}

    alone = edited(files("sd1"), tmp_path / f"{named}.safetensors", edit)
    assert component(alone).config()["scaling_factor"] == factor


def unet_of(file: Path, prefix: str = "model.diffusion_model.") -> dict[str, torch.Tensor]:
    return {n: t for n, t in load_file(file).items() if n.startswith(prefix)}


class TestPrediction:
    """What a file says of what its UNet predicts."""

    def scheduler(self, file: Path, said: str = "auto") -> dict:
        return components(file, prediction=said)["scheduler"].config()

    @pytest.fixture
    def silent(self, files, tmp_path) -> Path:
        """A file of Stable Diffusion 2 that says nothing, as the published ones."""
        target = tmp_path / "silent.safetensors"
        return edited(files("sd2"), target, lambda t: {n: v for n, v in t.items() if n != "v_pred"})

    def test_kinds_have_their_own(self, files, silent):
        paths = {**{name: files(name) for name in NAMES}, "sd2": silent}
        types = {name: self.scheduler(path)["prediction_type"] for name, path in paths.items()}
        assert types == {
            "sd1": "epsilon",
            "sd2": "v_prediction",
            "sdxl": "epsilon",
            "sdxl-refiner": "epsilon",
        }

    def test_inputs_beside_the_latents_mean_noise(self, make_model, tmp_path):
        folder = make_model(SD2, tmp_path / "inpaint", in_channels=9)
        convert(folder, tmp_path / "inpaint.safetensors", "original")
        found = components(tmp_path / "inpaint.safetensors")
        assert found["scheduler"].config()["prediction_type"] == "epsilon"
        assert found["unet"].config()["in_channels"] == 9
        assert found["unet"].config()["sample_size"] == 64

    def test_what_the_user_says_decides(self, files):
        assert self.scheduler(files("sd2"), "epsilon")["prediction_type"] == "epsilon"
        assert self.scheduler(files("sd1"), "v_prediction")["prediction_type"] == "v_prediction"
        assert components(files("sd2"), prediction="epsilon")["unet"].config()["sample_size"] == 64

    def test_marks_in_the_file(self, files, tmp_path):
        def edit(tensors):
            tensors["v_pred"] = torch.empty(0)
            tensors["ztsnr"] = torch.empty(0)

        marked = edited(files("sdxl"), tmp_path / "marked.safetensors", edit)
        config = self.scheduler(marked)
        assert config["prediction_type"] == "v_prediction"
        assert config["rescale_betas_zero_snr"] is True
        assert config["timestep_spacing"] == "trailing"
        load_component(component(marked, "unet"))

    def test_metadata(self, silent, tmp_path):
        file = edited(
            silent,
            tmp_path / "m.safetensors",
            lambda t: None,
            **{"modelspec.prediction_type": "epsilon"},
        )
        assert self.scheduler(file)["prediction_type"] == "epsilon"

    @pytest.mark.parametrize(
        ("text", "expected"),
        [
            ('model:\n  params:\n    parameterization: "v"\n', "v_prediction"),
            ("model:\n  params:\n    parameterization: eps\n", "epsilon"),
            ("model:\n  target: ldm.models.diffusion.ddpm.LatentDiffusion\n", "epsilon"),
            ("something: else\n", "v_prediction"),
        ],
    )
    def test_a_configuration_beside_it(self, silent, text, expected):
        silent.with_suffix(".yaml").write_text(text)
        assert self.scheduler(silent)["prediction_type"] == expected

    def test_edm_is_refused(self, files, tmp_path):
        file = edited(
            files("sdxl"), tmp_path / "m.safetensors", lambda t: {**t, "edm_mean": torch.ones(4)}
        )
        with pytest.raises(LoomError, match="EDM's preconditioning"):
            components(file)


def test_probing_reads_no_weights_and_no_torch(files):
    code = (
        "import sys; from pathlib import Path\n"
        "from engine.diffusion.weights.parts import probe\n"
        f"print(probe(Path({str(files('sdxl'))!r}), ['unet', 'vae', 'text_encoder_2']))\n"
        "print('torch' in sys.modules or 'numpy' in sys.modules)"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True)
    said, loaded = done.stdout.strip().splitlines()
    assert loaded == "False", done.stderr
    facets = {"space": "sdxl", "channels": 4, "width": 192}
    assert eval(said)["unet"] == facets
    assert eval(said)["text_encoder_2"] == {"space": "sdxl", "width": 128}


class TestOtherFiles:
    """Files that are no models, each with a sentence of its own."""

    def refused(self, tensors: dict[str, torch.Tensor], path: Path) -> str:
        save_file(tensors, path)
        with pytest.raises(LoomError) as raised:
            read_file(path)
        assert path.name in str(raised.value)
        return str(raised.value)

    @pytest.mark.parametrize(
        "name",
        [
            "lora_unet_down_blocks_0_attentions_0_proj_in.lora_down.weight",
            "unet.down_blocks.0.attentions.0.transformer_blocks.0.attn1.to_q.lora_A.weight",
            "lora_te_text_model_encoder_layers_0_mlp_fc1.alpha",
        ],
    )
    def test_a_lora(self, name, tmp_path):
        said = self.refused({name: torch.ones(2, 2)}, tmp_path / "style.safetensors")
        assert "is a LoRA, which changes a model and is none itself" in said

    def test_other_things(self, tmp_path):
        said = self.refused({"emb_params": torch.ones(2, 2)}, tmp_path / "word.safetensors")
        assert "is a textual inversion" in said
        flux = {"double_blocks.0.img_attn.qkv.weight": torch.ones(2, 2)}
        assert "is a Flux model" in self.refused(flux, tmp_path / "flux.safetensors")
        said = self.refused({"a.b": torch.ones(1)}, tmp_path / "what.safetensors")
        assert "no model of a kind that is known; its tensors are called a.b" in said


def test_a_missing_component_is_named_with_those_there_are(files, tmp_path):
    def edit(tensors):
        return {n: t for n, t in tensors.items() if not n.startswith("first_stage_model.")}

    pruned = edited(files("sd1"), tmp_path / "pruned.safetensors", edit)
    with pytest.raises(LoomError, match="has no vae; it has unet, text_encoder, scheduler"):
        probe(pruned, ["unet", "vae"])
    with pytest.raises(LoomError, match="has no vae"):
        component(pruned, "vae")
    with pytest.raises(LoomError, match="has several parts; it has unet"):
        component(pruned)


def test_missing_and_misshaped_tensors_are_listed(files, tmp_path):
    head = "model.diffusion_model."

    def edit(tensors):
        del tensors[f"{head}out.0.bias"]
        tensors[f"{head}time_embed.0.bias"] = torch.zeros(3)
        tensors[f"{head}surplus"] = torch.zeros(3)

    broken = edited(files("sd1"), tmp_path / "broken.safetensors", edit)
    with pytest.raises(LoomError) as raised:
        load_component(component(broken, "unet"))
    said = str(raised.value)
    for words in (
        str(broken),
        "1 missing (conv_norm_out.bias)",
        "1 not known to the model (surplus)",
        "time_embedding.linear_1.bias is 3 where 256 belongs",
    ):
        assert words in said


def test_a_file_that_lacks_what_tells_its_shape(files, tmp_path):
    def edit(tensors):
        del tensors["model.diffusion_model.input_blocks.0.0.weight"]

    broken = edited(files("sd1"), tmp_path / "broken.safetensors", edit)
    with pytest.raises(LoomError, match="looks like Stable Diffusion 1, but tensors are missing"):
        read_file(broken)


def test_a_file_cut_short(files, tmp_path):
    file = Path(shutil.copy(files("sd1"), tmp_path / "cut.safetensors"))
    size = file.stat().st_size
    with file.open("r+b") as opened:
        opened.truncate(size - 1000)
    with pytest.raises(LoomError, match=f"{size} bytes expected, {size - 1000} found"):
        probe(file, ["unet"])


def test_one_kind_is_not_taken_for_another(files):
    titles = {name: read_file(files(name))["unet"].kind.name for name in NAMES}
    assert titles == {name: name for name in NAMES}
    assert json.dumps(SD1.scheduler) == json.dumps(SD2.scheduler)
