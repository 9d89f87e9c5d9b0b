"""What schedulers walk along: the noise schedule, and which of its levels are visited."""

from typing import Annotated, Literal

from engine.diffusion.values import Scheduler
from engine.graph.spec import Multiline, Range, node

Solver = Literal[
    "DDIM",
    "DDPM",
    "PNDM",
    "LMS",
    "Euler",
    "Euler ancestral",
    "Heun",
    "DPM2",
    "DPM2 ancestral",
    "DPM-Solver++ 2M",
    "DPM-Solver++ 2M Karras",
    "DPM-Solver++ 2M SDE",
    "DPM-Solver++ singlestep",
    "DEIS",
    "UniPC",
    "LCM",
]


@node("schedule.solver", label="Solver by name", runs_on="cpu")
def solver(scheduler: Scheduler | None = None, name: Solver = "DDIM") -> Scheduler:
    """A solver chosen by name, on the noise schedule of `scheduler`: sweep the name to compare."""
    from engine.diffusion.schedulers.handles import by_name

    return by_name(scheduler, name)


@node("schedule.steps", label="Chosen steps", runs_on="cpu")
def steps(
    scheduler: Scheduler,
    timesteps: Annotated[str, Multiline()] = "",
    sigmas: Annotated[str, Multiline()] = "",
) -> Scheduler:
    """The very timesteps (999, 850, …, 0) or sigmas (14.6, 8, …, 0.03) that a run visits, falling.

    They take the place of a number of steps. Give one of the two.
    """
    from engine.diffusion.schedulers.handles import with_steps

    return with_steps(scheduler, timesteps, sigmas)


@node("schedule.noise", label="Noise schedule", runs_on="cpu")
def noise(
    scheduler: Scheduler,
    prediction: Literal["as loaded", "epsilon", "v_prediction", "sample"] = "as loaded",
    betas: Literal["as loaded", "linear", "scaled_linear", "squaredcos_cap_v2"] = "as loaded",
    beta_start: Annotated[float, Range(0, 1)] = 0.0,
    beta_end: Annotated[float, Range(0, 1)] = 0.0,
    zero_terminal_snr: Literal["as loaded", "on", "off"] = "as loaded",
) -> Scheduler:
    """The noise schedule that a model was trained on, where its files say it wrongly.

    `prediction` is what the model predicts. Betas of 0 stay as loaded. `zero_terminal_snr` leaves
    nothing of the picture at the last timestep (Lin et al. 2023).
    """
    from engine.diffusion.schedulers.handles import with_noise

    return with_noise(scheduler, prediction, betas, beta_start, beta_end, zero_terminal_snr)
