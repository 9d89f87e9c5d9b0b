"""How a slider goes through a range of numbers: evenly, or finer where values are small."""

from __future__ import annotations

import math
from dataclasses import dataclass

from engine.graph.params import Range

WIDE = 400  # steps from which on a range is not gone through evenly


@dataclass(frozen=True)
class Scale:
    """A range of numbers and the steps in it.

    Wide ranges go by ratios: from 64 to 8192 half the way is 724. Those from zero go by ratios
    above a hundredth of their end, and those on both sides of zero by the third power.
    """

    low: float
    high: float
    step: float
    whole: bool

    @classmethod
    def of(cls, extent: Range, whole: bool) -> Scale:
        """The scale of a parameter's range."""
        step = extent.step or (1 if whole else _nice((extent.high - extent.low) / 100))
        return cls(extent.low, extent.high, step, whole)

    @property
    def wide(self) -> bool:
        """Whether evenly spaced values would be too coarse for small ones."""
        return (self.high - self.low) / self.step > WIDE

    @property
    def decimals(self) -> int:
        """How many digits the steps have behind the point."""
        return 0 if self.whole else max(0, -math.floor(math.log10(self.step) + 1e-9))

    def value(self, fraction: float) -> float:
        """The value so far along the slider, 0…1, on a step."""
        fraction = min(max(fraction, 0.0), 1.0)
        low, high = self.low, self.high
        if not self.wide:
            found = low + (high - low) * fraction
        elif low > 0:
            found = low * (high / low) ** fraction
        elif low == 0:
            unit = high / 100
            found = unit * ((high / unit + 1) ** fraction - 1)
        else:
            middle = self.fraction(0)
            reach, way = (high, 1 - middle) if fraction > middle else (low, middle)
            found = reach * (abs(fraction - middle) / way) ** 3 if way else low
        return self.snap(found)

    def fraction(self, value: float) -> float:
        """How far along the slider a value is, 0…1."""
        low, high = self.low, self.high
        if high <= low:
            return 0.0
        value = min(max(value, low), high)
        if not self.wide:
            return (value - low) / (high - low)
        if low > 0:
            return math.log(value / low) / math.log(high / low)
        if low == 0:
            unit = high / 100
            return math.log(value / unit + 1) / math.log(high / unit + 1)
        ends = abs(low) ** (1 / 3), max(high, 0.0) ** (1 / 3)
        middle = ends[0] / sum(ends)
        reach, way = (high, 1 - middle) if value > 0 else (low, -middle)
        return middle + way * (value / reach) ** (1 / 3) if reach else 1.0

    def snap(self, value: float) -> float:
        """The step nearest to a value, within the range."""
        steps = round((value - self.low) / self.step)
        last = math.floor((self.high - self.low) / self.step + 1e-9)
        found = self.low + min(max(steps, 0), last) * self.step
        if not self.whole and value >= self.high - self.step / 2:
            found = self.high
        return int(found) if self.whole else round(found, 10)

    def moved(self, value: float, steps: float) -> float:
        """The value so many steps on, within the range; what lies between two steps stays so."""
        if not self.whole:
            return round(min(max(value + steps * self.step, self.low), self.high), 10)
        # In integers: a seed has more digits than a float.
        low, high, step = int(self.low), int(self.high), int(self.step)
        found = int(value) + int(steps) * step
        return min(max(found - (found - low) % step, low), high - (high - low) % step)

    def text(self, value: float) -> str:
        """A value as people read it: `7.5`, `0.05`, `1024`."""
        return str(value) if isinstance(value, int) else f"{value:.10g}"


def _nice(step: float) -> float:
    """The largest of 1, 2, 5 times a power of ten that is not above `step`."""
    power = 10 ** math.floor(math.log10(step))
    return next(factor * power for factor in (5, 2, 1) if factor * power <= step * 1.0001)
