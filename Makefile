# Everything that `cargo build` alone cannot do. `make help` lists it.

CARGO ?= cargo
XTASK = $(CARGO) run -q -p xtask --

# Flags for the host are not for us, nor are they for the image.
unexport RUSTFLAGS CARGO_ENCODED_RUSTFLAGS CARGO_BUILD_RUSTFLAGS CARGO_BUILD_TARGET

.PHONY: all setup demo guests plugin test bench check clean help

all: ## build target/purgatory.ro and say what is in it (default)
	$(XTASK) image

setup: ## install what building, testing and running need (root or sudo)
	scripts/setup.sh

demo: all guests ## boot a small guest through the image in QEMU; ARGS=--help shows the choices
	$(CARGO) run -q -p purgatory-demo -- $(ARGS)

guests: ## build the tests' bare-metal programs into target/guests/
	$(XTASK) guests

plugin: ## build the tracer that QEMU loads, target/release/libpurgatory_test_plugin.so
	$(CARGO) build -q --release -p purgatory-test-plugin

test: all guests plugin ## run all tests; ARGS goes to cargo test, as in ARGS="--test qemu"
	scripts/fetch.sh
	$(CARGO) test --workspace $(ARGS)

bench: all guests plugin ## count and model what verifying costs, beside the C purgatory; target/bench.svg
	scripts/fetch.sh
	scripts/kexec-tools.sh
	$(CARGO) run -q --release -p purgatory-bench

check: ## formatting, clippy and rustdoc, host and bare metal; a warning is an error
	$(CARGO) fmt --all --check
	$(CARGO) clippy --workspace --all-targets -- -D warnings
	$(XTASK) cargo clippy -p purgatory --features firmware -- -D warnings
	$(XTASK) cargo clippy -p purgatory-test-guest --features bare-metal -- -D warnings
	RUSTDOCFLAGS="-D warnings" $(CARGO) doc --workspace --no-deps --document-private-items
	$(XTASK) cargo rustdoc -p purgatory --features firmware --bin purgatory -- -D warnings --document-private-items

clean: ## remove everything built, but not what was downloaded
	rm -rf $(filter-out target/downloads,$(wildcard target/*))

help: ## this list
	@sed -n 's/^\([a-z]*\):.*## /  \1\t/p' Makefile | expand -t 12
