# SPDX-License-Identifier: MIT OR Apache-2.0
################################################################################
#
# kexec-purgatory
#
################################################################################

KEXEC_PURGATORY_VERSION = 1.0.0
KEXEC_PURGATORY_TARBALL = $(call qstrip,$(BR2_PACKAGE_KEXEC_PURGATORY_TARBALL))
KEXEC_PURGATORY_SOURCE = $(notdir $(KEXEC_PURGATORY_TARBALL))
KEXEC_PURGATORY_SITE = $(patsubst %/,%,$(dir $(KEXEC_PURGATORY_TARBALL)))
KEXEC_PURGATORY_SITE_METHOD = file
KEXEC_PURGATORY_LICENSE = MIT or Apache-2.0, MIT (spin)
KEXEC_PURGATORY_LICENSE_FILES = LICENSE-APACHE LICENSE-MIT
# The checksum of a local tarball is not in kexec-purgatory.hash, but in the file that `make dist`
# puts beside it. An earlier download may still be an older tarball of that name.
BR_NO_CHECK_HASH_FOR += $(KEXEC_PURGATORY_SOURCE)
define HOST_KEXEC_PURGATORY_COMPARE_SUM
	cd $(HOST_KEXEC_PURGATORY_DL_DIR) && sha256sum --check $(KEXEC_PURGATORY_TARBALL).sha256
endef
HOST_KEXEC_PURGATORY_PRE_EXTRACT_HOOKS += HOST_KEXEC_PURGATORY_COMPARE_SUM
HOST_KEXEC_PURGATORY_DEPENDENCIES = host-rustc

# The compiler has no bare-metal library: this is the one of its own release. Buildroot fails if
# kexec-purgatory.hash does not have its checksum.
HOST_KEXEC_PURGATORY_STD = rust-std-$(RUST_BIN_VERSION)-aarch64-unknown-none-softfloat
HOST_KEXEC_PURGATORY_EXTRA_DOWNLOADS = $(RUST_BIN_SITE)/$(HOST_KEXEC_PURGATORY_STD).tar.xz

define HOST_KEXEC_PURGATORY_INSTALL_STD
	mkdir -p $(@D)/std
	$(call suitable-extractor,$(HOST_KEXEC_PURGATORY_STD).tar.xz) \
		$(HOST_KEXEC_PURGATORY_DL_DIR)/$(HOST_KEXEC_PURGATORY_STD).tar.xz | \
		$(TAR) -C $(@D)/std $(TAR_OPTIONS) -
	$(@D)/std/$(HOST_KEXEC_PURGATORY_STD)/install.sh \
		--prefix=$(HOST_DIR) --disable-ldconfig
endef
HOST_KEXEC_PURGATORY_PRE_BUILD_HOOKS += HOST_KEXEC_PURGATORY_INSTALL_STD

HOST_KEXEC_PURGATORY_MAKE = \
	$(HOST_MAKE_ENV) $(HOST_CONFIGURE_OPTS) \
	CARGO_HOME=$(@D)/cargo-home CARGO_NET_OFFLINE=true \
	$(MAKE) -C $(@D) RUSTC=$(HOST_DIR)/bin/rustc CARGO=$(HOST_DIR)/bin/cargo

define HOST_KEXEC_PURGATORY_BUILD_CMDS
	$(HOST_KEXEC_PURGATORY_MAKE)
endef

define HOST_KEXEC_PURGATORY_INSTALL_CMDS
	$(INSTALL) -D -m 0644 $(@D)/target/purgatory.ro \
		$(HOST_DIR)/share/kexec-purgatory/purgatory.ro
endef

$(eval $(host-generic-package))

# The rest is for Buildroot's package kexec.
ifeq ($(BR2_PACKAGE_KEXEC_PURGATORY),y)

# By plain cp: make silently builds its own again if this looks older.
define KEXEC_EMBED_PURGATORY
	cp $(HOST_DIR)/share/kexec-purgatory/purgatory.ro $(@D)/purgatory/purgatory.ro
	rm $(@D)/kexec/purgatory.c
	$(TARGET_MAKE_ENV) $(KEXEC_MAKE_ENV) $(MAKE) $(KEXEC_MAKE_OPTS) -C $(@D)
	cmp $(HOST_DIR)/share/kexec-purgatory/purgatory.ro $(@D)/purgatory/purgatory.ro
	grep -aq 'purgatory: halted' $(@D)/build/sbin/kexec
endef
KEXEC_POST_BUILD_HOOKS += KEXEC_EMBED_PURGATORY

# The variable is for code that reads it when kexec is built. The rule's prerequisites were derived
# from it before this file was read, so they are named again.
KEXEC_DEPENDENCIES += host-kexec-purgatory
$(KEXEC_TARGET_CONFIGURE): | host-kexec-purgatory

endif

# The same for Buildroot's kernel, patched by BR2_LINUX_KERNEL_PATCH.
ifeq ($(BR2_PACKAGE_KEXEC_PURGATORY_KERNEL),y)

define LINUX_EMBED_PURGATORY
	cp $(HOST_DIR)/share/kexec-purgatory/purgatory.ro $(LINUX_DIR)/arch/arm64/purgatory/purgatory.ro
endef
LINUX_PRE_BUILD_HOOKS += LINUX_EMBED_PURGATORY

define LINUX_KCONFIG_KEXEC_FILE
	$(call KCONFIG_ENABLE_OPT,CONFIG_KEXEC_FILE)
endef
LINUX_KCONFIG_FIXUP_CMDS += $(LINUX_KCONFIG_KEXEC_FILE)

LINUX_DEPENDENCIES += host-kexec-purgatory
$(LINUX_TARGET_CONFIGURE): | host-kexec-purgatory

endif
