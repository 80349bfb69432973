# SPDX-License-Identifier: MIT OR Apache-2.0
DEPENDS:append:aarch64 = " kexec-purgatory-native"

KEXEC_PURGATORY = "${STAGING_DATADIR_NATIVE}/kexec-purgatory/purgatory.ro"

# By plain cp: make silently builds its own again if this looks older.
do_compile:append:aarch64() {
    cp ${KEXEC_PURGATORY} ${B}/purgatory/purgatory.ro
    rm ${B}/kexec/purgatory.c
    oe_runmake
    cmp ${KEXEC_PURGATORY} ${B}/purgatory/purgatory.ro
    grep -aq 'purgatory: halted' ${B}/build/sbin/kexec
}
