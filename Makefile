# One word per habit; `make` alone lists them.
PYTHON ?= python3
VENV ?= .venv
BIN = $(VENV)/bin
INSTALLED = $(VENV)/.installed

.DEFAULT_GOAL = help

help: ## list what can be made
	@grep -hE '^[a-z-]+:.*##' $(MAKEFILE_LIST) | sed 's/:.*##/\t/' | expand -t 12

demo: install debian ## two real web servers and the release manager; ONCE=1 counts and ends
	@$(BIN)/python -m tests.demo $(if $(ONCE),--once)

test: install debian ## all tests, on real daemons
	@$(BIN)/python -m pytest -n 3 --dist loadscope $(ARGS)

bench: install debian ## figures: writes, pages, watchers, audit log, a witness's cost, strategies under load; SWITCHES=n ONLY=name
	@$(BIN)/python -m tests.bench
	@$(BIN)/python -m tests.bench.pages
	@$(BIN)/python -m tests.bench.watchers
	@$(BIN)/python -m tests.bench.audit
	@$(BIN)/python -m tests.bench.witness
	@$(BIN)/python -m tests.bench.strategies $(if $(SWITCHES),--switches $(SWITCHES)) \
		$(if $(ONLY),--only $(ONLY))

check: install debian ## lint, migrations, settings, shell and PHP syntax
	@$(BIN)/ruff check .
	@shellcheck -x deployments/artifacts/*.sh tests/*.sh tests/sandbox/*.sh .ci/run
	@tests/lint-scripts.sh
	@find deployments tests -name '*.php' -print0 | xargs -0 -n1 php -l >/dev/null
	@$(BIN)/python -m tests.manage makemigrations --check --dry-run
	@$(BIN)/python -m tests.manage check

screenshots: install debian ## every page in both themes and three widths, into var/screenshots
	@$(BIN)/python -m pytest -q tests/browser/screenshots.py

storm: install debian ## faults by the thousand; SEEDS=n, SEED=n, POINTS=1, PAIRS=1, GUARDS=1, REAL=n DATABASE=…
	@$(BIN)/python -m tests.storm $(if $(SEEDS),--seeds $(SEEDS)) $(if $(SEED),--seed $(SEED)) \
		$(if $(POINTS),--points) $(if $(PAIRS),--pairs) $(if $(GUARDS),--guards) $(if $(REAL),--real $(REAL)) \
		$(if $(DATABASE),--database $(DATABASE))

fmt: install ## let ruff mend what it can
	@$(BIN)/ruff check --fix .

key: install ## print new keys, as lines of .env
	@$(BIN)/python -c 'import base64, secrets; \
		print("SECRET_KEY=" + secrets.token_urlsafe(48)); \
		print("FIELD_KEYS=" + base64.urlsafe_b64encode(secrets.token_bytes(32)).decode()); \
		print("AUDIT_KEYS=" + secrets.token_urlsafe(32))'

install: $(INSTALLED) ## the virtual environment with everything in it

debian: ## the Debian packages that demo and tests need (as root; else names them)
	@tests/sandbox/install-debian.sh

$(INSTALLED): requirements.txt pyproject.toml
	@test -x $(BIN)/python || $(PYTHON) -m venv $(VENV)
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check -r requirements.txt
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check \
		$$($(BIN)/python -m tests.extras postgres test)
	@touch $@

.PHONY: help demo test bench check fmt key install debian screenshots storm
