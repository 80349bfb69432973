// SPDX-License-Identifier: MIT OR Apache-2.0

//! The symbols that the loader sets, or that are set when the image is built, as `kexec` requires
//! them: global, sized, and in the part of the image that comes from the file. They lie in one
//! piece, as [`RawSymbols`] describes it.

use core::arch::global_asm;
use core::ptr;

use purgatory::abi::RawSymbols;

use super::image::address_of;

// In assembly, so that the compiler cannot assume that the values are zero.
global_asm!(
    ".macro symbol name, size",
    ".globl \\name",
    ".type \\name, %object",
    ".size \\name, \\size",
    "\\name: .zero \\size",
    ".endm",
    ".pushsection .rodata.abi, \"a\", %progbits",
    ".balign 8",
    "abi:",
    "symbol sha256_regions, 256",
    "symbol sha256_digest, 32",
    "symbol arm64_kernel_entry, 8",
    "symbol arm64_dtb_addr, 8",
    "symbol arm64_sink, 8",
    "symbol pgtble_base, 8",
    "symbol purgatory_base, 8",
    "symbol purgatory_len, 8",
    "symbol skip_checks, 4",
    "symbol on_failure, 4",
    ".balign 8",
    ".popsection",
);

/// Returns what the loader wrote.
pub fn raw() -> &'static RawSymbols {
    let abi = ptr::with_exposed_provenance(address_of!("abi") as usize);
    // SAFETY: `abi` is aligned to 8 and, with its tail padded to 8, as long as RawSymbols, whose
    // offsets are asserted beside it; any bytes are a valid RawSymbols; nothing writes there.
    unsafe { &*abi }
}
