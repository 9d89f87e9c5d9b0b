import pytest
import torch

from engine.diffusion.trajectories import spread, step_of
from engine.diffusion.values import Trajectory
from engine.graph.errors import LoomError

PATH = Trajectory(torch.arange(11.0).view(11, 1, 1, 1, 1).expand(11, 2, 4, 3, 3), (), "mine", 4)


def test_a_step_is_latents():
    assert [step_of(PATH, k).samples.mean().item() for k in (0, 3, -1, -11)] == [0, 3, 10, 0]
    assert (step_of(PATH, 1).space, step_of(PATH, 1).factor) == ("mine", 4)


def test_steps_are_spread_from_the_first_to_the_last():
    found = spread(PATH, 3).samples
    assert found.shape == (6, 4, 3, 3)
    assert found.mean(dim=(1, 2, 3)).tolist() == [0, 0, 5, 5, 10, 10]


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: step_of(PATH, 11), "has 10 steps, and none is step 11.*-11 to 10"),
        (lambda: step_of(None, 0), "not recorded.*Switch record on"),
        (lambda: spread(None, 2), "not recorded"),
    ],
)
def test_a_step_that_is_not_there(call, message):
    with pytest.raises(LoomError, match=message):
        call()
