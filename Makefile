# Everything a developer or an operator of one machine does; `make help` lists it.

UV_VERSION := 0.13.9
BIN := .venv/bin
PYTEST := $(BIN)/pytest
PACKAGES := guanxi guanxi-customer-profile guanxi-interactions guanxi-complaints guanxi-scoring guanxi-notifications guanxi-local

# The first Python that is new enough; when there is none, the one that can say so.
ifndef PYTHON
PYTHON := $(shell for p in python3 python3.14 python3.13 python3.12 python3.11; do \
	$$p -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null && echo $$p && exit; done; echo python3)
endif

.DEFAULT_GOAL := help
.PHONY: help setup lock demo up down status logs reset test test-unit test-integration test-e2e test-faults \
	test-faults-smoke check lint format types contracts bench docs replay-real

help: ## This list
	@grep -hE '^[a-z0-9-]+:.*## ' $(MAKEFILE_LIST) | awk -F ':.*## ' '{printf "  \033[1m%-18s\033[0m %s\n", $$1, $$2}'

setup: ## Install everything into .venv and the user's cache folder (needs Python 3.11+, make, a network)
	@command -v $(PYTHON) >/dev/null || { echo "setup: there is no $(PYTHON); install Python 3.11 or newer" >&2; exit 2; }
	@$(PYTHON) -c 'import sys; sys.version_info >= (3, 11) or sys.exit("setup: Python 3.11 or newer is needed, this is " \
		+ sys.version.split()[0] + "; set PYTHON=python3.12 or the like")' || exit 2
	@$(PYTHON) deploy/setup.py $(UV_VERSION)

lock: setup ## Resolve all dependencies anew into requirements.lock and deploy/kafka.lock
	$(BIN)/uv pip compile --universal --generate-hashes --no-emit-index-url --no-emit-find-links --group dev pyproject.toml \
		$(foreach package,$(PACKAGES),--no-emit-package $(package)) --custom-compile-command "make lock" -o requirements.lock
	$(BIN)/uv pip compile --universal --generate-hashes --no-emit-index-url --no-emit-find-links --extra otlp -c requirements.lock \
		$(foreach package,$(PACKAGES),--no-emit-package $(package)) --custom-compile-command "make lock" \
		-o deploy/images/requirements.lock shared/pyproject.toml services/*/pyproject.toml
	$(BIN)/uv pip compile --universal --generate-hashes --no-emit-index-url --no-emit-find-links -c requirements.lock \
		--custom-compile-command "make lock" -o benchmarks/linkage/requirements.lock benchmarks/linkage/requirements.in
	$(BIN)/python -m guanxi_local.setup lock

demo: setup ## Start the platform and play the first hour of a firm on it
	@$(BIN)/guanxi demo

up: setup ## Start PostgreSQL, Kafka, the five services and the gateway
	@$(BIN)/guanxi up

down: setup ## Stop them; data stay
	@$(BIN)/guanxi down

status: setup ## What runs, where, and whether it is ready
	@$(BIN)/guanxi status

logs: setup ## The last lines of all logs
	@$(BIN)/guanxi logs

reset: setup ## Stop and delete all data (asks)
	@$(BIN)/guanxi reset

# By folders: to collect all tests only to leave most of them out takes longer than some of the rest.
tests-in = $(wildcard $(foreach folder,$(1),shared/tests/$(folder) services/*/tests/$(folder) deploy/local/tests/$(folder) tests/$(folder)))

test: test-unit test-short ## All tests that a change must pass, with a smoke of the faults

test-unit: setup ## Pure code, no sockets
	$(PYTEST) -q $(call tests-in,unit) -n 2

.PHONY: test-short
test-short: setup # what needs servers, in one go: they are started once, and both workers are busy to the end
	$(PYTEST) -q $(call tests-in,integration e2e attacks faults) -n 2 \
		-m "integration or (e2e and not real) or ((attacks or faults) and smoke)"

test-integration: setup ## Each part on a real PostgreSQL and a real Kafka
	$(PYTEST) -q $(call tests-in,integration) -n 2

test-e2e: setup ## The whole platform through its public doors
	$(PYTEST) -q $(call tests-in,e2e attacks) -m "(e2e and not real) or (attacks and smoke)"

test-faults-smoke: setup
	$(PYTEST) -q $(call tests-in,faults) -m smoke

test-faults: export ROUNDS ?= full
test-faults: setup ## Every fault at its full count (long); SEED=n throws the same dice again
	$(PYTEST) -q -rA $(call tests-in,faults) -m faults

.PHONY: test-attacks
test-attacks: export ROUNDS ?= full
test-attacks: setup ## Hostile callers, bodies and messages at every door, and schemathesis at each service
	$(PYTEST) -q $(call tests-in,attacks) -m attacks

.PHONY: soak
soak: setup ## The long counts of all faults and attacks, hours; goes on where it was (FRESH=1 anew, ONLY=part of a name)
	PYTHONPATH=tests $(BIN)/python -m soak

check: lint types contracts-check ## Lint, types, layers and contracts: what CI asks before the tests

lint: setup ## ruff, import-linter and the layers inside a resource
	$(BIN)/ruff check
	$(BIN)/ruff format --check
	$(BIN)/lint-imports --no-cache
	$(PYTEST) -q tests/unit/test_layers.py

format: setup ## Let ruff lay the code out
	$(BIN)/ruff check --fix-only -q
	$(BIN)/ruff format -q

types: setup ## mypy, strict
	$(BIN)/mypy

contracts: setup ## Write OpenAPI, AsyncAPI, JSON Schemas and samples to docs/contracts
	$(BIN)/python -m guanxi.events.contracts
	$(BIN)/python -m guanxi_local.proxy_map

.PHONY: contracts-check
contracts-check: setup
	$(BIN)/python -m guanxi.events.contracts --check

bench: setup ## Measure, each figure beside its baseline, and check that what was fast was right
	$(BIN)/python -m benchmarks

.PHONY: bench-large
bench-large: setup ## The same at 100,000 and 1,000,000 customers (15 GB, filled the first time)
	$(BIN)/python -m benchmarks.large

.PHONY: bench-linkage
bench-linkage: setup ## How well duplicates are found, beside splink on labelled sets (GUANXI_DATA=folder)
	$(BIN)/uv pip install -q --python $(BIN)/python --require-hashes -r benchmarks/linkage/requirements.lock
	$(BIN)/python -m benchmarks.linkage

.PHONY: bench-match
bench-match: setup ## How many profiles a second are looked at with 1,000,000 stored (BENCH_STORED)
	$(BIN)/python -m benchmarks.linkage.stream

docs: contracts ## Generated documents: contracts and the capability table's check
	$(PYTEST) -q tests/unit/test_capabilities.py

replay-real: setup ## Replay the real data sets in full (GUANXI_DATA=folder)
	@test -d "$(GUANXI_DATA)" || { echo "replay-real: set GUANXI_DATA to the folder of the real data sets" >&2; exit 2; }
	$(PYTEST) -q -m real

.PHONY: env images compose-up compose-down compose-demo roll backup restore test-containers
COMPOSE := docker compose

env: ## Write .env for docker-compose.yml, every secret drawn anew; one that is there stays
	@python3 deploy/compose/env.py

images: ## Build the one image of all services and roles
	$(COMPOSE) build

compose-up: ## Build and start everything in containers, and wait until it is ready
	$(COMPOSE) up --build --wait

compose-demo: setup ## Play the first hour of a firm on the containers (with the profile `mail`, or another mail server)
	@umask 077; key=$$(mktemp); trap 'rm -f "$$key"' EXIT; \
	$(COMPOSE) run --rm --no-deps -T --entrypoint cat issuer /var/lib/guanxi/issuer/key.json > "$$key" && \
	$(BIN)/guanxi demo --gateway "http://$$($(COMPOSE) port proxy 8080)" --kafka "$$($(COMPOSE) port kafka 9094)" --issuer-key "$$key"

compose-down: ## Stop and remove the containers; data stay in their volumes
	$(COMPOSE) down

roll: ## Replace one service's containers under load: make roll SERVICE=complaints
	@sh deploy/compose/roll.sh "$(SERVICE)"

backup: ## A base backup of the cluster in containers; KEEP=7 of them stay, with all WAL since the oldest
	@$(COMPOSE) exec -T -e KEEP="$(or $(KEEP),7)" postgres sh /opt/guanxi/backup.sh

restore: ## Set the cluster back: make restore AT=2026-11-26T04:00:00Z, or to the end of its archive without AT
	@AT="$(AT)" sh deploy/compose/restore.sh

test-containers: setup ## The installation in containers, broken and mended; says why where no Docker engine answers (long)
	$(PYTEST) -q -rA -p no:randomly -m containers tests/containers
	! docker version >/dev/null 2>&1 || GUANXI_TEST_SERVERS=containers $(PYTEST) -q -m integration shared/tests/integration
