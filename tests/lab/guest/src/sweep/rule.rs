// SPDX-License-Identifier: MIT OR Apache-2.0

//! What a kernel must find in each register that the old one has left: the same, except for this
//! short list.

use super::Encoding;

/// What must be in a register when the kernel gets the CPU.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Rule {
    /// What was left in it.
    AsFound,
    /// What was left in it, except these bits, which change by themselves.
    AsFoundBut(u64),
    /// What was left in it, except these bits, which have this value whatever they were.
    Set {
        /// The bits.
        bits: u64,
        /// Their value.
        to: u64,
    },
    /// This value if streaming mode was on, for its end sets it; else what was left in it.
    EndOfStreaming(u64),
    /// What was left in it; if streaming mode was on, it may have become trapped. Then QEMU has
    /// asked the traps of SME before, and those of SVE now.
    TrapOfStreaming,
    /// Anything: it counts, or is another value at each read, or says how the last comparison went.
    Moves,
}

macro_rules! names {
    ($($name:ident = $op0:literal $op1:literal $crn:literal $crm:literal $op2:literal;)*) => {
        $(#[doc = concat!("`", stringify!($name), "`.")]
          pub const $name: Encoding = Encoding::new($op0, $op1, $crn, $crm, $op2);)*

        /// The registers that have a name here. Nothing depends on there being all.
        pub const NAMES: &[(&str, Encoding)] = &[$((stringify!($name), $name)),*];
    };
}

names! {
    MDSCR_EL1 = 2 0 0 2 2;
    SCTLR_EL1 = 3 0 1 0 0;
    CPACR_EL1 = 3 0 1 0 2;
    SMCR_EL1 = 3 0 1 2 6;
    ZCR_EL1 = 3 0 1 2 0;
    TTBR0_EL1 = 3 0 2 0 0;
    TTBR1_EL1 = 3 0 2 0 1;
    TCR_EL1 = 3 0 2 0 2;
    TCR2_EL1 = 3 0 2 0 3;
    GCSCR_EL1 = 3 0 2 5 0;
    GCSCRE0_EL1 = 3 0 2 5 2;
    SPSR_EL1 = 3 0 4 0 0;
    ELR_EL1 = 3 0 4 0 1;
    SP_EL0 = 3 0 4 1 0;
    SPSEL = 3 0 4 2 0;
    PAN = 3 0 4 2 3;
    ESR_EL1 = 3 0 5 2 0;
    FAR_EL1 = 3 0 6 0 0;
    MAIR_EL1 = 3 0 10 2 0;
    VBAR_EL1 = 3 0 12 0 0;
    ICC_SRE_EL1 = 3 0 12 12 5;
    CONTEXTIDR_EL1 = 3 0 13 0 1;
    TPIDR_EL1 = 3 0 13 0 4;
    CNTKCTL_EL1 = 3 0 14 1 0;
    RNDR = 3 3 2 4 0;
    RNDRRS = 3 3 2 4 1;
    NZCV = 3 3 4 2 0;
    DAIF = 3 3 4 2 1;
    SVCR = 3 3 4 2 2;
    FPCR = 3 3 4 4 0;
    FPSR = 3 3 4 4 1;
    FPMR = 3 3 4 4 2;
    PMCR_EL0 = 3 3 9 12 0;
    PMCNTENSET_EL0 = 3 3 9 12 1;
    PMOVSCLR_EL0 = 3 3 9 12 3;
    PMCCNTR_EL0 = 3 3 9 13 0;
    PMXEVCNTR_EL0 = 3 3 9 13 2;
    PMOVSSET_EL0 = 3 3 9 14 3;
    TPIDR_EL0 = 3 3 13 0 2;
    TPIDR2_EL0 = 3 3 13 0 5;
    AMCNTENSET0_EL0 = 3 3 13 2 5;
    AMCNTENSET1_EL0 = 3 3 13 3 1;
    CNTFRQ_EL0 = 3 3 14 0 0;
    CNTPCT_EL0 = 3 3 14 0 1;
    CNTVCT_EL0 = 3 3 14 0 2;
    CNTPCTSS_EL0 = 3 3 14 0 5;
    CNTVCTSS_EL0 = 3 3 14 0 6;
    CNTP_TVAL_EL0 = 3 3 14 2 0;
    CNTP_CTL_EL0 = 3 3 14 2 1;
    CNTV_TVAL_EL0 = 3 3 14 3 0;
    CNTV_CTL_EL0 = 3 3 14 3 1;
    SCTLR_EL2 = 3 4 1 0 0;
    HCR_EL2 = 3 4 1 1 0;
    MDCR_EL2 = 3 4 1 1 1;
    CPTR_EL2 = 3 4 1 1 2;
    HFGRTR_EL2 = 3 4 1 1 4;
    HFGWTR_EL2 = 3 4 1 1 5;
    HFGITR_EL2 = 3 4 1 1 6;
    ZCR_EL2 = 3 4 1 2 0;
    HCRX_EL2 = 3 4 1 2 2;
    SMCR_EL2 = 3 4 1 2 6;
    TTBR0_EL2 = 3 4 2 0 0;
    TTBR1_EL2 = 3 4 2 0 1;
    TCR_EL2 = 3 4 2 0 2;
    TCR2_EL2 = 3 4 2 0 3;
    VTTBR_EL2 = 3 4 2 1 0;
    GCSCR_EL2 = 3 4 2 5 0;
    HDFGRTR_EL2 = 3 4 3 1 4;
    HDFGWTR_EL2 = 3 4 3 1 5;
    SPSR_EL2 = 3 4 4 0 0;
    ELR_EL2 = 3 4 4 0 1;
    ESR_EL2 = 3 4 5 2 0;
    FAR_EL2 = 3 4 6 0 0;
    MAIR_EL2 = 3 4 10 2 0;
    VBAR_EL2 = 3 4 12 0 0;
    ICC_SRE_EL2 = 3 4 12 9 5;
    CNTVOFF_EL2 = 3 4 14 0 3;
    CNTHCTL_EL2 = 3 4 14 1 0;
    CNTHP_TVAL_EL2 = 3 4 14 2 0;
    CNTHP_CTL_EL2 = 3 4 14 2 1;
    CNTHV_TVAL_EL2 = 3 4 14 3 0;
    CNTHV_CTL_EL2 = 3 4 14 3 1;
    SCTLR_EL12 = 3 5 1 0 0;
    ZCR_EL12 = 3 5 1 2 0;
    TCR2_EL12 = 3 5 2 0 3;
    CNTP_TVAL_EL02 = 3 5 14 2 0;
    CNTP_CTL_EL02 = 3 5 14 2 1;
    CNTV_TVAL_EL02 = 3 5 14 3 0;
    CNTV_CTL_EL02 = 3 5 14 3 1;
}

impl Rule {
    /// Returns what must be found, after this was left and streaming mode was on or not; what is
    /// found decides where that is free. `None`: the register cannot be read.
    pub fn expected(self, left: Option<u64>, found: Option<u64>, streaming: bool) -> Option<u64> {
        let bits = |all: u64, some: u64, bits: u64| Some(all & !bits | some & bits);
        match (self, left) {
            (Self::Moves, Some(_)) => found,
            (Self::Set { bits: set, to }, Some(left)) => bits(left, to, set),
            (Self::AsFoundBut(free), Some(left)) => bits(left, found.unwrap_or(0), free),
            (Self::EndOfStreaming(value), Some(_)) if streaming => Some(value),
            (Self::TrapOfStreaming, Some(_)) if streaming && found.is_none() => None,
            _ => left,
        }
    }

    /// Returns whether the old value stays if nothing writes the register.
    pub fn is_steady(self) -> bool {
        !matches!(self, Self::Moves | Self::AsFoundBut(_))
    }
}

/// Returns what must be in this register.
pub fn rule(register: Encoding) -> Rule {
    // `ISTATUS` of a timer: its time has come.
    const ISTATUS: u64 = 1 << 2;
    let set = |bits, to| Rule::Set { bits, to };
    match register {
        // I, F, A and D: a kernel must not be interrupted before it can bear it.
        DAIF => set(0x3c0, 0x3c0),
        // The kernel's first stack pointer is SP_ELx.
        SPSEL => set(1, 1),
        // SM and ZA: neither a kernel's own SIMD nor its look at the vector length expects them on.
        SVCR => set(3, 0),
        // Kernels older than the register do not clear it before they turn their MMU on.
        TCR2_EL1 | TCR2_EL2 | TCR2_EL12 => set(u64::MAX, 0),
        // Arm ARM, ResetSVEState(): the cumulative exception bits are set.
        FPSR => Rule::EndOfStreaming(0x0800_009f),
        FPMR => Rule::EndOfStreaming(0),
        ZCR_EL1 | ZCR_EL2 | ZCR_EL12 => Rule::TrapOfStreaming,
        // No program leaves its flags to the next one.
        NZCV => Rule::Moves,
        RNDR | RNDRRS => Rule::Moves,
        CNTPCT_EL0 | CNTVCT_EL0 | CNTPCTSS_EL0 | CNTVCTSS_EL0 => Rule::Moves,
        CNTP_TVAL_EL0 | CNTV_TVAL_EL0 | CNTHP_TVAL_EL2 | CNTHV_TVAL_EL2 => Rule::Moves,
        CNTP_TVAL_EL02 | CNTV_TVAL_EL02 => Rule::Moves,
        CNTP_CTL_EL0 | CNTV_CTL_EL0 | CNTHP_CTL_EL2 | CNTHV_CTL_EL2 => Rule::AsFoundBut(ISTATUS),
        CNTP_CTL_EL02 | CNTV_CTL_EL02 => Rule::AsFoundBut(ISTATUS),
        // Counters of events, if they were left counting, and that they have overflowed.
        PMCCNTR_EL0 | PMXEVCNTR_EL0 | PMOVSSET_EL0 | PMOVSCLR_EL0 => Rule::Moves,
        // PMEVCNTR<n>_EL0.
        _ if register.among(3, 14, 8..=11) => Rule::Moves,
        _ => Rule::AsFound,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_left_is_expected() {
        assert_eq!(Rule::AsFound.expected(Some(5), Some(6), true), Some(5));
        assert_eq!(Rule::AsFound.expected(None, Some(6), false), None);
        let timer = Rule::AsFoundBut(4);
        assert_eq!(timer.expected(Some(1), Some(5), false), Some(5));
        assert_eq!(timer.expected(Some(1), Some(4), false), Some(5));
    }

    #[test]
    fn what_is_set_is_expected_where_it_can_be_read() {
        let set = Rule::Set { bits: 3, to: 1 };
        assert_eq!(set.expected(Some(0xf2), None, false), Some(0xf1));
        assert_eq!(set.expected(None, Some(1), false), None);
    }

    #[test]
    fn what_moves_may_be_anything_but_trapped() {
        assert_eq!(Rule::Moves.expected(Some(1), Some(2), false), Some(2));
        assert_eq!(Rule::Moves.expected(None, Some(2), false), None);
    }

    #[test]
    fn the_end_of_streaming_mode_shows_only_where_it_was_on() {
        let end = Rule::EndOfStreaming(9);
        assert_eq!(end.expected(Some(1), Some(1), true), Some(9));
        assert_eq!(end.expected(Some(1), Some(9), false), Some(1));
        let trap = Rule::TrapOfStreaming;
        assert_eq!(trap.expected(Some(1), None, true), None);
        assert_eq!(trap.expected(Some(1), None, false), Some(1));
        assert_eq!(trap.expected(Some(1), Some(2), true), Some(1));
    }

    #[test]
    fn no_register_has_two_names() {
        for (index, one) in NAMES.iter().enumerate() {
            let other = NAMES[..index].iter().find(|other| other.1 == one.1);
            assert_eq!(other, None, "{}", one.0);
        }
    }
}
