// SPDX-License-Identifier: MIT OR Apache-2.0

//! What kexec does not take for a purgatory.

use std::fmt;

/// Why kexec would not take the image.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Refusal {
    /// The ELF reader could make nothing of it.
    NotElf(String),
    /// Not 64 bits wide.
    Class,
    /// Not little-endian.
    Endian,
    /// `e_type` is not `ET_REL`.
    Type(u16),
    /// `e_machine` is not `EM_AARCH64`.
    Machine(u16),
    /// A section with relocations, by index. Which types are known depends on the version of
    /// kexec-tools, so that none is safe.
    Relocations(usize),
    /// An allocated section whose alignment is 0 or not a power of two, by index.
    Alignment(usize),
    /// No allocated section.
    Empty,
    /// No symbol of this name.
    Missing(String),
    /// The symbol is not `STB_GLOBAL`.
    NotGlobal(String),
    /// The symbol is undefined, common, or in a section that is not loaded.
    NotLoaded(String),
    /// The symbol's size is not what the loader is about to write.
    Size {
        /// The symbol.
        symbol: String,
        /// Its `st_size`.
        found: u64,
        /// The length of the value.
        wanted: u64,
    },
    /// The symbol's section is not `SHT_PROGBITS`.
    NotProgbits(String),
}

impl fmt::Display for Refusal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NotElf(error) => write!(f, "not an ELF file: {error}"),
            Self::Class => write!(f, "not a 64-bit ELF file"),
            Self::Endian => write!(f, "not little-endian"),
            Self::Type(found) => write!(f, "e_type is {found}, not ET_REL"),
            Self::Machine(found) => write!(f, "e_machine is {found}, not EM_AARCH64"),
            Self::Relocations(index) => write!(f, "section {index} holds relocations"),
            Self::Alignment(index) => write!(f, "section {index}: sh_addralign is no power of 2"),
            Self::Empty => write!(f, "nothing to load"),
            Self::Missing(symbol) => write!(f, "{symbol}: no such symbol"),
            Self::NotGlobal(symbol) => write!(f, "{symbol}: not STB_GLOBAL"),
            Self::NotLoaded(symbol) => write!(f, "{symbol}: not in a loaded section"),
            Self::Size {
                symbol,
                found,
                wanted,
            } => {
                write!(
                    f,
                    "{symbol}: st_size is {found}, the value has {wanted} bytes"
                )
            }
            Self::NotProgbits(symbol) => write!(f, "{symbol}: not in a PROGBITS section"),
        }
    }
}

impl std::error::Error for Refusal {}
