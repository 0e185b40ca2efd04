# Kith. `make` lists what there is; each target sets up what it needs first.

SHELL := /bin/bash
.SHELLFLAGS := -eu -o pipefail -c
.DEFAULT_GOAL := help
.PHONY: help setup run test lint messages bench lock system-tools

VENV := .venv
BIN := $(VENV)/bin
READY := $(VENV)/.ready

# The first of these that is Python 3.11 or newer. Name another with `make setup PYTHON=/path/to/python`.
PYTHON ?= $(shell for python in python3 python3.13 python3.12 python3.11 python3.14; do \
	"$$python" -c 'import sys; sys.exit(sys.version_info < (3, 11))' >/dev/null 2>&1 && echo "$$python" && break; done)

HAVE_CHROMIUM := for name in chromium-headless-shell chromium chromium-browser google-chrome; do \
	command -v "$$name" >/dev/null && exit; done; false
HAVE_POPPLER := command -v pdftoppm >/dev/null && command -v pdftotext >/dev/null
HAVE_POPPLER_DATA := test ! -e /etc/debian_version || test -d /usr/share/poppler/cMap
HAVE_FONTS := test ! -e /etc/debian_version || { test -e /usr/share/fonts/truetype/noto/NotoSansSinhala-Regular.ttf && \
	test -e /usr/share/fonts/truetype/droid/DroidSansFallbackFull.ttf && test -e /usr/share/fonts/truetype/nanum/NanumGothic.ttf; }

# Extra arguments for pytest, as in `make test ARGS="tests/rules -x"`.
ARGS ?=

help: ## list the targets
	@awk -F ':.*## ' '/^[a-z]+:.*## / { printf "  make %-8s %s\n", $$1, $$2 }' $(firstword $(MAKEFILE_LIST))

setup: $(READY) ## make .venv with everything in it, so that .venv/bin/flask works
	@:

# Exactly what the lock lists, checked by hash, and then the project itself, in place. --no-deps because the lock is
# complete: it leaves out only Django, which the package that brings htmx names although the file does not need it, and
# the program that looks for fonts, which packages of fonts name although it is their files that we use.
$(READY): requirements.lock pyproject.toml
	@test -n "$(PYTHON)" || { echo "Kith needs Python 3.11 or newer, and found none. Install it, or name it: make PYTHON=/path/to/python" >&2; exit 1; }
	@test -x $(BIN)/python || $(PYTHON) -m venv $(VENV) || { \
		rm -rf $(VENV); echo "$(PYTHON) cannot make a virtual environment. On Debian and Ubuntu: apt-get install python3-venv" >&2; exit 1; }
	@$(BIN)/python -m pip --version >/dev/null 2>&1 || $(BIN)/python -m ensurepip >/dev/null
	@echo "Installing what requirements.lock lists ..."
	@$(BIN)/python -m pip install -qq --disable-pip-version-check --no-deps --require-hashes -r requirements.lock
	@$(BIN)/python -m pip install -qq --disable-pip-version-check --no-deps --no-index --no-build-isolation --editable .
	@touch $@

run: setup ## set up, migrate, load demo data into an empty database, and serve at http://127.0.0.1:8000
	@exec $(BIN)/flask serve

# SQLite always; PostgreSQL and Redis where PORTAL_TEST_POSTGRES_URL and PORTAL_TEST_REDIS_URL name a server (the tests
# read both themselves); Chromium and poppler from the system, installed if we may.
# What is missing is named at the end; with CI=true it is a failure before the tests begin.
test: setup system-tools ## run all tests, and name the slowest twenty
	@missing=""; \
	( $(HAVE_CHROMIUM) ) || missing="$$missing, Chromium"; \
	{ $(HAVE_POPPLER) && { $(HAVE_POPPLER_DATA); }; } || missing="$$missing, poppler-utils with poppler-data"; \
	{ $(HAVE_FONTS); } || missing="$$missing, fonts-noto-core, fonts-droid-fallback and fonts-nanum"; \
	test -n "$${PORTAL_TEST_POSTGRES_URL:-}" || missing="$$missing, PostgreSQL (PORTAL_TEST_POSTGRES_URL)"; \
	test -n "$${PORTAL_TEST_REDIS_URL:-}" || missing="$$missing, Redis (PORTAL_TEST_REDIS_URL)"; \
	missing="$${missing:+Missing, and so not tested: $${missing#, }}"; \
	if [ -n "$$missing" ] && [ "$${CI:-}" = true ]; then echo "$$missing" >&2; exit 1; fi; \
	status=0; $(BIN)/python -m pytest -n auto --durations=20 $(ARGS) || status=$$?; \
	test -z "$$missing" || echo "$$missing"; \
	exit $$status

# Best effort: without apt, or the right to use it, `make test` goes on and says what it could not test.
system-tools:
	@wanted=""; \
	( $(HAVE_CHROMIUM) ) || wanted="$$wanted chromium"; \
	{ $(HAVE_POPPLER); } || wanted="$$wanted poppler-utils"; \
	{ $(HAVE_POPPLER_DATA); } || wanted="$$wanted poppler-data"; \
	{ $(HAVE_FONTS); } || wanted="$$wanted fonts-noto-core fonts-droid-fallback fonts-nanum"; \
	if [ -z "$$wanted" ] || ! command -v apt-get >/dev/null; then exit 0; fi; \
	as_root=""; if [ "$$(id -u)" != 0 ]; then sudo -n true 2>/dev/null || exit 0; as_root="sudo -n"; fi; \
	echo "Installing$$wanted ..."; \
	$$as_root apt-get -qq update || exit 0; \
	if apt-cache show chromium-headless-shell >/dev/null 2>&1; then wanted="$${wanted/chromium/chromium-headless-shell}"; fi; \
	$$as_root env DEBIAN_FRONTEND=noninteractive apt-get -qq install --yes --no-install-recommends $$wanted >/dev/null || true

lint: setup ## check style, types and that each floor uses only the floors below it
	@$(BIN)/ruff check .
	@$(BIN)/ruff format --check .
	@$(BIN)/mypy
	@$(BIN)/lint-imports
	@$(BIN)/djlint templates --check --lint --quiet
	@$(BIN)/python -m tests.shape.wording

# Without places and dates: the file changes when a text does, and never otherwise.
EXTRACT := -q extract --mapping=babel.cfg --keyword=lazy_gettext --keyword=lazy_ngettext:1,2 --keyword=say_one:1 \
	--keyword=say:1,2 --no-location --omit-header --sort-output --width=120

messages: setup ## collect the texts for translators and bring the catalogues up to date
	@$(BIN)/python -m babel.messages.frontend $(EXTRACT) --output=portal/translations/messages.pot .
	@for catalogue in portal/translations/*/; do test ! -d "$$catalogue" || $(BIN)/python -m babel.messages.frontend -q \
		update --input-file=portal/translations/messages.pot --output-dir=portal/translations \
		--locale="$$(basename "$$catalogue")" --omit-header --no-fuzzy-matching; done

bench: setup ## measure each job against its limit
	@$(BIN)/python -m bench

# Versions move only when asked: `make lock ARGS=--upgrade`, or `ARGS="--upgrade-package flask"`.
lock: setup ## write requirements.lock from pyproject.toml
	@$(BIN)/uv pip compile pyproject.toml --extra test --extra dev --quiet --universal --python-version 3.11 \
		--generate-hashes --no-emit-index-url --custom-compile-command "make lock" \
		--no-emit-package django --no-emit-package asgiref --no-emit-package sqlparse \
		--no-emit-package justmytype --no-emit-package fonttools \
		--output-file requirements.lock $(ARGS)
