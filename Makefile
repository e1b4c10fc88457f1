# Every task of the project; `make` lists them. Needs make and Python 3.11 or later with its venv module.
.DEFAULT_GOAL := help
.DELETE_ON_ERROR:

PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
STAMP := $(VENV)/.installed

# Tests start `lxr` and contract services hundreds of times: each would compile the whole product again.
unexport PYTHONDONTWRITEBYTECODE

help: ## list these targets
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "  make %-17s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

demo: $(STAMP) ## a month of 3 employers and 200 workers, from terms to countersigned close, in under a minute
	@$(BIN)/lxr demo

test: $(STAMP) ## the tests to run after each change, in about three minutes
	@LXR_QUICK=1 $(BIN)/python -m pytest --numprocesses auto --dist worksteal -m 'not slow and not fabric and not interpreters'

test-all: $(STAMP) ## all tests that need no Fabric, also those that take more than five seconds each, with all examples
	@$(BIN)/python -m pytest --numprocesses auto --dist worksteal -m 'not fabric and not interpreters'

test-interpreters: $(STAMP) ## that two Pythons, with other libraries, judge alike: needs 3.11 and a newer one
	@LXR_REQUIRE_INTERPRETERS=1 $(BIN)/python -m pytest tests/test_interpreters.py

solc: ## get the Solidity compiler, for the tests that compare the token with token/LXR.sol; needs Node.js
	@npm ci --silent --prefix scripts/solc

test-fabric: $(STAMP) ## the tests on a real Fabric network, whose binaries are got first if they are missing
	@scripts/install-fabric
	@$(MAKE) --jobs=2 --output-sync --no-print-directory test-fabric-contract test-fabric-networks

# Side by side, each on networks of its own: a command waits for others' answers, and leaves most of a second core unused.
test-fabric-contract:
	@LXR_REQUIRE_FABRIC=1 $(BIN)/python -m pytest -m fabric tests/chaincode

test-fabric-networks:
	@LXR_REQUIRE_FABRIC=1 $(BIN)/python -m pytest -m fabric --ignore tests/chaincode

bench: $(STAMP) ## figures of this machine, as ratios: see docs/performance.md; the first time it prepares ledgers for an hour
	@$(BIN)/python scripts/bench.py embedded
	@scripts/install-fabric
	@$(BIN)/python scripts/bench.py fabric

check: $(STAMP) ## ruff, mypy strict, import-linter and the layout rule
	@$(BIN)/ruff check .
	@$(BIN)/ruff format --check .
	@$(BIN)/mypy
	@$(BIN)/lint-imports --no-logo
	@$(BIN)/python -m pytest tests/test_layout.py

format: $(STAMP) ## put the code into the project's form
	@$(BIN)/ruff check --fix-only .
	@$(BIN)/ruff format .

messages: $(STAMP) ## compile the texts of settlement/lxr/settlement/messages after a change of a .po file
	@$(BIN)/pybabel -q compile --directory settlement/lxr/settlement/messages --domain lxr

lock: $(STAMP) ## renew requirements.lock from the ranges in pyproject.toml
	@scripts/lock

clean: ## remove what the other targets made
	rm -rf $(VENV) .venv-other scripts/solc/node_modules .mypy_cache .pytest_cache .ruff_cache .hypothesis .import_linter_cache .bench build dist

$(STAMP): pyproject.toml requirements.lock
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null || \
		{ echo 'Python 3.11 or later is missing: apt-get install python3' >&2; exit 1; }
	@$(PYTHON) -c 'import ensurepip, venv' 2>/dev/null || \
		{ echo 'the venv module of Python is missing: apt-get install python3-venv' >&2; exit 1; }
	@echo 'making $(VENV): once, about a minute'
	@$(PYTHON) -m venv $(VENV)
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-deps -r requirements.lock
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-deps --editable .
	@touch $@

.PHONY: help demo test test-all test-interpreters solc test-fabric test-fabric-contract test-fabric-networks bench check format messages lock clean
