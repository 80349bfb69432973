// SPDX-License-Identifier: MIT OR Apache-2.0

//! The general registers (Arm ARM C6.2).

use super::{Base, Fault, Machine, Value};
use crate::encoding::Encoded;
use crate::word::Word;

/// The name of a shift in an encoding, and the number of its operand.
const LSL: u32 = 0;
const LSR: u32 = 1;
const ROR: u32 = 3;

impl<W: Word> Machine<W> {
    pub(super) fn integer(&mut self, code: Encoded) -> Result<(), Fault> {
        let [d, n, m] = [b'd', b'n', b'm'].map(|letter| code.register(letter));
        let (wide, by) = (code.field(b's') == 1, code.field(b'i'));
        let value = match code.name {
            // MOV: a register, not shifted, whatever it holds.
            "orr" if wide && n == 31 && by == 0 && code.field(b'k') == LSL => self.x(m),
            "add" | "and" | "orr" | "eor" => {
                let (a, b) = (self.x(n).data()?, self.x(m).data()?);
                let b = shifted(b, wide, code.field(b'k'), by)?;
                let each = |does: fn(W, W) -> W| [does(a[0], b[0]), does(a[1], b[1])];
                let [low, high] = match code.name {
                    "add" if code.field(b'k') == ROR => return Err("is not defined"),
                    "add" if wide => [a[0] + b[0], W::upper_of_sum(a, b)],
                    "add" => each(|a, b| a + b),
                    "and" => each(|a, b| a & b),
                    "orr" => each(W::or),
                    _ => each(|a, b| a ^ b),
                };
                if low.is_too_large() || high.is_too_large() {
                    return Err("computes more than a right routine does");
                }
                Value::Data([low, if wide { high } else { W::of(0) }])
            }
            // Of this one number 31 is the stack pointer.
            "add x, #" => {
                self.x[d] = self.x[n].plus(by.into())?;
                return Ok(());
            }
            "ror w, #" if n == m => Value::narrow(self.x(n).data()?[0].ror(by)),
            "lsr x, #" => Value::Data(shifted(self.x(n).data()?, true, LSR, by)?),
            "rev32 x" => Value::Data(self.x(n).data()?.map(W::swapped)),
            "adr" => {
                let offset = code.signed(b'i') * 4 + i64::from(code.field(b'j'));
                Value::Address(Base::Image, self.pc as i64 + offset)
            }
            "cmp x" => {
                self.compared = Some([self.x(n), self.x(m)]);
                return Ok(());
            }
            "csel x, lo" => self.x(if self.lower()? { n } else { m }),
            _ => return Err("has a form that does not occur"),
        };
        self.set(d, value);
        Ok(())
    }
}

/// An operand, shifted.
fn shifted<W: Word>([low, high]: [W; 2], wide: bool, kind: u32, by: u32) -> Result<[W; 2], Fault> {
    let zero = W::of(0);
    if !wide {
        let low = match kind {
            _ if by >= 32 => return Err("is not defined"),
            LSL => low.lsl(by),
            LSR => low.lsr(by),
            ROR => low.ror(by),
            _ => return Err("has a form that does not occur"),
        };
        return Ok([low, zero]);
    }
    // Three words in a row, of which those bits are seen that begin `by` above the first.
    let (words, bits) = (by / 32, by % 32);
    let seen = |row: [W; 3]| {
        let two = |low: W, high: W| match bits {
            0 => low,
            _ => low.lsr(bits).or(high.lsl(32 - bits)),
        };
        [two(row[0], row[1]), two(row[1], row[2])]
    };
    Ok(match (kind, words) {
        (LSL, 0) if bits == 0 => [low, high],
        (LSL, 0) => [low.lsl(bits), high.lsl(bits).or(low.lsr(32 - bits))],
        (LSL, _) => [zero, low.lsl(bits)],
        (LSR, 0) => seen([low, high, zero]),
        (LSR, _) => seen([high, zero, zero]),
        (ROR, 0) => seen([low, high, low]),
        (ROR, _) => seen([high, low, high]),
        _ => return Err("has a form that does not occur"),
    })
}
