"""Nodes of solvers whose choices bring others with them."""

import pytest

from engine.diffusion.schedulers.handles import solver
from nodes import scheduler


@pytest.mark.parametrize(
    ("node", "choice", "end"),
    [
        (scheduler.dpm_solver, {"algorithm": "dpmsolver++"}, "zero"),
        (scheduler.dpm_solver, {"algorithm": "dpmsolver"}, "sigma_min"),
        (scheduler.dpm_solver, {"algorithm": "sde-dpmsolver++"}, "zero"),
        (scheduler.dpm_solver, {"algorithm": "sde-dpmsolver"}, "sigma_min"),
        (scheduler.dpm_solver_singlestep, {"algorithm": "dpmsolver", "order": 3}, "sigma_min"),
        (scheduler.unipc, {"variant": "bh2"}, "zero"),
        (scheduler.unipc, {"variant": "bh1", "order": 3}, "sigma_min"),
    ],
)
def test_a_solver_that_cannot_reach_sigma_0_ends_before(node, choice, end):
    found = solver(node(**choice))
    assert found.final_sigmas_type == end
    assert len(found.start(8).timesteps) == 8
