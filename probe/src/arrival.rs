// SPDX-License-Identifier: MIT OR Apache-2.0

//! What is in the registers when a kernel is entered, and the first instructions, which keep it.

/// What was in the registers at the first instruction.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[repr(C)]
pub struct Arrival {
    /// `x0` to `x3`.
    pub x: [u64; 4],
    /// `DAIF`.
    pub daif: u64,
    /// `SCTLR_ELx`.
    pub sctlr: u64,
    /// `VBAR_ELx`.
    pub vbar: u64,
    /// Where it was entered.
    pub pc: u64,
    /// All of `x4` to `x30` joined, but `x16`.
    pub others: u64,
    /// `x16`, with which the purgatory branches.
    pub x16: u64,
}

impl Arrival {
    /// Returns whether the purgatory has started this: it leaves nothing in any register but in `x0`
    /// and in the one that it branches with.
    pub const fn is_by_purgatory(&self) -> bool {
        let [_, x1, x2, x3] = self.x;
        self.others == 0 && x1 | x2 | x3 == 0 && self.x16 == self.pc
    }
}

/// The first instructions of a kernel, at the symbol `start`: they keep all that tells how it was entered,
/// set `VBAR_ELx` to `vectors` and `SCTLR_ELx` to what is known, with MMU and caches off, and hand an
/// [`Arrival`] at the top of the stack to `main`, by its address in `x0`. `pc` is the symbol that was
/// entered.
///
/// Nothing touches memory before `SCTLR_ELx` is what we know: the old kernel's may say big-endian.
///
/// `stack` leaves the stack's top in `x12`; it may change `x4` to `x6`, `x12` to `x15` and those from
/// `x20` on. `last` comes when all is stored; it may change all but `x0` and `sp`.
#[macro_export]
macro_rules! arrival {
    (
        start: $start:literal, pc: $pc:literal, vectors: $vectors:literal,
        stack: [$($stack:literal),+ $(,)?], last: [$($last:literal),* $(,)?],
        $($operand:tt)*
    ) => {
        core::arch::global_asm!(
            ".pushsection .text.entry, \"ax\"",
            concat!(".globl ", $start),
            concat!(".type ", $start, ", %function"),
            concat!($start, ":"),
            ".irp n, 5,6,7,8,9,10,11,12,13,14,15,17,18,19,20,21,22,23,24,25,26,27,28,29,30",
            "orr x4, x4, x\\n",
            ".endr",
            "mov x19, x4",
            "mrs x8, daif",
            "msr daifset, #0xf",
            concat!("adr x11, ", $pc),
            concat!("adrp x12, ", $vectors),
            concat!("add x12, x12, :lo12:", $vectors),
            "mrs x13, CurrentEL",
            "cmp x13, #8",
            "b.eq 1f",
            "mrs x9, sctlr_el1",
            "mrs x10, vbar_el1",
            "msr vbar_el1, x12",
            "movz x12, #0x30d0, lsl #16",
            "movk x12, #0x0800",
            "msr sctlr_el1, x12",
            "b 2f",
            "1:",
            "mrs x9, sctlr_el2",
            "mrs x10, vbar_el2",
            "msr vbar_el2, x12",
            "movz x12, #0x30c5, lsl #16",
            "movk x12, #0x0830",
            "msr sctlr_el2, x12",
            "2:",
            "isb",
            $($stack,)+
            "sub sp, x12, #{arrival}",
            "stp x0, x1, [sp]",
            "stp x2, x3, [sp, #16]",
            "stp x8, x9, [sp, #32]",
            "stp x10, x11, [sp, #48]",
            "stp x19, x16, [sp, #64]",
            "mov x0, sp",
            $($last,)*
            "b {main}",
            concat!(".size ", $start, ", . - ", $start),
            ".popsection",
            arrival = const size_of::<$crate::Arrival>(),
            $($operand)*
        );
    };
}

#[cfg(test)]
mod tests {
    use super::*;

    const BY_PURGATORY: Arrival = Arrival {
        x: [0x4200_0000, 0, 0, 0],
        daif: 0x3c0,
        sctlr: 0,
        vbar: 0,
        pc: 0x4100_0000,
        others: 0,
        x16: 0x4100_0000,
    };

    #[test]
    fn the_purgatory_is_known_by_what_it_leaves_in_registers() {
        assert!(BY_PURGATORY.is_by_purgatory());
        for other in [
            Arrival {
                others: 1,
                ..BY_PURGATORY
            },
            Arrival {
                x16: 0,
                ..BY_PURGATORY
            },
            Arrival {
                x: [0, 0, 0, 8],
                ..BY_PURGATORY
            },
        ] {
            assert!(!other.is_by_purgatory(), "{other:x?}");
        }
    }

    #[test]
    fn the_stack_stays_aligned() {
        assert_eq!(size_of::<Arrival>() % 16, 0);
    }
}
