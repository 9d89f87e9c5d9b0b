"""What a multistep solver remembers of the steps it has taken."""

from __future__ import annotations

from dataclasses import dataclass

import torch


@dataclass(frozen=True)
class History:
    """Outputs of consecutive steps, the newest first; a run replaces it at every step."""

    last: int = -1
    """The index of the step that the newest output belongs to."""
    outputs: tuple[torch.Tensor, ...] = ()

    def follows(self, i: int) -> bool:
        """Whether step `i` comes right after the last one, so that what is remembered is of use."""
        return bool(self.outputs) and i == self.last + 1

    def then(self, i: int, output: torch.Tensor, keep: int) -> History:
        """With the output of step `i`; at most `keep` in all, and none from before a jump."""
        earlier = self.outputs if self.follows(i) else ()
        return History(i, (output, *earlier)[:keep])
