"""`make book`: the seed's whole book on one machine, through real signed acts, and its sums asserted afterwards.

`domain.md` 6.2: 15,000 trees, 3,000 farmers and firms, 232,853 deeds for CNY 2,576,000,000, 27,092 certificates for
CNY 356,000,000, filings at 2,905 courts. A fresh development chain; every act is signed by its party and goes through
outbox and relay, then the mirror is filled, then each count and sum is read from SQL and, entity by entity, from the
contracts' storage. Fails when a single one differs.
"""
