// SPDX-License-Identifier: MIT OR Apache-2.0

//! The tables in the pool, walked as the MMU does.

use std::cell::RefCell;
use std::collections::BTreeMap;
use std::fmt;

use purgatory::paging::pool::TableSize;
use purgatory::paging::walk::{self, Fault, translate};
use purgatory::translation::{MIN_VA_BITS, PAGE, first_level, first_table, shift};

/// What a descriptor lets us do.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Rights {
    write: bool,
    execute: bool,
}

/// Blocks or pages that follow one another and differ in nothing.
#[derive(Clone, Debug)]
pub struct Run {
    pub start: u64,
    pub end: u64,
    /// Of each.
    pub size: u64,
    pub level: u32,
    pub rights: Rights,
    attributes: u64,
    /// The tables on the way, the first one first.
    pub path: Vec<u64>,
}

/// A table.
#[derive(Clone, Copy, Debug)]
pub struct Table {
    pub level: u32,
    /// How many entries are valid, and how many there are.
    pub valid: usize,
    pub entries: u64,
    end: u64,
}

/// All tables, and what they map.
pub struct Tables {
    pub va_bits: u32,
    /// By address.
    pub tables: BTreeMap<u64, Table>,
    pub runs: Vec<Run>,
}

/// Memory that was read from a machine, and which tables were looked at.
struct Pool {
    at: u64,
    bytes: Vec<u8>,
    path: RefCell<Vec<u64>>,
}

impl Pool {
    fn entry(&self, table: u64, index: u64) -> Option<u64> {
        let at = usize::try_from(table.checked_sub(self.at)? + 8 * index).ok()?;
        let bytes = self.bytes.get(at..at + 8)?;
        Some(u64::from_le_bytes(bytes.try_into().ok()?))
    }

    fn table(&self, at: u64, level: u32, entries: u64, end: u64) -> Table {
        let all = (0..entries).filter_map(|index| self.entry(at, index));
        Table {
            level,
            valid: all.filter(|entry| entry & 1 != 0).count(),
            entries,
            end,
        }
    }
}

impl walk::Tables for Pool {
    fn read(&self, table: u64, index: u64) -> Option<u64> {
        self.path.borrow_mut().push(table);
        self.entry(table, index)
    }
}

impl Tables {
    /// Walks those that the image has built in a pool with these bytes, for memory of which the
    /// highest byte that is mapped is the one before `highest`. The first table is the first thing
    /// in the pool.
    pub fn read(highest: u64, at: u64, bytes: Vec<u8>) -> Result<Self, String> {
        let va_bits = (u64::BITS - (highest - 1).leading_zeros()).max(MIN_VA_BITS);
        let first = TableSize::first(va_bits).bytes() as u64;
        let root = at.next_multiple_of(first);
        let pool = Pool {
            at,
            bytes,
            path: RefCell::default(),
        };
        let mut runs: Vec<Run> = Vec::new();
        let mut tables = BTreeMap::new();
        let top = first_level(va_bits);
        let mut address = 0;
        while address >> va_bits == 0 {
            let found = translate(va_bits, root, &pool, address);
            let path = pool.path.take();
            for (&table, level) in path.iter().zip(top..) {
                let (bytes, frame) = match table == root {
                    true => (first_table(va_bits), first),
                    false => (PAGE, PAGE),
                };
                let entry = tables.entry(table);
                entry.or_insert_with(|| pool.table(table, level, bytes / 8, table + frame));
            }
            let size = match found {
                Ok(found) if found.address != address || found.hierarchical != 0 => {
                    return Err(format!("{address:#x} is no identity: {found:x?}"));
                }
                Ok(found) => {
                    let run = Run::new(address, &found, path);
                    match runs.last_mut() {
                        Some(last) if last.goes_on_with(&run) => last.end = run.end,
                        _ => runs.push(run),
                    }
                    found.size
                }
                Err(Fault::Translation { level }) => 1 << shift(level),
                Err(fault) => return Err(format!("no tables at {root:#x}: {fault:x?}")),
            };
            address = (address & !(size - 1)) + size;
        }
        let found = Self {
            va_bits,
            tables,
            runs,
        };
        let unusual = found
            .runs
            .iter()
            .find(|run| run.attributes & 0xf1f != 0x701);
        match unusual {
            Some(run) => Err(format!("not Normal, Inner Shareable memory: {run:x?}")),
            None if found.runs.is_empty() => Err(format!("the tables at {root:#x} map nothing")),
            None => Ok(found),
        }
    }

    /// Returns one past the last table.
    pub fn end(&self) -> u64 {
        self.tables
            .values()
            .map(|table| table.end)
            .max()
            .unwrap_or(0)
    }
}

impl Run {
    fn new(start: u64, found: &walk::Translation, path: Vec<u64>) -> Self {
        const READ_ONLY: u64 = 1 << 7;
        // In a regime of one exception level AP[1] is RES1, and bit 54 is XN. In one of two ours is
        // PXN, bit 53.
        const AP1: u64 = 1 << 6;
        let never = 1 << if found.descriptor & AP1 != 0 { 54 } else { 53 };
        Self {
            start,
            end: start + found.size,
            size: found.size,
            level: found.level,
            rights: Rights {
                write: found.descriptor & READ_ONLY == 0,
                execute: found.descriptor & never == 0,
            },
            // Not the address, nor whether it is a page.
            attributes: found.descriptor & !0x0000_ffff_ffff_f002,
            path,
        }
    }

    fn goes_on_with(&self, next: &Self) -> bool {
        (self.end, self.attributes, &self.path) == (next.start, next.attributes, &next.path)
    }
}

impl fmt::Display for Rights {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(match (self.write, self.execute) {
            (false, false) => "read",
            (false, true) => "read, execute",
            (true, false) => "read, write",
            (true, true) => "read, write, execute",
        })
    }
}
