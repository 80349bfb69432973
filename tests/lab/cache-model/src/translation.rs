// SPDX-License-Identifier: MIT OR Apache-2.0

//! What the MMU would find in the tables, read independently of who made them (Arm ARM D8.2).

use std::ops::{Range, RangeInclusive};

use purgatory_test_harness::Regime;
use purgatory_test_tracer::system::Register;

use super::{Contents, Rule};

/// The registers that control translation, as they were last written.
#[derive(Clone, Debug)]
pub struct Control {
    regime: Regime,
    /// `TTBR0_ELx`.
    pub ttbr0: u64,
    /// `TCR_ELx`.
    pub tcr: u64,
    tcr2: u64,
    mair: u64,
}

/// What a write to a register touches.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Written {
    /// `SCTLR` of the level we run at.
    Sctlr,
    /// What controls translation at the level we run at.
    Translation,
    /// Nothing of the kind.
    Nothing,
}

impl Control {
    /// Starts before anything was written but `TCR2_ELx`, by the old kernel.
    pub const fn new(regime: Regime, tcr2: u64) -> Self {
        Self {
            regime,
            ttbr0: 0,
            tcr: 0,
            tcr2,
            mair: 0,
        }
    }

    /// Does a write to a register.
    pub fn write(&mut self, register: Register, value: u64) -> Written {
        let ours = |el| {
            // With E2H = 1 the names of EL1 mean the registers of EL2 (Arm ARM D8, on FEAT_VHE).
            el == self.regime.el() || self.regime == Regime::El2And0
        };
        let place = match register {
            Register::Sctlr(el) if ours(el) => return Written::Sctlr,
            Register::Ttbr0(el) if ours(el) => &mut self.ttbr0,
            Register::Tcr(el) if ours(el) => &mut self.tcr,
            Register::Tcr2(el) if ours(el) => &mut self.tcr2,
            Register::Mair(el) if ours(el) => &mut self.mair,
            Register::Ttbr1(el) if ours(el) => return Written::Translation,
            _ => return Written::Nothing,
        };
        *place = value;
        Written::Translation
    }

    /// Judges the registers when the MMU goes on.
    pub fn judge(&self) -> Vec<Rule> {
        let two_halves = self.regime != Regime::El2;
        let hardware_updates = if two_halves { 3 << 39 } else { 3 << 21 };
        let broken = [
            (Rule::HardwareUpdates, self.tcr & hardware_updates != 0),
            (Rule::UpperHalfWalks, two_halves && self.tcr & 1 << 23 == 0),
            (Rule::CommonNotPrivate, self.ttbr0 & 1 != 0),
            (Rule::ExtendedTranslation, self.tcr2 != 0),
            (Rule::AddressSize, !T0SZ.contains(&t0sz(self.tcr))),
        ];
        let broken = broken.into_iter().filter(|(_, broken)| *broken);
        broken.map(|(rule, _)| rule).collect()
    }
}

/// What `TCR_ELx.T0SZ` may be, without FEAT_TTST and 52-bit addresses (Arm ARM D8.2, "Input address
/// size").
const T0SZ: RangeInclusive<u32> = 16..=39;

/// `TCR_ELx.T0SZ`: how many bits an address has less than 64.
const fn t0sz(tcr: u64) -> u32 {
    (tcr & 0x3f) as u32
}

/// A page or block.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Mapping {
    from: u64,
    len: u64,
    to: u64,
    cacheable: bool,
    /// Inner or Outer Shareable.
    shared: bool,
}

/// All tables that the MMU can reach, and all that they map.
#[derive(Clone, Debug)]
pub struct Tables {
    tables: Vec<Range<u64>>,
    mappings: Vec<Mapping>,
    /// `TCR` lets walks go through the cache.
    pub cached_walks: bool,
    /// The first is not aligned to its size, or to 64 bytes if it is smaller. The MMU may take the
    /// bits for zeros, as here, or go astray (Arm ARM D8.2, "Translation table base address").
    pub misaligned: bool,
}

/// How a table is read.
struct Reader<'a> {
    memory: &'a Contents,
    mair: u64,
    found: Tables,
}

const LAST_LEVEL: u32 = 3;
/// The granule: the bits of a page's offset; a table's index has three bits less.
const PAGE: u32 = 12;
const INDEX: u32 = PAGE - 3;
/// The bits of an address in a descriptor, for 48-bit addresses.
const ADDRESS: u64 = (1 << 48) - 1;

impl Tables {
    /// Reads them all.
    ///
    /// # Errors
    /// With the address that nothing was loaded at, or with that of the first table where `TCR` says
    /// that the granule is another than 4 KiB.
    pub fn read(control: &Control, memory: &Contents) -> Result<Self, u64> {
        let tcr = control.tcr;
        let address_bits = 64 - t0sz(tcr).clamp(*T0SZ.start(), *T0SZ.end());
        let levels = (address_bits - PAGE).div_ceil(INDEX);
        let (inner, outer) = (tcr >> 8 & 3, tcr >> 10 & 3);
        let entries = 1 << (address_bits - PAGE - INDEX * (levels - 1));
        let root = control.ttbr0 & ADDRESS & !1;
        if tcr >> 14 & 3 != 0 {
            return Err(root);
        }
        let beside = root % (entries * 8).max(64);
        let mut reader = Reader {
            memory,
            mair: control.mair,
            found: Self {
                tables: Vec::new(),
                mappings: Vec::new(),
                cached_walks: inner != 0 && outer != 0,
                misaligned: beside != 0,
            },
        };
        reader.table(root - beside, entries, LAST_LEVEL + 1 - levels, 0)?;
        let mut found = reader.found;
        found.tables.sort_unstable_by_key(|table| table.start);
        found.tables.dedup();
        Ok(found)
    }

    /// Returns where the tables lie.
    pub fn ranges(&self) -> impl Iterator<Item = Range<u64>> {
        self.tables.iter().cloned()
    }

    /// Returns whether an address is in a table.
    pub fn contain(&self, address: u64) -> bool {
        let after = self.tables.partition_point(|table| table.start <= address);
        after > 0 && self.tables[after - 1].contains(&address)
    }

    /// Returns an address that is mapped to another one.
    pub fn not_identity(&self) -> Option<u64> {
        let elsewhere = self
            .mappings
            .iter()
            .find(|mapping| mapping.from != mapping.to);
        elsewhere.map(|mapping| mapping.from)
    }

    /// Returns whether other CPUs' caches are asked about all of this memory.
    pub fn is_shared(&self, range: &Range<u64>) -> bool {
        let mut mappings = self.mappings.iter();
        mappings.all(|mapping| {
            let apart = range.end <= mapping.from || mapping.from + mapping.len <= range.start;
            mapping.shared || apart
        })
    }

    /// Returns whether this memory is cacheable; `None` where some of it is not mapped.
    pub fn memory_type(&self, range: &Range<u64>) -> Option<bool> {
        let mut at = range.start;
        let mut cacheable = true;
        while at < range.end {
            // The tables are read from the lowest address up.
            let after = self.mappings.partition_point(|mapping| mapping.from <= at);
            let mapping = self.mappings.get(after.checked_sub(1)?)?;
            let end = mapping.from + mapping.len;
            if at >= end {
                return None;
            }
            cacheable &= mapping.cacheable;
            at = end;
        }
        Some(cacheable)
    }
}

impl Reader<'_> {
    fn table(&mut self, table: u64, entries: u64, level: u32, from: u64) -> Result<(), u64> {
        let bits = PAGE + INDEX * (LAST_LEVEL - level);
        self.found.tables.push(table..table + entries * 8);
        for index in 0..entries {
            let at = table + index * 8;
            let descriptor = self.memory.word(at).ok_or(at)?;
            let from = from + (index << bits);
            let to = descriptor & ADDRESS & !((1 << PAGE) - 1);
            match (descriptor & 3, level) {
                (3, 0..LAST_LEVEL) => self.table(to, 1 << INDEX, level + 1, from)?,
                (3, _) | (1, 0..LAST_LEVEL) => {
                    let attribute = self.mair >> ((descriptor >> 2 & 7) * 8);
                    self.found.mappings.push(Mapping {
                        from,
                        len: 1 << bits,
                        to: to & !((1 << bits) - 1),
                        // Normal memory, write-back both inside and outside.
                        cacheable: attribute & 0xff == 0xff,
                        // SH: 10 Outer, 11 Inner Shareable.
                        shared: descriptor & 1 << 9 != 0,
                    });
                }
                // Not valid.
                _ => {}
            }
        }
        Ok(())
    }
}
