"""scheduler_config.json: the reference writes and we read; we write and the reference reads."""

import json

import diffusers
import pytest

from engine.diffusion.schedulers.registry import SCHEDULERS, from_json

pytestmark = pytest.mark.parity

SETTINGS = {
    "DDIMInverseScheduler": {"clip_sample": False, "timestep_spacing": "trailing"},
    "DDIMScheduler": {"clip_sample": False, "set_alpha_to_one": False, "steps_offset": 1},
    "DDPMScheduler": {"variance_type": "learned_range", "thresholding": True},
    "DEISMultistepScheduler": {"solver_order": 3, "use_karras_sigmas": True},
    "DPMSolverMultistepScheduler": {"use_karras_sigmas": True, "lambda_min_clipped": -5.1},
    "DPMSolverSinglestepScheduler": {"solver_order": 3, "algorithm_type": "sde-dpmsolver++"},
    "EulerAncestralDiscreteScheduler": {"timestep_spacing": "leading", "steps_offset": 1},
    "EulerDiscreteScheduler": {"use_exponential_sigmas": True, "prediction_type": "v_prediction"},
    "FlowMatchEulerDiscreteScheduler": {"shift": 3.0, "shift_terminal": 0.02},
    "FlowMatchHeunDiscreteScheduler": {"shift": 2.5},
    "HeunDiscreteScheduler": {"clip_sample": True, "use_karras_sigmas": True},
    "KDPM2AncestralDiscreteScheduler": {"use_beta_sigmas": True},
    "KDPM2DiscreteScheduler": {"timestep_spacing": "trailing"},
    "LCMScheduler": {"original_inference_steps": 40, "timestep_scaling": 8.0},
    "LMSDiscreteScheduler": {"use_exponential_sigmas": True, "prediction_type": "sample"},
    "PNDMScheduler": {"skip_prk_steps": True, "set_alpha_to_one": True},
    "UniPCMultistepScheduler": {"solver_type": "bh1", "final_sigmas_type": "sigma_min"},
    "UnCLIPScheduler": {"variance_type": "learned_range", "clip_sample_range": 5.0},
}
BETAS = {"beta_schedule": "scaled_linear", "beta_end": 0.012}


def settings_of(name):
    without_betas = name == "UnCLIPScheduler" or name.startswith("FlowMatch")
    return SETTINGS[name] if without_betas else BETAS | SETTINGS[name]


@pytest.mark.parametrize("name", SCHEDULERS)
def test_defaults_are_the_same(name):
    theirs = json.loads(getattr(diffusers, name)().to_json_string())
    ours = SCHEDULERS[name]().to_json()
    assert {k: theirs[k] for k in ours} == ours


@pytest.mark.parametrize("name", SCHEDULERS)
def test_reference_writes_we_read(name, tmp_path):
    settings = settings_of(name)
    getattr(diffusers, name)(**settings).save_pretrained(tmp_path)
    scheduler = from_json(json.loads((tmp_path / "scheduler_config.json").read_text()))
    assert type(scheduler).__name__ == name
    assert {key: getattr(scheduler, key) for key in settings} == settings
    assert scheduler == from_json(scheduler.to_json())


@pytest.mark.parametrize("name", SCHEDULERS)
def test_we_write_reference_reads(name, tmp_path):
    settings = {"num_train_timesteps": 500, **settings_of(name)}
    scheduler = SCHEDULERS[name](**settings)
    (tmp_path / "scheduler_config.json").write_text(json.dumps(scheduler.to_json()))
    theirs = getattr(diffusers, name).from_pretrained(tmp_path)
    assert {key: theirs.config[key] for key in settings} == settings
    theirs.set_timesteps(7)
    assert scheduler.start(7).timesteps.tolist() == pytest.approx(theirs.timesteps.tolist())
