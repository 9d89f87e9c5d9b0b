import pytest

from engine.diffusion.schedulers.deis_multistep import DEISMultistepScheduler
from engine.graph.errors import LoomError
from tests.engine.diffusion.schedulers.gaussian import SD, solve

X0 = {"prediction_type": "sample"}


@pytest.mark.parametrize("order", [2, 3])
def test_the_weights_of_a_constant_are_the_length_of_the_step_in_rho(order):
    run = DEISMultistepScheduler(**SD, solver_order=order).start(12)
    rho = (run.levels.sigma / run.levels.alpha).tolist()
    for i in range(order - 1, 12):
        weights = run.weights[order][i]
        assert len(weights) == order
        assert sum(weights) == pytest.approx(rho[i + 1] - rho[i], rel=1e-3)


def test_second_order():
    coarse, fine = (solve(DEISMultistepScheduler(**SD, **X0), k, k // 2) for k in (20, 80))
    assert coarse / fine == pytest.approx(16, rel=0.35)


def test_third_order_is_nearer_in_few_steps():
    second, third = (
        solve(DEISMultistepScheduler(**SD, **X0, solver_order=k), 10, 5) for k in (2, 3)
    )
    assert third < 0.7 * second


@pytest.mark.parametrize(
    ("settings", "end"),
    [({}, 0), ({"use_karras_sigmas": True}, -2), ({"use_beta_sigmas": True}, -2)],
)
def test_the_last_step_ends_at_the_smallest_sigma(settings, end):
    config = DEISMultistepScheduler(**SD, **settings)
    levels = config.start(6).levels
    alpha_bar = config.alphas_cumprod()
    smallest = ((1 - alpha_bar[0]) / alpha_bar[0]).sqrt()
    assert (levels.sigma / levels.alpha)[-1].item() == pytest.approx(smallest.item(), rel=1e-5)
    if end:  # where the table ends there already, the last step has no length
        assert levels.sigma[-1] == levels.sigma[end]


def test_what_is_refused():
    with pytest.raises(LoomError, match="solver_order must be 1, 2 or 3"):
        DEISMultistepScheduler(solver_order=4)
    with pytest.raises(LoomError, match="algorithm_type='dpmsolver'"):
        DEISMultistepScheduler(algorithm_type="dpmsolver")
