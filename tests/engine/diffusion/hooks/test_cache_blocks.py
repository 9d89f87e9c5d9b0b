"""Inner features kept from step to step: what is computed, from what, and that 1 is exact."""

from collections import Counter

import pytest
import torch

from engine.diffusion.denoiser import UNetDenoiser
from engine.diffusion.guidance.classifier_free import ClassifierFree
from engine.diffusion.hooks.cache_blocks import CacheBlocks
from engine.diffusion.hooks.merge_tokens import MergeTokens
from engine.diffusion.hooks.record_attention import RecordAttention
from engine.diffusion.kept_steps import KeptSteps
from engine.diffusion.latents import SeededNoise
from engine.diffusion.loop import denoise
from engine.diffusion.models.inner import Inner
from engine.diffusion.models.unet_2d_condition import UNet2DConditionConfig, UNet2DConditionModel
from engine.diffusion.sampling import Job, Memory
from engine.diffusion.schedulers.ddim import DDIMScheduler
from engine.diffusion.values import Conditioning, Latents, Noise, Scheduler
from engine.graph.environment import within
from engine.graph.errors import LoomError
from engine.runtime.housing import Housed
from engine.runtime.packing import pack

STEPS, SKIPS = 6, 6
CONTEXTS = {
    name: torch.randn(1, 5, 16, generator=torch.Generator().manual_seed(k))
    for k, name in enumerate(("positive", "negative"))
}


def make(*, first: str = "CrossAttn") -> UNet2DConditionModel:
    torch.manual_seed(0)
    config = UNet2DConditionConfig(
        block_out_channels=(32, 64),
        layers_per_block=2,
        down_block_types=(f"{first}DownBlock2D", "CrossAttnDownBlock2D"),
        up_block_types=("CrossAttnUpBlock2D", f"{first}UpBlock2D"),
        cross_attention_dim=16,
        attention_head_dim=4,
    )
    return UNet2DConditionModel(config).eval().requires_grad_(False)


@pytest.fixture(scope="module")
def unet() -> UNet2DConditionModel:
    return make()


def go(unet, *hooks, guidance=None, **options):
    return denoise(
        UNetDenoiser(unet),
        DDIMScheduler(clip_sample=False).start(STEPS),
        torch.zeros(2, 4, 7, 5),
        conditioning=CONTEXTS,
        guidance=guidance or ClassifierFree(3.0),
        noise=SeededNoise((3, 4), (4, 7, 5)),
        hooks=hooks,
        **options,
    )


@pytest.fixture
def calls(unet):
    """How often each layer was called."""
    found = Counter()
    handles = [
        module.register_forward_hook(lambda *_, name=name: found.update([name]))
        for name, module in unet.named_modules()
    ]
    yield found
    for handle in handles:
        handle.remove()


@pytest.mark.parametrize("first", ["CrossAttn", ""])
@pytest.mark.parametrize("branch", range(1, SKIPS + 1))
@torch.inference_mode()
def test_a_cut_model_gives_the_same_numbers_with_all_that_leads_it(first: str, branch: int):
    unet, generator = make(first=first), torch.Generator().manual_seed(1)
    x = torch.randn(2, 4, 8, 6, generator=generator)
    skips = [(32, 8, 6)] * 3 + [(32, 4, 3)] + [(64, 4, 3)] * 2
    led = {
        "down_residuals": [torch.randn(2, *shape, generator=generator) for shape in skips],
        "mid_residual": torch.randn(2, 64, 4, 3, generator=generator),
        "adapter_states": [
            torch.randn(2, *(shape), generator=generator)
            for shape in ((32, 8, 6) if first else (32, 4, 3), (64, 4, 3))
        ],
    }
    context = CONTEXTS["positive"].expand(2, -1, -1)
    whole = unet(x, 10, context, **led)
    inner = Inner(branch)
    assert torch.equal(unet(x, 10, context, **led, inner=inner), whole)
    assert inner.features is not None
    assert torch.equal(unet(x, 10, context, **led, inner=inner), whole)
    moved = Inner(branch, inner.features + 1)
    assert not torch.equal(unet(x, 10, context, **led, inner=moved), whole)


def test_every_step_in_full_is_exact(unet):
    exact = go(unet)
    assert torch.equal(go(unet, CacheBlocks(every=1)), exact)
    assert not torch.equal(go(unet, CacheBlocks(every=2)), exact)


def test_between_full_steps_only_the_outer_layers_are_computed(unet, calls):
    go(unet, CacheBlocks(every=3, branch=2))
    assert calls["conv_in"] == calls["conv_out"] == STEPS
    assert calls["mid_block"] == calls["down_blocks.1"] == calls["up_blocks.0"] == 2
    assert calls["down_blocks.0.resnets.0"] == STEPS and calls["down_blocks.0.resnets.1"] == 2
    up = [calls[f"up_blocks.1.resnets.{i}"] for i in range(3)]
    assert up == [2, STEPS, STEPS]


def test_a_longer_part_is_nearer_to_the_exact_run(unet):
    exact = go(unet)
    errors = [(go(unet, CacheBlocks(2, m)) - exact).norm() for m in (1, SKIPS)]
    assert 0 < errors[1] < errors[0] < exact.norm()


def test_each_run_begins_anew_and_leaves_the_model_as_it_was(unet):
    exact, hook = go(unet), CacheBlocks()
    first = go(unet, hook)
    assert torch.equal(go(unet, hook), first)
    assert torch.equal(go(unet), exact)


def test_one_prompt_at_a_time_is_the_same(unet):
    joined = go(unet, CacheBlocks())
    with within({"guidance": "apart"}):
        torch.testing.assert_close(go(unet, CacheBlocks()), joined, rtol=1e-4, atol=1e-4)


def test_a_prompt_that_was_not_asked_for_at_the_last_full_step_is_computed_in_full(unet, calls):
    """Full at 0 and 3; guided from 2 on, where the negative one is new, and at 4 it is known."""
    go(unet, CacheBlocks(every=3), guidance=ClassifierFree(3.0, start=2 / STEPS))
    assert calls["mid_block"] == 3


def test_it_goes_together_with_other_hooks_and_packed_layers(unet):
    reports = []
    found = go(unet, CacheBlocks(), RecordAttention(), reports=reports)
    torch.testing.assert_close(go(unet, CacheBlocks()), found, rtol=1e-4, atol=1e-4)
    assert reports[1].maps.shape[0] == 2
    packed = make()
    pack(packed)
    torch.testing.assert_close(go(packed, CacheBlocks()), found, rtol=1e-4, atol=1e-4)


def test_layers_that_come_and_go_are_the_same():
    """A streamed model, whose parts are called in another order than the last time."""
    packed, streamed = make(), make()
    housed = Housed(streamed, torch.device("cpu"), torch.float64)  # converted part by part
    packed.double()
    exact = go(packed, CacheBlocks(), MergeTokens())
    housed.stream(1 << 20)
    assert any(parameter.isnan().all() for parameter in streamed.parameters())  # those away
    torch.testing.assert_close(go(streamed, CacheBlocks(), MergeTokens()), exact, rtol=0, atol=1e-6)
    housed.let_go()


def test_a_run_is_never_taken_up_half_way(unet):
    """Features of steps that were not computed in this run are not there."""
    config = '{"clip_sample": false}'
    job = Job(
        *(unet, Scheduler("DDIMScheduler", config), Latents(torch.zeros(2, 4, 8, 6), "tiny")),
        *(Noise((4,)), Conditioning(CONTEXTS["positive"]), Conditioning(CONTEXTS["negative"])),
        steps=STEPS,
        guidance=3.0,
        hooks=(CacheBlocks(),),
    )
    memory, steps = Memory(KeptSteps(), "model"), []
    first = job.run(memory=memory, on_step=lambda i, *_: steps.append(i))
    again = job.run(memory=memory, on_step=lambda i, *_: steps.append(i))
    assert steps == [*range(STEPS)] * 2
    assert torch.equal(first.latents.samples, again.latents.samples)


def test_what_can_not_be_cut_is_told(unet):
    with pytest.raises(LoomError, match=r"has 6 skip connections, .* at the 7th"):
        go(unet, CacheBlocks(branch=7))
    with pytest.raises(LoomError, match="every = 0"):
        CacheBlocks(every=0)
    other = torch.nn.Conv2d(4, 4, 1)
    with pytest.raises(LoomError, match="this is another model"):
        go(other, CacheBlocks())
