# Two commands matter: `make run` and `make test`. Both create .venv themselves, with the packages of the service, so that
# `.venv/bin/ampacity serve` works as well.
PYTHON ?= python3
BIN := .venv/bin
# Two workers only, since many tests start solver processes. Each file stays in one worker: a page's commands build on each other.
SIDE_BY_SIDE := -n 2 --dist loadfile
# Each solve starts a process or two. Keep compiled modules, whatever the environment says, or half of the time goes into compiling.
unexport PYTHONDONTWRITEBYTECODE

.PHONY: run test test-all gate accept baseline peers lock clean

run: .venv/ready
	$(BIN)/ampacity solve instances/small.yaml --time-limit 60 --gap 0.001 -o out || [ $$? -eq 5 ]  # 5: a plan, but the limit came first
	$(BIN)/ampacity check instances/small.yaml out/plan.json

test: .venv/ready
	$(BIN)/python -m pytest -m "not slow" $(SIDE_BY_SIDE)

test-all: .venv/ready
	$(BIN)/python -m pytest $(SIDE_BY_SIDE)

# Formatting, lint, types and the direction of imports.
gate: .venv/ready
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy
	$(BIN)/lint-imports

# Whether this version solves twelve small instances as well as the one before, whose results are in baseline/.
# From nothing: a batch keeps the results of the cells that it has, and its keys do not know the code.
accept: .venv/ready
	rm -rf out/acceptance
	$(BIN)/python -m benchmarks acceptance out/acceptance
	$(BIN)/ampacity accept out/acceptance benchmarks/acceptance/baseline benchmarks/acceptance/thresholds.yaml \
		--junit out/acceptance.xml

# Makes the results of this version those that the next is judged by.
baseline: .venv/ready
	rm -rf out/acceptance
	$(BIN)/python -m benchmarks acceptance out/acceptance
	mkdir -p benchmarks/acceptance/baseline && cp out/acceptance/cells.jsonl benchmarks/acceptance/baseline/

# Uses uv if it is installed (faster), otherwise venv and pip.
.venv/ready: requirements/lock.txt pyproject.toml
	@if command -v uv >/dev/null 2>&1; then \
		uv venv --quiet --allow-existing --python $(PYTHON) .venv && \
		uv pip install --quiet --compile-bytecode --python $(BIN)/python --require-hashes -r requirements/lock.txt && \
		uv pip install --quiet --python $(BIN)/python --no-deps --no-build-isolation -e . ; \
	else \
		$(PYTHON) -m venv .venv && \
		$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements/lock.txt && \
		$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation -e . ; \
	fi
	@touch $@

# The peers that the benchmarks compare with: linopy, and CBC (600 MB).
peers: .venv/ready
	@if command -v uv >/dev/null 2>&1; then \
		uv pip install --quiet --python $(BIN)/python --require-hashes -r requirements/peers.txt; \
	else \
		$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements/peers.txt; \
	fi

# Needs uv. The lock file holds exact versions and hashes, but no index address.
lock:
	uv pip compile --quiet --universal --python-version 3.11 --generate-hashes --no-emit-index-url --no-emit-find-links \
		--no-header --no-annotate --extra server --extra batch --extra bench --extra cluster --group dev pyproject.toml -o requirements/lock.txt
	uv pip compile --quiet --universal --python-version 3.11 --generate-hashes --no-emit-index-url --no-emit-find-links \
		--no-header --no-annotate --constraints requirements/lock.txt --group peers -o requirements/peers.txt

clean:
	rm -rf .venv out dist
