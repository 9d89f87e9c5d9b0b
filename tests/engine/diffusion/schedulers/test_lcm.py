import pytest
import torch

from engine.diffusion.schedulers.lcm import LCMScheduler
from engine.graph.errors import LoomError


def test_timesteps_are_some_of_the_distillations():
    assert LCMScheduler().start(4).timesteps.tolist() == [999, 759, 499, 259]
    assert LCMScheduler().start(1).timesteps.tolist() == [999]
    all_of_them = LCMScheduler().start(50).timesteps.tolist()
    assert all_of_them == list(range(999, 0, -20))


def test_the_input_counts_for_more_as_the_timestep_falls_to_0():
    run = LCMScheduler().start(None, timesteps=[999, 1, 0])
    assert run.c_skip == pytest.approx([0.25 / (9990**2 + 0.25), 0.25 / 100.25, 1])
    assert [a**2 + b**2 / 0.25 * a for a, b in zip(run.c_out, run.c_skip, strict=True)][2] == 0
    x, e = torch.randn(2, 1, 1, 4, 4)
    assert torch.equal(run.step(2, e, x), x)  # f(x, 0) = x


def test_the_last_step_adds_no_noise_and_the_others_do():
    run = LCMScheduler(prediction_type="sample").start(4)
    x, noise = torch.randn(2, 1, 1, 4, 4)
    torch.testing.assert_close(run.step(3, x, x), x, rtol=1e-3, atol=1e-3)
    after = run.step(1, x, x, noise)
    torch.testing.assert_close(after, run.add_noise(2, run.predicted_x0, noise))
    with pytest.raises(LoomError, match=r"LCM adds noise.*Connect a noise seed"):
        run.step(1, x, x)


@pytest.mark.parametrize(
    ("settings", "steps", "message"),
    [
        ({}, 51, "can't take 51 steps; the model was distilled over 50.*1 to 8 are usual"),
        ({"original_inference_steps": 1001}, 4, "over 1001 steps: it was trained with 1000"),
        ({"original_inference_steps": 0}, 4, "at least 1"),
        ({"timestep_scaling": 0.0}, 4, "timestep_scaling must be above 0"),
    ],
)
def test_what_is_refused(settings, steps, message):
    with pytest.raises(LoomError, match=message):
        LCMScheduler(**settings).start(steps)
