# Everything installs itself: `make demo` and `make test` work on a fresh Debian, Ubuntu or macOS machine.
VENV := .venv
PYTEST := $(VENV)/bin/python -m pytest
TRAIN := PYTHONPATH=training/starter .venv-training/bin/python training/starter/talker
EARS := OMP_WAIT_POLICY=PASSIVE PYTHONPATH=training/starter .venv-training/bin/python -m recogniser
SPEAK := OMP_NUM_THREADS=1 OMP_WAIT_POLICY=PASSIVE PYTHONPATH=training/starter .venv-training/bin/python -m voice
# The corpus and the checkpoints: hundreds of megabytes and hours of work, so they may be kept elsewhere.
EARS_BUILD ?= build/recogniser
EARS_MINUTES ?= 240
VOICE_BUILD ?= build/voice

.PHONY: help demo run test test-again test-fast test-installed test-transformers test-slow test-llama test-thorough soak lint format bench \
	regress figures wheel constraints prepare prepare-test prepare-llama prepare-training prepare-voices prepare-peers \
	starter-talker starter-recogniser starter-recogniser-judge starter-voice starter-voice-judge starter-smoke clean

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

test-fast: prepare-test  ## After every edit: only what needs no models, sound, other processes or real waiting (seconds)
	HYPOTHESIS_PROFILE=few $(PYTEST) -m fast --durations 10

test-installed: prepare-test  ## The wheel in a clean environment, the services under a real systemd, the client in Node
	$(PYTEST) -m slow --timeout 900 tests/test_wheel.py tests/setup tests/router/test_curve.py

test-transformers: prepare-training  ## What needs torch: BLIP, converted models, the recogniser's features, the starter voice's network (minutes)
	.venv-training/bin/python -m pytest -m "not slow" --timeout 900 -k "transformers or converting or features or voice_model or growing" \
		tests/router/test_transformers.py tests/router/test_backends.py tests/setup/test_converting.py \
		tests/training/test_recogniser_features.py tests/training/test_recogniser_growing.py tests/training/test_voice_model.py \
		tests/training/test_talker_growing.py

test-slow: prepare-test  ## The slow tests
	$(PYTEST) -m slow --timeout 900

test-llama: prepare-test prepare-llama  ## The OpenAI backend against llama.cpp, compiled here (ten minutes, once)
	$(PYTEST) --timeout 300 tests/router/test_openai_real.py -rs

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

figures: prepare-test prepare-peers  ## The README's figures anew, peers included (three quarters of an hour, on a machine left alone)
	$(VENV)/bin/python bench/peers/prepare.py
	$(VENV)/bin/homebody bench voice --turns 50 --out docs/figures/voice.json
	$(VENV)/bin/python bench/peers/run.py --turns 50 --out docs/figures/peers.json
	$(VENV)/bin/homebody bench shape --only whisper-tiny --only whisper-base --only whisper-small --out docs/figures/shape.json
	$(VENV)/bin/homebody bench report docs/figures/voice.json --png docs/figures/voice.png
	$(VENV)/bin/homebody bench report docs/figures/peers.json --png docs/figures/peers.png
	UPDATE_DOCS=1 $(PYTEST) -q tests/test_figures.py

wheel: prepare-test  ## Build dist/homebody-*.whl
	$(VENV)/bin/python -m build --wheel

starter-talker: prepare-training  ## Train the starter talker anew (hours), judge it and put it into the package
	$(TRAIN)/train.py build/talker
	$(TRAIN)/export.py build/talker
	$(TRAIN)/evaluate.py

starter-recogniser: prepare-training prepare-voices  ## Train the starter ears anew (hours; goes on where it was stopped), judge them and put them into the package
	$(EARS).corpus $(EARS_BUILD)/corpus --shards 126
	test -e $(EARS_BUILD)/build/checkpoint.pt || { \
		$(EARS).train $(EARS_BUILD)/narrow --corpus $(EARS_BUILD)/corpus --variation 0.8 --minutes $(EARS_MINUTES) && \
		$(EARS).export $(EARS_BUILD)/narrow --to $(EARS_BUILD)/narrow/model && \
		$(EARS).unpack $(EARS_BUILD)/build --model $(EARS_BUILD)/narrow/model --wider; }
	$(EARS).train $(EARS_BUILD)/build --corpus $(EARS_BUILD)/corpus --width 256 --variation 0.8 --cool-down 1500
	$(EARS).blend $(EARS_BUILD)/build --model $(EARS_BUILD)/narrow/model --to $(EARS_BUILD)/mean
	$(EARS).export $(EARS_BUILD)/mean
	$(EARS).calibrate --clips $(EARS_BUILD)/clips/gate.npz --tried $(EARS_BUILD)/clips/judged.npz
	$(EARS).evaluate --clips $(EARS_BUILD)/clips/judged.npz

starter-recogniser-judge: prepare-training prepare-voices  ## Only judge the ears that are there
	$(EARS).guesses
	$(EARS).evaluate --clips $(EARS_BUILD)/clips/judged.npz

starter-voice: prepare-training prepare-voices  ## Train the starter voice anew (half an hour; goes on where it was stopped), judge it and put it into the package
	$(SPEAK).corpus $(VOICE_BUILD)/corpus
	$(SPEAK).train $(VOICE_BUILD)/build --corpus $(VOICE_BUILD)/corpus
	$(SPEAK).export $(VOICE_BUILD)/build --to $(VOICE_BUILD)/model
	$(SPEAK).evaluate --source --voice daemon/homebody/starter/voice --voice $(VOICE_BUILD)/model
	$(SPEAK).export $(VOICE_BUILD)/build

starter-voice-judge: prepare-training prepare-voices  ## Only judge the voice that is there
	$(SPEAK).evaluate --source

starter-smoke: prepare-training prepare-voices  ## The three recipes with toys, to see that they work (minutes)
	rm -rf build/talker-smoke
	$(TRAIN)/train.py build/talker-smoke --steps 12 --width 128 --depth 1 --vocabulary 1024
	$(TRAIN)/export.py build/talker-smoke --to build/talker-smoke/model
	$(TRAIN)/evaluate.py --model build/talker-smoke/model --smoke
	rm -rf build/recogniser-smoke
	$(EARS).corpus build/recogniser-smoke/corpus --shards 1 --size 40
	$(EARS).train build/recogniser-smoke --corpus build/recogniser-smoke/corpus --steps 6 --width 32 --layers 1
	$(EARS).export build/recogniser-smoke --to build/recogniser-smoke/model
	$(EARS).unpack build/recogniser-smoke/wider --model build/recogniser-smoke/model --wider
	$(EARS).train build/recogniser-smoke/wider --corpus build/recogniser-smoke/corpus --steps 8 --width 64 --layers 1
	$(EARS).export build/recogniser-smoke/wider --to build/recogniser-smoke/model
	$(EARS).evaluate --model build/recogniser-smoke/model --clips build/recogniser-smoke/clips.npz --smoke
	rm -rf build/voice-smoke
	$(SPEAK).corpus build/voice-smoke/corpus --shards 1 --size 16
	$(SPEAK).train build/voice-smoke --corpus build/voice-smoke/corpus --steps 30 --width 32
	$(SPEAK).export build/voice-smoke --to build/voice-smoke/model
	$(SPEAK).evaluate --voice build/voice-smoke/model --smoke

constraints: prepare-test  ## Write down the versions that are installed now
	{ echo "# The versions homebody is tested with. Refreshed by: make constraints"; \
	  $(VENV)/bin/python -m pip freeze --exclude-editable; } > constraints.txt

prepare:
	@.ci/prepare run

prepare-training:
	@.ci/prepare training

prepare-voices:
	@.ci/prepare voices

prepare-peers:
	@.ci/prepare peers

prepare-test:
	@.ci/prepare test

prepare-llama:
	@.ci/prepare llama

clean:  ## Forget what was built
	rm -rf $(VENV) .venv-llama dist build .mypy_cache .ruff_cache .hypothesis
