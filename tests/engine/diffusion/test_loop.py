import pytest
import torch

from engine.diffusion.guidance.classifier_free import ClassifierFree
from engine.diffusion.latents import SeededNoise
from engine.diffusion.loop import denoise
from engine.diffusion.schedulers.ddim import DDIMScheduler
from engine.diffusion.schedulers.dpmsolver_multistep import DPMSolverMultistepScheduler
from engine.diffusion.schedulers.euler import EulerDiscreteScheduler
from engine.graph.errors import LoomError

SD = {"beta_schedule": "scaled_linear", "beta_start": 0.00085, "beta_end": 0.012}
DDIM = DDIMScheduler(**SD, clip_sample=False)
SOLVERS = [
    DDIM,
    EulerDiscreteScheduler(**SD),
    EulerDiscreteScheduler(**SD, timestep_spacing="leading"),
    DPMSolverMultistepScheduler(**SD),
]
ZEROS = torch.zeros(2, 4, 4, 4)
CONTEXTS = {"positive": 0.8, "negative": -0.3}


def noise(seeds=(3, 4)):
    return SeededNoise(seeds, (4, 4, 4))


def model(x, t, context):
    return torch.tanh(x + context + t / 1000)


def go(scheduler=DDIM, latents=ZEROS, denoiser=model, **settings):
    steps = settings.pop("steps", 8)
    settings = {"conditioning": CONTEXTS, "noise": noise(), **settings}
    return denoise(denoiser, scheduler.start(steps, latents.device), latents, **settings)


@pytest.mark.parametrize("scheduler", SOLVERS, ids=lambda s: type(s).__name__)
def test_is_scale_predict_guide_step(scheduler):
    run = scheduler.start(8)
    x = noise()(0) * run.init_noise_sigma
    for i, t in enumerate(run.timesteps):
        seen = run.scale_input(i, x)
        c, u = model(seen, t, 0.8), model(seen, t, -0.3)
        x = run.step(i, u + 4.0 * (c - u), x)
    out = go(scheduler, guidance=ClassifierFree(4.0))
    assert torch.equal(out, x)
    assert not out.is_inference()


def test_reports_every_step_with_the_picture_so_far():
    seen = []
    out = go(on_step=lambda i, total, x, x0: seen.append((i, total, x.clone(), x0.shape)))
    assert [(i, total) for i, total, *_ in seen] == [(i, 8) for i in range(8)]
    assert torch.equal(seen[-1][2], out)
    assert seen[0][3] == ZEROS.shape


def test_callback_can_cancel():
    calls = []

    class Cancelled(Exception):
        pass

    def on_step(i, total, x, x0):
        calls.append(i)
        if i == 2:
            raise Cancelled

    with pytest.raises(Cancelled):
        go(on_step=on_step)
    assert calls == [0, 1, 2]
    assert not torch.is_inference_mode_enabled()


@pytest.mark.parametrize("scheduler", SOLVERS[:3], ids=lambda s: type(s).__name__)
@pytest.mark.parametrize("cut", [1, 5, 7])
def test_two_stages_equal_one(scheduler, cut):
    first = go(scheduler, end=cut)
    assert torch.equal(go(scheduler, first, begin="continue", start=cut, noise=None), go(scheduler))


def test_two_stages_equal_one_with_stochastic_steps():
    scheduler = DDIMScheduler(**SD, clip_sample=False, eta=1.0)
    first = go(scheduler, end=3)
    assert torch.equal(go(scheduler, first, begin="continue", start=3), go(scheduler))
    assert not torch.equal(go(scheduler), go(DDIM))


def test_renoise_begins_at_the_level_of_its_step():
    picture = torch.randn(2, 4, 4, 4)
    seen = []
    go(
        latents=picture,
        begin="renoise",
        start=6,
        denoiser=lambda x, t, c: seen.append((x.clone(), t.item())) or x * 0,
        guidance=ClassifierFree(1.0),
    )
    run = DDIM.start(8)
    assert torch.equal(seen[0][0], run.add_noise(6, picture, noise()(0)))
    assert [t for _, t in seen] == run.timesteps[6:].tolist()


def test_batch_member_comes_out_the_same_alone():
    alone = go(latents=ZEROS[:1], noise=noise((4,)))
    torch.testing.assert_close(alone, go()[1:], rtol=1e-6, atol=1e-6)


def test_guidance_schedule_and_unguided_passes():
    calls = []

    def counting(x, t, context):
        calls.append(context)
        return model(x, t, context)

    go(denoiser=counting, steps=3, guidance=ClassifierFree((1.0, 5.0, 1.0)))
    assert calls == [0.8, -0.3, 0.8, 0.8]


def test_inputs_are_left_as_they_are():
    latents = torch.randn(2, 4, 4, 4)
    before = latents.clone()
    go(latents=latents, begin="continue")
    assert torch.equal(latents, before)


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"start": 5, "end": 5, "begin": "continue"}, "step 5 to step 5 of 8"),
        ({"end": 9}, "step 0 to step 9 of 8"),
        ({"start": 3}, "Pure noise belongs to step 0"),
        ({"noise": None}, "Connect a noise seed"),
        ({"noise": noise((1,))}, "one seed a picture"),
        ({"conditioning": {}}, "positive conditioning"),
        ({"denoiser": lambda x, t, c: x * float("nan")}, "not finite.*float32"),
        ({"steps": 2000}, "Ask for 1 to 1000"),
    ],
)
def test_errors_are_for_people(settings, message):
    with pytest.raises(LoomError, match=message):
        go(**settings)


@pytest.mark.parametrize(
    "device",
    [
        "cpu",
        pytest.param(
            "cuda", marks=pytest.mark.skipif(not torch.cuda.is_available(), reason="needs CUDA")
        ),
    ],
)
def test_the_step_that_spoils_the_latents_is_named(device):
    """On the CPU nothing is computed after it."""
    calls, reported = [], []

    def overflow(x, t, c):
        calls.append(t)
        return x * (float("inf") if len(calls) == 6 else 0.1)

    with pytest.raises(LoomError, match=r"^unet: .* not finite .* after step 3 of 8; "):
        go(
            EulerDiscreteScheduler(**SD),
            ZEROS.to(device),
            denoiser=overflow,
            on_step=lambda i, *_: reported.append(i),
        )
    assert reported == ([0, 1] if device == "cpu" else [*range(8)])


@pytest.mark.skipif(not torch.cuda.is_available(), reason="needs a CUDA device")
@pytest.mark.parametrize(
    "scheduler",
    [*SOLVERS, DDIMScheduler(**SD, clip_sample=False, eta=1.0)],
    ids=lambda s: type(s).__name__,
)
def test_loop_never_waits_for_the_device(scheduler):
    """Synchronising calls are errors from the first step's report to the last's."""

    def on_step(i, total, x, x0):
        torch.cuda.set_sync_debug_mode("default" if i == total - 1 else "error")

    try:
        out = go(scheduler, ZEROS.cuda(), on_step=on_step)
    finally:
        torch.cuda.set_sync_debug_mode("default")
    torch.testing.assert_close(out.cpu(), go(scheduler), rtol=1e-4, atol=1e-4)
