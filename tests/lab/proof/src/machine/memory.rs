// SPDX-License-Identifier: MIT OR Apache-2.0

//! Loads, stores, and what the cache is asked for.

use super::{Base, Cell, Fault, Machine, SP, Value};
use crate::encoding::Encoded;
use crate::image::Image;
use crate::word::Word;

/// Bytes in a register, and in half of one.
const WIDE: i64 = 8;
const NARROW: i64 = 4;

impl<W: Word> Machine<W> {
    pub(super) fn access(&mut self, code: Encoded, image: &Image) -> Result<(), Fault> {
        let (n, t) = (code.register(b'n'), code.register(b't'));
        // The stack pointer must be aligned wherever it is used.
        if n == SP && !matches!(self.x[SP], Value::Address(_, at) if at % 16 == 0) {
            return Err("is not defined: the stack pointer is not aligned");
        }
        match code.name {
            "ldp/stp" => self.pair(code, image),
            "ldr/str x" => {
                let at = self.x[n].plus(i64::from(code.field(b'i')) * WIDE)?;
                self.one(code, image, at, WIDE, t)
            }
            "prfm" => {
                let at = self.x[n].plus(i64::from(code.field(b'i')) * WIDE)?;
                self.ask(at)
            }
            _ => self.structures(code, image),
        }
    }

    /// `LDP` and `STP`.
    fn pair(&mut self, code: Encoded, image: &Image) -> Result<(), Fault> {
        let [n, t, u] = [b'n', b't', b'u'].map(|letter| code.register(letter));
        let load = code.field(b'l') == 1;
        let size = if code.field(b's') == 1 { WIDE } else { NARROW };
        let moved = self.x[n].plus(code.signed(b'i') * size)?;
        // The base is used as it was, and moved afterwards; moved before; not moved.
        let (at, moves) = match code.field(b'a') {
            1 => (self.x[n], true),
            2 => (moved, false),
            3 => (moved, true),
            _ => return Err("has a form that does not occur"),
        };
        if moves && n != SP && (t == n || u == n) || load && t == u {
            return Err("is not defined: one register twice");
        }
        if n == SP && code.field(b'a') == 3 {
            // Before the access: what lies below the stack pointer may change at any time.
            self.x[SP] = moved;
        }
        self.one(code, image, at, size, t)?;
        self.one(code, image, at.plus(size)?, size, u)?;
        if moves {
            self.x[n] = moved;
        }
        Ok(())
    }

    /// Loads or stores one general register.
    fn one(
        &mut self,
        code: Encoded,
        image: &Image,
        at: Value<W>,
        size: i64,
        t: usize,
    ) -> Result<(), Fault> {
        let load = code.field(b'l') == 1;
        let at = aligned(at, size)?;
        let places = [at, (at.0, at.1 + NARROW)];
        match (load, size) {
            (true, WIDE) => {
                let [low, high] = places.map(|at| self.load(image, at));
                self.set(t, Value::of_cells([low?, high?])?);
            }
            (true, _) => match self.load(image, at)? {
                Cell::Word(word) => self.set(t, Value::narrow(word)),
                Cell::Half(..) => return Err("loads parts of addresses"),
            },
            (false, WIDE) => {
                for (place, cell) in places.into_iter().zip(self.x(t).cells()) {
                    self.store(place, cell)?;
                }
            }
            (false, _) => {
                let [word, _] = self.x(t).data()?;
                self.store(at, Cell::Word(word))?;
            }
        }
        Ok(())
    }

    /// `LD1` and `ST1` of several registers, in words.
    fn structures(&mut self, code: Encoded, image: &Image) -> Result<(), Fault> {
        let (n, t) = (code.register(b'n'), code.register(b't'));
        let load = code.field(b'l') == 1;
        let registers = if code.field(b'p') == 1 { 2 } else { 4 };
        let (base, at) = aligned(self.x[n], NARROW)?;
        let mut at = at;
        for register in (t..t + registers).map(|register| register % 32) {
            let mut lanes = self.v[register];
            for lane in &mut lanes {
                if !load {
                    self.store((base, at), Cell::Word(*lane))?;
                } else if let Cell::Word(word) = self.load(image, (base, at))? {
                    *lane = word;
                } else {
                    return Err("loads parts of addresses");
                }
                at += NARROW;
            }
            if load {
                self.set_vector(register, lanes);
            }
        }
        if code.name.ends_with('#') {
            self.x[n] = Value::Address(base, at);
        }
        Ok(())
    }

    /// `PRFM` changes nothing, but what it asks for may get into the cache: only what the routine
    /// has to do with, and what lies ahead.
    fn ask(&self, at: Value<W>) -> Result<(), Fault> {
        let asked = aligned(at, 1)?;
        let is_ours = match asked {
            (Base::Blocks, at) if at >= 0 => {
                self.memory.contains_key(&(Base::Blocks, at & !3))
                    || self.ahead.is_above(at) == Some(true)
            }
            (Base::State, at) => self.memory.contains_key(&(Base::State, at & !3)),
            _ => false,
        };
        if is_ours {
            Ok(())
        } else {
            Err("asks the cache for what is neither block, nor state, nor lies ahead")
        }
    }

    fn load(&self, image: &Image, place: (Base, i64)) -> Result<Cell<W>, Fault> {
        const NOTHING: Fault = "loads what is neither state, block, constant nor frame";
        if let (Base::Image, at) = place {
            let at = u64::try_from(at).map_err(|_| NOTHING)?;
            let word = image.word(at).filter(|_| image.constants.contains(&at));
            return word.map(|word| Cell::Word(W::of(word))).ok_or(NOTHING);
        }
        self.above_stack_pointer(place)?;
        self.memory.get(&place).copied().ok_or(NOTHING)
    }

    fn store(&mut self, place: (Base, i64), cell: Cell<W>) -> Result<(), Fault> {
        const NOTHING: Fault = "stores to what is neither state nor frame";
        if !matches!(place.0, Base::State | Base::Stack) {
            return Err(NOTHING);
        }
        self.above_stack_pointer(place)?;
        *self.memory.get_mut(&place).ok_or(NOTHING)? = cell;
        Ok(())
    }

    /// What lies below the stack pointer is an exception's.
    fn above_stack_pointer(&self, (base, at): (Base, i64)) -> Result<(), Fault> {
        match self.x[SP] {
            Value::Address(Base::Stack, sp) if base == Base::Stack && at < sp => {
                Err("accesses what is below the stack pointer")
            }
            _ => Ok(()),
        }
    }
}

/// Returns where an access goes, as one to Device memory has to be aligned.
fn aligned<W>(at: Value<W>, size: i64) -> Result<(Base, i64), Fault> {
    match at {
        Value::Address(_, at) if at % size != 0 => Err("is not aligned"),
        Value::Address(base, at) => Ok((base, at)),
        Value::Data(_) => Err("uses data for an address"),
    }
}
