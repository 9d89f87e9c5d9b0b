import json

import pytest

from engine.diffusion.weights.folder import find_component, read_pipeline, variants, weight_files
from engine.graph.errors import LoomError


def touch(folder, *names):
    folder.mkdir(exist_ok=True)
    for name in names:
        (folder / name).write_bytes(b"x")
    return folder


def test_a_pipeline_has_the_components_its_index_names(tiny_model):
    components = read_pipeline(tiny_model)
    assert {name: c.class_name for name, c in components.items()} == {
        "tokenizer": "CLIPTokenizer",
        "text_encoder": "CLIPTextModel",
        "unet": "UNet2DConditionModel",
        "vae": "AutoencoderKL",
        "scheduler": "DDIMScheduler",
    }
    names = [file.name for file in components["unet"].files()]
    assert names == ["config.json", "diffusion_pytorch_model.safetensors"]


@pytest.mark.parametrize(
    ("part", "class_name"),
    [("unet", "UNet2DConditionModel"), ("text_encoder", "CLIPTextModel"), ("vae", "AutoencoderKL")],
)
def test_a_component_is_found_alone_from_a_subfolder_or_a_root(tiny_model, part, class_name):
    assert find_component(tiny_model, part).class_name == class_name
    alone = find_component(tiny_model / part)
    assert (alone.class_name, alone.path) == (class_name, tiny_model / part)


def test_a_folder_without_a_model_says_which_parts_there_are(tiny_model):
    with pytest.raises(LoomError, match="It has the parts scheduler, text_encoder"):
        find_component(tiny_model)


def test_a_folder_that_is_no_pipeline_is_named(tmp_path):
    with pytest.raises(LoomError, match=r"There is no .*model_index\.json"):
        read_pipeline(tmp_path)
    (tmp_path / "model_index.json").write_text("{")
    with pytest.raises(LoomError, match="is not valid JSON"):
        read_pipeline(tmp_path)


def test_safetensors_go_before_pickles_and_variants_are_asked_for(tmp_path):
    unet = touch(
        tmp_path / "unet",
        "diffusion_pytorch_model.bin",
        "diffusion_pytorch_model.safetensors",
        "diffusion_pytorch_model.fp16.safetensors",
    )
    assert [f.name for f in weight_files(unet)] == ["diffusion_pytorch_model.safetensors"]
    chosen = [f.name for f in weight_files(unet, "fp16")]
    assert chosen == ["diffusion_pytorch_model.fp16.safetensors"]
    assert variants(unet) == {"", "fp16"}


def test_plain_weights_are_not_replaced_by_a_variant(tmp_path):
    unet = touch(
        tmp_path / "unet",
        "diffusion_pytorch_model.fp16.safetensors",
        "diffusion_pytorch_model.non_ema.bin",
    )
    with pytest.raises(LoomError, match="no plain weights; it has: 'fp16', 'non_ema'"):
        weight_files(unet)
    plain = touch(tmp_path / "vae", "model.safetensors")
    with pytest.raises(LoomError, match="no 'fp16' variant; it has: plain"):
        weight_files(plain, "fp16")


def test_no_weights_at_all_is_said(tmp_path):
    with pytest.raises(LoomError, match="has no weights"):
        weight_files(touch(tmp_path / "unet", "config.json"))


@pytest.mark.parametrize(
    ("index", "variant"),
    [
        ("diffusion_pytorch_model.safetensors.index.json", ""),
        ("diffusion_pytorch_model.safetensors.index.fp16.json", "fp16"),
        ("model.fp16.safetensors.index.json", "fp16"),
    ],
)
def test_shards_are_the_files_their_index_names(tmp_path, index, variant):
    shards = ("part-00001-of-00002.safetensors", "part-00002-of-00002.safetensors")
    folder = touch(tmp_path / "unet", *shards)
    mapping = {"a": shards[0], "b": shards[1], "c": shards[1]}
    (folder / index).write_text(json.dumps({"weight_map": mapping}))
    assert tuple(f.name for f in weight_files(folder, variant)) == shards


def test_a_missing_shard_and_one_outside_are_refused(tmp_path):
    index = tmp_path / "model.safetensors.index.json"
    index.write_text(json.dumps({"weight_map": {"a": "one.safetensors"}}))
    with pytest.raises(LoomError, match=r"lacks the shard one\.safetensors"):
        weight_files(tmp_path)
    index.write_text(json.dumps({"weight_map": {"a": "../one.safetensors"}}))
    with pytest.raises(LoomError, match="outside its folder"):
        weight_files(tmp_path)


def test_two_sets_of_weights_are_not_chosen_between(tmp_path):
    both = touch(tmp_path / "a", "diffusion_pytorch_model.safetensors", "model.safetensors")
    with pytest.raises(LoomError, match="two sets of weights: diffusion_pytorch_model") as raised:
        weight_files(both)
    assert "model.safetensors" in str(raised.value)
    index = "model.safetensors.index.json"
    with pytest.raises(LoomError, match=r"model\.safetensors and model\.safetensors\.index\.json"):
        weight_files(touch(tmp_path / "b", "model.safetensors", index))


def test_an_index_that_is_wrong_about_a_shard_is_named(tmp_path):
    import torch
    from safetensors.torch import save_file

    (tmp_path / "config.json").write_text('{"_class_name": "AutoencoderKL"}')
    for number in (1, 2):
        shard = f"diffusion_pytorch_model-0000{number}-of-00002.safetensors"
        save_file({f"t{number}": torch.ones(1)}, tmp_path / shard)
    mapping = {f"t{n}": f"diffusion_pytorch_model-0000{n}-of-00002.safetensors" for n in (1, 2)}
    index = tmp_path / "diffusion_pytorch_model.safetensors.index.json"
    index.write_text(json.dumps({"weight_map": mapping}))
    component = find_component(tmp_path)
    assert [name for name, _ in component.tensors()] == ["t1", "t2"]
    index.write_text(json.dumps({"weight_map": {**mapping, "t3": mapping["t1"]}}))
    with pytest.raises(LoomError, match="holds the tensor t3, which it does not"):
        component.tensors()
    with pytest.raises(LoomError, match="00001-of-00002"):
        component.check()
