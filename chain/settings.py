"""All settings of Chaqi, typed, in one place; each can be set by an environment variable `CHAQI_<NAME>`."""

from __future__ import annotations

from pathlib import Path
from typing import Literal

from pydantic import PositiveInt
from pydantic_settings import BaseSettings, SettingsConfigDict


class Settings(BaseSettings):
    """Where the chain, the two stores and the API are, and how long to wait for certainty."""

    model_config = SettingsConfigDict(env_prefix="CHAQI_", extra="ignore")

    var_dir: Path = Path("var")
    """Everything a running Chaqi writes: chain state, mirror, off-chain store, logs."""

    rpc_url: str = "http://127.0.0.1:8545"
    chain_id: int = 521000
    """Chain id of the development network: the postal code of Chaozhou."""

    engine: Literal["anvil", "python"] | None = None
    """What runs a new development chain; unset: anvil where it is installed, else the pure-Python chain."""

    block_seconds: float = 1.0
    """Seconds between blocks of the development chain."""

    season_cap_ppm: int = 6_500_000
    """Most fresh leaf that a season may bring, to the tree's potential of tea; fixed at deployment."""

    leaf_per_tea_ppm: int = 3_800_000
    """Least fresh leaf that makes tea, to its weight; fixed at deployment. Both as the region's pack states them."""

    confirmations: int = 12
    """Blocks after which an act counts as final. 0 on engines with instant finality (QBFT)."""

    reorg_depth: int = 256
    """Deepest reorganisation, in blocks, that the mirror undoes by itself."""

    keystore_file: Path = Path(__file__).resolve().parent.parent / "hardhat-free-devnet" / "keystore.json"
    """The labelled development keys; they sign on the development chain only."""

    api_host: str = "127.0.0.1"
    api_port: int = 8000
    api_processes: PositiveInt = 1
    """Processes that answer on that port together: one a core. Each keeps its own answers of the newest block."""

    public_url: str | None = None
    """Where people reach the API, if not under its host and port: what a sign-in message names as its `uri`."""

    upload_limit: int = 64 * 1024 * 1024
    """Largest document, in bytes, that the API hashes for a caller; larger ones are hashed by the caller."""

    ready_lag: int = 50
    """Blocks that the mirror may be behind the chain while the API calls itself ready."""

    vault_key: str | None = None
    """Master key of the vault, 32 bytes in base64; a file in `var_dir`, made on first use, when unset."""

    pki: Path | None = None
    """Licensed certificates and time-stamps (a TOML file, `workflows/pki/provider.py`); the development authority in
    `var_dir` when unset.
    """

    mirror: str | None = None
    """Database URL of the mirror; SQLite in `var_dir` when unset."""

    offchain: str | None = None
    """Database URL of the off-chain store (outbox, vault, evidence batches, sessions)."""

    @property
    def api_url(self) -> str:
        """Where the API answers."""
        return f"http://{self.api_host}:{self.api_port}"

    @property
    def mirror_url(self) -> str:
        """SQLAlchemy URL of the mirror: nothing but the fold of the chain's events."""
        return self.mirror or f"sqlite:///{self.var_dir / 'mirror.db'}"

    @property
    def offchain_url(self) -> str:
        """SQLAlchemy URL of the off-chain store: what must not or cannot be on chain."""
        return self.offchain or f"sqlite:///{self.var_dir / 'offchain.db'}"

    @property
    def deployment_file(self) -> Path:
        """Record of the deployed contracts."""
        return self.var_dir / "deployment.json"
