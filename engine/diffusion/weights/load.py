"""From weight files to modules, strictly: each tensor has its place, and each place its tensor."""

from __future__ import annotations

import importlib
import re
import sys
import traceback
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Protocol

import torch
from torch import nn

from engine.diffusion.values import ModelRef, Tokenizer
from engine.diffusion.weights.assign import assign, laid_out
from engine.diffusion.weights.find import component as find_component
from engine.diffusion.weights.maps.vae import current_name
from engine.graph.errors import LoomError

# Class name in the configs → the module that has it.
OURS: Mapping[str, str] = {
    "UNet2DConditionModel": "engine.diffusion.models.unet_2d_condition",
    "AutoencoderKL": "engine.diffusion.models.autoencoder_kl",
    "UNet2DModel": "engine.diffusion.models.unet_2d",
    "VQModel": "engine.diffusion.models.vq_model",
    "AutoencoderTiny": "engine.diffusion.models.autoencoder_tiny",
    "ControlNetModel": "engine.diffusion.models.controlnet",
    "T2IAdapter": "engine.diffusion.models.t2i_adapter",
    "LDMBertModel": "engine.diffusion.models.ldm_bert",
    "StableDiffusionSafetyChecker": "engine.diffusion.models.safety_checker",
}
THEIRS: Mapping[str, str] = {
    "CLIPTextModel": "transformers.models.clip",
    "CLIPTextModelWithProjection": "transformers.models.clip",
    "BlipForConditionalGeneration": "transformers.models.blip",
    "T5ForConditionalGeneration": "transformers.models.t5",
}
# Both names mean one tokenizer; transformers has the fast one behind either.
TOKENIZERS: Mapping[str, str] = {
    "CLIPTokenizer": "CLIPTokenizer",
    "CLIPTokenizerFast": "CLIPTokenizerFast",
    "BertTokenizer": "BertTokenizer",
    "BertTokenizerFast": "BertTokenizerFast",
}
# What transformers puts before the names of a model's tensors in some versions and not in others.
PREFIXES = ("text_model.", "vision_model.")
# A count that older files carry beside the weights.
POSITIONS = "position_ids"


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


@contextmanager
def _letting_go() -> Iterator[None]:
    """Around a function: an error that it raises holds none of the tensors that were in its hands.

    Errors are kept to be shown, and what their tracebacks lead to would stay in memory as long.
    """
    try:
        yield
    except BaseException as error:
        seen: BaseException | None = error
        while seen:
            traceback.clear_frames(seen.__traceback__)
            seen = seen.__cause__ or seen.__context__
        raise


@_letting_go()
def load(ref: ModelRef, device: str = "cpu") -> Any:
    """The module (or tokenizer) that `ref` stands for, on `device`, with its patches applied.

    Modules come in evaluation mode with gradients off, in the handle's dtype or float32. An
    autoencoder whose config says `force_upcast` overflows in float16 and comes in float32. Raises
    LoomError for missing, damaged or ill-fitting files, for classes that are not known, and for
    float16 on a CPU. After an error nothing of the model is kept.
    """
    if ref.dtype == "float16" and device == "cpu":
        raise LoomError(
            f"{ref.path.name} is asked for in float16, in which a CPU is two hundred times slower.",
            field="dtype",
            remedy="Choose float32 or bfloat16.",
        )
    component = find_component(Path(ref.folder), ref.subfolder, ref.variant)
    model = load_component(component, getattr(torch, ref.dtype or "float32"), device)
    if isinstance(ref, Tokenizer) and ref.pad:
        model.pad_token = ref.pad
    for patch in ref.patches:
        patch.apply(model)
    return model


@_letting_go()
def load_component(
    component: Source, dtype: torch.dtype | None = torch.float32, device: str = "cpu"
) -> Any:
    """The module or tokenizer of one component; floating point weights are converted to `dtype`.

    With None each keeps the dtype of its file. Weights on the CPU that need no other dtype stay
    mapped from their file, see `mapped`.
    """
    name = component.class_name
    if name in TOKENIZERS:
        return _load_tokenizer(component)
    if name in THEIRS:
        return _load_theirs(component, dtype, device)
    if name in OURS:
        return _load_ours(component, dtype, device)
    known = ", ".join((*OURS, *THEIRS, *TOKENIZERS))
    raise LoomError(
        f"{component.path} holds a {name}, which can't be loaded.",
        remedy=f"These can: {known}.",
    )


def suited(dtype: torch.dtype, config: Mapping[str, Any]) -> torch.dtype:
    """`dtype`, or float32 for a model whose config says that it overflows in it."""
    overflows = config.get("force_upcast") is True and dtype is torch.float16
    return torch.float32 if overflows else dtype


def _load_ours(component: Source, dtype: torch.dtype | None, device: str) -> nn.Module:
    architecture = _class(OURS, component.class_name)
    config = component.config()
    dtype = None if dtype is None else suited(dtype, config)
    model: nn.Module = laid_out(lambda: architecture.from_config(config))
    rename = getattr(architecture, "current_name", current_name)
    weights = ((rename(name), tensor) for name, tensor in component.tensors())
    assign(model, weights, dtype, str(component.path), device=device, optional=_is_count)
    return model.eval().requires_grad_(False)


def _load_theirs(component: Source, dtype: torch.dtype | None, device: str) -> nn.Module:
    architecture = _class(THEIRS, component.class_name)
    with _quiet_transformers(), _as_loom_error(component):
        config = _config_of_theirs(architecture.config_class, component.config())
        model = laid_out(lambda: architecture(config))
    places = model.state_dict(keep_vars=True)
    prefixes = (*PREFIXES, f"{architecture.base_model_prefix}.")
    weights = ((_name_there(name, places, prefixes), t) for name, t in component.tensors())
    surplus = [re.compile(p) for p in architecture._keys_to_ignore_on_load_unexpected or ()]
    assign(
        model,
        weights,
        None if dtype is None else dtype_there(model, dtype),
        str(component.path),
        device=device,
        optional=lambda name: _is_count(name) or any(p.search(name) for p in surplus),
    )
    return model.eval().requires_grad_(False)


def _config_of_theirs(kind: Any, data: Mapping[str, Any]) -> Any:
    """The configuration of class `kind`, which may be a part of that of a larger model."""
    if data.get("model_type") != kind.model_type and kind.base_config_key in data:
        data = data[kind.base_config_key]
    return kind.from_dict(dict(data))


def _name_there(name: str, places: Mapping[str, Any], prefixes: tuple[str, ...]) -> str:
    """The name that a tensor has in a module of this version of transformers."""
    if name in places:
        return name
    candidates = [name.removeprefix(prefix) for prefix in prefixes]
    candidates += [prefix + name for prefix in prefixes]
    return next((candidate for candidate in candidates if candidate in places), name)


def dtype_there(model: Any, dtype: torch.dtype) -> Callable[[str], torch.dtype]:
    """The dtype of each weight of a model of THEIRS by name: some overflow in half precision."""
    parts = set(model._keep_in_fp32_modules_strict or ())
    if dtype is torch.float16:
        parts |= set(model._keep_in_fp32_modules or ())
    return lambda name: dtype if parts.isdisjoint(name.split(".")) else torch.float32


def _is_count(name: str) -> bool:
    return name.endswith(POSITIONS)


def _class(modules: Mapping[str, str], name: str) -> Any:
    return getattr(_module(modules[name]), name)


def _module(name: str) -> Any:
    """A module by its name, whichever thread imports it first.

    transformers puts another module in its place while it is imported; a thread that imports it
    meanwhile waits, and is then handed the first.
    """
    importlib.import_module(name)
    return sys.modules[name]


def _load_tokenizer(component: Source) -> Any:
    architecture = getattr(_module("transformers"), TOKENIZERS[component.class_name])
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
