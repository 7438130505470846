"""Measuring in a process of its own, whose memory is nobody else's."""

from __future__ import annotations

import multiprocessing
import os
import resource
from collections.abc import Callable
from concurrent.futures import ProcessPoolExecutor
from typing import TypeVar

from scripts.book.watch import held

Found = TypeVar("Found")


def apart(measured: Callable[..., Found], *given: object) -> Found:
    """What `measured(*given)` finds in a fresh process."""
    with ProcessPoolExecutor(1, mp_context=multiprocessing.get_context("spawn")) as process:
        return process.submit(measured, *given).result()


def peak_megabytes() -> float:
    """The most memory that this process, or the largest it has waited for, has held.

    Its own is not asked from `getrusage`, where a process begins with the peak of the one that started it.
    """
    waited_for = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss * 1024
    return max(held(os.getpid(), "VmHWM"), waited_for) / 1e6
