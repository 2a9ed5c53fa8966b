# Two commands matter: `make run` and `make test`. Both set up all they need.
PYTHON ?= python3
PORT ?= 8000
DEFLECT_HOME ?= var
VENV := .venv
BIN := $(VENV)/bin
export PORT DEFLECT_HOME

.DEFAULT_GOAL := help
.PHONY: help run test test-mail test-hooks check docs words bench lock clean browser test-desks soak

help: ## Say what each target does
	@awk -F':.*## ' '/^[a-z-]+:.*## /{printf "  make %-10s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

run: $(VENV)/run.stamp ## Set everything up and serve portal, service and relay on http://127.0.0.1:8000
	@$(BIN)/deflect build
	@exec $(BIN)/deflect serve

# Files go to the workers in their own order: by the number of tests the slowest, journeys of one or two, would come last.
# Databases of the tests live in memory where there is room: each waits for the disk at every commit.
ROOMY := $(shell df -k --output=avail /dev/shm 2>/dev/null | awk 'NR == 2 && $$1 > 2000000 { print "TMPDIR=/dev/shm" }')
test: $(VENV)/test.stamp browser check ## Set everything up and run the whole suite, in a real browser and on PostgreSQL too
	@$(ROOMY) $(BIN)/python -m pytest -n 4 --dist loadfile --no-loadscope-reorder || { echo "What failed is run once more, alone: a busy machine may have been the cause."; $(ROOMY) $(BIN)/python -m pytest --last-failed; }

check: $(VENV)/test.stamp ## Style, types and the direction of imports
	@$(BIN)/ruff check
	@$(BIN)/ruff format --check --quiet
	@$(BIN)/mypy
	@$(BIN)/lint-imports

test-mail: $(VENV)/test.stamp ## Mail against a real Postfix and Dovecot of its own, in a folder (Debian, as root)
	@$(BIN)/python -m pytest soak/test_mail.py

test-hooks: $(VENV)/test.stamp ## Real payloads of GitHub's hooks, from npm, through our hook
	@$(BIN)/python -m pytest soak/test_hooks.py

browser: ## Make sure that Chromium and PostgreSQL are there; installs Debian's if it may
	@sh tests/system-packages.sh

docs: $(VENV)/run.stamp ## Preview pages and suggestions while writing; both follow each edit
	@exec $(BIN)/deflect preview

POT := $(VENV)/deflect.pot
words: $(VENV)/test.stamp ## Bring the catalogues of all languages up to date with code and templates
	@$(BIN)/pybabel -q extract -F pyproject.toml -k said -k saidn:1,2 -k counted:1,2 --add-location=file --sort-by-file --project=deflect --version=1 --msgid-bugs-address=support@example.org -o $(POT) .
	@$(BIN)/pybabel -q update -i $(POT) -d deflect_api/locale -D deflect --no-fuzzy-matching --ignore-obsolete --ignore-pot-creation-date --width=120
	@$(BIN)/python -m pytest -q tests/test_words.py

bench: $(VENV)/test.stamp ## Print latency, throughput, relevance and article figures
	@$(BIN)/python -m bench.latency
	@$(BIN)/python -m bench.throughput
	@$(BIN)/python -m bench.relevance
	@$(BIN)/python -m bench.demand
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check -e '.[bench]'
	@$(BIN)/python -m bench.side_by_side
	@$(BIN)/python -m bench.hard_texts
	@$(BIN)/python -m bench.production
	@$(BIN)/python -m bench.articles
	@$(BIN)/python -m bench.desk
	@$(BIN)/python -m bench.scrub

test-desks: $(VENV)/test.stamp ## Install the real Request Tracker and Redmine (Debian, root) and run the connectors' contract against them
	@sh soak/desks/up.sh
	@$(BIN)/python -m pytest -q soak/test_desks.py soak/test_hooks.py

soak: $(VENV)/test.stamp ## Run every trial of reliability in full and print its table. Takes hours
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check -e '.[soak]'
	@EVERY=1 $(BIN)/python -m pytest tests/journeys/test_every_page.py tests/journeys/test_desk_hostile.py tests/journeys/test_attack_strings.py
	@$(BIN)/python -m soak

lock: $(VENV)/test.stamp ## Write requirements/*.txt anew from pyproject.toml (needs uv)
	uv pip compile -q --universal --generate-hashes --no-header --no-emit-index-url --no-emit-find-links --extra docs --extra postgres \
		pyproject.toml requirements/build.in -o requirements/run.txt
	uv pip compile -q --universal --generate-hashes --no-header --no-emit-index-url --no-emit-find-links --extra test \
		-c requirements/run.txt pyproject.toml requirements/build.in -o requirements/test.txt

clean: ## Remove what was made here: environment, database, releases, mail
	rm -rf $(VENV) var

$(VENV)/run.stamp: requirements/run.txt pyproject.toml
	@test -x $(BIN)/python || $(PYTHON) -m venv $(VENV)
	@echo "Installing (once)..."
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements/run.txt
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-build-isolation --no-deps -e .
	@touch $@

$(VENV)/test.stamp: requirements/test.txt pyproject.toml
	@test -x $(BIN)/python || $(PYTHON) -m venv $(VENV)
	@echo "Installing what the tests need (once)..."
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements/test.txt
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-build-isolation --no-deps -e .
	@touch $@ $(VENV)/run.stamp
