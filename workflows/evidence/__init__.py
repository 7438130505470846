"""Evidence: that a document existed at a block, attested by a party, checkable by a stranger.

hashing   a file or folder → SHA-256 and SM3
leaf      digests and a fresh salt → the salted, prefixed leaf
tree      leaves → batch tree, root and paths (merkletools), and our own check of a path
receipt   the file a person keeps: everything needed to verify, upgraded pending → anchored → final
verify    document + receipt → named links, offline and against the chain
tables    the queue and the batches in the off-chain store
batches   the queue closed into batches
job       one round of the worker: close, sign, submit, follow
anchor    files → receipts, and receipts brought up to date (the command line's half)
"""
