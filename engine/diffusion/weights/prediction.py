"""What a UNet in a single file predicts, noise or v: no shape tells, so the file's marks do.

In order: what the user says; tensors called `v_pred` and `ztsnr` (empty, put in by trainers as
marks); the entry `modelspec.prediction_type` of the metadata; `parameterization` in a configuration
of the original code beside the file (the same name, ending in `.yaml`). Where all are silent,
Stable Diffusion 2 with four input channels is taken to predict v, as its 768 pixel models do, and
everything else noise: for a Stable Diffusion 2 base model at 512 pixels, say epsilon.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path

from engine.diffusion.weights.configs.kinds import SD2, Kind
from engine.diffusion.weights.headers import Header
from engine.graph.errors import LoomError

AUTO, EPSILON, V = "auto", "epsilon", "v_prediction"
CHOICES = (AUTO, EPSILON, V)
V_MARK, ZERO_SNR_MARK = "v_pred", "ztsnr"
METADATA = "modelspec.prediction_type"
# Marks of EDM's preconditioning (Karras et al. 2022), which no configuration here describes.
EDM_MARKS = ("edm_mean", "edm_vpred.sigma_max")


@dataclass(frozen=True)
class Prediction:
    """The prediction type of the scheduler's config, and whether the noise ends at zero SNR."""

    type: str
    zero_snr: bool = False
    assumed: bool = False
    """No mark said so."""


def prediction_of(
    path: Path, header: Header, kind: Kind, in_channels: int, said: str = AUTO
) -> Prediction:
    """What the UNet in the file predicts; see above. Raises LoomError for an EDM model."""
    for mark in EDM_MARKS:
        if mark in header.tensors:
            raise LoomError(
                f"{path} is a model with EDM's preconditioning (it has the mark {mark}), "
                "which is not implemented."
            )
    zero_snr = ZERO_SNR_MARK in header.tensors
    marked = said if said != AUTO else _marked(path, header)
    if marked:
        return Prediction(marked, zero_snr)
    takes_v = kind is SD2 and in_channels == 4
    return Prediction(V if takes_v else EPSILON, zero_snr, assumed=True)


def config_beside(path: Path) -> Path:
    """Where a configuration of the original code would lie."""
    return path.with_suffix(".yaml")


def _marked(path: Path, header: Header) -> str:
    if V_MARK in header.tensors:
        return V
    named = header.metadata.get(METADATA, "")
    if named:
        return V if named.startswith("v") else EPSILON
    try:
        text = config_beside(path).read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError):
        return ""
    found = re.search(r"^\s*parameterization:\s*[\"']?(\w+)", text, re.MULTILINE)
    if found:
        return V if found[1] == "v" else EPSILON
    return EPSILON if "target:" in text else ""  # what its classes do where they are told nothing
