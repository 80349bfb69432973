# SPDX-License-Identifier: MIT OR Apache-2.0
# Everything that `cargo build` alone cannot do. `make help` lists it.

CARGO ?= cargo
RUSTC ?= rustc
SHA256 ?= own
PREFIX ?= /usr/local
TIME ?= 60
KERNEL ?= 6.12
SAMPLE ?= 150

# The targets that use each variable. (Most use CARGO and RUSTC, which are commands, and packagers give DESTDIR,
# PREFIX and CROSS_COMPILE to every make that they call.)
TESTS = test test-ld test-long test-packages test-kexec-file proof prove-all mutants
KEXEC_FOR = patch unpatch
TO_FOR = patch set
RO_FOR = patch
FILE_FOR = set info
ON_FAILURE_FOR = all sha2 kexec demo map bench supply patch set
LINKER_FOR = all sha2 kexec demo map bench supply $(TESTS)
SHA256_FOR = all kexec
SRC_FOR = kexec
BUILD_FOR = kexec
CONFIGURE_FOR = kexec
TIME_FOR = fuzz
KERNEL_FOR = test-kexec-file
SAMPLE_FOR = mutants
SEED_FOR = mutants
QEMU_FOR = plugin $(TESTS)
ARGS_FOR = demo map test test-qemu bench fuzz test-packages test-kexec-file
NAMES = KEXEC TO RO FILE ON_FAILURE LINKER SHA256 SRC BUILD CONFIGURE TIME KERNEL SAMPLE SEED QEMU
GOALS = $(or $(MAKECMDGOALS),all)
ifeq ($(MAKELEVEL),0)
$(foreach name,$(NAMES) ARGS,$(if $(filter command%,$(origin $(name))),$(if $(filter $($(name)_FOR),$(GOALS)),,\
	$(error make $(GOALS): $(name)=… means nothing to it))))
endif

# Their values are used as they are given: make expands nothing in them, and the shell has them in its environment.
# (Only ARGS are words for the shell.)
$(foreach name,$(NAMES) DESTDIR PREFIX CROSS_COMPILE,$(if $(filter undefined,$(origin $(name))),,\
	$(eval override export $(name) := $$(value $(name)))))

run = $(if $(wildcard target/$(HOST)/debug/$(1)),,$(info First $(1) is compiled, which does the \
	rest; that takes minutes on a small machine.))$(CARGO) run -q --locked -p $(1) --
XTASK = $(call run,xtask)
TOOL = $(call run,purgatory-tool)
IMAGE = image $${ON_FAILURE:+"--on-failure=$$ON_FAILURE"} $${LINKER:+"--linker=$$LINKER"} \
	$(if $(filter $(TESTS),$(GOALS)),--default)

# Flags for the host apply neither to us nor to the image. Programs for the host are built for it
# whatever a configuration file's `[build] target` says.
unexport RUSTFLAGS CARGO_ENCODED_RUSTFLAGS CARGO_BUILD_RUSTFLAGS
HOST = $(shell $(RUSTC) --print host-tuple 2>/dev/null)
export CARGO_BUILD_TARGET = $(HOST)

# If xtask itself does not compile, the output of an earlier one must not pass for new either. Exit code 2 means that
# it has not begun. With a user's `[patch]` it never begins, and cargo does not name the file.
PATCHES = RUSTC_BOOTSTRAP=1 $(CARGO) -Zunstable-options config get --show-origin patch
or_without = || { [ $$? = 2 ] || rm -f $(1); \
	! patches=$$($(PATCHES) 2>/dev/null) || echo "error: nothing is built with this: $$patches" >&2; false; }
built = $(addprefix target/$(1).,ro elf map spdx)

.PHONY: all dist kexec setup demo map patch unpatch set info install uninstall probe guests plugin sha2
.PHONY: test test-ld test-long test-qemu test-packages test-kexec-file bench compatibility supply proof prove-all mutants fuzz
.PHONY: check check-packaging clean help

all: ## build target/purgatory.ro and say what is in it (default); ON_FAILURE=10 resets after 10 s
	$(XTASK) $(IMAGE) "--sha256=$$SHA256" $(call or_without,$(call built,purgatory$(if $(filter sha2,$(SHA256)),-sha2)))

# The tarball of `make dist` has neither the tests nor what they need.
NEED_TESTS = setup demo map guests plugin test test-ld test-long test-qemu test-packages test-kexec-file proof prove-all mutants fuzz \
	bench compatibility supply check check-packaging
ifneq ($(if $(wildcard tests),,$(filter $(NEED_TESTS),$(MAKECMDGOALS))),)
$(error make $(filter $(NEED_TESTS),$(MAKECMDGOALS)): there are no tests here, nor what they need; they are in the repository)
endif

.PHONY: needs
needs: # of what targets need beyond `make test`, all that is missing, before anything is built
	@scripts/needs.sh $(filter-out needs,$(MAKECMDGOALS))

setup: ## install what building, testing and running need (root or sudo)
	scripts/setup.sh

demo: all guests ## boot a small guest through the image in QEMU; ARGS=--help shows the choices
	$(CARGO) run -q --locked -p purgatory-demo -- $(ARGS)

probe: ## build target/probe.Image, a kernel that only tells what it finds, for machines that you own
	$(XTASK) probe $(call or_without,target/probe.Image target/probe.elf)

guests: ## build the tests' bare-metal programs into target/guests/
	$(XTASK) guests $(call or_without,target/guests/*.elf)

plugin: ## build the tracer for the QEMU that loads it, target/release/libpurgatory_test_plugin.so
	$(CARGO) build -q --locked --release -p purgatory-test-plugin
	mkdir -p target/release
	ln -sf ../$(HOST)/release/libpurgatory_test_plugin.so target/release/

sha2: ## build target/purgatory-sha2.ro, whose hash in software is that of the crate `sha2`
	$(XTASK) $(IMAGE) --sha256=sha2 $(call or_without,$(call built,purgatory-sha2))

# A variable that must be given.
named = $(if $($(1)),"$$$(1)",$(error make $@ $(1)=…: which file?))
SECONDS = $(if $(ON_FAILURE),$$ON_FAILURE,$(error make $@ ON_FAILURE=…: how many seconds?))
COPY = $${TO:+"--to=$$TO"}

patch: ## put target/purgatory.ro (or RO=…) into KEXEC=/sbin/kexec, or into the copy TO=… of it
	$(TOOL) $(COPY) "--ro=$${RO:-target/purgatory.ro}" $${ON_FAILURE:+"--on-failure=$$ON_FAILURE"} patch $(call named,KEXEC)

unpatch: ## make KEXEC=/sbin/kexec again what it was
	$(TOOL) unpatch $(call named,KEXEC)

set: ## set ON_FAILURE=10 in FILE=…, a purgatory.ro or a patched kexec, or in the copy TO=… of it
	$(TOOL) $(COPY) "--on-failure=$(SECONDS)" set $(call named,FILE)

info: ## say whose purgatory is in FILE=…, a purgatory.ro or a kexec, and whether kexec can load it
	$(TOOL) info $(call named,FILE)

# The files as they were built: `strip` would damage purgatory.ro, and `make install` as root must not build. Not the
# ELF file, which differs by machine.
IMAGES = $(filter-out %.elf,$(call built,purgatory))
PROBE = target/probe.Image
DOCUMENTS = $(wildcard README.md CHANGELOG.md SECURITY.md LICENSE-*)
INSTALLED = "$$DESTDIR$$PREFIX"/lib/kexec-tools
MANUAL = "$$DESTDIR$$PREFIX"/share/man/man7
DOC = "$$DESTDIR$$PREFIX"/share/doc/purgatory

install: ## install what `make` and `make probe` have built, manual and documents, below DESTDIR=… PREFIX=/usr/local
	@for file in $(IMAGES); do \
		[ -e $$file ] || { echo "make install: no $$file: run make first" >&2; exit 1; }; done
	install -d $(INSTALLED) $(MANUAL) $(DOC)/docs
	install -m 644 $(IMAGES) $(wildcard $(PROBE)) $(INSTALLED)
	install -m 644 packaging/man/purgatory.ro.7 $(MANUAL)
	install -m 644 $(DOCUMENTS) $(DOC)
	install -m 644 docs/* $(DOC)/docs

uninstall: ## remove what `make install` has installed
	rm -f $(patsubst target/%,$(INSTALLED)/%,$(call built,purgatory) $(PROBE)) $(MANUAL)/purgatory.ro.7 $(DOCUMENTS:%=$(DOC)/%) \
		$(patsubst %,$(DOC)/%,$(wildcard docs/*))
	for empty in $(DOC)/docs $(DOC) $(INSTALLED); do rmdir "$$empty" 2>/dev/null || :; done

test: all sha2 probe guests plugin ## run all tests; ARGS goes to cargo test, as in ARGS="--test qemu"; QEMU=another one
	scripts/fetch.sh
	$(CARGO) test --locked --workspace --exclude purgatory-test-packages \
		--exclude purgatory-test-kexec-file $(ARGS)

test-ld: needs ## run the tests of the image on one that GNU ld has linked
	$(MAKE) test LINKER=aarch64-linux-gnu-ld ARGS="--test image --test qemu --test hash --test coherence"
	$(MAKE) all sha2

test-long: needs all guests ## run the tests that take minutes
	scripts/fetch.sh
	$(CARGO) test --locked --release --test qemu --test kexec -- --ignored

# The tests that exercise QEMU most.
QEMU_TESTS = $(addprefix --test ,qemu registers coherence hostile kexec)

test-qemu: needs ## run the tests of the image on the QEMU of Debian sid, in a system made for it (root)
	scripts/qemu.sh sid
	$(MAKE) test QEMU=target/suites/sid/qemu-system-aarch64 ARGS="$(QEMU_TESTS) $(ARGS)"

proof: all sha2 ## prove that the linked block routines are SHA-256 for all inputs, and say how much that was
	$(CARGO) test -q --locked -p purgatory-test-proof --test proof -- --nocapture

mutants: needs all guests plugin ## change the image and its library, one thing at a time; SAMPLE=all SEED=…
	$(CARGO) run -q --locked --release -p purgatory-test-mutants -- "--code=$$SAMPLE" $${SEED:+"--seed=$$SEED"}
	scripts/mutants.sh

prove-all: needs proof ## every proof and every test that `make test` leaves out
	$(CARGO) test -q --locked --release -p purgatory-test-proof -- --ignored
	$(MAKE) test-long
	$(MAKE) test-ld
	$(MAKE) supply
	$(MAKE) fuzz TIME=300
	$(MAKE) mutants SAMPLE=all

# A counter for each edge of the code, as in libFuzzer and cargo-fuzz, on any toolchain.
COVERAGE = -Cpasses=sancov-module -Cllvm-args=-sanitizer-coverage-level=3 \
	-Cllvm-args=-sanitizer-coverage-inline-8bit-counters \
	-Cllvm-args=-sanitizer-coverage-pc-table

fuzz: needs ## try hostile input on the library, led by coverage: TIME=60 seconds in all
	RUSTFLAGS="$(COVERAGE)" $(CARGO) run -q --locked --profile fuzz -p purgatory-test-fuzz -- \
		"--time=$$TIME" $(ARGS)

bench: needs all guests plugin ## count and model what verifying costs; ARGS=--help shows the choices; target/bench.svg
	scripts/fetch.sh
	scripts/kexec-tools.sh
	$(CARGO) run -q --locked --release -p purgatory-bench -- $(ARGS)

supply: all ## whose lines are in the image, which are unsafe; licences, sources, advisories
	$(CARGO) run -q --locked -p purgatory-test-supply

map: all guests ## draw memory and page tables of a boot into target/map.svg; ARGS as for demo
	$(CARGO) run -q --locked -p purgatory-demo -- --map target/map.svg $(ARGS)

compatibility: ## put what the tests have booted into the table of compatibility
	$(CARGO) run -q --locked -p purgatory-test-harness --bin compatibility

check: ## formatting, clippy, rustdoc and shellcheck, host and bare metal; a warning is an error
	$(CARGO) fmt --all --check
	shellcheck --severity=warning scripts/*.sh findings/*.sh tests/kexec-file/kernel.sh .ci/run
	$(CARGO) clippy --locked --workspace --all-targets -- -D warnings
	$(XTASK) cargo clippy -p purgatory --features firmware -- -D warnings
	$(XTASK) cargo clippy -p purgatory-probe --features bare-metal -- -D warnings
	$(XTASK) cargo clippy -p purgatory-test-guest --features bare-metal -- -D warnings
	RUSTDOCFLAGS="-D warnings" $(CARGO) doc --locked --workspace --no-deps --document-private-items
	$(XTASK) cargo rustdoc -p purgatory --features firmware --bin purgatory -- -D warnings --document-private-items

check-packaging: needs ## check the recipes in packaging/ by their ecosystems' linters, and try them (root)
	scripts/check-packaging.sh

dist: ## pack what the image is built from, crates included: target/purgatory-VERSION.tar.xz
	scripts/dist.sh

kexec: all ## build kexec-tools with the image in it: SRC=its source, BUILD=elsewhere, CROSS_COMPILE=aarch64-linux-gnu-
	scripts/kexec.sh

test-packages: needs all guests dist ## build as distributions do, in Debian systems made for it, without network (root)
	scripts/fetch.sh
	$(CARGO) test --locked -p purgatory-test-packages $(ARGS)

test-kexec-file: needs all probe ## build a kernel with the image for its own purgatory, and boot it: KERNEL=6.12
	scripts/fetch.sh
	tests/kexec-file/kernel.sh "$$KERNEL"
	KEXEC_FILE_KERNEL="$$KERNEL" $(CARGO) test --locked -p purgatory-test-kexec-file $(ARGS)

clean: ## remove everything built, but not what was downloaded
	rm -rf $(filter-out target/downloads target/suites,$(wildcard target/*))

help: ## this list
	@sed -n 's/^\([a-z0-9-]*\):.*## /  \1\t/p' Makefile | expand -t 16
