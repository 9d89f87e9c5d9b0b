"""LDMBertModel against the reference: same weights, same tokens, float32."""

import json
from pathlib import Path

import pytest
import torch

from engine.diffusion.models.ldm_bert import LDMBertConfig, LDMBertModel

pytest.importorskip("diffusers")
pytestmark = pytest.mark.parity

CONFIG = {
    "vocab_size": 50,
    "max_position_embeddings": 9,
    "encoder_layers": 3,
    "encoder_ffn_dim": 32,
    "encoder_attention_heads": 2,
    "head_dim": 8,
    "d_model": 24,
}


@pytest.fixture(scope="module")
def reference():
    from diffusers.pipelines.latent_diffusion import pipeline_latent_diffusion as module

    return module


@pytest.mark.parametrize("length", [9, 4])
def test_states(length: int, reference, shaken, assert_same):
    torch.manual_seed(0)
    theirs = shaken(reference.LDMBertModel(reference.LDMBertConfig(**CONFIG)))
    ours = LDMBertModel.from_config(theirs.config.to_dict()).eval().requires_grad_(False)
    ours.load_state_dict(theirs.state_dict())
    ids = torch.randint(0, 50, (2, length), generator=torch.Generator().manual_seed(1))
    got, want = ours(ids, output_hidden_states=True), theirs(ids, output_hidden_states=True)
    assert_same(got.last_hidden_state, want[0])
    assert got.hidden_states is not None
    # The reference normalises the last of its states, and only that.
    for mine, yours in zip(got.hidden_states[:-1], want.hidden_states[:-1], strict=True):
        assert_same(mine, yours)


def test_names_and_shapes_of_the_full_model(reference):
    with torch.device("meta"):
        theirs = reference.LDMBertModel(reference.LDMBertConfig()).state_dict()
        ours = LDMBertModel.from_config({}).state_dict()
    assert {n: v.shape for n, v in ours.items()} == {n: v.shape for n, v in theirs.items()}


def test_configs_interchange(reference, tmp_path: Path):
    reference.LDMBertConfig(**CONFIG).save_pretrained(tmp_path)
    ours = LDMBertConfig.from_json(json.loads((tmp_path / "config.json").read_text()))
    assert ours.num_hidden_layers == 3 and ours.d_model == 24
    (tmp_path / "config.json").write_text(json.dumps(ours.to_json()))
    again = reference.LDMBertConfig.from_pretrained(tmp_path)
    assert {name: getattr(again, name) for name in CONFIG} == CONFIG
    assert again.num_hidden_layers == 3
