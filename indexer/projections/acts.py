"""Accepted acts by EIP-712 digest: which log proves that an act was accepted, whoever relayed it."""

from __future__ import annotations

from indexer.projection import CONTRACT, LOG_INDEX, TIME, TX_HASH, Fold, Projection, whole, words

acts = Projection(
    name="acts",
    key=(words("act"),),
    columns=(
        words("contract", ""),
        words("signer", ""),
        words("nonce", ""),
        words("caller", ""),
        words("tx_hash", ""),
        whole("log_index"),
        whole("accepted_at"),
    ),
    folds=(
        Fold(
            "*.Acted",
            sets={"contract": CONTRACT, "tx_hash": TX_HASH, "log_index": LOG_INDEX, "accepted_at": TIME},
            creates=True,
        ),
    ),
    indexes=(("signer",),),
)
