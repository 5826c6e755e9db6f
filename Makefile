# What a developer or CI does here. `make` alone lists it.
.DEFAULT_GOAL := help
MAKEFLAGS += --no-print-directory

PYTHON := .venv/bin/python
SAM := .venv-sam/bin/sam
# Set on some machines; it would make every start compile everything anew.
unexport PYTHONDONTWRITEBYTECODE
export SAM_CLI_TELEMETRY := 0

VENV := dev/stack/venv.sh
# Where the domain code is, for the programs that read it.
DOMAIN := PYTHONPATH=layers/shared

.PHONY: help
help: ## list what can be done
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "  make %-12s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

.PHONY: environments
environments: # the three virtual environments; instant when the locks have not changed
	@$(MAKE) -j3 venv-dev venv-stack venv-sam

.PHONY: venv-dev venv-stack venv-sam
venv-dev:
	@$(VENV) .venv requirements/dev.txt --no-compile
venv-stack:
	@$(VENV) .venv-stack requirements/stack.txt
venv-sam:
	@$(VENV) .venv-sam requirements/sam.txt --no-compile

.PHONY: run
run: environments ## the whole of LeadLayer on this machine; ARGS='--fresh' or '--port-base 18800'
	@$(PYTHON) -m dev.stack $(ARGS)

.PHONY: test
test: environments ## every test; ARGS='-k sentence' picks some
	@$(PYTHON) -m pytest tests --ignore=tests/browser --ignore=tests/browser_console \
		--ignore=tests/e2e -n auto -q $(ARGS)
	@$(PYTHON) -m pytest tests/browser tests/browser_console -n auto -q $(ARGS)
	@$(PYTHON) -m pytest tests/e2e -q $(ARGS)

.PHONY: check
check: environments ## format, lint, types, import rules, template and generated docs
	@$(PYTHON) -m ruff format --check .
	@$(PYTHON) -m ruff check .
	@$(PYTHON) -m pyright --pythonpath $(PYTHON)
	@$(DOMAIN) .venv/bin/lint-imports
	@$(SAM) validate --lint --config-file infra/samconfig.toml --region eu-central-1
	@$(DOMAIN) $(PYTHON) -m dev.docs --check

.PHONY: invoke
invoke: venv-dev ## one function on the running stack with one event: F=leads CASE=valid
	@$(PYTHON) -m dev.stack.invoke "$(F)" "$(CASE)"

.PHONY: purge
purge: venv-dev ## remove what is overdue on the running stack; DRY=1 only says what would go
	@$(PYTHON) -m dev.stack.invoke purge $(if $(DRY),dry_run,schedule)

.PHONY: bench
bench: environments ## start-up, request and first-token cost of the functions
	@$(PYTHON) -m dev.bench $(ARGS)

.PHONY: lock
lock: venv-dev ## write the lock files anew from requirements/*.in; ARGS=--upgrade
	@UV=$(CURDIR)/.venv/bin/uv dev/build/lock.sh $(ARGS)

.PHONY: docs openapi
docs openapi: venv-dev ## write the API description, data model and record of processing anew
	@$(DOMAIN) $(PYTHON) -m dev.docs

.PHONY: build
build: venv-dev venv-sam ## packages for AWS (arm64); LEADLAYER_ARCH=x86_64 for the other kind
	@PATH="$(CURDIR)/.venv/bin:$$PATH" $(SAM) build --config-file infra/samconfig.toml

.PHONY: deploy
deploy: build ## deploy to AWS: STAGE=dev or STAGE=prod
	@case "$(STAGE)" in dev | prod) ;; *) echo "say which: make deploy STAGE=dev" >&2; exit 2 ;; esac
	@$(PYTHON) -m dev.build.deploy $(STAGE)

.PHONY: site
site: venv-dev ## the first customer and site of a deployed stack: STAGE NAME EMAIL ORIGIN NOTICE
	@$(DOMAIN) $(PYTHON) -m dev.site --stage "$(STAGE)" --name "$(NAME)" --email "$(EMAIL)" \
		--origin "$(ORIGIN)" --notice "$(NOTICE)" $(ARGS)

.PHONY: restore
restore: venv-dev ## a drill: a copy of the running stack's table, made fit to be served, or not
	@$(DOMAIN) $(PYTHON) -m dev.restore --local $(ARGS)

.PHONY: shots
shots: venv-dev ## the console's pictures in docs/images anew, from the running stack
	@$(DOMAIN) $(PYTHON) -m dev.shots $(ARGS)

.PHONY: clean
clean: ## remove what these commands made, the local data and environments included
	@rm -rf .local .aws-sam .venv .venv-stack .venv-sam .pytest_cache .ruff_cache .hypothesis
	@rm -rf .import_linter_cache
