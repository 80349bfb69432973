// SPDX-License-Identifier: MIT OR Apache-2.0

//! One instruction with all registers, and memory around the address that it uses.

use std::fmt;
use std::num::Wrapping;

use purgatory_test_proof::Image;
use purgatory_test_proof::encoding::Encoded;
use purgatory_test_proof::machine::{Base, Bound, Cell, Machine, SP, Value};

use super::guest::{self, Memory};
use crate::random::Random;

type Known = Machine<Wrapping<u32>>;

/// Where a case has the general registers, the flags, the vector registers, and its memory.
pub const X: u64 = 0;
pub const FLAGS: u64 = 0x100;
pub const V: u64 = 0x110;
const REGISTERS_END: u64 = 0x320;
/// Bytes around the address that is used, before and from it on.
const BEFORE: i64 = 0x200;
const BEHIND: i64 = 0x240;

/// `C` of the flags, which is clear if the comparison has found the first to be lower.
const C: u64 = 1 << 29;

/// What is compared.
pub enum Part {
    /// A general register; number 31 is the stack pointer.
    X(usize),
    /// Half a vector register.
    V(usize, usize),
    /// 8 bytes, so far from the address that is used.
    Memory(i64),
}

/// An instruction, and all that it may use.
pub struct Case {
    word: u32,
    pub code: Encoded,
    /// Where it is.
    at: u64,
    machine: Known,
    flags: u64,
}

/// Returns whether instructions like this access memory.
fn accesses(code: Encoded) -> bool {
    let names = ["ldp/stp", "ldr/str x", "prfm", "ld1/st1", "ld1/st1, #"];
    names.contains(&code.name)
}

/// Returns the distance to the next case.
pub fn stride(word: u32) -> u64 {
    let memory = Encoded::new(word).is_some_and(accesses);
    REGISTERS_END + if memory { (BEFORE + BEHIND) as u64 } else { 0 }
}

impl Case {
    /// Makes a case of an instruction; each seed makes another.
    pub fn new(word: u32, pc: u64, at: u64, seed: u64) -> Self {
        let code = Encoded::new(word).expect("an instruction");
        let mut random = Random::new(seed << 32 | u64::from(word));
        random.word();
        let [n, m] = [b'n', b'm'].map(|letter| code.register(letter));
        let base = if n == SP { Base::Stack } else { Base::State };
        let used = Value::Address(base, 0);
        let (next, end) = (
            Value::Address(Base::Blocks, 64),
            Value::Address(Base::End, 0),
        );
        let mut machine = Machine {
            x: std::array::from_fn(|_| Value::Data(random.words())),
            v: std::array::from_fn(|_| random.words()),
            compared: None,
            memory: Default::default(),
            end: Bound::At(if random.word() & 1 == 1 { 64 } else { 128 }),
            ahead: Bound::At(0),
            pc,
            computed: vec![],
        };
        match code.name {
            _ if accesses(code) => {
                let places = (-BEFORE..BEHIND).step_by(4).map(|at| (base, at));
                let cells = places.map(|place| (place, Cell::Word(Wrapping(random.word()))));
                machine.memory = cells.collect();
                machine.x[n] = used;
            }
            "add x, #" => machine.x[n] = used,
            "cmp x" => (machine.x[n], machine.x[m]) = (next, end),
            "csel x, lo" | "b.lo" => machine.compared = Some([next, end]),
            _ => {}
        }
        let mut flags = u64::from(random.word() & 0xf) << 28;
        if machine.compared.is_some() {
            flags = if machine.end == Bound::At(128) {
                flags & !C
            } else {
                flags | C
            };
        }
        Self {
            word,
            code,
            at,
            machine,
            flags,
        }
    }

    /// Returns the result of the proof's machine.
    pub fn after(&self, image: &Image) -> Result<Known, &'static str> {
        let mut machine = self.machine.clone();
        machine.step(self.code, image)?;
        let is_next = machine.pc == self.machine.pc + 4;
        if guest::is_branch(self.code) && is_next {
            machine.x[0] = Value::narrow(Wrapping(0));
        }
        Ok(machine)
    }

    /// Puts all into the guest's memory.
    pub fn put(&self, memory: &mut Memory) {
        memory.put(self.at + FLAGS, self.flags);
        for (_, at, value) in self.contents(&self.machine) {
            memory.put(at, value);
        }
    }

    /// Returns the differences from QEMU.
    pub fn differences(&self, after: &Known, memory: &Memory) -> Vec<String> {
        let contents = self.contents(after);
        let wrong = contents.filter(|&(_, at, ours)| memory.get(at) != ours);
        let mut wrong: Vec<_> = wrong
            .map(|(part, at, ours)| {
                let qemu = memory.get(at);
                format!("{self}: {part} is {ours:#x}, in QEMU {qemu:#x}")
            })
            .collect();
        let flags = memory.get(self.at + FLAGS);
        let right = match (self.code.name, after.compared) {
            ("cmp x", Some([n, m])) => (flags & C == 0) == (self.number(n) < self.number(m)),
            _ => flags == self.flags,
        };
        if !right {
            wrong.push(format!("{self}: the flags are {flags:#x} in QEMU"));
        }
        wrong
    }

    /// Returns all registers, and memory, each with its place in memory and its contents.
    fn contents<'a>(&'a self, machine: &'a Known) -> impl Iterator<Item = (Part, u64, u64)> + 'a {
        let x = machine.x.iter().enumerate().map(|(n, &x)| {
            let at = self.at + X + 8 * n as u64;
            (Part::X(n), at, self.number(x))
        });
        let v = machine.v.iter().enumerate().flat_map(|(n, v)| {
            [0, 1].map(|half| {
                let at = self.at + V + 16 * n as u64 + 8 * half as u64;
                let words = Value::Data([v[2 * half], v[2 * half + 1]]);
                (Part::V(n, half), at, self.number(words))
            })
        });
        let memory = machine.memory.iter().map(|(&(base, at), &cell)| {
            let place = self.base(base).wrapping_add_signed(at);
            (Part::Memory(at), place, self.word(cell))
        });
        // Words of memory, two at a time.
        let mut memory = memory;
        let memory = std::iter::from_fn(move || {
            let (part, at, low) = memory.next()?;
            let (_, _, high) = memory.next()?;
            Some((part, at, high << 32 | low))
        });
        x.chain(v).chain(memory)
    }

    fn base(&self, base: Base) -> u64 {
        match base {
            Base::State | Base::Stack => self.at + REGISTERS_END + BEFORE as u64,
            Base::Blocks => self.at,
            Base::End if self.machine.end == Bound::At(64) => self.at + 64,
            Base::End => self.at + 128,
            Base::Ahead | Base::Image => 0,
        }
    }

    fn number(&self, value: Value<Wrapping<u32>>) -> u64 {
        match value {
            Value::Data([low, high]) => u64::from(high.0) << 32 | u64::from(low.0),
            Value::Address(base, at) => self.base(base).wrapping_add_signed(at),
        }
    }

    fn word(&self, cell: Cell<Wrapping<u32>>) -> u64 {
        match cell {
            Cell::Word(word) => word.0.into(),
            Cell::Half(base, at, upper) => {
                let address = self.number(Value::Address(base, at));
                if upper {
                    address >> 32
                } else {
                    address & 0xffff_ffff
                }
            }
        }
    }
}

impl fmt::Display for Part {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::X(SP) => f.write_str("sp"),
            Self::X(n) => write!(f, "x{n}"),
            Self::V(n, half) => write!(f, "v{n}.d[{half}]"),
            Self::Memory(at) => write!(f, "memory at {at:+}"),
        }
    }
}

impl fmt::Display for Case {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:#010x}, an `{}`", self.word, self.code.name)
    }
}
