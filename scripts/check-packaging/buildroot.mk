# SPDX-License-Identifier: MIT OR Apache-2.0
# Stands in for Buildroot's own make in the test of packaging/buildroot: it does what the package
# infrastructure does with the variables used there, in the same order. EXTERNAL, TREE (a
# kexec-tools), OURS and WORK are given.

BR2_EXTERNAL_KEXEC_PURGATORY_PATH = $(EXTERNAL)
BR2_PACKAGE_KEXEC_PURGATORY = $(ENABLED)
BR2_PACKAGE_KEXEC_PURGATORY_TARBALL = "$(WORK)/dist/purgatory-1.0.0.tar.xz"
HOST_DIR = $(WORK)/host
INSTALL = install
TAR = true
RUST_BIN_VERSION ?= 1.97.1
HOST_KEXEC_PURGATORY_DL_DIR = $(WORK)/dl
RUST_BIN_SITE = https://example.org/dist
qstrip = $(strip $(subst ",,$(1)))
suitable-extractor = true

kexec: $(TREE)/.stamp_built

# Prerequisites are read where a package is declared, hooks when they are run.
KEXEC_TARGET_CONFIGURE = $(TREE)/.stamp_configured
$(KEXEC_TARGET_CONFIGURE): | $(KEXEC_DEPENDENCIES)
	cd $(@D) && ./configure
	touch $@
$(TREE)/.stamp_built: $(TREE)/.stamp_configured
	$(MAKE) -C $(@D)
	$(foreach hook,$(KEXEC_POST_BUILD_HOOKS),$(call $(hook)))

# A download must have a checksum, or be named as one without.
DOWNLOADS = $(notdir $(HOST_KEXEC_PURGATORY_EXTRA_DOWNLOADS)) $(KEXEC_PURGATORY_SOURCE)
HASHES = $(EXTERNAL)/package/kexec-purgatory/kexec-purgatory.hash
define check-hash
	grep -q '^sha256  [0-9a-f]\{64\}  $(1)$$' $(HASHES) || { echo "No hash found for $(1)"; exit 1; }

endef

define host-generic-package
.PHONY: host-kexec-purgatory
host-kexec-purgatory: $$(WORK)/host-kexec-purgatory/.stamp_installed
$$(WORK)/host-kexec-purgatory/.stamp_installed:
	$$(foreach file,$$(filter-out $$(BR_NO_CHECK_HASH_FOR),$$(DOWNLOADS)),$$(call check-hash,$$(file)))
	$$(foreach hook,$$(HOST_KEXEC_PURGATORY_PRE_EXTRACT_HOOKS),$$(call $$(hook))$$(sep))
	mkdir -p $$(@D)/std/$$(HOST_KEXEC_PURGATORY_STD) $$(@D)/target
	printf 'all:\n\tcp $$(OURS) target/purgatory.ro\n' >$$(@D)/Makefile
	echo 'test "$$$$1" = --prefix=$$(HOST_DIR)' >$$(@D)/std/$$(HOST_KEXEC_PURGATORY_STD)/install.sh
	chmod +x $$(@D)/std/$$(HOST_KEXEC_PURGATORY_STD)/install.sh
	$$(foreach hook,$$(HOST_KEXEC_PURGATORY_PRE_BUILD_HOOKS),$$(call $$(hook))$$(sep))
	$$(HOST_KEXEC_PURGATORY_BUILD_CMDS)
	$$(HOST_KEXEC_PURGATORY_INSTALL_CMDS)
endef

include $(EXTERNAL)/external.mk
