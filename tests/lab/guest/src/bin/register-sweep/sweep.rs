// SPDX-License-Identifier: MIT OR Apache-2.0

//! The calls: what is left in the registers, and what must be found in them.

use core::fmt::{Display, Write};

use purgatory_test_guest::Regime;
use purgatory_test_guest::machine::Uart;
use purgatory_test_guest::random::Random;
use purgatory_test_guest::sctlr::{C, M};
use purgatory_test_guest::sweep::Orders;
use purgatory_test_guest::sweep::rule::{CNTFRQ_EL0, SVCR, rule};

use crate::baseline;
use crate::call::{self, Arrival, Last};
use crate::image;
use crate::probe;
use crate::snapshot::Snapshot;
use crate::table::{Known, Table};

/// What each register is set to, alone.
const VALUES: [u64; 4] = [u64::MAX, 0xaaaa_aaaa_aaaa_aaaa, 0x5555_5555_5555_5555, 0];

/// What has gone wrong so often is not told any more.
const TOLD: u32 = 40;

/// All that is large.
struct Room {
    table: Table,
    baseline: Snapshot,
    left: Snapshot,
    found: Snapshot,
}

static mut ROOM: Room = Room {
    table: Table::new(),
    baseline: Snapshot::new(),
    left: Snapshot::new(),
    found: Snapshot::new(),
};

/// A sweep over all registers.
pub struct Sweep {
    regime: Regime,
    orders: &'static Orders,
    uart: Uart,
    room: &'static mut Room,
    usual: Last,
    calls: u64,
    failures: u32,
}

impl Sweep {
    /// Finds out which registers there are, and what is in them when nothing odd is.
    pub fn new(regime: Regime, orders: &'static Orders, mut uart: Uart) -> Self {
        let room = &raw mut ROOM;
        // SAFETY: this is the one reference to it, and `main` asks once.
        let room = unsafe { &mut *room };
        room.table.discover(regime, &mut uart);
        // At this frequency the console has nothing to wait for.
        if let Some(index) = room.table.find(CNTFRQ_EL0) {
            probe::write(index, 1);
        }
        let usual = call::settle(Last::usual(regime));
        room.baseline.take(&room.table, &usual);
        Self {
            regime,
            orders,
            uart,
            room,
            usual,
            calls: 0,
            failures: 0,
        }
    }

    /// One register at a time.
    pub fn each_alone(&mut self) {
        for index in 0..self.room.table.len() {
            let Some(known) = self.room.table.get(index).copied() else {
                continue;
            };
            let chosen = [0, known.register.number()].contains(&self.orders.only);
            if !known.writable || !chosen {
                continue;
            }
            let mut seen = [self.room.baseline.sum(&self.room.table, Some(index)); 5];
            for (number, value) in VALUES.into_iter().enumerate() {
                let mut last = self.usual;
                if !self.set(index, &known, value, known.fixed, &mut last) {
                    self.fail(known.register, Some(value), None);
                    continue;
                }
                let state = self.leave(&mut last, Some(index));
                // What cannot be read may be anything.
                if !known.readable || !seen.contains(&state) {
                    let register = known.register;
                    let _ = writeln!(
                        self.uart,
                        "call {}: {register} = {value:#018x}",
                        self.calls + 1
                    );
                    self.call(last);
                }
                seen[number + 1] = state;
                self.restore();
            }
        }
        let _ = writeln!(self.uart, "sweep: {} calls with one register", self.calls);
    }

    /// Many registers at a time.
    pub fn combinations(&mut self) {
        let before = self.calls;
        for number in 0..self.orders.combinations {
            let mut random = Random::new(self.orders.seed.wrapping_add(number));
            let mut last = self.usual;
            let (len, streaming) = (self.room.table.len(), self.room.table.find(SVCR));
            let first = random.below(len as u64) as usize;
            let mut written = 0;
            // Streaming mode comes last: who traps it has not got it on.
            let order = (first..len)
                .chain(0..first)
                .filter(|&index| Some(index) != streaming);
            for index in order.chain(streaming) {
                let value = match random.below(8) {
                    pattern @ 0..4 => VALUES[pattern as usize],
                    _ => random.word(),
                };
                let chosen = random.below(2) == 0;
                let Some(known) = self.room.table.get(index).copied() else {
                    continue;
                };
                let fixed = known.fixed | known.fixed_in_combinations;
                if chosen && known.writable && known.readable && fixed != u64::MAX {
                    // Another may trap it by now.
                    written += u64::from(self.set(index, &known, value, fixed, &mut last));
                }
            }
            self.leave(&mut last, None);
            let (call, seed) = (self.calls + 1, self.orders.seed.wrapping_add(number));
            let _ = writeln!(
                self.uart,
                "call {call}: seed {seed:#x}, {written} registers"
            );
            self.call(last);
            self.restore();
        }
        let calls = self.calls - before;
        let _ = writeln!(self.uart, "sweep: {calls} calls with many registers");
    }

    /// Says how much there was, and whether all of it was right.
    pub fn report(&mut self) -> bool {
        let all = self.room.table.len();
        let written = self
            .room
            .table
            .iter()
            .filter(|(_, known)| known.writable)
            .count();
        let _ = writeln!(
            self.uart,
            "sweep: {all} registers, {written} of them written"
        );
        let _ = writeln!(self.uart, "sweep: {} failures", self.failures);
        self.failures == 0
    }

    /// Writes a register, except these bits; one that is written last, to where it waits for that.
    fn set(&self, index: usize, known: &Known, value: u64, fixed: u64, last: &mut Last) -> bool {
        let usual = self.room.baseline.get(index).unwrap_or(0);
        let value = value & !fixed | usual & fixed;
        match known.last {
            Some(place) => {
                last.0[place] = value;
                true
            }
            None => probe::write(index, value),
        }
    }

    /// Notes what is left, and returns a sum of it.
    fn leave(&mut self, last: &mut Last, and: Option<usize>) -> u64 {
        *last = call::settle(*last);
        let room = &mut *self.room;
        room.left.take(&room.table, last);
        room.left.sum(&room.table, and)
    }

    /// Calls the image, and compares what comes back.
    fn call(&mut self, last: Last) {
        image::restore(self.orders);
        self.calls += 1;
        let arrival = call::call(last, self.orders.start);
        let room = &mut *self.room;
        room.found.take(&room.table, &arrival.last);
        self.compare(&arrival);
    }

    fn compare(&mut self, arrival: &Arrival) {
        let dtb = self.orders.dtb;
        let sctlr = arrival.last.0[0];
        for (what, expected, found) in [
            ("x0", dtb, arrival.x[0]),
            ("x1", 0, arrival.x[1]),
            ("x2", 0, arrival.x[2]),
            ("x3", 0, arrival.x[3]),
            ("CurrentEL", self.regime.el() << 2, arrival.el),
            ("SCTLR.M and C", 0, sctlr & (M | C)),
        ] {
            if expected != found {
                self.fail(what, Some(expected), Some(found));
            }
        }
        let streaming = self.room.table.find(SVCR);
        let streaming = streaming.and_then(|index| self.room.left.get(index));
        let streaming = streaming.is_some_and(|svcr| svcr & 1 != 0);
        for index in 0..self.room.table.len() {
            let (left, found) = (self.room.left.get(index), self.room.found.get(index));
            let Some(known) = self.room.table.get(index).copied() else {
                continue;
            };
            let expected = rule(known.register).expected(left, found, streaming);
            if expected != found {
                self.fail(known.register, expected, found);
            }
        }
    }

    fn restore(&mut self) {
        let room = &mut *self.room;
        baseline::restore(&room.table, &mut room.baseline, &mut self.uart);
    }

    /// `None`: it cannot be read, or written.
    fn fail(&mut self, what: impl Display, expected: Option<u64>, found: Option<u64>) {
        self.failures += 1;
        if self.failures <= TOLD {
            let _ = writeln!(
                self.uart,
                "FAIL: {what}: expected {expected:x?}, found {found:x?}"
            );
        }
    }
}
