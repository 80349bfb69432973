// SPDX-License-Identifier: MIT OR Apache-2.0

//! Where an instruction leads (Arm ARM C4.1.66, "Branches, Exception Generating and System
//! instructions").

/// What comes after an instruction.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Flow {
    /// The next one.
    Next,
    /// Another one.
    To(u64),
    /// Another one, or the next.
    Perhaps(u64),
    /// A function, and the next instruction when it has returned.
    Call(u64),
    /// The caller's code after the call.
    Return,
    /// Wherever a register says.
    Away,
    /// A function of which a register has the address.
    CallAway,
    /// Nothing: the instruction is undefined, or a trap.
    End,
}

impl Flow {
    /// Reads the instruction `word` at `at`.
    pub fn of(at: u64, word: u32) -> Self {
        // A signed field of this many bits, in instructions.
        let to = |low: u32, bits: u32| {
            let field = (word >> low << (32 - bits)) as i32 >> (32 - bits);
            at.wrapping_add_signed(i64::from(field) * 4)
        };
        match word {
            _ if word & 0xfc00_0000 == 0x1400_0000 => Self::To(to(0, 26)),
            _ if word & 0xfc00_0000 == 0x9400_0000 => Self::Call(to(0, 26)),
            // B.cond, CBZ and CBNZ; TBZ and TBNZ.
            _ if word & 0xff00_0010 == 0x5400_0000 => Self::Perhaps(to(5, 19)),
            _ if word & 0x7e00_0000 == 0x3400_0000 => Self::Perhaps(to(5, 19)),
            _ if word & 0x7e00_0000 == 0x3600_0000 => Self::Perhaps(to(5, 14)),
            _ if word & 0xffff_fc1f == 0xd65f_0000 => Self::Return,
            _ if word & 0xffff_fc1f == 0xd63f_0000 => Self::CallAway,
            // All others of this group: BR, ERET, and those of later versions.
            _ if word & 0xfe00_0000 == 0xd600_0000 => Self::Away,
            // UDF, BRK and HLT.
            _ if word >> 16 == 0 || word & 0xff80_001f == 0xd400_0000 && word >> 21 & 3 != 0 => {
                Self::End
            }
            _ => Self::Next,
        }
    }
}

#[cfg(test)]
#[test]
fn branches_lead_where_they_say() {
    for (word, flow, text) in [
        (0x1400_0003, Flow::To(0x100c), "b +12"),
        (0x17ff_ffff, Flow::To(0xffc), "b -4"),
        (0x9400_0003, Flow::Call(0x100c), "bl +12"),
        (0x54ff_ffe3, Flow::Perhaps(0xffc), "b.lo -4"),
        (0xb400_0048, Flow::Perhaps(0x1008), "cbz x8, +8"),
        (0x35ff_ffe5, Flow::Perhaps(0xffc), "cbnz w5, -4"),
        (0x3760_0048, Flow::Perhaps(0x1008), "tbnz w8, #12, +8"),
        (0x36ff_ffe8, Flow::Perhaps(0xffc), "tbz w8, #31, -4"),
        (0xd65f_03c0, Flow::Return, "ret"),
        (0xd65f_0120, Flow::Return, "ret x9"),
        (0xd61f_0200, Flow::Away, "br x16"),
        (0xd69f_03e0, Flow::Away, "eret"),
        (0xd71f_0811, Flow::Away, "braa x0, x17"),
        (0xd63f_0100, Flow::CallAway, "blr x8"),
        (0x0000_0000, Flow::End, "udf #0"),
        (0xd420_0020, Flow::End, "brk #1"),
        (0xd440_0000, Flow::End, "hlt #0"),
        (0xd400_0002, Flow::Next, "hvc #0"),
        (0xd400_0003, Flow::Next, "smc #0"),
        (0xd503_201f, Flow::Next, "nop"),
        (0x9100_03e0, Flow::Next, "mov x0, sp"),
    ] {
        assert_eq!(Flow::of(0x1000, word), flow, "{text}");
    }
}
