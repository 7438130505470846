"""Projections by domain; every module here is found by `indexer.projection.discover`."""
