// SPDX-License-Identifier: MIT OR Apache-2.0

//! The interface to the loader: the symbols that `kexec` looks up in `purgatory.ro` and sets, and
//! the room that it has for the file.

use core::mem::offset_of;

/// The size that no image may exceed, in bytes: the original purgatory of the smallest packaged
/// kexec (Debian's 2.0.32). An image that is no larger can be put in its place.
pub const BUDGET: usize = 18_992;

/// The alignment of both parts of the file in memory, in bytes. `kexec` puts the second at the next
/// multiple after the first.
pub const PAGE: u64 = 4096;

/// Entries of `sha256_regions`; `kexec` uses at most 15 of them.
pub const MAX_REGIONS: usize = 16;

/// One entry of `sha256_regions` as the loader wrote it; `{0, 0}` where unused.
#[repr(C)]
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct RawRegion {
    /// First byte, physical address.
    pub start: u64,
    /// Bytes.
    pub len: u64,
}

/// The image's data symbols in the order in which they lie in the image; each field is one symbol
/// of the same name, with the size that `kexec` requires.
#[repr(C)]
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct RawSymbols {
    /// The segments that the digest covers.
    pub sha256_regions: [RawRegion; MAX_REGIONS],
    /// SHA-256 over the concatenation of the regions.
    pub sha256_digest: [u8; 32],
    /// Physical address of the kernel's first instruction.
    pub arm64_kernel_entry: u64,
    /// Physical address of the device tree, for `x0`.
    pub arm64_dtb_addr: u64,
    /// Physical address of a UART's data register, or 0.
    pub arm64_sink: u64,
    /// Physical address of page tables made by the loader, or 0.
    pub pgtble_base: u64,
    /// Physical address at which the loader believes our segment to lie, or 0.
    pub purgatory_base: u64,
    /// Bytes of that segment, or 0.
    pub purgatory_len: u64,
    /// 1: start the kernel without verifying anything.
    pub skip_checks: u32,
    /// What to do if no kernel is started: 0 halts, n resets the machine after n seconds. No loader
    /// sets it; it is set when the image is built or installed.
    pub on_failure: u32,
}

/// A data symbol: a field of [`RawSymbols`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct DataSymbol {
    /// Its name.
    pub name: &'static str,
    /// Its offset in [`RawSymbols`], in bytes.
    pub offset: usize,
    /// Its size in bytes, which the loader checks before it writes.
    pub size: usize,
}

/// The code symbol, to which the loader jumps.
pub const ENTRY: &str = "purgatory_start";

/// Lists fields of [`RawSymbols`]; each must begin where the one before it ends.
macro_rules! symbols {
    ($($name:ident: $size:literal),+ $(,)?) => {
        [$(DataSymbol { name: stringify!($name), offset: offset_of!(RawSymbols, $name), size: $size }),+]
    };
}

/// All data symbols. One that a loader does not know stays zero. `src/arch/symbols.rs` lays them
/// out.
pub const SYMBOLS: [DataSymbol; 10] = symbols! {
    sha256_regions: 256,
    sha256_digest: 32,
    arm64_kernel_entry: 8,
    arm64_dtb_addr: 8,
    arm64_sink: 8,
    pgtble_base: 8,
    purgatory_base: 8,
    purgatory_len: 8,
    skip_checks: 4,
    on_failure: 4,
};

/// The names that the kernel's own loader (`kexec_file_load`, kernel/kexec_file.c) uses for two of
/// the symbols: its name, and ours.
pub const ALIASES: [(&str, &str); 2] = [
    ("purgatory_sha_regions", "sha256_regions"),
    ("purgatory_sha256_digest", "sha256_digest"),
];

// If a field's size differs from the list, the one after it would move.
const _: () = {
    let mut end = 0;
    let mut index = 0;
    while index < SYMBOLS.len() {
        assert!(SYMBOLS[index].offset == end);
        end += SYMBOLS[index].size;
        index += 1;
    }
    assert!(end.next_multiple_of(align_of::<RawSymbols>()) == size_of::<RawSymbols>());
};
