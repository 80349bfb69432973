#!/bin/bash
# SPDX-License-Identifier: MIT OR Apache-2.0
# U-Boot's `booti` starts an arm64 kernel with SErrors unmasked, where Linux' booting.rst says of PSTATE.DAIF that
# "all forms of interrupts must be masked". QEMU's own `-kernel` masks them.
#
#   guessed:  DAIF=0x3c0 by both: D, A, I and F masked
#   seen:     DAIF=0x2c0 by booti (A is clear), DAIF=0x3c0 by -kernel
#             u-boot-qemu 2023.01+dfsg-2+deb12u3 (Debian 12) at EL1; the same at EL2, and by 2025.01 of Debian 13;
#             QEMU 10.0.2
#
# An SError that is pending when the kernel starts is taken before it has vectors. Linux masks DAIF itself early on,
# so few notice. For users of the probe (docs/hardware.md): a report of a start by booti has
# "NOT DAIF masked", and that is U-Boot's.
#
# Needs apt-get, dpkg, qemu-system-aarch64 and an assembler for arm64 (aarch64-linux-gnu-gcc).
set -euo pipefail

version=2023.01+dfsg-2+deb12u3
cd "$(mktemp -d)"
trap 'rm -rf "$PWD"' EXIT
apt-get download "u-boot-qemu=$version"
dpkg -x u-boot-qemu_*.deb .
qemu-system-aarch64 --version | head -n1

# A kernel that prints PSTATE.DAIF on the PL011 and switches the machine off.
cat >kernel.S <<'END'
	b	1f
	nop
	.quad	0, 0x1000, 0xa, 0, 0, 0		// text_offset, image_size, flags
	.ascii	"ARM\x64"
	.long	0
1:	mrs	x0, daif
	mov	x1, #0x09000000
	adr	x2, 5f
2:	ldrb	w3, [x2], #1
	cbz	w3, 3f
	str	w3, [x1]
	b	2b
3:	mov	x4, #8
4:	lsr	x3, x0, x4
	and	x3, x3, #15
	cmp	x3, #10
	add	x5, x3, #39
	csel	x3, x3, x5, lo
	add	x3, x3, #48
	str	w3, [x1]
	subs	x4, x4, #4
	b.pl	4b
	mov	w3, #10
	str	w3, [x1]
	movz	w0, #0x8400, lsl #16			// SYSTEM_OFF
	movk	w0, #8
	hvc	#0
5:	.asciz	"DAIF=0x"
END
aarch64-linux-gnu-gcc -c kernel.S
aarch64-linux-gnu-objcopy -O binary kernel.o kernel

machine=(timeout 60 qemu-system-aarch64 -M "virt,gic-version=2" -cpu cortex-a53 -m 512 -nographic -nic none)
# Keys stop the countdown; the device tree is the one that U-Boot itself was given.
type_it() {
    sleep 3; printf '\n'
    sleep 1; printf '\n'
    # shellcheck disable=SC2016
    sleep 1; printf 'booti 0x41000000 - ${fdtcontroladdr}\n'
    sleep 20
}
by_booti=$(type_it | "${machine[@]}" -bios usr/lib/u-boot/qemu_arm64/u-boot.bin \
    -device loader,file=kernel,addr=0x41000000,force-raw=on | grep -ao 'DAIF=0x[0-9a-f]*')
by_qemu=$("${machine[@]}" -kernel kernel </dev/null | grep -ao 'DAIF=0x[0-9a-f]*')
echo "booti: $by_booti, -kernel: $by_qemu"
[ "$by_booti" = DAIF=0x2c0 ] && [ "$by_qemu" = DAIF=0x3c0 ] || { echo "that has changed" >&2; exit 1; }
