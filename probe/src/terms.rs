// SPDX-License-Identifier: MIT OR Apache-2.0

//! What a kernel may expect of whoever starts it, on the CPU that it starts on (Linux,
//! `Documentation/arch/arm64/booting.rst`), as far as that one can see it.

use crate::Arrival;

/// `SCTLR_ELx.M`: MMU on.
const SCTLR_M: u64 = 1 << 0;
/// `SCTLR_ELx.C`: data accesses may be cached.
const SCTLR_C: u64 = 1 << 2;
/// `ISR_EL1.A`.
const ISR_SERROR: u64 = 1 << 8;
/// `DAIF` with all four masked.
const DAIF_MASKED: u64 = 0x3c0;
/// What a kernel's place is a multiple of, with a `text_offset` of 0.
const PLACE: u64 = 2 << 20;

/// One of them.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Term {
    /// What is asked for.
    pub what: &'static str,
    /// Whether it is so.
    pub kept: bool,
    /// What it was told by.
    pub value: u64,
}

impl Term {
    const fn new(what: &'static str, kept: bool, value: u64) -> Self {
        Self { what, kept, value }
    }
}

/// Returns those about registers, for a kernel at this exception level; `isr` is `ISR_EL1`.
#[must_use]
pub const fn registers(arrival: &Arrival, el: u64, isr: u64) -> [Term; 7] {
    let [_, x1, x2, x3] = arrival.x;
    let sctlr = arrival.sctlr;
    let (mmu, d_cache) = if el == 2 {
        ("SCTLR_EL2.M=0", "SCTLR_EL2.C=0")
    } else {
        ("SCTLR_EL1.M=0", "SCTLR_EL1.C=0")
    };
    let serror = isr & ISR_SERROR;
    [
        Term::new("x1=0", x1 == 0, x1),
        Term::new("x2=0", x2 == 0, x2),
        Term::new("x3=0", x3 == 0, x3),
        Term::new("DAIF masked", arrival.daif == DAIF_MASKED, arrival.daif),
        Term::new("no SError pending", serror == 0, serror),
        Term::new(mmu, sctlr & SCTLR_M == 0, sctlr),
        Term::new(d_cache, sctlr & SCTLR_C == 0, sctlr),
    ]
}

/// Returns the others, for a kernel that a loader has placed as such: `is_tree` says whether there is a
/// device tree at `x0`; `frequency` is `CNTFRQ_EL0`.
#[must_use]
pub const fn surroundings(arrival: &Arrival, el: u64, is_tree: bool, frequency: u64) -> [Term; 4] {
    let (x0, pc) = (arrival.x[0], arrival.pc);
    [
        Term::new("CurrentEL=1 or 2", el == 1 || el == 2, el),
        Term::new("x0=device tree", is_tree && x0 % 8 == 0, x0),
        Term::new("pc=n x 2 MiB", pc % PLACE == 0, pc),
        Term::new("CNTFRQ_EL0 set", frequency != 0, frequency),
    ]
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::vec::Vec;

    const GOOD: Arrival = Arrival {
        x: [0x4200_0000, 0, 0, 0],
        daif: DAIF_MASKED,
        // The I-cache may be on.
        sctlr: 0x30d0_1800,
        vbar: 0x1000,
        pc: 0x4120_0000,
        others: 5,
        x16: 6,
    };

    /// What is not kept.
    fn broken(
        arrival: &Arrival,
        el: u64,
        isr: u64,
        is_tree: bool,
        frequency: u64,
    ) -> Vec<&'static str> {
        let all = registers(arrival, el, isr).into_iter();
        let all = all.chain(surroundings(arrival, el, is_tree, frequency));
        all.filter(|term| !term.kept)
            .map(|term| term.what)
            .collect()
    }

    #[test]
    fn a_good_hand_over_keeps_all_of_them() {
        for el in [1, 2] {
            assert_eq!(broken(&GOOD, el, 1 << 7, true, 1), [""; 0]);
        }
    }

    #[test]
    fn each_is_broken_by_what_it_is_about_alone() {
        type Change = fn(&mut Arrival);
        let changes: [(Change, &str); 8] = [
            (|a| a.x[1] = 1, "x1=0"),
            (|a| a.x[2] = 1 << 63, "x2=0"),
            (|a| a.x[3] = 2, "x3=0"),
            (|a| a.daif = 0x380, "DAIF masked"),
            (|a| a.sctlr |= 1, "SCTLR_EL2.M=0"),
            (|a| a.sctlr |= 4, "SCTLR_EL2.C=0"),
            (|a| a.x[0] += 4, "x0=device tree"),
            (|a| a.pc += 4096, "pc=n x 2 MiB"),
        ];
        for (change, what) in changes {
            let mut arrival = GOOD;
            change(&mut arrival);
            assert_eq!(broken(&arrival, 2, 0, true, 1), [what]);
        }
        assert_eq!(broken(&GOOD, 1, 1 << 8, true, 1), ["no SError pending"]);
        assert_eq!(broken(&GOOD, 3, 0, true, 1), ["CurrentEL=1 or 2"]);
        assert_eq!(broken(&GOOD, 1, 0, false, 1), ["x0=device tree"]);
        assert_eq!(broken(&GOOD, 1, 0, true, 0), ["CNTFRQ_EL0 set"]);
    }
}
