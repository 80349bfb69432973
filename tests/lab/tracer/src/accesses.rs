// SPDX-License-Identifier: MIT OR Apache-2.0

//! Loads and stores, counted by size.

use std::ops::{AddAssign, Sub};

use purgatory_test_trace_format as wire;

use crate::Snapshot;

/// Accesses by size: 1, 2, 4, 8 and 16 bytes. A pair that is loaded or stored at once is one access
/// of both's size, up to 16 bytes.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Accesses {
    /// Loads.
    pub loads: [u64; 5],
    /// Stores.
    pub stores: [u64; 5],
}

impl Accesses {
    /// Returns how many in all.
    pub fn total(&self) -> u64 {
        self.loads.iter().chain(&self.stores).sum()
    }

    /// Loads and stores together, by size.
    pub fn by_size(&self) -> [u64; 5] {
        std::array::from_fn(|size| self.loads[size] + self.stores[size])
    }
}

impl Accesses {
    /// Returns those that had been done at a snapshot.
    pub(crate) fn of(snapshot: &Snapshot) -> Self {
        let count =
            |size: usize, store| snapshot.accesses[usize::from(wire::access(size as u32, store))];
        Self {
            loads: std::array::from_fn(|size| count(size, false)),
            stores: std::array::from_fn(|size| count(size, true)),
        }
    }
}

impl Sub for Accesses {
    type Output = Self;

    fn sub(self, other: Self) -> Self {
        Self {
            loads: std::array::from_fn(|size| self.loads[size] - other.loads[size]),
            stores: std::array::from_fn(|size| self.stores[size] - other.stores[size]),
        }
    }
}

impl AddAssign for Accesses {
    fn add_assign(&mut self, other: Self) {
        for size in 0..5 {
            self.loads[size] += other.loads[size];
            self.stores[size] += other.stores[size];
        }
    }
}
