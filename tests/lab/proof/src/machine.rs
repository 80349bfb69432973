// SPDX-License-Identifier: MIT OR Apache-2.0

//! What the instructions do (Arm ARM C6.2, C7.2, and their pseudocode), to words of any kind.
//!
//! Addresses are not numbers: they are so far from the beginning of something. Whatever has no
//! meaning here, as to compute with an address, is a fault, and so is what the architecture does
//! not define.

mod integer;
mod memory;
mod value;
mod vector;

use std::collections::BTreeMap;

pub use self::value::{Base, Bound, Cell, Value};
use crate::encoding::Encoded;
use crate::image::Image;
use crate::word::Word;

/// The number of the stack pointer among the registers.
pub const SP: usize = 31;

/// More instructions than any stretch of a routine has.
const MOST_STEPS: usize = 10_000;

/// Why an instruction has no meaning.
pub type Fault = &'static str;

/// All that instructions see and change.
#[derive(Clone, Debug)]
pub struct Machine<W> {
    /// The general registers. The last one is the stack pointer.
    pub x: [Value<W>; 32],
    /// The vector registers, the lowest word first.
    pub v: [[W; 4]; 32],
    /// What was compared last.
    pub compared: Option<[Value<W>; 2]>,
    /// All memory, in words, except the image's constants.
    pub memory: BTreeMap<(Base, i64), Cell<W>>,
    /// Where the blocks end.
    pub end: Bound,
    /// The end of what may be prefetched after the blocks.
    pub ahead: Bound,
    /// Where the next instruction is, in the image.
    pub pc: u64,
    /// The words that were computed, and where.
    pub computed: Vec<(u64, W)>,
}

impl<W: Word> Machine<W> {
    /// Runs up to the address `until`, or to where the routine returns, if that is `None`.
    ///
    /// # Errors
    /// When it does anything without a meaning: `pc` is there then.
    pub fn run(&mut self, image: &Image, until: Option<u64>) -> Result<(), Fault> {
        for _ in 0..MOST_STEPS {
            let code = image
                .code(self.pc)
                .ok_or("is no instruction that is known")?;
            if code.name == "ret" {
                return match until {
                    None => Ok(()),
                    Some(_) => Err("returns before the loop"),
                };
            }
            self.step(code, image)?;
            if Some(self.pc) == until {
                return Ok(());
            }
        }
        Err("comes up again and again: there is no end")
    }

    /// Does what an instruction does that is not `RET`.
    ///
    /// # Errors
    /// When that has no meaning.
    pub fn step(&mut self, code: Encoded, image: &Image) -> Result<(), Fault> {
        let next = match code.name {
            "nop" => self.pc + 4,
            "b.lo" if self.lower()? => self.target(code)?,
            "tbnz w" if self.bit(code)? => self.target(code)?,
            "b.lo" | "tbnz w" => self.pc + 4,
            "ldp/stp" | "ldr/str x" | "prfm" | "ld1/st1" | "ld1/st1, #" => {
                self.access(code, image)?;
                self.pc + 4
            }
            name if name.ends_with('v') || name.starts_with("sha256") || name == "movi v, #0" => {
                self.vector(code);
                self.pc + 4
            }
            _ => {
                self.integer(code)?;
                self.pc + 4
            }
        };
        self.pc = next;
        Ok(())
    }

    /// Returns where a branch goes.
    fn target(&self, code: Encoded) -> Result<u64, Fault> {
        let to = self.pc.checked_add_signed(code.signed(b'i') * 4);
        to.ok_or("branches out of the image")
    }

    /// Returns the bit that `TBNZ` tests.
    fn bit(&self, code: Encoded) -> Result<bool, Fault> {
        let [word, _] = self.x(code.register(b't')).data()?;
        let word = word.known().ok_or("tests what is not known")?;
        Ok(word >> code.field(b'j') & 1 == 1)
    }

    /// Returns the condition `LO`.
    fn lower(&self) -> Result<bool, Fault> {
        use Value::Address;
        let (at, bound) = match self.compared {
            Some([Address(Base::Blocks, at), Address(Base::End, 0)]) => (at, self.end),
            Some([Address(Base::Blocks, at), Address(Base::Ahead, 0)]) => (at, self.ahead),
            _ => return Err("asks for the order of what has none"),
        };
        let lower = bound.is_above(at);
        lower.ok_or("asks for the order of what may come in either")
    }

    /// Returns a register; number 31 is zero.
    fn x(&self, n: usize) -> Value<W> {
        if n == 31 {
            Value::narrow(W::of(0))
        } else {
            self.x[n]
        }
    }

    /// Puts a value into a register, unless it is number 31.
    fn set(&mut self, d: usize, value: Value<W>) {
        if let Value::Data(words) = value {
            self.computed.extend(words.map(|word| (self.pc, word)));
        }
        if d != 31 {
            self.x[d] = value;
        }
    }

    fn set_vector(&mut self, d: usize, lanes: [W; 4]) {
        self.computed.extend(lanes.map(|word| (self.pc, word)));
        self.v[d] = lanes;
    }
}
