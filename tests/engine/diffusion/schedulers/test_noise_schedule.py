import pytest
import torch

from engine.diffusion.schedulers import noise_schedule as ns


def alpha_bar(betas):
    return (1 - betas).cumprod(0)


def test_scaled_linear_is_the_latent_diffusion_schedule():
    betas = ns.betas("scaled_linear", 1000, 0.00085, 0.012)
    assert betas[0].item() == pytest.approx(0.00085)
    assert betas[-1].item() == pytest.approx(0.012)
    assert alpha_bar(betas)[-1].item() == pytest.approx(0.00466, abs=1e-5)  # sigma_max 14.61


def test_squared_cosine_follows_the_paper_and_is_capped():
    betas = ns.betas("squaredcos_cap_v2", 1000, 0.0001, 0.02)
    f = torch.cos((torch.tensor([0.5, 0.0]) + 0.008) / 1.008 * torch.pi / 2) ** 2
    assert alpha_bar(betas)[499].item() == pytest.approx((f[0] / f[1]).item(), rel=1e-4)
    assert betas.max().item() == pytest.approx(0.999)


def test_exponential_leaves_the_same_part_at_every_step():
    betas = ns.betas("exp", 1000, 0.0001, 0.02)
    assert betas.unique().numel() == 1
    assert alpha_bar(betas)[[499, 999]].log().tolist() == pytest.approx([-6, -12], rel=1e-3)


def test_sigmoid_reaches_nearly_from_its_start_to_its_end():
    betas = ns.betas("sigmoid", 1001, 0.0001, 0.02)
    assert betas[500].item() == pytest.approx((0.0001 + 0.02) / 2)
    assert (betas[0].item(), betas[-1].item()) == pytest.approx((0.000149, 0.019951), abs=1e-6)


def test_laplace_crosses_an_snr_of_one_in_the_middle():
    betas = ns.betas("laplace", 1000, 0.0001, 0.02)
    found = alpha_bar(betas.double()) * (1 + 1e-3) ** -0.5  # u = 0 has some noise already
    assert found[499].item() == pytest.approx(0.5**0.5, rel=1e-4)
    assert betas.max().item() < 0.999


@pytest.mark.parametrize(
    "schedule", ["linear", "scaled_linear", "sigmoid", "squaredcos_cap_v2", "laplace", "exp"]
)
def test_zero_terminal_snr_keeps_the_first_and_empties_the_last(schedule):
    plain = alpha_bar(ns.betas(schedule, 1000, 0.00085, 0.012))
    rescaled = alpha_bar(ns.betas(schedule, 1000, 0.00085, 0.012, zero_snr=True))
    assert rescaled[-1] == 0
    assert rescaled[0].item() == pytest.approx(plain[0].item(), rel=1e-6)
    assert (rescaled.diff() < 0).all()


def test_trained_betas_replace_the_schedule():
    assert ns.betas("linear", 3, 0.1, 0.2, [0.3, 0.4, 0.5]).tolist() == pytest.approx(
        [0.3, 0.4, 0.5]
    )
