"""A development chain in pure Python, for machines without Node: py-evm with Berlin rules behind JSON-RPC.

    store.py    the chain's key-value store and its waiting transactions, in SQLite
    blocks.py   building blocks
    methods.py  the JSON-RPC methods
    server.py   HTTP, batches, the pace of blocks

`chain/devnet.py` starts it (`python -m chain.fallback`) as it starts anvil. Good for a tour, not for load.
"""
