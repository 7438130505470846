"""`chaqi up`: everything on one machine. Chain, contracts, mirror, worker, API; then a tour with real acts.

Every step first looks at what is there, so that starting again goes on where the last start stopped.
"""

from __future__ import annotations

import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO, Annotated

import typer
from rich.console import Console

from chain import offchain
from chain.deploy import Deployment, deploy
from chain.devnet import Devnet
from chain.errors import ChaqiError
from chain.folders import writable
from chain.settings import Settings
from chain.signers import Keystore
from scripts import tour
from scripts.seed import WorldSize

SERVICES = {"mirror": ["mirror", "run"], "worker": ["worker"], "api": ["serve"]}
READY_SECONDS = 60
RESTARTS = 5

console = Console(soft_wrap=True, highlight=False)


class AddressTaken(ChaqiError):
    """Another program listens where the API should."""

    en = "Port {port} on {host} is taken by another program. Stop it, or set CHAQI_API_PORT to a free port."
    zh = "{host} 的端口 {port} 已被其他程序占用。请停止该程序，或用 CHAQI_API_PORT 指定空闲端口。"


class ChainEnded(ChaqiError):
    """The chain's node ended by itself."""

    en = "The chain's node ended. Its last words are in {folder}/node.log. Run `make up` to go on from its saved state."
    zh = "链节点已退出，最后输出见 {folder}/node.log。请运行 `make up` 从已保存的状态继续。"


class ServiceFailed(ChaqiError):
    """A service ended by itself, again and again."""

    en = "The {service} ended {times} times. Its last words, from {file}:\n{words}"
    zh = "服务 {service} 已退出 {times} 次。最后输出（{file}）：\n{words}"


class NotReady(ChaqiError):
    """The services run, and the API does not answer."""

    en = "The API at {url} did not answer within {seconds} seconds. See {folder}."
    zh = "API {url} 在 {seconds} 秒内无响应。请查看 {folder}。"


@dataclass
class Service:
    """One service of ours as a child process, its words in a file."""

    name: str
    settings: Settings
    process: subprocess.Popen[bytes] | None = None
    restarts: int = 0
    log: IO[bytes] | None = field(default=None, repr=False)

    @property
    def file(self) -> Path:
        """Where its words go."""
        return self.settings.var_dir / "logs" / f"{self.name}.log"

    def start(self) -> None:
        """Starts it with a lifeline to us; see `scripts/service.py`."""
        self.file.parent.mkdir(parents=True, exist_ok=True)
        self.log = self.log or self.file.open("ab")
        self.process = subprocess.Popen(
            [sys.executable, "-m", "scripts.service", *SERVICES[self.name]],
            stdout=self.log,
            stderr=self.log,
            stdin=subprocess.PIPE,
            start_new_session=True,  # Ctrl-C reaches us alone; we end the services in order
        )

    def watch(self) -> None:
        """Starts it again if it ended. Raises `ServiceFailed` when it keeps ending."""
        if self.process is None or self.process.poll() is None:
            return
        self.restarts += 1
        if self.restarts > RESTARTS:
            words = self.file.read_text(errors="replace")[-1500:]
            raise ServiceFailed(service=self.name, times=self.restarts, file=self.file, words=words)
        console.print(f"[yellow]the {self.name} ended; starting it again ({self.restarts} of {RESTARTS})[/]")
        self.start()

    def stop(self) -> None:
        """Asks it to end, waits, and insists."""
        if self.process is None:
            return
        self.process.send_signal(signal.SIGINT)
        try:
            self.process.wait(timeout=20)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()


def up(
    size: Annotated[WorldSize, typer.Option(help="The synthetic world to play.")] = WorldSize.TOUR,
    once: Annotated[bool, typer.Option("--once", help="Stop again when everything was shown.")] = False,
) -> None:
    """Start chain, contracts, mirror, worker and API, play the tour, and say where to look. Ctrl-C stops all."""
    settings = Settings()
    started = time.monotonic()
    for number in (signal.SIGTERM, signal.SIGINT):  # a shell lets what it starts in the background ignore Ctrl-C
        signal.signal(number, signal.default_int_handler)
    try:
        with running(settings) as (devnet, deployment, services):
            summary = tour.play(settings, deployment, size)
            summary.show(console, settings, time.monotonic() - started)
            while not once:
                time.sleep(1)
                if not devnet.alive:
                    raise ChainEnded(folder=settings.var_dir / "devnet")
                for service in services:
                    service.watch()
    except KeyboardInterrupt:
        console.print("stopped; `make up` goes on from here")


@contextmanager
def running(settings: Settings) -> Iterator[tuple[Devnet, Deployment, list[Service]]]:
    """The whole of Chaqi, running, until the block ends."""
    writable(settings.var_dir)
    _check_free(settings)
    with ExitStack() as stack:
        devnet = stack.enter_context(
            Devnet.start(
                settings,
                engine=settings.engine,
                block_time=settings.block_seconds,
                genesis_time=int(time.time()) - tour.HISTORY_SECONDS,
            )
        )
        for notice in devnet.notices:
            console.print(f"[yellow]{notice.words()}[/]")
        console.print(f"chain     {settings.rpc_url}, id {settings.chain_id}, {devnet.engine}")
        deployment = deploy(settings, Keystore(settings.keystore_file, settings.chain_id))
        offchain.migrate(settings)
        services = [Service(name, settings) for name in SERVICES]
        for service in services:
            stack.callback(service.stop)
            service.start()
        _await_ready(settings, services)
        console.print(f"API       {settings.api_url}, mirror and worker beside it")
        yield devnet, deployment, services


def _await_ready(settings: Settings, services: list[Service]) -> None:
    end = time.monotonic() + READY_SECONDS
    while time.monotonic() < end:
        for service in services:
            service.watch()
        try:
            if tour.get(settings, "/v1/status")["mirror"]["block"] is not None:
                return
        except (OSError, ValueError, KeyError, TypeError):
            pass
        time.sleep(0.2)
    raise NotReady(url=settings.api_url, seconds=READY_SECONDS, folder=settings.var_dir / "logs")


def _check_free(settings: Settings, patience: float = 10.0) -> None:
    """Services of a killed supervisor need a moment to notice and end, so their port may be free only then."""
    end = time.monotonic() + patience
    while True:
        with socket.socket() as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                probe.bind((settings.api_host, settings.api_port))
                return
            except OSError as taken:
                if time.monotonic() > end:
                    raise AddressTaken(host=settings.api_host, port=settings.api_port) from taken
        time.sleep(0.2)
