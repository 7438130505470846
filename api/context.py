"""What every endpoint works with: settings, the two stores, the node, the deployment.

The API starts whatever is down. Each part says so itself, with its own typed error, when an endpoint needs it.
"""

from __future__ import annotations

import hmac
from functools import cached_property
from hashlib import sha256

import sqlalchemy as sa
import structlog
from fastapi import Request

from api.reads import Reads
from chain.at_head import AtHead
from chain.deploy import Deployment, NotDeployed
from chain.errors import ChaqiError
from chain.offchain import migrate, open_store
from chain.outbox import Outbox
from chain.rpc import Rpc
from chain.settings import Settings
from workflows.deeds.archive import Archive
from workflows.deeds.identity import DevelopmentIdentity, IdentityProvider
from workflows.master_key import master_key
from workflows.trees.filing import Filing
from workflows.vault import ERASURES_FILE, Vault

STATUS_PATIENCE = 2.0
"""Seconds a status page waits for the node."""

log = structlog.get_logger("api")


class Context:
    """One per application, shared by all threads."""

    def __init__(self, settings: Settings) -> None:
        self.settings = settings
        self.reads = Reads(settings.mirror_url)
        self.store: sa.Engine = open_store(settings)
        self.outbox = Outbox(self.store)
        self.rpc = Rpc(settings.rpc_url)
        self.at_head = AtHead(self.rpc)
        self.impatient_rpc = Rpc(settings.rpc_url, timeout=STATUS_PATIENCE)
        self._deployment: tuple[int, Deployment] | None = None

    def open(self) -> None:
        """Brings the off-chain store to the newest schema; a store that is down is left for later."""
        try:
            migrate(self.settings)
        except sa.exc.OperationalError as failure:
            log.error("off-chain store not migrated", reason=str(failure.orig))

    def close(self) -> None:
        """Lets go of both databases."""
        self.reads.close()
        self.store.dispose()

    @property
    def deployment(self) -> Deployment:
        """The recorded contracts, read again whenever the record was written anew. Raises `NotDeployed`."""
        file = self.settings.deployment_file
        try:
            written = file.stat().st_mtime_ns
        except FileNotFoundError:
            raise NotDeployed(file=file) from None
        if self._deployment is None or self._deployment[0] != written:
            self._deployment = (written, Deployment.load(self.settings))
        return self._deployment[1]

    @cached_property
    def vault(self) -> Vault:
        """The vault, with the erasures that a restored backup may have undone applied again."""
        folder = self.settings.var_dir
        return Vault(self.store, master_key(folder, self.settings.vault_key), folder / ERASURES_FILE)

    @cached_property
    def filing(self) -> Filing:
        """Where the records of filed trees are kept and compared."""
        folder = self.settings.var_dir
        return Filing(self.store, self.vault, master_key(folder, self.settings.vault_key))

    @cached_property
    def archive(self) -> Archive:
        """The papers of deeds and certificates."""
        return Archive(self.store, self.vault)

    @cached_property
    def identity(self) -> IdentityProvider:
        """Who verifies identities: the development provider, until a licensed one takes its place here."""
        return DevelopmentIdentity(master_key(self.settings.var_dir, self.settings.vault_key))

    @cached_property
    def receipt_key(self) -> bytes:
        """What receipts' ids are made with; the same as long as the vault's master key is."""
        key = master_key(self.settings.var_dir, self.settings.vault_key)
        return hmac.digest(key, b"chaqi-receipt-ids", sha256)

    def said(self, error: ChaqiError) -> dict[str, str]:
        """A fault as part of an answer that is no failure itself."""
        return {"code": error.code, "en": error.words("en"), "zh": error.words("zh")}


def context_of(request: Request) -> Context:
    """The application's context."""
    context: Context = request.app.state.context
    return context
