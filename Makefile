# Two commands on a fresh machine: `make demo` and `make test`. Both do their own set-up.
PYTHON ?= python3
BIN := .venv/bin
STAMP := .venv/.installed

.PHONY: demo test bench usefulness fuzz campaign lint keys screenshots lock clean setup

setup: $(STAMP)

$(STAMP): pyproject.toml requirements.lock
	$(PYTHON) -m venv .venv
	$(BIN)/pip install --quiet --disable-pip-version-check --require-hashes -r requirements.lock
	$(BIN)/pip install --quiet --quiet --disable-pip-version-check --no-deps --no-build-isolation --editable . 2>.venv/install.log \
		|| { cat .venv/install.log; exit 1; }
	@touch $@

demo: $(STAMP)
	$(BIN)/hoopterm demo

test: $(STAMP)
	tests/servers/install
	$(BIN)/python -m pytest -n auto --dist loadfile

# The published figures, about half an hour; `make bench ARGS=--quick` in one. `ARGS="profile batched-simple-8"` says
# where the time goes.
bench: $(STAMP)
	@tests/servers/install
	@$(BIN)/python -m tests.bench $(ARGS)

# Ordinary work directly and through the engine, compared; some ten minutes. It rewrites the README's table.
usefulness: $(STAMP)
	@$(BIN)/python -m tests.usefulness

SECONDS ?= 60

# Every parser that meets a stranger's bytes, so many seconds each.
fuzz: $(STAMP)
	$(BIN)/pip install --quiet --disable-pip-version-check --no-deps --require-hashes -r tests/fuzz/requirements.txt
	$(BIN)/python -m tests.fuzz --seconds $(SECONDS)

# Attacks composed at random, and faults under clients at work.
campaign: $(STAMP)
	tests/servers/install
	$(BIN)/python -m tests.campaign

lint: $(STAMP)
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports

# The tables of keys in README.md and hoopterm/README.md.
keys: $(STAMP)
	$(BIN)/python -m tests.keytable

screenshots: $(STAMP)
	$(BIN)/python -m tests.screenshots

lock:
	$(BIN)/pip-compile --quiet --all-extras --all-build-deps --allow-unsafe --strip-extras --generate-hashes \
		--no-emit-index-url --no-emit-find-links --no-emit-trusted-host --no-header --output-file requirements.lock pyproject.toml

clean:
	rm -rf .venv .demo .fuzz .mypy_cache .pytest_cache .ruff_cache .import_linter_cache *.egg-info build dist
