import pytest
import torch

from engine.diffusion.schedulers.ddim import DDIMScheduler
from engine.diffusion.schedulers.ddim_inverse import DDIMInverseScheduler
from engine.graph.errors import LoomError
from tests.engine.diffusion.schedulers.gaussian import SD


def test_timesteps_rise_to_the_noisiest():
    assert DDIMInverseScheduler(**SD).start(5).timesteps.tolist() == [0, 200, 400, 600, 800]
    trailing = DDIMInverseScheduler(**SD, timestep_spacing="trailing").start(5)
    assert trailing.timesteps.tolist() == [199, 399, 599, 799, 999]


@pytest.mark.parametrize("end", [False, True])
def test_what_ddim_undoes(end):
    """Along one noise, each step of DDIM takes back one of the inversion."""
    same = {**SD, "clip_sample": False, "set_alpha_to_one": end, "timestep_spacing": "trailing"}
    forward, back = DDIMInverseScheduler(**same).start(8), DDIMScheduler(**same).start(8)
    x0, e = torch.randn(2, 1, 3, 4, 4, dtype=torch.float64)
    x = x0
    for i in range(8):
        x = forward.step(i, e, x)
    assert (x - x0).abs().max() > 0.5
    for i in range(8):
        x = back.step(i, e, x)
    torch.testing.assert_close(x, x0, rtol=1e-4, atol=1e-4)


def test_a_picture_noised_at_step_i_is_at_the_level_that_step_begins_with():
    run = DDIMInverseScheduler(**SD).start(5)
    x0, noise = torch.randn(2, 1, 1, 4, 4)
    assert torch.equal(run.add_noise(0, x0, noise), x0)
    ddim = DDIMScheduler(**SD).start(5)  # its timesteps: 800, 600, 400, 200, 0
    torch.testing.assert_close(run.add_noise(3, x0, noise), ddim.add_noise(2, x0, noise))


def test_a_model_of_pictures_finds_no_noise_in_a_clean_one():
    config = DDIMInverseScheduler(**SD, prediction_type="sample")
    with pytest.raises(LoomError, match=r"no noise to find.*Turn set_alpha_to_one off"):
        config.start(5)
    x = torch.randn(1, 1, 4, 4)
    off = DDIMInverseScheduler(**SD, prediction_type="sample", set_alpha_to_one=False).start(5)
    assert off.step(0, x, x).isfinite().all()


def test_linspace_is_refused():
    with pytest.raises(LoomError, match=r"timestep_spacing='linspace'.*leading, trailing"):
        DDIMInverseScheduler(timestep_spacing="linspace")
