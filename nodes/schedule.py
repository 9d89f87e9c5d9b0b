"""What schedulers walk along: the noise schedule, and which of its levels are visited."""

from typing import Annotated, Literal

from engine.diffusion.values import Scheduler
from engine.graph.spec import Multiline, Range, node
from nodes.scheduler import AS_LOADED, End, Spacing, Switch, change

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
    betas: Literal[
        "as loaded", "linear", "scaled_linear", "squaredcos_cap_v2", "sigmoid", "laplace", "exp"
    ] = "as loaded",
    beta_start: Annotated[float, Range(0, 1)] = 0.0,
    beta_end: Annotated[float, Range(0, 1)] = 0.0,
    zero_terminal_snr: Switch = "as loaded",
) -> Scheduler:
    """The noise schedule that a model was trained on, where its files say it wrongly.

    `prediction` is what the model predicts. Betas of 0 stay as loaded. `zero_terminal_snr` leaves
    nothing of the picture at the last timestep (Lin et al. 2023).
    """
    return change(
        scheduler,
        scheduler.class_name,
        prediction_type=prediction,
        beta_schedule=betas,
        beta_start=beta_start or AS_LOADED,
        beta_end=beta_end or AS_LOADED,
        rescale_betas_zero_snr=zero_terminal_snr,
    )


@node("schedule.spacing", label="Spacing of steps", runs_on="cpu")
def spacing(
    scheduler: Scheduler,
    spacing: Spacing = "as loaded",
    offset: Annotated[int, Range(-1, 1000)] = -1,
    set_alpha_to_one: Switch = "as loaded",
    end: End = "as loaded",
) -> Scheduler:
    """Which of the trained timesteps a run visits, and where its last step ends.

    `offset` is added to the timesteps of leading spacing; -1 is as loaded. Solvers through
    timesteps end at the clean picture with `set_alpha_to_one`, others where `end` says: at a sigma
    of zero, or at the smallest that the model was trained on.
    """
    return change(
        scheduler,
        scheduler.class_name,
        timestep_spacing=spacing,
        steps_offset=AS_LOADED if offset < 0 else offset,
        set_alpha_to_one=set_alpha_to_one,
        final_sigmas_type=end,
    )


@node("schedule.bounds", label="Bounds of the picture", runs_on="cpu")
def bounds(
    scheduler: Scheduler,
    clip: Switch = "as loaded",
    clip_range: Annotated[float, Range(0, 100)] = 0.0,
    threshold: Switch = "as loaded",
    ratio: Annotated[float, Range(0, 1)] = 0.0,
    largest: Annotated[float, Range(0, 100)] = 0.0,
) -> Scheduler:
    """Keeps the predicted picture within bounds at every step: for models of pixels, not latents.

    `clip` cuts at plus and minus `clip_range`. `threshold` pulls saturated pictures inwards
    (Saharia et al. 2022), so that the part `ratio` of their values stays within a bound of their
    own, from 1 to `largest`. Numbers of 0 are as loaded.
    """
    return change(
        scheduler,
        scheduler.class_name,
        clip_sample=clip,
        clip_sample_range=clip_range or AS_LOADED,
        thresholding=threshold,
        dynamic_thresholding_ratio=ratio or AS_LOADED,
        sample_max_value=largest or AS_LOADED,
    )


@node("schedule.shift", label="Flow shift", runs_on="cpu")
def shift(
    scheduler: Scheduler, shift: Annotated[float, Range(0.1, 20, step=0.1)] = 3.0
) -> Scheduler:
    """How far a flow-matching model's levels lean towards noise: further for larger pictures.

    For every solver of such models; 1 spreads the levels evenly.
    """
    from engine.diffusion.schedulers.handles import with_shift

    return with_shift(scheduler, shift)
