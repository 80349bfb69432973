# SPDX-License-Identifier: MIT OR Apache-2.0
# The image as the kernel's own purgatory, if local.conf names the patch for that kernel:
# KEXEC_PURGATORY_KERNEL_PATCH = "/path/to/packaging/linux/6.12.patch"
KEXEC_PURGATORY_KERNEL_PATCH ?= ""

FILESEXTRAPATHS:prepend := "${THISDIR}/files:"
DEPENDS:append:aarch64 = " ${@'kexec-purgatory-native' if d.getVar('KEXEC_PURGATORY_KERNEL_PATCH') else ''}"
SRC_URI:append:aarch64 = " ${@'file://%s file://kexec-file.cfg' % d.getVar('KEXEC_PURGATORY_KERNEL_PATCH') if d.getVar('KEXEC_PURGATORY_KERNEL_PATCH') else ''}"

do_configure:append:aarch64() {
    if [ -n "${KEXEC_PURGATORY_KERNEL_PATCH}" ]; then
        cp ${STAGING_DATADIR_NATIVE}/kexec-purgatory/purgatory.ro ${S}/arch/arm64/purgatory/purgatory.ro
    fi
}
