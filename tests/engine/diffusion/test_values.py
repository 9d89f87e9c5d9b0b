import dataclasses

import pytest
import torch

from engine.diffusion.values import Conditioning, Image, Latents, ModelRef, Noise, Scheduler, UNet
from engine.graph.digests import digest
from engine.graph.types import kind_of


def test_kinds_are_known_to_the_graph_with_their_facets():
    kind = kind_of(Latents)
    assert kind is not None
    assert (kind.name, kind.facets) == ("Latents", ("space", "channels"))
    unet = kind_of(UNet)
    assert unet is not None
    assert unet.facets == ("space", "channels", "width")


def test_values_do_not_change():
    with pytest.raises(dataclasses.FrozenInstanceError):
        Noise((1,)).seeds = (2,)  # type: ignore[misc]


def test_latents_know_the_picture_they_stand_for():
    assert Latents(torch.zeros(1, 4, 16, 24), factor=4).size == (96, 64)


@pytest.mark.parametrize("dtype", [torch.float32, torch.float16, torch.bfloat16])
def test_equal_content_has_an_equal_digest_and_one_changed_number_another(dtype):
    samples = torch.arange(32, dtype=dtype).reshape(1, 2, 4, 4)
    turned = samples.transpose(2, 3).contiguous().transpose(2, 3)  # same numbers, other strides
    assert digest(Latents(samples)) == digest(Latents(turned))
    changed = samples.clone()
    changed[0, 0, 0, 0] = 5
    others = (
        Latents(changed),
        Latents(samples, space="sd15"),
        Latents(samples.reshape(1, 1, 4, 8)),
        Image(samples),
    )
    assert digest(Latents(samples)) not in {digest(other) for other in others}


def test_conditioning_without_a_pooled_vector_has_a_digest_too():
    embeds = torch.ones(1, 3, 4)
    assert digest(Conditioning(embeds)) != digest(Conditioning(embeds, embeds[:, 0]))


def test_a_handle_is_its_content_not_its_place():
    here = ModelRef("/models/a", "unet", "UNet2DConditionModel", "b2:1")
    there = ModelRef("/other/b", "", "UNet2DConditionModel", "b2:1")
    assert here == there and digest(here) == digest(there)
    for change in ({"digest": "b2:2"}, {"dtype": "bfloat16"}, {"class_name": "Other"}):
        other = dataclasses.replace(here, **change)
        assert other != here and digest(other) != digest(here)


def test_scheduler_configurations_are_equal_whatever_their_order():
    one = Scheduler.from_json({"_class_name": "DDIMScheduler", "a": 1, "b": [2, 3]})
    two = Scheduler.from_json({"b": [2, 3], "a": 1, "_class_name": "DDIMScheduler"})
    assert one == two and hash(one) == hash(two)
    assert one.to_json() == {"_class_name": "DDIMScheduler", "a": 1, "b": [2, 3]}
