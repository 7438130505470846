"""The worker: the relay in its own thread, and the scheduled jobs (APScheduler), each round of them recorded."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from typing import Any

import structlog
from apscheduler.events import EVENT_JOB_ERROR, EVENT_JOB_EXECUTED, EVENT_JOB_MISSED, JobExecutionEvent
from apscheduler.schedulers.background import BackgroundScheduler

from chain import offchain
from chain.deploy import ATTESTER_PARTY, Deployment
from chain.errors import ChaqiError
from chain.outbox import Outbox
from chain.relay import Relay
from chain.rpc import Rpc
from chain.settings import Settings
from chain.signers import Keystore
from indexer.store import open_mirror
from workflows import jobs, packs
from workflows.deadlines import watch
from workflows.evidence.job import Chain, KeyAttester, OutboxRelay, anchor_pending
from workflows.loans import watch as margin_watch
from workflows.master_key import master_key
from workflows.matching.job import match_mirror
from workflows.matching.market import Rules
from workflows.trees.filing import Filing
from workflows.valuations.job import KEY, Appraiser, revalue
from workflows.vault import ERASURES_FILE, Vault

ANCHOR_SECONDS = 1.0
MATCH_SECONDS = 60.0
DEADLINE_SECONDS = 60.0
MARGIN_SECONDS = 60.0
REVALUE_SECONDS = 30.0

log = structlog.get_logger("worker")


class Worker:
    """Everything that has to happen without a person asking for it."""

    def __init__(self, settings: Settings) -> None:
        """Raises `NotDeployed`, `DevelopmentKeysOnly`."""
        deployment = Deployment.load(settings)
        keystore = Keystore(settings.keystore_file, deployment.chain_id)
        self._store = offchain.open_store(settings)
        self._mirror = open_mirror(settings.mirror_url)
        self._rpc = Rpc(settings.rpc_url)
        outbox = Outbox(self._store)
        self._relay = Relay(outbox, self._rpc, keystore.relayers(), deployment, settings.confirmations)
        evidence = deployment.domains["Evidence"]
        self._attester = KeyAttester(ATTESTER_PARTY, keystore.named("attester"), evidence)
        self._outbox = OutboxRelay(outbox)
        self._appraiser = Appraiser(keystore.derived(KEY), deployment.domains["Valuations"])
        key, folder = master_key(settings.var_dir, settings.vault_key), settings.var_dir
        self._vault = Vault(self._store, key, folder / ERASURES_FILE)
        self._filing = Filing(self._store, self._vault, key)
        self._chain = Chain(self._rpc, evidence, settings.confirmations, settings.reorg_depth)

    def run(self, stop: threading.Event) -> None:
        """Works until `stop` is set. Raises `LeaseHeld` when another worker has the relayers' keys."""
        failure: list[BaseException] = []
        relay = threading.Thread(target=self._carry, args=(stop, failure), name="relay")
        scheduler = BackgroundScheduler(timezone="UTC")
        scheduler.add_listener(
            lambda event: self._record(scheduler, event), EVENT_JOB_EXECUTED | EVENT_JOB_ERROR | EVENT_JOB_MISSED
        )
        self._every(scheduler, "anchor-evidence", ANCHOR_SECONDS, self.anchor)
        self._every(scheduler, "match", MATCH_SECONDS, self.match)
        self._every(scheduler, "revalue-trees", REVALUE_SECONDS, self.revalue)
        self._every(scheduler, watch.JOB, DEADLINE_SECONDS, self.watch_deadlines)
        self._every(scheduler, margin_watch.JOB, MARGIN_SECONDS, self.watch_margins)
        relay.start()
        scheduler.start()
        stop.wait()
        scheduler.shutdown()
        relay.join()
        if failure:
            raise failure[0]

    def anchor(self) -> None:
        """One round of the evidence job."""
        anchor_pending(self._store, self._attester, self._outbox, self._chain, now=int(time.time()))

    def match(self) -> None:
        """One round of the matching: nothing, where neither trees nor demands changed."""
        match_mirror(self._store, self._mirror, Rules(), now=int(time.time()))

    def revalue(self) -> None:
        """One round of the appraiser's job, where its key is an enrolled appraiser's."""
        revalue(
            self._mirror,
            self._store,
            self._vault,
            self._filing,
            self._appraiser,
            packs.load(packs.OURS),
            now=int(time.time()),
        )

    def watch_deadlines(self) -> None:
        """One round over the deadlines of every domain."""
        watch.watch(self._mirror, self._store, now=int(time.time()))

    def watch_margins(self) -> None:
        """One round over the ladders of secured loans."""
        margin_watch.watch(self._mirror, self._store)

    def _carry(self, stop: threading.Event, failure: list[BaseException]) -> None:
        try:
            self._relay.run(stop)
        except BaseException as fault:  # a worker without its relay must not look alive
            failure.append(fault)
            stop.set()

    def _every(self, scheduler: BackgroundScheduler, name: str, seconds: float, work: Callable[[], Any]) -> None:
        scheduler.add_job(work, "interval", seconds=seconds, id=name, max_instances=1, coalesce=True)

    def _record(self, scheduler: BackgroundScheduler, event: JobExecutionEvent) -> None:
        fault = getattr(event, "exception", None)
        if fault is not None and not isinstance(fault, ChaqiError):
            log.error("job failed", job=event.job_id, exc_info=fault)
        due = scheduler.get_job(event.job_id)
        jobs.record_run(
            self._store,
            event.job_id,
            at=event.scheduled_run_time,
            fault=str(fault) if fault is not None else None,
            next_run=None if due is None else due.next_run_time,
        )
