"""Measuring in a process of its own, whose memory is nobody else's."""

from __future__ import annotations

import multiprocessing
import resource
from collections.abc import Callable
from concurrent.futures import ProcessPoolExecutor
from typing import TypeVar

Found = TypeVar("Found")


def apart(measured: Callable[..., Found], *given: object) -> Found:
    """What `measured(*given)` finds in a fresh process."""
    with ProcessPoolExecutor(1, mp_context=multiprocessing.get_context("spawn")) as process:
        return process.submit(measured, *given).result()


def peak_megabytes() -> float:
    """The most memory that this process, or the largest it has waited for, has held."""
    return max(resource.getrusage(who).ru_maxrss for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)) / 1024
