"""The long-running commands: `chaqi serve` (API) and `chaqi worker` (relay and scheduled jobs)."""

from __future__ import annotations

import logging
import signal
import threading

import structlog

from chain.settings import Settings


def serve() -> None:
    """Serve the API and the portal."""
    import uvicorn  # here, as no other command should wait for it to be loaded

    from api.app import create_app

    _log_to_stderr()
    settings = Settings()
    uvicorn.run(
        create_app(settings),
        host=settings.api_host,
        port=settings.api_port,
        log_level="warning",
        timeout_graceful_shutdown=3,
    )


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
