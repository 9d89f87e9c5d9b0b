"""Solvers against mathematics: Gaussian pictures, whose exact trajectories are known."""

import pytest
import torch

from engine.diffusion.schedulers.ddim import DDIMScheduler
from engine.diffusion.schedulers.ddpm import DDPMScheduler
from engine.diffusion.schedulers.deis_multistep import DEISMultistepScheduler
from engine.diffusion.schedulers.dpmsolver_multistep import DPMSolverMultistepScheduler
from engine.diffusion.schedulers.dpmsolver_singlestep import DPMSolverSinglestepScheduler
from engine.diffusion.schedulers.euler import EulerDiscreteScheduler
from engine.diffusion.schedulers.euler_ancestral import EulerAncestralDiscreteScheduler
from engine.diffusion.schedulers.flow_match_euler import FlowMatchEulerDiscreteScheduler
from engine.diffusion.schedulers.flow_match_heun import FlowMatchHeunDiscreteScheduler
from engine.diffusion.schedulers.heun import HeunDiscreteScheduler
from engine.diffusion.schedulers.kdpm2 import KDPM2DiscreteScheduler
from engine.diffusion.schedulers.kdpm2_ancestral import KDPM2AncestralDiscreteScheduler
from engine.diffusion.schedulers.lms import LMSDiscreteScheduler
from engine.diffusion.schedulers.unipc_multistep import UniPCMultistepScheduler
from engine.graph.errors import LoomError
from tests.engine.diffusion.schedulers.gaussian import MEAN, SD, STD, best_x0, levels, solve

SOLVERS = [
    DDIMScheduler(**SD, clip_sample=False),
    EulerDiscreteScheduler(**SD),
    DPMSolverMultistepScheduler(**SD),
    LMSDiscreteScheduler(**SD),
    EulerAncestralDiscreteScheduler(**SD),
    HeunDiscreteScheduler(**SD),
    KDPM2DiscreteScheduler(**SD),
    KDPM2AncestralDiscreteScheduler(**SD),
    DDPMScheduler(**SD, clip_sample=False),
    DPMSolverSinglestepScheduler(**SD),
    DPMSolverMultistepScheduler(**SD, algorithm_type="sde-dpmsolver++", solver_order=3),
    UniPCMultistepScheduler(**SD, solver_order=3),
]
X0 = {"prediction_type": "sample"}
BY_NOISE = {"algorithm_type": "dpmsolver", "final_sigmas_type": "sigma_min"}


@pytest.mark.parametrize(
    ("scheduler", "order"),
    [
        (EulerDiscreteScheduler(**SD, **X0, use_karras_sigmas=True), 1),
        (DPMSolverMultistepScheduler(**SD, **X0, solver_order=1), 1),
        (DPMSolverMultistepScheduler(**SD, **X0), 2),
        (DPMSolverMultistepScheduler(**SD, **X0, solver_type="heun"), 2),
        (DPMSolverMultistepScheduler(**SD, **X0, **BY_NOISE), 2),
        (DPMSolverSinglestepScheduler(**SD, **X0, solver_order=1), 1),
        (DPMSolverSinglestepScheduler(**SD, **X0), 2),
        (DPMSolverSinglestepScheduler(**SD, **X0, **BY_NOISE, solver_type="heun"), 2),
        (DEISMultistepScheduler(**SD, **X0, solver_order=1), 1),
        (UniPCMultistepScheduler(**SD, **X0, solver_order=1), 2),
        (HeunDiscreteScheduler(**SD, **X0, use_karras_sigmas=True), 2),
        (KDPM2DiscreteScheduler(**SD, **X0, use_karras_sigmas=True), 2),
        (FlowMatchEulerDiscreteScheduler(), 1),
        (FlowMatchHeunDiscreteScheduler(), 2),
    ],
    ids=[
        "euler",
        "first",
        "midpoint",
        "heun",
        "by-noise",
        "single-first",
        "single",
        "single-by-noise",
        "deis-first",
        "unipc-first-corrected",
        "k-heun",
        "k-midpoint",
        "flow",
        "flow-heun",
    ],
)
def test_order_of_convergence(scheduler, order):
    coarse, fine = solve(scheduler, 40, 20), solve(scheduler, 160, 80)
    assert fine < coarse
    assert coarse / fine == pytest.approx(4**order, rel=0.35)


@pytest.mark.parametrize("scheduler", SOLVERS, ids=lambda s: type(s).__name__)
@pytest.mark.parametrize("steps", [1, 2, 20])
def test_a_model_that_knows_the_picture_ends_at_it(scheduler, steps):
    x0 = torch.randn(1, 3, 4, 4)
    scheduler = scheduler.swap(type(scheduler), prediction_type="sample")
    run = scheduler.start(steps)
    x, noise = torch.randn(2, 1, 3, 4, 4) * run.init_noise_sigma
    for i in range(len(run.timesteps)):
        x = run.step(i, x0, x, noise if run.needs_noise else None)
        assert torch.equal(run.predicted_x0, x0)
    torch.testing.assert_close(x, x0, rtol=0, atol=1e-4)


@pytest.mark.parametrize("scheduler", SOLVERS, ids=lambda s: type(s).__name__)
def test_zero_terminal_snr_begins_at_pure_noise_and_ends_at_the_picture(scheduler):
    """In solvers too whose published form can't: a swap keeps what the model was trained on."""
    x0 = torch.randn(1, 3, 4, 4)
    settings = {"rescale_betas_zero_snr": True, "timestep_spacing": "trailing"}
    run = scheduler.swap(type(scheduler), **X0, **settings).start(5)
    alpha, sigma = levels(run, 0)
    assert alpha / sigma < 1e-3
    x, noise = torch.randn(2, 1, 3, 4, 4)
    x = x * run.init_noise_sigma
    for i in range(len(run.timesteps)):
        x = run.step(i, x0, x, noise if run.needs_noise else None)
    torch.testing.assert_close(x, x0, rtol=0, atol=2e-3)


@pytest.mark.parametrize("scheduler", SOLVERS, ids=lambda s: type(s).__name__)
def test_runs_share_nothing(scheduler):
    def go(run):
        x = torch.full((1, 1, 2, 2), 0.5)
        for i in range(5):
            x = run.step(i, torch.cos(3 * x), x, torch.ones_like(x) if run.needs_noise else None)
        return x

    first, second = scheduler.start(5), scheduler.start(5)
    before = hash(scheduler)
    assert torch.equal(go(first), go(second))
    assert hash(scheduler) == before


@pytest.mark.parametrize("scheduler", SOLVERS, ids=lambda s: type(s).__name__)
def test_half_precision_is_stepped_in_float32(scheduler):
    run = scheduler.start(5)
    x = torch.randn(1, 1, 2, 2, dtype=torch.float16)
    assert run.step(0, x, x, x.float() if run.needs_noise else None).dtype == torch.float32
    assert run.add_noise(0, x, x.float()).dtype == torch.float32


def test_second_order_only_after_a_step_of_this_run():
    two = DPMSolverMultistepScheduler(**SD).start(20)
    one = DPMSolverMultistepScheduler(**SD, solver_order=1).start(20)
    x, m = torch.randn(2, 1, 3, 4, 4)
    assert torch.equal(two.step(5, m, x), one.step(5, m, x))  # begun in the middle
    assert not torch.equal(two.step(6, -m, x), one.step(6, -m, x))
    assert torch.equal(two.step(9, m, x), one.step(9, m, x))  # after a jump


def test_stochastic_ddim_keeps_the_marginal_variance():
    """With eta = 1 and the best prediction, x stays distributed as the noised pictures are."""
    run = DDIMScheduler(**SD, clip_sample=False, prediction_type="sample", eta=1.0).start(50)
    g = torch.Generator().manual_seed(0)
    x0, noise = torch.randn(2, 20000, generator=g, dtype=torch.float64)
    x = run.add_noise(0, MEAN + STD * x0, noise)
    for i in range(40):
        x = run.step(i, best_x0(run, i, x), x, torch.randn(20000, generator=g).double())
    alpha, sigma = levels(run, 40)
    assert x.mean().item() == pytest.approx(alpha * MEAN, abs=0.02)
    # the mean of x_0 alone loses its spread: less than the full variance, more than the noise
    assert sigma**2 < x.var().item() < alpha**2 * STD**2 + sigma**2


@pytest.mark.parametrize(
    ("scheduler", "index"),
    [
        (DDIMScheduler(eta=0.5), 0),
        (DDPMScheduler(), 0),
        (DPMSolverMultistepScheduler(algorithm_type="sde-dpmsolver++"), 0),
        (DPMSolverSinglestepScheduler(algorithm_type="sde-dpmsolver++"), 0),
        (EulerAncestralDiscreteScheduler(), 0),
        (KDPM2AncestralDiscreteScheduler(), 1),
        (FlowMatchEulerDiscreteScheduler(stochastic_sampling=True), 0),
    ],
    ids=lambda value: type(value).__name__,
)
def test_stochastic_solvers_ask_for_noise(scheduler, index):
    run = scheduler.start(4)
    x = torch.zeros(1, 1, 2, 2)
    assert run.needs_noise
    for i in range(index):
        run.step(i, x, x, x)
    with pytest.raises(LoomError, match="Connect a noise seed"):
        run.step(index, x, x)


@pytest.mark.parametrize(
    "scheduler",
    [
        EulerAncestralDiscreteScheduler(**SD, **X0),
        KDPM2AncestralDiscreteScheduler(**SD, **X0, use_karras_sigmas=True),
    ],
    ids=lambda s: type(s).__name__,
)
def test_ancestral_steps_keep_the_level_of_noise(scheduler):
    """Where the picture is known, what is left after a step is noise of exactly the next level."""
    run = scheduler.start(40)
    g = torch.Generator().manual_seed(0)
    x = run.add_noise(0, torch.zeros(20000), torch.randn(20000, generator=g))
    for i in range(run.starts[20]):
        x = run.step(i, torch.zeros(20000), x, torch.randn(20000, generator=g))
    sigma = levels(run, run.starts[20])[1]
    assert x.std().item() == pytest.approx(sigma, rel=0.03)
    assert abs(x.mean().item()) < 0.03 * sigma
