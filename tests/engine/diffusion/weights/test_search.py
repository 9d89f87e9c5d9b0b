import os

from engine.diffusion.weights.search import SHIPPED, is_model, list_models, model_folders


def test_models_are_listed_by_name_and_the_first_folder_wins(tiny_model, model_copy):
    assert list_models([tiny_model.parent]) == {"tiny": tiny_model}
    assert list_models([model_copy.parent, tiny_model.parent]) == {"tiny": model_copy}
    assert list_models([tiny_model.parent / "none"]) == {}


def test_a_part_is_a_model_too(tiny_model):
    assert is_model(tiny_model) and is_model(tiny_model / "unet")
    assert not is_model(tiny_model.parent)


def test_folders_come_in_order(tmp_path, monkeypatch):
    listed = [tmp_path / "a", tmp_path / "b"]
    monkeypatch.setenv("LOOM_MODELS", os.pathsep.join(map(str, listed)))
    folders = model_folders([tmp_path / "given"])
    assert folders[:4] == (tmp_path / "given", *listed, SHIPPED)
    assert folders[4].parts[-2:] == ("latent-loom", "models")
