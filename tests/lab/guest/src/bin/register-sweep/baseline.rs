// SPDX-License-Identifier: MIT OR Apache-2.0

//! The state that each call begins with.

use core::fmt::Write;

use purgatory_test_guest::machine::Uart;
use purgatory_test_guest::sweep::rule::rule;

use crate::probe;
use crate::snapshot::Snapshot;
use crate::table::Table;

/// A register may be trapped until another is put back, and of some a 1 is written to clear a bit.
const ROUNDS: u32 = 4;

/// Puts it back. A register that does not take its value any more is told, and is part of the
/// baseline with what it has now.
pub fn restore(table: &Table, baseline: &mut Snapshot, uart: &mut Uart) {
    for round in 0..ROUNDS {
        let mut changed = false;
        for (index, known) in table.iter() {
            if known.last.is_some() || !known.writable {
                continue;
            }
            let Some(usual) = baseline.get(index) else {
                // One that cannot be read.
                probe::write(index, 0);
                continue;
            };
            let now = probe::read(index);
            if now != Some(usual) {
                changed |= rule(known.register).is_steady();
                // Where a 1 clears, what differs has to be written; where it sets, that does no
                // harm; and everywhere else the next round puts it right.
                let value = match now {
                    Some(now) if round == 1 => now ^ usual,
                    _ => usual,
                };
                probe::write(index, value);
            }
        }
        if !changed {
            return;
        }
    }
    for (index, known) in table.iter() {
        let steady = known.last.is_none() && rule(known.register).is_steady();
        let now = if steady { probe::read(index) } else { None };
        if let (Some(now), Some(usual)) = (now, baseline.get(index)) {
            if now != usual {
                let register = known.register;
                let _ = writeln!(uart, "stays: {register} {usual:#x} -> {now:#x}");
                baseline.set(index, now);
            }
        }
    }
}
