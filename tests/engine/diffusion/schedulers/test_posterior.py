import pytest
import torch

from engine.diffusion.schedulers.ddpm import DDPMScheduler
from engine.diffusion.schedulers.posterior import SMALLEST, Posterior, split_learned
from engine.graph.errors import LoomError

ALPHA_BAR = DDPMScheduler().alphas_cumprod()[[800, 400, 0]]
BEFORE = torch.cat([ALPHA_BAR[1:], torch.ones(1)])
POSTERIOR = Posterior(ALPHA_BAR, BEFORE, ALPHA_BAR / BEFORE, 1 - ALPHA_BAR / BEFORE)


@pytest.mark.parametrize("i", [0, 1, 2])
def test_mean_and_variance_lead_from_one_marginal_to_the_next(i):
    """x_t = a x_0 + s noise goes to mean a' x_0 and variance s'^2, whatever the stride."""
    a, a_before = ALPHA_BAR[i].double(), BEFORE[i].double()
    x0 = torch.tensor(0.7, dtype=torch.float64)
    mean = POSTERIOR.mean(i, x0, a.sqrt() * x0)
    gain = POSTERIOR.mean(i, torch.zeros(()), torch.ones(()))
    assert mean.item() == pytest.approx((a_before.sqrt() * x0).item(), rel=1e-5)
    variance = gain**2 * (1 - a) + POSTERIOR.variance[i]
    assert variance.item() == pytest.approx((1 - a_before).item(), rel=1e-4, abs=1e-7)


def test_learned_deviations_lie_between_the_bounds():
    low, middle, high = (POSTERIOR.learned_std(0, torch.tensor(v)) for v in (-1.0, 0.0, 1.0))
    assert low.item() == pytest.approx(POSTERIOR.variance[0].sqrt().item(), rel=1e-5)
    assert high.item() == pytest.approx(POSTERIOR.beta[0].sqrt().item(), rel=1e-5)
    assert middle.item() == pytest.approx((low * high).sqrt().item(), rel=1e-5)


def test_the_last_variance_has_a_logarithm():
    assert POSTERIOR.variance[2].item() == pytest.approx(SMALLEST)
    assert POSTERIOR.learned_std(2, torch.tensor(-1.0)).isfinite()


def test_a_prediction_is_split_where_it_has_twice_the_channels():
    sample = torch.zeros(2, 4, 8, 8)
    mean, variance = split_learned(torch.arange(16.0).reshape(2, 8, 1, 1), sample)
    assert mean[0, :, 0, 0].tolist() == [0, 1, 2, 3]
    assert variance[1, :, 0, 0].tolist() == [12, 13, 14, 15]
    with pytest.raises(LoomError, match="8 channels for samples of 4, and this one predicts 4"):
        split_learned(sample, sample)
