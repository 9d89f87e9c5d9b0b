import torch
from torch._dynamo.utils import counters

from engine.diffusion.blocks.resnet import ResnetBlock2D
from engine.runtime.compilation import compile_blocks
from engine.runtime.device import compiles, numeric_environment


def test_compiled_blocks_give_the_same_numbers_and_equal_ones_are_compiled_once():
    torch.manual_seed(0)
    blocks = [ResnetBlock2D(32, 32, temb_channels=48) for _ in range(3)]
    model = torch.nn.ModuleList(blocks).eval().requires_grad_(False)
    names = list(model.state_dict())
    x, temb = torch.randn(2, 32, 8, 8), torch.randn(2, 48)

    def through() -> torch.Tensor:
        y = x
        for block in model:
            y = block(y, temb)
        return y

    with torch.no_grad():
        expected = through()
        counters.clear()
        compile_blocks(model, "aot_eager")  # inductor takes minutes on a CPU
        found = through()
    assert float((found - expected).abs().max() / expected.abs().max()) < 1e-5
    assert list(model.state_dict()) == names
    assert counters["stats"]["unique_graphs"] == 1


def test_it_is_for_cards_and_where_it_is_asked_for(monkeypatch):
    for said, found in (("", False), ("0", False), ("1", True)):
        monkeypatch.setenv("LOOM_COMPILE", said)
        assert compiles("cuda") is found and not compiles("cpu")
        monkeypatch.setenv("LOOM_DEVICE", "cuda")
        assert ("compiled" in numeric_environment()) is found
