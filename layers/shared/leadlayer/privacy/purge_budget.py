"""How much one run of the purge may do: for a while, up to a number of rows, and no faster than
leaves the table to its visitors."""

import time
from collections.abc import Callable
from dataclasses import dataclass, field

# A lead or conversation with what belongs to it, roughly.
HEAD_ROWS = 5
# A step of long conversations takes at most this, with room to spare.
_STEP_TIME_S = 30.0


@dataclass
class Budget:
    """`time_left` in seconds. `per_second` is half of the writes that the table takes
    (infra/template.yaml)."""

    time_left: Callable[[], float]
    most: int = 250_000
    per_second: float = 250.0
    sleep: Callable[[float], None] = time.sleep
    monotonic: Callable[[], float] = time.monotonic
    used: int = field(default=0, init=False)
    _free_at: float = field(default=0, init=False)

    @property
    def is_spent(self) -> bool:
        return self.used >= self.most or self.lasts_no_longer_than(0)

    def lasts_no_longer_than(self, seconds: float) -> bool:
        """Whether no step would fit behind a wait."""
        return self.time_left() < _STEP_TIME_S + seconds

    def took(self, rows: int) -> None:
        """After a step: waits until the next one may begin."""
        self.used += rows
        now = self.monotonic()
        self._free_at = max(self._free_at, now) + rows / self.per_second
        # What one short step takes too fast the next, longer one may make up for.
        if (early := self._free_at - now) > 1:
            self.sleep(early)
