"""Gaussian pictures, for which the best prediction and the exact trajectory of the
probability-flow ODE are known."""

import torch

from engine.diffusion.schedulers.flow_scheduler import FlowScheduler

MEAN, STD = 0.4, 0.6
SD = {"beta_schedule": "scaled_linear", "beta_start": 0.00085, "beta_end": 0.012}


def levels(run, i):
    """(alpha, sigma) of x = alpha x_0 + sigma noise at step i, as the run itself noises."""
    one, zero = torch.ones(1, dtype=torch.float64), torch.zeros(1, dtype=torch.float64)
    return run.add_noise(i, one, zero).item(), run.add_noise(i, zero, one).item()


def best_x0(run, i, x):
    alpha, sigma = levels(run, i)
    gain = alpha * STD**2 / (alpha**2 * STD**2 + sigma**2)
    return MEAN + gain * (x - alpha * MEAN)


def best_prediction(scheduler, run, i, x):
    """What a perfect model of the scheduler's prediction type says."""
    x0, (alpha, sigma) = best_x0(run, i, x), levels(run, i)
    if isinstance(scheduler, FlowScheduler):
        return (x - x0) / sigma
    return (x - alpha * x0) / sigma if scheduler.prediction_type == "epsilon" else x0


def solve(scheduler, steps, stop):
    """Integrate from the start of step 0 to that of step `stop`: the largest distance from x."""
    run = scheduler.start(steps)
    z = torch.linspace(-2, 2, 9, dtype=torch.float64)

    def exact(i):
        alpha, sigma = levels(run, i)
        return alpha * MEAN + (alpha**2 * STD**2 + sigma**2) ** 0.5 * z

    x, last = exact(0), run.starts[stop]
    for i in range(last):
        x = run.step(i, best_prediction(scheduler, run, i, x), x)
    return (x - exact(last)).abs().max().item()


def known(run, begin, end, x0=0.3, count=20000):
    """Mean and deviation of the sample at step `end` where the model knows the picture `x0`.

    From the noised picture at `begin`; each kind of noise is drawn `count` times. `run` is of a
    scheduler whose model predicts the picture.
    """
    g = torch.Generator().manual_seed(0)
    picture = torch.full((count, 1), x0)
    x = run.add_noise(begin, picture, torch.randn(count, 1, generator=g))
    for i in range(begin, end):
        x = run.step(i, picture, x, torch.randn(count, 1, generator=g))
    return x.mean().item(), x.std().item()
