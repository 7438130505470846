"""How far the book is: what to print while it is made, seconds by contract, and what its processes use."""

from __future__ import annotations

import os
import time
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from scripts.world.steps import Wave


class Watch:
    """Prints a line whenever a wave advances, with its rate and the memory held, and adds up seconds by contract."""

    def __init__(self, tell: Callable[[str], object], waves: Sequence[Wave], node: int) -> None:
        """`tell` takes the lines; `node` is the process id of the chain's node."""
        self._tell = tell
        self._node = node
        self._contract = {
            # A wave's time counts for the contract that most of its acts go to.
            wave.name: Counter(step.act.partition(".")[0] for step in wave.steps).most_common(1)[0][0]
            for wave in waves
            if wave.steps
        }
        self._acts = sum(len(wave.steps) for wave in waves)
        self._done = 0
        self._begun = self._since = time.perf_counter()
        self._of_wave = 0
        self.seconds: Counter[str] = Counter()

    def progress(self, wave: str, done: int, of: int) -> None:
        """Told by the player: first with what was done before, then with more, the last time with all."""
        now = time.perf_counter()
        if wave not in self._contract:
            return
        if done > self._of_wave:
            seconds, acts = now - self._since, done - self._of_wave
            self.seconds[self._contract[wave]] += seconds  # type: ignore[assignment]
            self._done += acts
            self._tell(
                f"{_clock(now - self._begun)} {wave}: {done:,} of {of:,}, {acts / seconds:,.0f} a second; "
                f"{self._done:,} of {self._acts:,} acts; node {held(self._node, 'VmRSS') / 1e9:.2f} GB, "
                f"player {held(os.getpid(), 'VmRSS') / 1e9:.2f} GB"
            )
        self._since, self._of_wave = now, done if done < of else 0

    @contextmanager
    def part(self, words: str) -> Iterator[None]:
        """Tells that something that is no wave begins, and when it has ended."""
        begun = time.perf_counter()
        self._tell(f"{_clock(begun - self._begun)} {words}")
        yield
        ended = time.perf_counter()
        self._tell(f"{_clock(ended - self._begun)} {words}: {ended - begun:,.1f} s")


def held(process: int, which: str) -> int:
    """Bytes of memory that a process holds (`VmRSS`) or held at most (`VmHWM`); 0 where the system does not tell."""
    try:
        lines = Path(f"/proc/{process}/status").read_text().splitlines()
    except OSError:
        return 0
    return next((int(line.split()[1]) * 1024 for line in lines if line.startswith(which)), 0)


def processor_seconds(process: int) -> float:
    """Processor time that a process has used; 0 where the system does not tell."""
    try:
        told = Path(f"/proc/{process}/stat").read_text().rpartition(")")[2].split()
    except OSError:
        return 0.0
    return (int(told[11]) + int(told[12])) / os.sysconf("SC_CLK_TCK")


def _clock(seconds: float) -> str:
    return f"{int(seconds) // 60:3d}:{int(seconds) % 60:02d}"
