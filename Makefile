# Everything installs itself: `make demo` and `make test` work on a fresh Debian, Ubuntu or macOS machine.
VENV := .venv
PYTEST := $(VENV)/bin/python -m pytest
TRAIN := .venv-training/bin/python training/starter/talker

.PHONY: help demo run test test-again test-fast test-installed test-transformers test-slow test-thorough soak lint format bench regress wheel constraints prepare prepare-test \
	prepare-training starter-talker starter-smoke clean

help:  ## What can be made
	@grep -hE '^[a-z-]+:.*##' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | expand -t 16

demo: prepare  ## Speak bundled recordings to the assistant and hear what it says
	$(VENV)/bin/homebody demo

run: prepare  ## Start the assistant
	$(VENV)/bin/homebody run

test: prepare-test  ## All tests but the slow ones (minutes)
	$(PYTEST) -m "not slow and not soak"

test-again: prepare-test  ## Only what failed in the last run
	$(PYTEST) --last-failed -m "not soak" --timeout 900

test-fast: prepare-test  ## Only what needs neither models nor sound (seconds)
	$(PYTEST) -m "not slow and not soak and not audio and not models"

test-installed: prepare-test  ## The wheel in a clean environment, the services under a real systemd
	$(PYTEST) -m slow --timeout 900 tests/test_wheel.py tests/setup

test-transformers: prepare-training  ## Models of the extra [transformers], made on the spot (minutes)
	.venv-training/bin/python -m pytest tests/router/test_transformers.py tests/router/test_backends.py -k "transformers or blip" --timeout 900

test-slow: prepare-test  ## The slow tests
	$(PYTEST) -m slow --timeout 900

test-thorough: prepare-test  ## The property tests, with many new examples each time
	HYPOTHESIS_PROFILE=thorough $(PYTEST) -m "not slow and not soak and not audio and not models" --timeout 900

soak: prepare-test  ## An hour and more
	$(PYTEST) -m soak --timeout 7200

lint: prepare-test  ## Style and types
	$(VENV)/bin/ruff check
	$(VENV)/bin/ruff format --check
	$(VENV)/bin/mypy

format: prepare-test  ## Put the style right
	$(VENV)/bin/ruff check --fix
	$(VENV)/bin/ruff format

bench: prepare-test  ## How fast a spoken turn is on this machine
	$(VENV)/bin/homebody bench voice

regress: prepare-test  ## Whether this build is slower or understands less than its baseline
	$(VENV)/bin/homebody bench regress

wheel: prepare-test  ## Build dist/homebody-*.whl
	$(VENV)/bin/python -m build --wheel

starter-talker: prepare-training  ## Train the starter talker anew (hours), judge it and put it into the package
	$(TRAIN)/train.py build/talker
	$(TRAIN)/export.py build/talker
	$(TRAIN)/evaluate.py

starter-smoke: prepare-training  ## The same with a toy, to see that the recipe works (minutes)
	rm -rf build/talker-smoke
	$(TRAIN)/train.py build/talker-smoke --steps 12 --width 128 --depth 1 --vocabulary 1024
	$(TRAIN)/export.py build/talker-smoke --to build/talker-smoke/model
	$(TRAIN)/evaluate.py --model build/talker-smoke/model --smoke

constraints: prepare-test  ## Write down the versions that are installed now
	{ echo "# The versions homebody is tested with. Refreshed by: make constraints"; \
	  $(VENV)/bin/python -m pip freeze --exclude-editable; } > constraints.txt

prepare:
	@.ci/prepare run

prepare-training:
	@.ci/prepare training

prepare-test:
	@.ci/prepare test

clean:  ## Forget what was built
	rm -rf $(VENV) dist build .mypy_cache .ruff_cache .hypothesis
