"""What holds for every node, whatever it does."""

import pytest

from engine.graph.params import REQUIRED
from engine.graph.registry import Registry
from engine.graph.spec import NodeSpec

REGISTRY = Registry()
REPORT = REGISTRY.load_pack("nodes")
SPECS = sorted(REGISTRY, key=lambda spec: spec.id)
by_id = pytest.mark.parametrize("spec", SPECS, ids=lambda spec: spec.id)


def test_every_module_loads():
    assert REPORT.failures == ()


def test_the_first_nodes_are_there():
    assert {
        *("load.pipeline", "load.unet", "load.vae", "load.text_encoder", "load.tokenizer"),
        *("load.scheduler", "text.encode", "latents.empty", "noise.seed", "scheduler.ddim"),
        *("scheduler.euler", "scheduler.dpm_solver_pp_2m", "diffusion.denoise", "vae.decode"),
        *("vae.encode", "image.save", "image.grid"),
    } <= {spec.id for spec in SPECS}


@by_id
def test_it_says_what_it_does_in_a_line(spec: NodeSpec):
    assert spec.summary.endswith(".")
    assert len(spec.summary) <= 100


@by_id
def test_its_parameters_have_defaults_but_for_models_and_files(spec: NodeSpec):
    required = {name for name, param in spec.params.items() if param.default is REQUIRED}
    assert required <= {"model", "file", "folder"}


@by_id
def test_its_label_is_its_own(spec: NodeSpec):
    assert [other.id for other in SPECS if other.label == spec.label] == [spec.id]
