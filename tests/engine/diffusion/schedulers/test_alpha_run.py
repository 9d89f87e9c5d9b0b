import pytest
import torch

from engine.diffusion.schedulers.alpha_run import at, visited
from engine.diffusion.schedulers.base import StepPlan
from engine.diffusion.schedulers.ddpm import DDPMScheduler
from engine.diffusion.schedulers.lcm import LCMScheduler
from engine.diffusion.schedulers.pndm import PNDMScheduler
from engine.graph.errors import LoomError

LOST = {"rescale_betas_zero_snr": True, "timestep_spacing": "trailing"}


def test_a_table_has_an_entry_before_its_first():
    table = torch.tensor([0.9, 0.5, 0.1])
    found = at(table, torch.tensor([2, 0, -7]), torch.ones(()))
    assert found.tolist() == pytest.approx([0.1, 0.9, 1.0])


def test_timesteps_are_those_asked_for_or_the_spacings():
    config = DDPMScheduler(steps_offset=1)
    assert visited(config, StepPlan(steps=4)).tolist() == [751, 501, 251, 1]
    assert visited(config, StepPlan(timesteps=(900, 30))).tolist() == [900, 30]
    with pytest.raises(LoomError, match="begin at timestep 1000"):
        visited(config, StepPlan(steps=1000))


@pytest.mark.parametrize("kind", [DDPMScheduler, LCMScheduler])
def test_predicted_noise_cannot_give_back_what_is_lost(kind):
    with pytest.raises(LoomError, match="nothing of the picture is left"):
        kind(**LOST).start(None, timesteps=[999, 1])
    assert kind(**LOST, prediction_type="v_prediction").start(4).alpha[0] == 0


def test_a_run_keeps_the_picture_that_its_last_step_saw():
    run = PNDMScheduler(skip_prk_steps=True).start(5)
    x0, e = torch.randn(2, 1, 1, 4, 4, dtype=torch.float64)
    run.step(3, e, run.add_noise(3, x0, e))
    torch.testing.assert_close(run.predicted_x0, x0, rtol=1e-4, atol=1e-4)
