"""The long-running commands: `chaqi serve` (API) and `chaqi worker` (relay and scheduled jobs)."""

from __future__ import annotations

import gc
import logging
import multiprocessing
import os
import signal
import threading
from typing import TYPE_CHECKING

import structlog

from chain.settings import Settings

if TYPE_CHECKING:
    from multiprocessing.process import BaseProcess

    from fastapi import FastAPI


def serve() -> None:
    """Serve the API and the portal."""
    import uvicorn  # here, as no other command should wait for it to be loaded

    settings = Settings()
    uvicorn.run(
        f"{__name__}:application",
        factory=True,
        host=settings.api_host,
        port=settings.api_port,
        workers=settings.api_processes,
        log_level="warning",
        timeout_graceful_shutdown=3,
    )


def application() -> FastAPI:
    """The API as each of its processes serves it.

    What is loaded stays, so that no collector of cycles has to look through it: that would make the start a quarter
    longer, and later hold up every request for a tenth of a second.
    """
    gc.disable()
    from api.app import create_app

    _log_to_stderr()
    parent = multiprocessing.parent_process()
    if parent is not None:
        threading.Thread(target=_end_after, args=(parent,), name="lifeline", daemon=True).start()
    served = create_app(Settings())
    gc.freeze()
    gc.enable()
    return served


def _end_after(parent: BaseProcess) -> None:
    """However the process ended that started this one: a port that nobody supervises would stay taken."""
    parent.join()
    os.kill(os.getpid(), signal.SIGTERM)


def worker() -> None:
    """Carry acts to the chain and run the scheduled jobs."""
    from workflows.worker import Worker

    _log_to_stderr()
    stop = stop_on_signal()
    Worker(Settings()).run(stop)


def stop_on_signal() -> threading.Event:
    """An event that Ctrl-C or SIGTERM sets."""
    stop = threading.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda *_: stop.set())
    return stop


def _log_to_stderr() -> None:
    structlog.configure(
        processors=[
            structlog.processors.TimeStamper(fmt="iso", utc=True),
            structlog.processors.add_log_level,
            structlog.processors.format_exc_info,
            structlog.processors.JSONRenderer(ensure_ascii=False),
        ],
        wrapper_class=structlog.make_filtering_bound_logger(logging.INFO),
    )
