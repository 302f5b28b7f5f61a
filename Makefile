# Two commands matter: `make send` and `make test`. The rest serves them.
PYTHON ?= python3
BIN := .venv/bin
STAMPS := .stamps
PIP := $(BIN)/python -m pip --disable-pip-version-check -qq
# Tests run on all cores, two more at a time than there are since many wait, four at most; those of
# one file stay together, since they share servers.
SIDE_BY_SIDE = --numprocesses $$(n=$$(nproc 2>/dev/null || echo 2); [ $$n -lt 3 ] && echo $$((n + 2)) || echo 4) \
	--dist loadfile --no-loadscope-reorder
LOCK := $(BIN)/pip-compile --quiet --generate-hashes --allow-unsafe --no-emit-index-url \
	--no-emit-find-links --no-emit-trusted-host --no-header --no-annotate --strip-extras

.PHONY: help send test quick coverage bench lint components node parity prove pictures lock clean

help: ## Show this list
	@grep -hE '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | sed 's/:.*## /\t/' | expand -t 14

send: $(STAMPS)/run ## Send the sample publication's edition into the outbox
	@$(BIN)/digest send --yes

test: $(STAMPS)/test components node lint ## Run everything: linters, types, architecture, tests
	$(BIN)/pytest $(SIDE_BY_SIDE)

quick: $(STAMPS)/test ## Run the tests alone
	$(BIN)/pytest -q $(SIDE_BY_SIDE)

coverage: $(STAMPS)/test components node ## Run the tests, hold coverage at 95 %, say what none of them took
	$(BIN)/pytest -q $(SIDE_BY_SIDE) --cov --cov-report=term

bench: $(STAMPS)/test components ## Print how fast letters leave, beside smtp-source and others
	@for name in smtp sendgrid_requests ledger signing; do \
		printf '\n%s\n' "$$name" && $(BIN)/python benchmarks/$$name.py || exit 1; \
	done

lint: $(STAMPS)/test
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports

# PostgreSQL, Chromium, Node and mail servers come from Debian's packages where that is allowed; where it is not,
# the tests that need them are skipped and say so (with CI=true a skip of that kind is a failure).
components:
	@sh tests/components.sh

node: $(STAMPS)/node ## Install npm's mjml, axe-core and html-validate, for tests and `make parity`

parity: $(STAMPS)/test $(STAMPS)/node ## Compare the letters' look with npm's mjml: reports/parity/index.html
	@$(BIN)/python -m tests.parity

prove: $(STAMPS)/test components ## Kill senders at length and count what they did (KILLS=10: briefly)
	@$(BIN)/python -m tests.prove $(if $(KILLS),--kills $(KILLS))

pictures: $(STAMPS)/run ## Draw the sample publication's pictures anew
	$(BIN)/python -m tools.draw_pictures

lock: $(STAMPS)/test ## Resolve the dependencies anew
	node tools/node/lock.mjs
	$(PIP) install pip-tools
	$(LOCK) --upgrade --extra postgresql --extra build --output-file requirements.lock pyproject.toml
	$(LOCK) --upgrade --extra postgresql --extra build --extra test --constraint requirements.lock \
		--output-file requirements-test.lock pyproject.toml

clean: ## Remove the environment and caches; editions, store and outbox stay
	rm -rf .venv $(STAMPS) tools/node/node_modules build dist .mypy_cache .ruff_cache .pytest_cache .import_linter_cache .hypothesis .coverage*

$(BIN)/python:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || \
		{ echo "digest needs Python 3.11 or newer; found: $$($(PYTHON) --version). Name one: make PYTHON=python3.11 …"; exit 2; }
	@echo "Creating .venv …"
	@$(PYTHON) -m venv .venv

$(STAMPS)/run: requirements.lock pyproject.toml | $(BIN)/python
	@echo "Installing the locked dependencies …"
	@$(PIP) install --require-hashes -r requirements.lock
	@$(PIP) install --no-deps --no-build-isolation --editable .
	@mkdir -p $(STAMPS) && touch $@

$(STAMPS)/test: requirements-test.lock $(STAMPS)/run
	@echo "Installing what the tests need …"
	@$(PIP) install --require-hashes -r requirements-test.lock
	@touch $@

$(STAMPS)/node: tools/node/package-lock.json | components
	@mkdir -p $(STAMPS) && sh tools/node/install.sh "$(CURDIR)/$@"
