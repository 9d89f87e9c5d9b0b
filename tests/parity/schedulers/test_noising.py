"""Noising a picture to the level of any step, and scaling the model's input, at every index."""

import diffusers
import pytest
import torch

from engine.diffusion.schedulers.registry import from_json

pytestmark = pytest.mark.parity

NAMES = ("DDIMScheduler", "DPMSolverMultistepScheduler", "EulerDiscreteScheduler")
SD = {"beta_schedule": "scaled_linear", "beta_start": 0.00085, "beta_end": 0.012}


@pytest.mark.parametrize(
    ("name", "table"),
    [(name, {}) for name in NAMES] + [(name, {"use_karras_sigmas": True}) for name in NAMES[1:]],
)
@pytest.mark.parametrize("spacing", ["leading", "linspace", "trailing"])
@pytest.mark.parametrize("steps", [1, 2, 5, 20, 50])
def test_every_index(name, table, spacing, steps):
    c = {**SD, **table, "timestep_spacing": spacing, "steps_offset": 1}
    run = from_json({"_class_name": name, **c}).start(steps)
    reference = getattr(diffusers, name)(**c)
    g = torch.Generator().manual_seed(0)
    x, noise = torch.randn(2, 2, 3, 4, 4, generator=g)
    for i in range(steps):
        reference.set_timesteps(steps)
        if hasattr(reference, "set_begin_index"):
            reference.set_begin_index(i)
        t = reference.timesteps[i]
        want = reference.add_noise(x, noise, t.reshape(1))
        torch.testing.assert_close(run.add_noise(i, x, noise), want, rtol=1e-6, atol=1e-6)
        want = reference.scale_model_input(x, t)
        torch.testing.assert_close(run.scale_input(i, x), want, rtol=1e-6, atol=1e-7)


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("start", [1, 7, 12])
def test_begin_in_the_middle(name, start):
    """Image to image: noise a picture to the level of step `start`, then do the rest."""
    steps = 20
    run = from_json({"_class_name": name, **SD}).start(steps)
    reference = getattr(diffusers, name)(**SD)
    reference.set_timesteps(steps)
    if hasattr(reference, "set_begin_index"):
        reference.set_begin_index(start)
    g = torch.Generator().manual_seed(0)
    x, noise = torch.randn(2, 2, 3, 4, 4, generator=g)
    want = reference.add_noise(x, noise, reference.timesteps[start : start + 1])
    got = run.add_noise(start, x, noise)
    for i in range(start, steps):
        t = reference.timesteps[i]
        want = reference.step(torch.tanh(reference.scale_model_input(want, t)), t, want).prev_sample
        got = run.step(i, torch.tanh(run.scale_input(i, got)), got)
    assert ((got - want).abs().max() / want.abs().max()) <= 1e-6
