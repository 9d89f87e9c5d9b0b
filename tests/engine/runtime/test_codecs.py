from dataclasses import dataclass

import pytest
import torch

import engine.runtime.codecs  # noqa: F401 — registers what is tested
from engine.diffusion.guidance.classifier_free import ClassifierFree
from engine.diffusion.hooks.keep_outside import KeepOutside
from engine.diffusion.values import (
    Conditioning,
    Image,
    Latents,
    Mask,
    ModelRef,
    Trajectory,
    UNet,
)
from engine.diffusion.weights.handles import open_pipeline
from engine.graph import codecs
from engine.graph.digests import digest
from engine.graph.errors import CacheError
from engine.graph.types import kind

VALUES = [
    Latents(torch.randn(2, 4, 3, 5), space="sd15", factor=4),
    Latents(torch.randn(1, 4, 3, 5).bfloat16().transpose(2, 3)),
    Image(torch.rand(1, 3, 4, 4)),
    Mask(torch.rand(2, 1, 4, 4)),
    Conditioning(torch.randn(1, 7, 8), torch.randn(1, 8), "sdxl", ("cut: 'fish' — ünïcode",)),
    Conditioning(torch.randn(1, 7, 8)),
    Conditioning(
        torch.randn(1, 7, 8),
        sizes=torch.randn(1, 6),
        then=Conditioning(torch.randn(1, 7, 8), torch.randn(1, 8), warnings=("a",)),
        at=0.5,
    ),
    Trajectory(torch.randn(3, 1, 4, 2, 2), (9.0, 4.0), "sd15"),
    KeepOutside(torch.rand(1, 1, 3, 3), torch.randn(1, 4, 3, 3)),
    ClassifierFree((1.0, 2.0), rescale=0.5),
]


@pytest.mark.parametrize("value", VALUES, ids=lambda value: type(value).__name__)
def test_values_come_back_to_the_last_bit(value):
    kept = codecs.encode(value)
    assert kept is not None
    back = codecs.decode(*kept)
    assert type(back) is type(value)
    assert digest(back) == digest(value)


def test_handles_come_back_while_their_folder_is_there(model_copy):
    unet = open_pipeline(model_copy)["unet"]
    assert isinstance(unet, UNet)
    kept = codecs.encode(unet)
    assert kept is not None
    back = codecs.decode(*kept)
    assert back == unet and back.path == unet.path
    model_copy.rename(model_copy.with_name("moved"))
    with pytest.raises(CacheError, match="no longer in"):
        codecs.decode(*kept)


@dataclass(frozen=True)
class Foreign:
    """A patch that is no kind."""

    factor: float

    def apply(self, module):
        pass


@kind("TestScale")
@dataclass(frozen=True)
class Scale(Foreign):
    """A patch that is one."""


def test_a_patched_handle_never_comes_back_without_its_patches(model_copy):
    unet = open_pipeline(model_copy)["unet"]
    assert isinstance(unet, UNet)
    kept = codecs.encode(unet.patched(Scale(2.0)))
    assert kept is not None
    assert codecs.decode(*kept) == unet.patched(Scale(2.0))
    lost = codecs.encode(unet.patched(Foreign(2.0)))
    assert lost is not None
    with pytest.raises(CacheError, match="patches"):
        codecs.decode(*lost)


@pytest.mark.parametrize("cut", [4, 100, -3])
def test_cut_bytes_are_refused(cut):
    kept = codecs.encode(VALUES[0])
    assert kept is not None
    name, data = kept
    with pytest.raises(Exception):  # noqa: B017 — the cache takes any error as damage
        codecs.decode(name, data[:cut])


def test_a_bare_handle_of_no_kind_is_not_taken_for_one():
    assert codecs.encode(ModelRef("", "", "SafetyChecker", "b2:0")) is None
