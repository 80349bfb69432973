// SPDX-License-Identifier: MIT OR Apache-2.0

//! Where in memory a boot takes place.

use std::str::FromStr;

/// Where the segments go.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Place {
    /// Below 4 GiB.
    Low,
    /// Above 4 GiB, where a 32-bit output size of the tables ends.
    Above4GiB,
    /// Above 512 GiB, where the second entry of a level 0 table is needed.
    Above512GiB,
}

impl Place {
    /// Returns the address of the first segment.
    pub const fn base(self) -> u64 {
        match self {
            Self::Low => 0x4100_0000,
            Self::Above4GiB => 0x1_4000_0000,
            Self::Above512GiB => 0x80_0000_0000,
        }
    }

    /// Returns the memory, in MiB, of a machine that has some there. RAM starts at 1 GiB, and QEMU
    /// takes from the host only what is touched.
    pub(super) const fn memory(self) -> u64 {
        match self {
            Self::Low => 512,
            Self::Above4GiB => 6 << 10,
            Self::Above512GiB => 520 << 10,
        }
    }
}

impl FromStr for Place {
    type Err = String;

    /// Reads it as options have it.
    fn from_str(word: &str) -> Result<Self, String> {
        match word {
            "low" => Ok(Self::Low),
            "4g" => Ok(Self::Above4GiB),
            "512g" => Ok(Self::Above512GiB),
            _ => Err("low, 4g or 512g is expected".into()),
        }
    }
}
