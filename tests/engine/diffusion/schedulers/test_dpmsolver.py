"""DPM-Solver, multistep and singlestep."""

import pytest
import torch

from engine.diffusion.schedulers.ddim import DDIMScheduler
from engine.diffusion.schedulers.dpmsolver_multistep import DPMSolverMultistepScheduler
from engine.diffusion.schedulers.dpmsolver_singlestep import DPMSolverSinglestepScheduler
from engine.diffusion.schedulers.euler import EulerDiscreteScheduler
from engine.diffusion.schedulers.unipc_multistep import UniPCMultistepScheduler
from engine.graph.errors import LoomError
from tests.engine.diffusion.schedulers.gaussian import SD, known, levels, solve

X0 = {"prediction_type": "sample"}
SIGMA_MIN = {"final_sigmas_type": "sigma_min"}
SDE = {"algorithm_type": "sde-dpmsolver++"}
SOLVERS = [DPMSolverMultistepScheduler, DPMSolverSinglestepScheduler]
both = pytest.mark.parametrize("solver", SOLVERS)


@both
@pytest.mark.parametrize("order", [1, 2, 3])
def test_where_the_picture_is_known_stochastic_steps_land_on_the_marginal(solver, order):
    run = solver(**SD, **X0, **SDE, solver_order=order).start(24)
    assert run.needs_noise
    alpha, sigma = levels(run, 15)
    mean, std = known(run, 3, 15)
    assert mean == pytest.approx(0.3 * alpha, abs=0.02)
    assert std == pytest.approx(sigma, rel=0.02)


def test_the_stochastic_kind_by_the_noise_lands_on_it_too():
    kind = {"algorithm_type": "sde-dpmsolver", "solver_order": 2, **SIGMA_MIN}
    run = DPMSolverMultistepScheduler(**SD, **X0, **kind).start(200)
    alpha, sigma = levels(run, 150)
    mean, std = known(run, 100, 150)
    assert mean == pytest.approx(0.3 * alpha, abs=0.03)
    assert std == pytest.approx(sigma, rel=0.05)


@both
def test_higher_orders_are_nearer_to_the_exact_solution(solver):
    first, second, third = (solve(solver(**SD, **X0, solver_order=k), 36, 18) for k in (1, 2, 3))
    assert third < second / 2
    assert second < first / 4


def test_first_order_is_ddim():
    """As the paper says; along the same timesteps."""
    x, e = torch.randn(2, 1, 3, 4, 4, dtype=torch.float64)
    spacing = {"timestep_spacing": "trailing", "clip_sample": False}
    ddim = DDIMScheduler(**SD, **spacing).start(10)
    first = DDIMScheduler(**SD, **spacing).swap(DPMSolverMultistepScheduler, solver_order=1)
    run = first.start(10)
    for i in range(10):
        torch.testing.assert_close(run.step(i, e, x), ddim.step(i, e, x), rtol=1e-4, atol=1e-5)


@pytest.mark.parametrize(
    ("settings", "orders"),
    [
        ({"solver_order": 1}, [1, 1, 1, 1, 1, 1]),
        ({}, [1, 2, 1, 2, 1, 1]),
        (SIGMA_MIN, [1, 2, 1, 2, 1, 2]),
        (SIGMA_MIN | {"lower_order_final": True}, [1, 2, 1, 2, 1, 1]),
        ({"solver_order": 3}, [1, 2, 3, 1, 2, 1]),
        (SIGMA_MIN | {"solver_order": 3}, [1, 2, 3, 1, 2, 3]),
    ],
)
def test_the_model_calls_of_singlestep_methods(settings, orders):
    assert DPMSolverSinglestepScheduler(**settings).start(6).orders == orders


@pytest.mark.parametrize("steps", range(1, 8))
def test_any_number_of_calls_is_divided_among_steps(steps):
    run = DPMSolverSinglestepScheduler(solver_order=3, **SIGMA_MIN).start(steps)
    assert len(run.orders) == steps
    assert all(b in (1, a + 1) for a, b in zip([0, *run.orders], run.orders, strict=False))


def test_singlestep_begun_in_the_middle_uses_what_it_has():
    config = DPMSolverSinglestepScheduler(**SD, solver_order=3, **SIGMA_MIN)
    x, m = torch.randn(2, 1, 3, 4, 4)
    first = DPMSolverSinglestepScheduler(**SD, solver_order=1, **SIGMA_MIN).start(6)
    run = config.start(6)
    assert torch.equal(run.step(2, m, x), first.step(2, m, x))
    whole = config.start(6)
    whole.step(1, -m, x)
    assert not torch.equal(whole.step(2, m, x), first.step(2, m, x))


@pytest.mark.parametrize("order", [2, 3])
@pytest.mark.parametrize("kind", ["midpoint", "heun"])
@pytest.mark.parametrize("algorithm", ["dpmsolver", "dpmsolver++"])
def test_a_step_of_no_length_changes_nothing(order, kind, algorithm):
    """A Karras table ends at the smallest sigma, and so does the run."""
    config = DPMSolverMultistepScheduler(
        **SD,
        **SIGMA_MIN,
        use_karras_sigmas=True,
        algorithm_type=algorithm,
        solver_type=kind,
        solver_order=order,
        lower_order_final=False,
    )
    run = config.start(5)
    x = torch.randn(1, 3, 4, 4)
    for i in range(4):
        x = run.step(i, torch.cos(3 * x), x)
    torch.testing.assert_close(run.step(4, torch.cos(3 * x), x), x)


def test_the_noisiest_timesteps_can_be_left_out():
    clipped = {"beta_schedule": "squaredcos_cap_v2", "lambda_min_clipped": -5.1}
    whole = DPMSolverMultistepScheduler(beta_schedule="squaredcos_cap_v2").start(10)
    run = DPMSolverMultistepScheduler(**clipped).start(10)
    assert whole.timesteps[0] == 999
    assert 950 < run.timesteps[0] < 999
    assert run.levels.lam[0] >= -5.1
    with pytest.raises(LoomError, match="996 steps need 997 timesteps, and there are 99"):
        DPMSolverMultistepScheduler(**clipped).start(996)


@both
def test_half_of_the_channels_is_the_variance_where_that_is_learned(solver):
    x, m, v = torch.randn(3, 1, 3, 4, 4)
    learned = solver(**SD, variance_type="learned_range").start(5)
    assert torch.equal(
        learned.step(0, torch.cat([m, v], dim=1), x), solver(**SD).start(5).step(0, m, x)
    )
    with pytest.raises(LoomError, match="6 channels for samples of 3"):
        learned.step(0, m, x)


@pytest.mark.parametrize(
    ("solver", "settings", "message"),
    [
        (SOLVERS[0], {"algorithm_type": "dpmsolver"}, "dpmsolver can't end at sigma = 0"),
        (SOLVERS[0], {"algorithm_type": "sde-dpmsolver"}, "final_sigmas_type must be 'sigma_min'"),
        (
            SOLVERS[0],
            {"algorithm_type": "sde-dpmsolver", "solver_order": 3, **SIGMA_MIN},
            "no third order",
        ),
        (SOLVERS[1], {"algorithm_type": "sde-dpmsolver", **SIGMA_MIN}, "algorithm_type="),
        (
            SOLVERS[1],
            {"algorithm_type": "dpmsolver", "thresholding": True, **SIGMA_MIN},
            "turn thresholding off",
        ),
        (
            SOLVERS[0],
            {"variance_type": "learned", "prediction_type": "v_prediction"},
            "predict noise, and this one v_prediction",
        ),
        (SOLVERS[0], {"use_lu_lambdas": True, "use_beta_sigmas": True}, "beta and lu are on"),
        (SOLVERS[0], {"use_flow_sigmas": True}, "go together"),
        (SOLVERS[0], {"prediction_type": "flow_prediction"}, "go together"),
        (
            SOLVERS[1],
            {
                "use_flow_sigmas": True,
                "prediction_type": "flow_prediction",
                "use_karras_sigmas": True,
            },
            "can't be spread by the karras table",
        ),
        (
            SOLVERS[1],
            {
                "use_flow_sigmas": True,
                "prediction_type": "flow_prediction",
                "algorithm_type": "dpmsolver",
                **SIGMA_MIN,
            },
            "not for flow-matching models",
        ),
    ],
)
def test_what_is_refused(solver, settings, message):
    with pytest.raises(LoomError, match=message):
        solver(**settings)


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"use_lu_lambdas": True}, "by the lu table"),
        (
            {"use_flow_sigmas": True, "prediction_type": "flow_prediction"},
            "timesteps of a flow-matching model",
        ),
    ],
)
def test_timesteps_of_ones_own_need_a_plain_table(settings, message):
    with pytest.raises(LoomError, match=message):
        DPMSolverMultistepScheduler(**settings).start(None, timesteps=[900, 100])


def test_words_that_solvers_use_each_in_its_own_way_stay_behind():
    sde = DPMSolverMultistepScheduler(algorithm_type="sde-dpmsolver++", solver_type="heun")
    unipc = sde.swap(UniPCMultistepScheduler)
    assert unipc.solver_type == "bh2"
    assert unipc.swap(DPMSolverMultistepScheduler).solver_type == "midpoint"
    by_noise = DPMSolverMultistepScheduler(algorithm_type="sde-dpmsolver", **SIGMA_MIN)
    assert by_noise.swap(DPMSolverSinglestepScheduler).algorithm_type == "dpmsolver++"
    there_and_back = sde.swap(EulerDiscreteScheduler).swap(DPMSolverMultistepScheduler)
    assert (there_and_back.algorithm_type, there_and_back.solver_type) == (
        "sde-dpmsolver++",
        "heun",
    )
