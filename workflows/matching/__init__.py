"""Matching (资源匹配): which tea could go to which firm. Results are proposals, never facts on the ledger."""
