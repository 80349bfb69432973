// SPDX-License-Identifier: MIT OR Apache-2.0

//! The caches, as `CLIDR_EL1` and `CCSIDR_EL1` tell of them (Arm ARM, both registers).

/// What a cache is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// Instructions.
    Instruction,
    /// Data.
    Data,
    /// Both.
    Unified,
}

impl Kind {
    /// Returns its name.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Instruction => "instruction",
            Self::Data => "data",
            Self::Unified => "unified",
        }
    }

    /// Returns `CSSELR_EL1` for a cache of this kind at `level`, counted from 1.
    #[must_use]
    pub fn select(self, level: u32) -> u64 {
        u64::from((level - 1) << 1) | u64::from(self == Self::Instruction)
    }
}

/// Returns the caches of `CLIDR_EL1`, each with its level, counted from 1.
pub fn caches(clidr: u64) -> impl Iterator<Item = (u32, Kind)> {
    let at = move |level: u32| match clidr >> (3 * (level - 1)) & 7 {
        1 => [Some(Kind::Instruction), None],
        2 => [Some(Kind::Data), None],
        3 => [Some(Kind::Data), Some(Kind::Instruction)],
        4 => [Some(Kind::Unified), None],
        _ => [None, None],
    };
    (1..=7).flat_map(move |level| {
        at(level)
            .into_iter()
            .flatten()
            .map(move |kind| (level, kind))
    })
}

/// Returns the bytes of a cache with this `CCSIDR_EL1`, which has a longer layout with FEAT_CCIDX.
#[must_use]
pub const fn bytes(ccsidr: u64, has_ccidx: bool) -> u64 {
    let line = 16 << (ccsidr & 7);
    let (ways, sets) = if has_ccidx {
        (ccsidr >> 3 & 0x1f_ffff, ccsidr >> 32 & 0xff_ffff)
    } else {
        (ccsidr >> 3 & 0x3ff, ccsidr >> 13 & 0x7fff)
    };
    line * (ways + 1) * (sets + 1)
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::vec::Vec;

    #[test]
    fn a_cortex_a72_has_two_at_level_1_and_one_at_level_2() {
        let found: Vec<_> = caches(0x0a20_0023).collect();
        let expected = [(1, Kind::Data), (1, Kind::Instruction), (2, Kind::Unified)];
        assert_eq!(found, expected);
        let selected = found.iter().map(|&(level, kind)| kind.select(level));
        assert_eq!(selected.collect::<Vec<_>>(), [0, 1, 2]);
    }

    #[test]
    fn the_last_of_seven_levels_is_seen() {
        assert_eq!(caches(4 << 18).collect::<Vec<_>>(), [(7, Kind::Unified)]);
        assert_eq!(caches(0).count(), 0);
    }

    #[test]
    fn both_layouts_tell_the_size() {
        // 64-byte lines, 2 ways, 256 sets.
        assert_eq!(bytes(2 | 1 << 3 | 255 << 13, false), 32 << 10);
        // 64-byte lines, 16 ways, 65536 sets.
        assert_eq!(bytes(2 | 15 << 3 | 65535 << 32, true), 64 << 20);
    }
}
