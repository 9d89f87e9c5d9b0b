"""Noising a picture to the level of any step, and scaling the model's input, at every index."""

import diffusers
import pytest
import torch

from engine.diffusion.schedulers.registry import from_json
from tests.parity.schedulers.loops import SCHEDULES, SPACINGS, made, noise, picture

pytestmark = pytest.mark.parity

SIGMA = ("DPMSolverMultistep", "EulerDiscrete", "HeunDiscrete", "KDPM2Discrete", "LMSDiscrete")
NAMES = (*SIGMA, "KDPM2AncestralDiscrete", "EulerAncestralDiscrete", "DDIM")


@pytest.mark.parametrize(
    ("name", "table"),
    [(name, {}) for name in NAMES] + [(name, {"use_karras_sigmas": True}) for name in SIGMA],
)
@pytest.mark.parametrize("spacing", SPACINGS, ids=lambda c: c["timestep_spacing"])
def test_every_start_of_a_step(name, table, spacing):
    config = SCHEDULES[1] | spacing | table
    reference = made(f"{name}Scheduler", config)
    x, unit = picture(), noise(0)
    for steps in (1, 2, 20):
        run = from_json({"_class_name": f"{name}Scheduler", **config}).start(steps)
        reference.set_timesteps(steps)
        for i in run.starts:
            reference._step_index = None
            if hasattr(reference, "set_begin_index"):
                reference.set_begin_index(i)
            t = reference.timesteps[i]
            want = reference.add_noise(x, unit, t.reshape(1))
            torch.testing.assert_close(run.add_noise(i, x, unit), want, rtol=1e-6, atol=1e-6)
            want = reference.scale_model_input(x, t)
            torch.testing.assert_close(run.scale_input(i, x), want, rtol=1e-6, atol=1e-7)


@pytest.mark.parametrize("name", ["FlowMatchEulerDiscrete", "FlowMatchHeunDiscrete"])
def test_flow(name):
    reference = getattr(diffusers, f"{name}Scheduler")(shift=3.0)
    x, unit = picture(), noise(0)
    for steps in (1, 2, 20):
        run = from_json({"_class_name": f"{name}Scheduler", "shift": 3.0}).start(steps)
        reference.set_timesteps(steps)
        for i in range(len(run.timesteps)):
            reference._step_index = None
            reference.set_begin_index(i)
            want = reference.scale_noise(x, reference.timesteps[i].reshape(1), unit)
            torch.testing.assert_close(run.add_noise(i, x, unit), want, rtol=1e-6, atol=1e-6)
