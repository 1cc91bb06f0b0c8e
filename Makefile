# Thin: each target is one or two commands that can be typed by hand just as well.
# Python compiles what it imports as it goes, so the install need not compile 18,000 files first; a machine
# that sets PYTHONDONTWRITEBYTECODE would do it again at every start.
unexport PYTHONDONTWRITEBYTECODE
PYTHON ?= python3
BIN := .venv/bin
PIP := $(BIN)/python -m pip install --quiet --disable-pip-version-check --no-compile

.PHONY: setup run ui web test test-slow check bench server worker deploy clean

setup: .venv/.installed ## a virtual environment with an editable install

.venv/.installed: pyproject.toml
	$(PYTHON) -m venv .venv
	$(PIP) --upgrade pip
	$(PIP) --editable .
	touch $@

run: setup ## the main job on invented mails: validate, split, fine-tune, benchmark, promote
	@# 3: nothing new tonight, 5: the gate said no. Neither is a failure.
	@$(BIN)/python flows/finetune.py demo_mail || case $$? in 3|5) ;; *) exit 1;; esac

ui: setup ## the pages and the API on this machine; it prints the link
	$(BIN)/avocet ui

web: setup ## build the pages (node 20 or newer) into app/static
	cd web && npm ci --no-audit --no-fund && npm run build
	$(BIN)/python -m app.bundle --stamp

.venv/.tested: .venv/.installed
	$(PIP) --editable '.[test]'
	touch $@

test: .venv/.tested ## the fast tests
	$(BIN)/python -m pytest -n 2 --dist loadfile --no-loadscope-reorder # the long ones first

test-slow: .venv/.tested ## the tests that take minutes
	$(BIN)/python -m pytest -m slow || [ $$? -eq 5 ] # 5: no test is marked slow

.venv/.checked: .venv/.installed
	$(PIP) --editable '.[test,check]'
	touch $@

check: .venv/.checked ## lint, types, import contracts
	$(BIN)/ruff check . && $(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports

bench: setup ## the champion beside its peers on real rows (benchmarks/README.md)
	$(BIN)/python benchmarks/quality/run.py build/quality.jsonl --seeds 0
	$(BIN)/python benchmarks/quality/run.py build/quality.jsonl --table

server: setup ## Prefect's server and UI on this machine, closed to others
	$(BIN)/python -m app.server

worker: setup ## a worker on the GPU pool; one a GPU
	eval "$$($(BIN)/python -m app.server --env)" && $(BIN)/prefect worker start --pool gpu --type process --limit 1

deploy: setup ## avocet/finetune, avocet/nightly, avocet/benchmark and avocet/classify
	@# A deployment of a pool that is not there fails; a worker makes the pool gpu, and this the one of classify's shards.
	eval "$$($(BIN)/python -m app.server --env)" && \
	  { $(BIN)/prefect work-pool inspect shards >/dev/null 2>&1 || $(BIN)/prefect work-pool create shards --type process; } && \
	  $(BIN)/prefect --no-prompt deploy --all

clean: ## the environment, not your data or models
	rm -rf .venv *.egg-info .mypy_cache .pytest_cache .ruff_cache .import_linter_cache
