// SPDX-License-Identifier: MIT OR Apache-2.0

//! What a loader expects of the image, written down independently of the image's source.

/// The longest `purgatory.ro`, in bytes: the place of its own purgatory in the smallest packaged
/// kexec.
pub const MAX_FILE_SIZE: usize = 18_992;

/// The symbol that a loader enters at.
pub const ENTRY_POINT: &str = "purgatory_start";

/// The symbols that a loader sets, and the last one that others do, and their sizes in bytes.
pub const VARIABLES: [(&str, u64); 10] = [
    ("sha256_regions", 256),
    ("sha256_digest", 32),
    ("skip_checks", 4),
    ("arm64_kernel_entry", 8),
    ("arm64_dtb_addr", 8),
    ("arm64_sink", 8),
    ("pgtble_base", 8),
    ("purgatory_base", 8),
    ("purgatory_len", 8),
    ("on_failure", 4),
];

/// What the kernel's own loader calls two of them.
pub const ALIASES: [(&str, &str); 2] = [
    ("purgatory_sha_regions", "sha256_regions"),
    ("purgatory_sha256_digest", "sha256_digest"),
];

/// Entries of `sha256_regions`: a start and a length, 8 bytes each.
pub const REGIONS: usize = 16;
