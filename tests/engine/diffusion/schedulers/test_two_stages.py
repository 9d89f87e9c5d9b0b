import pytest
import torch

from engine.diffusion.schedulers.flow_match_heun import FlowMatchHeunDiscreteScheduler
from engine.diffusion.schedulers.heun import HeunDiscreteScheduler
from engine.diffusion.schedulers.kdpm2 import KDPM2DiscreteScheduler
from engine.diffusion.schedulers.kdpm2_ancestral import KDPM2AncestralDiscreteScheduler
from engine.diffusion.schedulers.two_stages import interleaved
from engine.graph.errors import LoomError

SOLVERS = [
    HeunDiscreteScheduler(),
    KDPM2DiscreteScheduler(),
    KDPM2AncestralDiscreteScheduler(),
    FlowMatchHeunDiscreteScheduler(),
]


def test_interleaved():
    assert interleaved(torch.tensor([5, 3, 1]), torch.tensor([4, 2])).tolist() == [5, 4, 3, 2, 1]
    assert interleaved(torch.tensor([5]), torch.tensor([])).tolist() == [5]


@pytest.mark.parametrize("scheduler", SOLVERS, ids=lambda s: type(s).__name__)
class TestRuns:
    def test_one_model_call_fewer_than_two_a_step(self, scheduler):
        run = scheduler.start(6)
        assert len(run.timesteps) == 11
        assert list(run.starts) == [0, 2, 4, 6, 8, 10]
        assert len(scheduler.start(1).timesteps) == 1

    def test_a_run_begins_and_goes_on_at_the_start_of_a_step(self, scheduler):
        def go(begin, x):
            run = scheduler.start(6)
            for i in range(begin, 11):
                x = run.step(i, torch.cos(x + i), x, noise)
                seen.append(x)
            return x

        x, noise = torch.randn(2, 1, 1, 4, 4)
        seen = []
        whole = go(0, x)
        assert torch.equal(go(4, seen[3]), whole)

    def test_an_inner_stage_is_no_place_to_begin(self, scheduler):
        run = scheduler.start(6)
        x = torch.zeros(1, 1, 2, 2)
        with pytest.raises(LoomError, match=r"Model call 3 is the inner stage.*Begin at call 2"):
            run.step(3, x, x, x)
        run.step(0, x, x)
        with pytest.raises(LoomError, match="inner stage"):
            run.step(3, x, x, x)
