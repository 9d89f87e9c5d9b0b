"""Runs over merged tokens: in which levels, from what picks, beside what else."""

import threading

import pytest
import torch

from engine.diffusion.attention_reach import Place
from engine.diffusion.denoiser import UNetDenoiser
from engine.diffusion.guidance.classifier_free import ClassifierFree
from engine.diffusion.hooks.base import Hook, StepHook
from engine.diffusion.hooks.cache_blocks import CacheBlocks
from engine.diffusion.hooks.merge_tokens import MergeTokens
from engine.diffusion.hooks.record_attention import RecordAttention
from engine.diffusion.latents import SeededNoise
from engine.diffusion.loop import denoise
from engine.diffusion.models.unet_2d_condition import UNet2DConditionConfig, UNet2DConditionModel
from engine.diffusion.schedulers.ddim import DDIMScheduler
from engine.graph.environment import within
from engine.graph.errors import LoomError
from engine.runtime.packing import pack

STEPS, H, W = 3, 8, 6
CONTEXTS = {
    name: torch.randn(1, 5, 16, generator=torch.Generator().manual_seed(k))
    for k, name in enumerate(("positive", "negative"))
}
CLOSE = {"rtol": 1e-4, "atol": 1e-4}


def make(first: str = "CrossAttn") -> UNet2DConditionModel:
    torch.manual_seed(0)
    config = UNet2DConditionConfig(
        block_out_channels=(32, 64, 64),
        layers_per_block=1,
        down_block_types=(f"{first}DownBlock2D", "CrossAttnDownBlock2D", "DownBlock2D"),
        up_block_types=("UpBlock2D", "CrossAttnUpBlock2D", f"{first}UpBlock2D"),
        cross_attention_dim=16,
        attention_head_dim=4,
    )
    return UNet2DConditionModel(config).eval().requires_grad_(False)


@pytest.fixture(scope="module")
def unet() -> UNet2DConditionModel:
    return make()


def go(unet, *hooks, height=H, width=W, **options):
    return denoise(
        UNetDenoiser(unet),
        DDIMScheduler(clip_sample=False).start(STEPS),
        torch.zeros(2, 4, height, width),
        conditioning=CONTEXTS,
        guidance=ClassifierFree(3.0),
        noise=SeededNoise((3, 4), (4, height, width)),
        hooks=hooks,
        **options,
    )


def lengths(unet, *hooks, **options) -> set[int]:
    """The numbers of tokens that self-attention saw."""
    seen = set()
    handles = [
        module.register_forward_pre_hook(lambda _, args: seen.add(args[0].shape[1]))
        for name, module in unet.named_modules()
        if name.endswith("attn1")
    ]
    go(unet, *hooks, **options)
    for handle in handles:
        handle.remove()
    return seen


def test_nothing_merged_is_exact_and_the_model_stays_as_it_was(unet):
    exact = go(unet)
    assert torch.equal(go(unet, MergeTokens(0.0)), exact)
    assert not torch.equal(go(unet, MergeTokens(0.5)), exact)
    assert torch.equal(go(unet), exact)


def test_more_levels_from_the_finest_that_attends(unet):
    assert lengths(unet) == {48, 12, 4}
    # The middle block, over 4 cells, is on a level of its own here.
    assert lengths(unet, MergeTokens(0.5)) == {24, 12, 4}
    assert lengths(unet, MergeTokens(0.75, levels=2)) == {12, 3, 4}
    later = make(first="")
    assert lengths(later) == {12, 4}
    assert lengths(later, MergeTokens(0.5)) == {6, 4}


def test_odd_and_narrow_pictures(unet):
    assert lengths(unet, MergeTokens(0.75), height=7, width=5) == {9, 12, 4}
    assert torch.equal(go(unet, MergeTokens(0.5), height=1, width=5), go(unet, height=1, width=5))


def test_picks_come_from_the_seed_or_are_fixed(unet):
    one = go(unet, MergeTokens(seed=1))
    assert torch.equal(go(unet, MergeTokens(seed=1)), one)
    assert not torch.equal(go(unet, MergeTokens(seed=2)), one)
    fixed = go(unet, MergeTokens(picks="fixed", seed=1))
    assert torch.equal(go(unet, MergeTokens(picks="fixed", seed=2)), fixed)
    assert not torch.equal(fixed, one)


def test_a_run_in_two_parts_is_the_whole_run(unet):
    """The picks of a step are its own: a run can be taken up at any of them."""
    whole = go(unet, MergeTokens())
    first = go(unet, MergeTokens(), end=1)
    run = DDIMScheduler(clip_sample=False).start(STEPS)
    second = denoise(
        UNetDenoiser(unet),
        run,
        first,
        conditioning=CONTEXTS,
        guidance=ClassifierFree(3.0),
        begin="continue",
        start=1,
        hooks=[MergeTokens()],
    )
    torch.testing.assert_close(second, whole)
    assert not MergeTokens.stateful


def test_prompts_apart_and_packed_layers_are_the_same(unet):
    joined = go(unet, MergeTokens())
    with within({"guidance": "apart"}):
        torch.testing.assert_close(go(unet, MergeTokens()), joined, **CLOSE)
    packed = make()
    pack(packed)
    torch.testing.assert_close(go(packed, MergeTokens()), joined, **CLOSE)


def test_beside_cached_blocks_and_recorded_attention(unet):
    reports = []
    hooks = (MergeTokens(), CacheBlocks(2), RecordAttention())
    found = go(unet, *hooks, reports=reports)
    assert reports[2].maps.shape == (2, 5, H, W)
    other_way = go(unet, *hooks[1::-1])
    torch.testing.assert_close(found, other_way, **CLOSE)
    alone = go(unet, CacheBlocks(2))
    assert not torch.allclose(found, alone, **CLOSE)


class SeesCells(Hook):
    """Counts the cells of self-attention."""

    def begin(self, loop):
        cells = set()

        class Seeing(StepHook):
            def reaches(self, place: Place) -> bool:
                return not place.cross

            def attention(self, place, probabilities):
                cells.add(probabilities.shape[2])
                return probabilities

            def report(self):
                return cells

        return Seeing()


def test_who_reaches_into_self_attention_finds_all_its_cells(unet):
    reports = []
    go(unet, MergeTokens(), SeesCells(), reports=reports)
    assert reports[1] == {48, 12, 4}


def test_another_thread_has_the_same_model_to_itself(unet):
    exact, found = go(unet), []

    class Meanwhile(Hook):
        """Has another thread run without merging, in the middle of a call."""

        def begin(self, loop):
            class Step(StepHook):
                def calls(self, asked, call):
                    def through(*args, **others):
                        thread = threading.Thread(target=lambda: found.append(go(unet)))
                        thread.start()
                        thread.join()
                        return call(*args, **others)

                    return through

            return Step()

    go(unet, Meanwhile(), MergeTokens())
    assert len(found) == STEPS and all(torch.equal(one, exact) for one in found)


def test_what_can_not_be_merged_is_told(unet):
    for wrong in ({"ratio": 0.8}, {"ratio": -0.1}, {"levels": 0}):
        with pytest.raises(LoomError, match="Token merging can't"):
            MergeTokens(**wrong)
    with pytest.raises(LoomError, match="no transformers"):
        go(torch.nn.Conv2d(4, 4, 1), MergeTokens())
