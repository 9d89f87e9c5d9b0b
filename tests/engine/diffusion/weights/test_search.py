import os
import shutil

import pytest

from engine.diffusion.weights.search import (
    SHIPPED,
    find_model,
    folder_hash,
    list_models,
    model_folders,
)
from engine.graph.errors import LoomError


def test_a_model_is_found_by_name_and_its_part_by_path(tiny_model):
    folders = [tiny_model.parent]
    assert find_model("tiny", folders=folders) == tiny_model
    assert find_model("tiny/unet", folders=folders) == tiny_model / "unet"
    assert list_models(folders) == {"tiny": tiny_model}


def test_folders_come_in_order(tmp_path, monkeypatch):
    listed = [tmp_path / "a", tmp_path / "b"]
    monkeypatch.setenv("LOOM_MODELS", os.pathsep.join(map(str, listed)))
    folders = model_folders([tmp_path / "given"])
    assert folders[:4] == (tmp_path / "given", *listed, SHIPPED)
    assert folders[4].parts[-2:] == ("latent-loom", "models")


def test_a_missing_model_is_answered_with_what_there_is(tiny_model, tmp_path):
    with pytest.raises(LoomError) as raised:
        find_model("big", folders=[tiny_model.parent, tmp_path / "none"])
    text = str(raised.value)
    assert "'big'" in text
    assert f"{tiny_model.parent} (tiny)" in text
    assert f"{tmp_path / 'none'} (no such folder)" in text


@pytest.mark.parametrize("name", ["../outside", "/etc", "tiny/../../outside", ".", ""])
def test_a_name_never_leads_out_of_the_folders(tmp_path, name):
    outside = tmp_path / "outside"
    outside.mkdir()
    (outside / "config.json").write_text("{}")
    (tmp_path / "models" / "tiny").mkdir(parents=True)
    with pytest.raises(LoomError):
        find_model(name, folders=[tmp_path / "models"])


def test_the_content_decides_between_models_of_one_name(tiny_model, tmp_path):
    other = shutil.copytree(tiny_model, tmp_path / "other" / "tiny")
    config = other / "scheduler" / "scheduler_config.json"
    config.write_text(config.read_text().replace("1000", "500"))
    folders = [other.parent, tiny_model.parent]
    assert find_model("tiny", folders=folders) == other
    assert find_model("tiny", folder_hash(tiny_model), folders) == tiny_model
    with pytest.raises(LoomError, match="other content than b2:0"):
        find_model("tiny", "b2:0", folders)
