"""What can be reached from some pixels without leaving others."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

Flags = npt.NDArray[np.bool_]


def reach(start: Flags, passable: Flags, diagonal: bool = False) -> Flags:
    """The pixels (H, W) to which a path leads from `start` over `passable` ones alone.

    A step goes to one of four neighbours, of eight with `diagonal`. Each round runs along whole
    rows and columns, so the number of rounds is that of the turns a path takes, not its length.
    """
    found = start & passable
    while True:
        grown = _grown(found, diagonal) & passable
        grown = _along_rows(grown, passable)
        grown = _along_rows(grown.T, passable.T).T
        if np.array_equal(grown, found):
            return found
        found = grown


def _along_rows(found: Flags, passable: Flags) -> Flags:
    """Whole runs of passable pixels in a row, when one of their pixels is found."""
    height, width = passable.shape
    # A run goes on until a pixel is impassable; each row starts a new one.
    walls = np.ones((height, width + 1), np.int64)
    walls[:, 1:] = ~passable
    run = np.cumsum(walls).reshape(height, width + 1)[:, 1:]
    hit = np.zeros(run[-1, -1] + 1, bool)
    hit[run[found]] = True
    return hit[run] & passable


def _grown(found: Flags, diagonal: bool) -> Flags:
    grown = found.copy()
    grown[1:] |= found[:-1]
    grown[:-1] |= found[1:]
    beside = grown.copy() if diagonal else found
    grown[:, 1:] |= beside[:, :-1]
    grown[:, :-1] |= beside[:, 1:]
    return grown
