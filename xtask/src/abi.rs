//! The symbols that a loader looks up in `purgatory.ro`.

/// One symbol of the ABI.
pub struct Symbol {
    /// Its name.
    pub name: &'static str,
    /// The exact size a loader insists on before it writes; `None` for code, which it only finds.
    pub size: Option<u64>,
}

const fn code(name: &'static str) -> Symbol {
    Symbol { name, size: None }
}

const fn data(name: &'static str, size: u64) -> Symbol {
    let size = Some(size);
    Symbol { name, size }
}

/// All of them. A symbol that one loader does not know is zero when that loader is done.
pub const SYMBOLS: [Symbol; 10] = [
    code("purgatory_start"),
    data("sha256_regions", 256),
    data("sha256_digest", 32),
    data("skip_checks", 4),
    data("arm64_kernel_entry", 8),
    data("arm64_dtb_addr", 8),
    data("arm64_sink", 8),
    data("pgtble_base", 8),
    data("purgatory_base", 8),
    data("purgatory_len", 8),
];

/// What one loader's slot holds: the original purgatory of the smallest packaged kexec. An image
/// that is no larger can be put in its place.
pub const BUDGET: usize = 18_992;
