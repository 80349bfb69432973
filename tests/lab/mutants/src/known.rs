// SPDX-License-Identifier: MIT OR Apache-2.0

//! The mutants that no boot can tell from the image, with the reasons.

use crate::mutant::Mutant;

/// A survivor, or the same one in both routines of a pair for EL1 and EL2.
#[derive(Debug)]
pub struct Known {
    /// Words that its symbol has in it.
    routine: &'static [&'static str],
    /// What is done.
    what: &'static str,
    /// Which of these in the routine.
    numbers: &'static [usize],
    /// Nothing is lost on any CPU; otherwise something is, and emulation cannot show it.
    pub equivalent: bool,
    /// Why.
    pub why: &'static str,
}

impl Known {
    /// Whether it is this mutant.
    pub fn is(&self, mutant: &Mutant) -> bool {
        self.routine
            .iter()
            .all(|word| mutant.routine.contains(word))
            && self.what == mutant.what
            && self.numbers.contains(&mutant.number)
    }
}

/// Nothing is lost.
const fn equivalent(
    routine: &'static [&'static str],
    what: &'static str,
    numbers: &'static [usize],
    why: &'static str,
) -> Known {
    Known {
        routine,
        what,
        numbers,
        equivalent: true,
        why,
    }
}

/// Something is lost, and nothing here can show it.
const fn invisible(
    routine: &'static [&'static str],
    what: &'static str,
    numbers: &'static [usize],
    why: &'static str,
) -> Known {
    Known {
        equivalent: false,
        ..equivalent(routine, what, numbers, why)
    }
}

/// All of them.
pub const KNOWN: &[Known] = &[
    // The entry.
    equivalent(
        &["purgatory_start"],
        "msr daifset <> msr spsel",
        &[0],
        "interrupts are masked by contract, and both come before the first load or store",
    ),
    equivalent(
        &["purgatory_start"],
        "no isb",
        &[0, 1],
        "the MMU is off already",
    ),
    equivalent(
        &["purgatory_start"],
        "isb <> msr SCTLR_ELx",
        &[0, 1],
        "the MMU is off already",
    ),
    equivalent(
        &["purgatory_start"],
        "no msr SCTLR_ELx",
        &[0, 1],
        "the next write of SCTLR does the same; until then nothing is loaded or stored, and \
         instructions are fetched as the first ones were",
    ),
    equivalent(
        &["purgatory_start"],
        "msr SCTLR_ELx <> msr VBAR_ELx",
        &[0, 1],
        "neither takes effect before the ISB behind both",
    ),
    // The hand-over.
    equivalent(
        &["hand_over_el"],
        "no dsb sy",
        &[0],
        "all that was maintained or stored has had one",
    ),
    equivalent(
        &["hand_over_el"],
        "dsb sy <> ic iallu",
        &[0],
        "all that was maintained or stored has had one",
    ),
    equivalent(
        &["hand_over_el"],
        "dsb nsh <> isb",
        &[0],
        "the ISBs behind it do the same, and nothing in between depends on it",
    ),
    equivalent(
        &["hand_over_el"],
        "no isb",
        &[0, 1],
        "the last one does it as well, and the MMU is off already",
    ),
    equivalent(
        &["hand_over_el"],
        "isb <> msr VBAR_ELx",
        &[0],
        "the last one does it as well",
    ),
    equivalent(
        &["hand_over_el"],
        "msr VBAR_ELx <> isb",
        &[0],
        "the last one does it as well",
    ),
    equivalent(
        &["hand_over_el"],
        "isb <> msr SCTLR_ELx",
        &[0],
        "the last one does it as well, and the MMU is off already",
    ),
    // Maintenance of lines.
    equivalent(
        &["clean_and_invalidate"],
        "dc civac <> dc civac",
        &[0],
        "two lines, of which either may come first",
    ),
    // Into the window.
    equivalent(
        &["window_open_el"],
        "dsb sy <> ic iallu",
        &[0],
        "the DSB behind completes it, and no instruction was stored",
    ),
    equivalent(
        &["window_open_el"],
        "ic iallu <> tlbi",
        &[0],
        "one DSB completes both",
    ),
    equivalent(
        &["window_open_el"],
        "dsb nsh <> isb",
        &[0],
        "the ISB before SCTLR does it as well",
    ),
    equivalent(
        &["window_open_el"],
        "no isb",
        &[0],
        "the ISB before SCTLR does it as well",
    ),
    equivalent(
        &["window_open_el"],
        "isb <> msr MAIR_ELx",
        &[0],
        "the ISB before SCTLR does it as well",
    ),
    equivalent(
        &["window_open_el"],
        "msr MAIR_ELx <> msr TCR_ELx",
        &[0],
        "neither takes effect before the ISB behind both",
    ),
    equivalent(
        &["window_open_el"],
        "msr TCR_ELx <> msr TTBR0_ELx",
        &[0],
        "neither takes effect before the ISB behind both",
    ),
    // Out of the window. The MMU is off by then, and hand_over has each of these once more.
    equivalent(
        &["window_close_el"],
        "dsb sy <> ic iallu",
        &[0],
        "hand_over has an IC behind this DSB",
    ),
    equivalent(
        &["window_close_el"],
        "no ic iallu",
        &[0],
        "hand_over has one",
    ),
    equivalent(
        &["window_close_el"],
        "ic iallu <> tlbi",
        &[0],
        "one DSB completes both",
    ),
    equivalent(
        &["window_close_el"],
        "tlbi <> dsb nsh",
        &[0],
        "hand_over's DSB completes it",
    ),
    equivalent(
        &["window_close_el"],
        "no dsb nsh",
        &[0],
        "hand_over's DSB completes both",
    ),
    equivalent(
        &["window_close_el"],
        "dsb nsh <> isb",
        &[0],
        "hand_over has an ISB",
    ),
    equivalent(&["window_close_el"], "no isb", &[2, 3], "hand_over has one"),
    equivalent(
        &["window_close_el"],
        "isb <> msr MAIR_ELx",
        &[0],
        "the ISB behind does it as well",
    ),
    equivalent(
        &["window_close_el"],
        "msr MAIR_ELx <> msr TCR_ELx",
        &[0],
        "neither takes effect before the ISB behind both",
    ),
    equivalent(
        &["window_close_el"],
        "msr TCR_ELx <> msr TTBR0_ELx",
        &[0],
        "neither takes effect before the ISB behind both",
    ),
    equivalent(
        &["window_close_el"],
        "msr TTBR0_ELx <> isb",
        &[0],
        "hand_over has an ISB",
    ),
    // Compiled code. A loop that waits has an ISB for a pause.
    equivalent(
        &["Uart", "byte"],
        "no isb",
        &[0],
        "a pause, which changes nothing",
    ),
    equivalent(
        &["handover", "halt"],
        "no isb",
        &[0],
        "a pause, which changes nothing",
    ),
    // The probe of E2H, by FAR_EL1 and FAR_EL2.
    invisible(
        &["registers", "cpu"],
        "no isb",
        &[0],
        "QEMU needs no ISB to read by one name what was written by another",
    ),
    invisible(
        &["registers", "cpu"],
        "msr FAR_ELx <> isb",
        &[0],
        "QEMU needs no ISB to read by one name what was written by another",
    ),
    equivalent(
        &["registers", "cpu"],
        "msr FAR_ELx <> msr FAR_ELx",
        &[0],
        "two registers, or the same value twice",
    ),
    equivalent(
        &["registers", "cpu"],
        "no isb",
        &[1],
        "the ISBs behind it do the same, and nothing in between depends on it",
    ),
    equivalent(
        &["registers", "cpu"],
        "msr FAR_ELx <> isb",
        &[1],
        "the ISBs behind it do the same, and nothing in between depends on it",
    ),
    // TCR2_EL2, then TCR2_EL1.
    invisible(
        &["purgatory", "main"],
        "no msr TCR2_ELx",
        &[0],
        "QEMU has no TCR2_EL2 up to 10.0, and the shim plays that of EL1 alone",
    ),
    equivalent(
        &["purgatory", "main"],
        "msr TCR2_ELx <> isb",
        &[0, 1],
        "the ISB before the MMU goes on does it as well",
    ),
    equivalent(
        &["purgatory", "main"],
        "no isb",
        &[0, 1],
        "the ISB before the MMU goes on does it as well",
    ),
];
