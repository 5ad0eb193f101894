# What a newcomer types. `make help` lists the targets; everything else is in the programs they call.

SHELL := /bin/bash
.SHELLFLAGS := -euo pipefail -c
.DEFAULT_GOAL := help
MAKEFLAGS += --no-print-directory

export CARGO_TERM_COLOR ?= auto

# Seconds for `make fuzz` (each target) and `make soak`.
FUZZ_SECONDS ?= 1800
SOAK_SECONDS ?= 600

# `make journey`: how many shoppers at the same time, and for how many seconds new journeys begin.
SHOPPERS ?= 50
JOURNEY_SECONDS ?= 30

# `make contract`: how many requests are made up for each operation.
EXAMPLES ?= 50

# `make chaos`: how long limits are watched (everything else is scaled with it), and which steps; all when empty.
CHAOS_SECONDS ?= 60
STEPS ?=

# Connections are descriptors: take as many as the system allows.
RAISE := ulimit -n "$$(ulimit -Hn)" 2>/dev/null || true;
TARGET := $(or $(CARGO_TARGET_DIR),target)
STACK := $(TARGET)/release/supplex-stack
JOURNEY := $(TARGET)/release/supplex-journey
SERVICES := -p svc-products -p supplex-payments -p supplex-users -p supplex-orders

.PHONY: help up down seed demo journey status test contract check soak fuzz bench bench-peers results chaos compose-up compose-down tools

help: ## List the targets
	@grep -hE '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | sed -E 's/^([a-z-]+):.*## /\1\t/' | expand -t 14

up: tools ## Build and start everything, then say where to look
	cargo build --release -p supplex $(SERVICES) -p supplex-stack -p supplex-journey
	@$(RAISE) $(STACK) up

down: ## Stop everything; VOLUMES=1 removes the data too
	@if [ -x $(STACK) ]; then $(STACK) down $(if $(VOLUMES),--volumes); else echo "nothing was started here"; fi

seed: ## Fill the catalogue with 200 products, and add 1,000 users and 100 orders
	@if [ -x $(STACK) ]; then $(STACK) seed; else echo "the stack is not running; start it with: make up"; exit 1; fi

demo: ## Have a shopper walk through everything, and show each step
	@if [ -x $(JOURNEY) ]; then $(JOURNEY) demo; else echo "the stack is not running; start it with: make up"; exit 1; fi

journey: ## Have 50 shoppers walk at the same time; p50, p95, p99 of each step; then compare the books (SHOPPERS, JOURNEY_SECONDS)
	@if [ -x $(JOURNEY) ]; then $(JOURNEY) load --shoppers $(SHOPPERS) --seconds $(JOURNEY_SECONDS); \
	else echo "the stack is not running; start it with: make up"; exit 1; fi

status: ## Show what runs and whether it is well
	@if [ -x $(STACK) ]; then $(STACK) status; else echo "nothing was started here"; exit 1; fi

test: tools ## Run all tests
	cargo test --workspace --no-run
	@$(TARGET)/debug/supplex-stack install postgresql redis-server chromium prometheus python3-venv nodejs npm
	@$(RAISE) cargo test --workspace --no-fail-fast

contract: tools ## Ask each service of a stack of its own for what its OpenAPI description says (schemathesis, from PyPI)
	cargo build --release -p supplex $(SERVICES) -p supplex-stack
	@$(RAISE) .ci/contract $(TARGET)/release $(TARGET)/contract $(EXAMPLES)

check: tools ## Formatting, lints, documentation and house rules; the same as CI
	cargo fmt --all --check
	cargo clippy --workspace --all-targets -- -D warnings
	RUSTDOCFLAGS="-D warnings" cargo doc --workspace --no-deps --document-private-items -q
	.ci/house

soak: tools ## Workers under contention for SOAK_SECONDS (600)
	@$(RAISE) SOAK_SECONDS=$(SOAK_SECONDS) cargo test -p supplex --release --test soak -- --nocapture

fuzz: tools ## Fuzz each target for FUZZ_SECONDS (1800)
	@.ci/fuzz $(FUZZ_SECONDS)

bench: tools ## Measure the gateway on one pinned core, without and with limits and breakers
	cargo run -q -p supplex-stack -- install wrk nginx-light redis-server
	@$(RAISE) cargo bench -p supplex --bench gateway
	@$(RAISE) cargo bench -p supplex --bench protection

bench-peers: tools ## The same beside HAProxy and nginx
	cargo run -q -p supplex-stack -- install wrk haproxy nginx-light
	@$(RAISE) cargo bench -p supplex --bench peers

results: tools ## Write RESULTS.md from the runs that are kept in runtime-notes/runs
	@cargo bench -q --profile dev -p supplex --bench results

chaos: tools ## Break a stack of its own under load, and judge what clients saw; STEPS=a,b for some steps only
	cargo build --release -p supplex $(SERVICES) -p supplex-chaos
	@$(RAISE) $(TARGET)/release/supplex-chaos --out $(TARGET)/chaos --seconds $(CHAOS_SECONDS) $(if $(STEPS),--steps $(STEPS))

compose-up: ## The same stack in containers (needs Docker)
	docker compose -f docker/compose.yaml up --build --detach --wait

compose-down: ## Stop the containers; VOLUMES=1 removes the data too
	docker compose -f docker/compose.yaml down $(if $(VOLUMES),--volumes)

# What must be there before anything can be built.
tools:
	@command -v cargo >/dev/null || { echo "cargo is missing: install Rust from https://rustup.rs"; exit 1; }
	@command -v cc >/dev/null || { echo "a C compiler is missing: sudo apt-get install build-essential"; exit 1; }
	@command -v git >/dev/null || { echo "git is missing: sudo apt-get install git"; exit 1; }
