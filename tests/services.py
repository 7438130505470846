"""Mirror and relay as processes of their own, beside a test.

Apart from `tests.stack`, because a new process imports the module it begins in, and the application takes seconds.
"""

from __future__ import annotations

import threading

from chain import offchain
from chain.deploy import Deployment
from chain.outbox import Outbox
from chain.relay import Relay
from chain.rpc import Rpc
from chain.settings import Settings
from chain.signers import Keystore
from indexer.deployed import open_following
from indexer.store import only_writer, open_mirror


def mirror(settings: Settings, stop: threading.Event) -> None:
    """Follows the chain until `stop`."""
    engine = open_mirror(settings.mirror_url)
    with only_writer(engine):
        open_following(settings, engine).run(stop)
    engine.dispose()


def relay(settings: Settings, stop: threading.Event) -> None:
    """Carries acts to the chain until `stop`."""
    store = offchain.open_store(settings)
    relayers = Keystore(settings.keystore_file, settings.chain_id).relayers()
    deployment = Deployment.load(settings)
    Relay(Outbox(store), Rpc(settings.rpc_url), relayers, deployment, settings.confirmations).run(stop)
    store.dispose()
