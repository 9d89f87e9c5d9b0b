"""From weight files to modules, strictly: each tensor has its place, and each place its tensor.

Our own architectures are laid out without memory (torch's meta device) and take the file's tensors
as they are mapped from disk, so loading copies nothing that needs no other type.
"""

from __future__ import annotations

import importlib
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Protocol

import torch
from torch import nn

from engine.diffusion.values import ModelRef
from engine.diffusion.weights.folder import find_component
from engine.graph.errors import LoomError

# Class name in the configs → the module that has it.
OURS: Mapping[str, str] = {
    "UNet2DConditionModel": "engine.diffusion.models.unet_2d_condition",
    "AutoencoderKL": "engine.diffusion.models.autoencoder_kl",
}
THEIRS: Mapping[str, str] = {
    "CLIPTextModel": "transformers.models.clip",
    "CLIPTextModelWithProjection": "transformers.models.clip",
}
# Both names mean one tokenizer; transformers has the fast one behind either.
TOKENIZERS: Mapping[str, str] = {
    "CLIPTokenizer": "CLIPTokenizer",
    "CLIPTokenizerFast": "CLIPTokenizerFast",
}
# Autoencoders published before 2023 name the parts of their attention differently.
OLD_ATTENTION: Mapping[str, str] = {
    "query": "to_q",
    "key": "to_k",
    "value": "to_v",
    "proj_attn": "to_out.0",
}
# How many tensors an error lists by name.
SHOWN = 5


class Source(Protocol):
    """One component of a model as loading sees it: in a folder, or a part of a single file."""

    @property
    def class_name(self) -> str:
        """The published name of its architecture."""
        ...

    @property
    def path(self) -> Path:
        """The folder or file that holds it: what messages name, and where a tokenizer lies."""
        ...

    def config(self) -> Mapping[str, Any]:
        """Its `config.json`, or what that would say."""
        ...

    def tensors(self) -> Iterator[tuple[str, torch.Tensor]]:
        """Each weight once, by its published name, mapped from the file or a view of such.

        They come one after the other and are let go before the next is asked for, so that a file
        whose weights are converted or moved is never in memory as a whole. Raises LoomError for a
        damaged file.
        """
        ...


def load(ref: ModelRef) -> Any:
    """The module (or tokenizer) that `ref` stands for, on the CPU, with its patches applied.

    Modules come in evaluation mode with gradients off, in the handle's dtype or float32. Raises
    LoomError for missing, damaged or ill-fitting files and for classes that are not known.
    """
    component = find_component(Path(ref.folder), ref.subfolder, ref.variant)
    model = load_component(component, getattr(torch, ref.dtype or "float32"))
    for patch in ref.patches:
        patch.apply(model)
    return model


def load_component(component: Source, dtype: torch.dtype = torch.float32) -> Any:
    """The module or tokenizer of one component; floating point weights are converted to `dtype`."""
    name = component.class_name
    if name in TOKENIZERS:
        return _load_tokenizer(component)
    if name in THEIRS:
        return _load_theirs(component, dtype)
    if name in OURS:
        return _load_ours(component, dtype)
    known = ", ".join((*OURS, *THEIRS, *TOKENIZERS))
    raise LoomError(
        f"{component.path} holds a {name}, which can't be loaded.",
        remedy=f"These can: {known}.",
    )


def _load_ours(component: Source, dtype: torch.dtype) -> nn.Module:
    architecture = getattr(
        importlib.import_module(OURS[component.class_name]), component.class_name
    )
    with torch.device("meta"):
        model: nn.Module = architecture.from_config(component.config())
    assign(
        model,
        ((_current_name(name), tensor) for name, tensor in component.tensors()),
        dtype,
        str(component.path),
    )
    return model.eval().requires_grad_(False)


def _current_name(name: str) -> str:
    """The name that a tensor of an older file goes by now."""
    owner, _, rest = name.rpartition(".")
    block, _, part = owner.rpartition(".")
    if part in OLD_ATTENTION and ".attentions." in name:
        return f"{block}.{OLD_ATTENTION[part]}.{rest}"
    return name


def assign(
    model: nn.Module,
    weights: Iterator[tuple[str, torch.Tensor]],
    dtype: torch.dtype,
    source: str,
) -> None:
    """Put `weights` in the places of a model laid out on the meta device.

    Raises LoomError listing the tensors that are missing, unexpected or of another shape.
    """
    places = dict(model.state_dict(keep_vars=True))
    unexpected: list[str] = []
    misshaped: list[str] = []
    for name, tensor in weights:
        place = places.pop(name, None)
        if place is None:
            unexpected.append(name)
        elif place.shape != tensor.shape:
            misshaped.append(_misshaped(name, tensor.shape, place.shape))
        else:
            value = tensor.to(dtype) if tensor.is_floating_point() else tensor
            owner_name, _, attribute = name.rpartition(".")
            owner = model.get_submodule(owner_name)
            if isinstance(place, nn.Parameter):
                owner.register_parameter(attribute, nn.Parameter(value, requires_grad=False))
            else:
                owner.register_buffer(attribute, value)
    refuse_mismatch(type(model).__name__, source, list(places), unexpected, misshaped)


def refuse_mismatch(
    class_name: str,
    source: str,
    missing: list[str],
    unexpected: list[str],
    misshaped: list[str],
) -> None:
    """Raise LoomError if any list has an entry; the message names the first few of each."""
    found = {
        "missing": missing,
        "not known to the model": unexpected,
        "of another shape": misshaped,
    }
    parts = [f"{len(names)} {what} ({_some(names)})" for what, names in found.items() if names]
    if parts:
        raise LoomError(
            f"The weights in {source} don't fit the {class_name} that its config describes: "
            f"tensors {'; '.join(parts)}.",
            remedy="Use the config that belongs to these weights.",
        )


def _load_theirs(component: Source, dtype: torch.dtype) -> nn.Module:
    for _ in component.tensors():
        pass  # says plainly what is wrong with a damaged file
    architecture = getattr(
        importlib.import_module(THEIRS[component.class_name]), component.class_name
    )
    with _quiet_transformers(), _as_loom_error(component):
        model, report = architecture.from_pretrained(
            component.path,
            local_files_only=True,
            dtype=dtype,
            variant=getattr(component, "variant", "") or None,
            output_loading_info=True,
            ignore_mismatched_sizes=True,
        )
    # from_pretrained fills what is missing or does not fit with random numbers and only warns.
    refuse_mismatch(
        component.class_name,
        str(component.path),
        sorted(report["missing_keys"]),
        sorted(k for k in report["unexpected_keys"] if not k.endswith("position_ids")),
        [_misshaped(*entry) for entry in report["mismatched_keys"]],
    )
    return model.eval().requires_grad_(False)


def _load_tokenizer(component: Source) -> Any:
    module = importlib.import_module("transformers")
    architecture = getattr(module, TOKENIZERS[component.class_name])
    with _quiet_transformers(), _as_loom_error(component):
        return architecture.from_pretrained(component.path, local_files_only=True)


@contextmanager
def _as_loom_error(component: Source) -> Iterator[None]:
    try:
        yield
    except Exception as error:
        reason = str(error).strip().splitlines()[0] if str(error).strip() else type(error).__name__
        raise LoomError(
            f"The {component.class_name} in {component.path} can't be loaded: {reason}",
            remedy="Check that the folder is complete.",
        ) from error


@contextmanager
def _quiet_transformers() -> Iterator[None]:
    """Keep its load reports and bars off the terminal: what matters is raised as an error."""
    from transformers.utils import logging

    level, bars = logging.get_verbosity(), logging.is_progress_bar_enabled()
    logging.set_verbosity_error()
    logging.disable_progress_bar()
    try:
        yield
    finally:
        logging.set_verbosity(level)
        if bars:
            logging.enable_progress_bar()


def _misshaped(name: str, found: Sequence[int], expected: Sequence[int]) -> str:
    there, here = ("×".join(map(str, shape)) or "one number" for shape in (found, expected))
    return f"{name} is {there} where {here} belongs"


def _some(names: list[str]) -> str:
    rest = len(names) - SHOWN
    return ", ".join(names[:SHOWN]) + (f" and {rest} more" if rest > 0 else "")
