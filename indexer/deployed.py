"""What the mirror follows: every contract of a deployment, with its ABI from the committed artifacts."""

from __future__ import annotations

import sqlalchemy as sa

from chain.artifacts import artifact
from chain.deploy import Deployment
from chain.rpc import Rpc
from chain.settings import Settings
from indexer.mirror import Mirror
from indexer.projection import discover
from indexer.rebuild import Contracts, event_types_of, rebuild
from indexer.reconcile import Storage
from indexer.schema import cursor
from indexer.store import migrate, reading


def followed(deployment: Deployment) -> Contracts:
    """By lower-case address: name, block of deployment, ABI."""
    return {
        deployed.address.lower(): (name, deployed.block, artifact(name).abi)
        for name, deployed in deployment.contracts.items()
    }


def storage(deployment: Deployment, rpc: Rpc) -> Storage:
    """The deployment's view functions, to compare the mirror with."""
    contracts = {name: (deployed.address, artifact(name).abi) for name, deployed in deployment.contracts.items()}
    return Storage(rpc, contracts)


def open_following(settings: Settings, engine: sa.Engine) -> Mirror:
    """The mirror of the deployed contracts; migrates the database. Use inside `indexer.store.only_writer`."""
    deployment = Deployment.load(settings)
    migrate(engine)
    return Mirror(
        engine,
        Rpc(settings.rpc_url),
        followed(deployment),
        chain_id=deployment.chain_id,
        genesis_hash=deployment.genesis_hash,
        reorg_depth=settings.reorg_depth,
    )


def rebuild_offline(deployment: Deployment, engine: sa.Engine) -> int:
    """Empties all projections and folds them again from the stored logs, without a node.

    Use inside `indexer.store.only_writer`. Returns the number of logs read.
    """
    with reading(engine) as connection:
        recorded = connection.execute(sa.select(cursor.c.contracts)).scalar_one()
    abis = {name: artifact(name).abi for name in deployment.contracts}
    return rebuild(engine, event_types_of(recorded, abis), discover(), afresh=True)
