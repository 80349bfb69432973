// SPDX-License-Identifier: MIT OR Apache-2.0

//! How deep the stack can become: a bound, from the instructions alone.
//!
//! Each function is walked with both ways of each branch, and at each instruction it is known how
//! many bytes the stack has. What cannot be known so is refused: a function that calls itself, at
//! however many removes; a call by a register; a stack pointer that moves by what is in a register,
//! or that is not the same on two ways to one place.

use std::collections::BTreeMap;
use std::fmt;

use super::{Calls, Change, Function};
use crate::Flow;

/// Where the code is entered, and the stack begins: with another program's stack pointer, or with
/// one that is given up. They use no stack before they have set their own.
pub const STARTS: [&str; 2] = ["purgatory_start", "exception_entry"];

/// The one that ends with a branch to where a register says: to the kernel.
const LEAVES: &str = "zero_registers_and_branch";

/// What several functions have in common, and LLVM has moved to one place. Such a piece may end
/// with more or less on the stack than it began with.
const OUTLINED: &str = "OUTLINED_FUNCTION_";

/// How deep the stack becomes below a function, and by which calls.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Depth {
    /// The most bytes.
    pub bytes: u64,
    /// The functions on the way, and the bytes that the stack has when each is entered.
    pub path: Vec<(String, i64)>,
}

/// The depths of all functions that were asked for so far.
pub struct Depths<'a> {
    calls: &'a Calls,
    known: BTreeMap<u64, Below>,
    /// Where the functions begin that are being walked.
    open: Vec<u64>,
}

/// What a function does to the stack.
#[derive(Clone, Copy, Default)]
struct Below {
    deepest: i64,
    /// The callee by which it becomes so deep, and how deep it is when that is entered.
    by: Option<(u64, i64)>,
    /// The bytes that are left on it after the return; `None` if it never returns.
    left: Option<i64>,
}

impl<'a> Depths<'a> {
    /// Asks for those of this image.
    pub fn new(calls: &'a Calls) -> Self {
        Self {
            calls,
            known: BTreeMap::new(),
            open: Vec::new(),
        }
    }

    /// Returns the depth below the function of this name.
    ///
    /// # Errors
    /// When it cannot be known.
    pub fn below(&mut self, name: &str) -> Result<Depth, String> {
        let mut at = self.calls.function(name)?.range.start;
        let bytes = self.walked(at)?.deepest;
        let mut path = vec![(name.to_string(), 0)];
        let mut entered = 0;
        while let Some((callee, depth)) = self.walked(at)?.by {
            entered += depth;
            path.push((self.calls.place(callee), entered));
            at = callee;
        }
        for (name, _) in &mut path {
            *name = name.trim_end_matches("+0x0").to_string();
        }
        let bytes = bytes.try_into().map_err(|_| "a depth below 0")?;
        Ok(Depth { bytes, path })
    }

    fn walked(&mut self, start: u64) -> Result<Below, String> {
        if let Some(&below) = self.known.get(&start) {
            return Ok(below);
        }
        let calls = self.calls;
        let function = calls.starting(start)?;
        if let Some(first) = self.open.iter().position(|&open| open == start) {
            let again = self.open[first..].iter().chain([&start]);
            let names: Vec<_> = again.map(|&at| calls.place(at)).collect();
            return Err(format!("recursion: {}", names.join(" calls ")));
        }
        self.open.push(start);
        let below = self.walk(function)?;
        self.open.pop();
        self.known.insert(start, below);
        Ok(below)
    }

    fn walk(&mut self, function: &Function) -> Result<Below, String> {
        let mut below = Below::default();
        let mut seen: BTreeMap<u64, Option<i64>> = BTreeMap::new();
        let sets_its_own = STARTS.contains(&&*function.name);
        // How deep the stack is; `None` as long as it is not ours.
        let mut ahead = vec![(function.range.start, (!sets_its_own).then_some(0))];
        while let Some((at, depth)) = ahead.pop() {
            let calls = self.calls;
            let here = |what: String| format!("{}: {what}", calls.place(at));
            if !function.range.contains(&at) {
                return Err(format!("{} has no end", function.name));
            }
            if let Some(other) = seen.insert(at, depth) {
                if other != depth {
                    return Err(here(format!("a stack of {depth:?} and {other:?} bytes")));
                }
                continue;
            }
            let word = calls.word(at)?;
            let depth = match (Change::of(word), depth) {
                (Change::None, depth) => depth,
                (Change::By(bytes), Some(depth)) => Some(depth - bytes),
                (Change::Set, None) => Some(0),
                (change, _) => {
                    return Err(here(format!("{word:08x}, the stack pointer: {change:?}")));
                }
            };
            below.reaches(depth.unwrap_or(0), None);

            let next = at + 4;
            let inside = |to: &u64| function.range.contains(to);
            match Flow::of(at, word) {
                Flow::Next => ahead.push((next, depth)),
                Flow::To(to) if inside(&to) => ahead.push((to, depth)),
                Flow::Perhaps(to) if inside(&to) => ahead.extend([(to, depth), (next, depth)]),
                Flow::Call(to) => {
                    if let Some(left) = self.enter(to, depth, &mut below).map_err(here)? {
                        ahead.push((next, depth.map(|depth| depth + left)));
                    }
                }
                flow @ (Flow::To(to) | Flow::Perhaps(to)) => {
                    if let Some(left) = self.enter(to, depth, &mut below).map_err(here)? {
                        below.returns(depth.unwrap_or(0) + left).map_err(here)?;
                    }
                    if matches!(flow, Flow::Perhaps(_)) {
                        ahead.push((next, depth));
                    }
                }
                Flow::Return => below.returns(depth.unwrap_or(0)).map_err(here)?,
                Flow::Away if function.name == LEAVES => {}
                Flow::Away | Flow::CallAway => {
                    return Err(here("a branch to where a register says".into()));
                }
                Flow::End => {}
            }
        }
        let left = below.left.unwrap_or(0);
        if left != 0 && !function.name.starts_with(OUTLINED) {
            return Err(format!("{} returns with {left} bytes", function.name));
        }
        Ok(below)
    }

    /// Enters a function with a stack of this many bytes; returns how many more there are after it.
    fn enter(
        &mut self,
        to: u64,
        depth: Option<i64>,
        below: &mut Below,
    ) -> Result<Option<i64>, String> {
        let callee = self.walked(to)?;
        let Some(depth) = depth else {
            // Of a stack that is not ours nothing may be used.
            let uses_none = callee.deepest == 0 && callee.left.unwrap_or(0) == 0;
            return uses_none
                .then_some(callee.left)
                .ok_or_else(|| "a call without a stack".to_string());
        };
        below.reaches(depth + callee.deepest, Some((to, depth)));
        Ok(callee.left)
    }
}

impl Below {
    fn reaches(&mut self, depth: i64, by: Option<(u64, i64)>) {
        if depth > self.deepest {
            (self.deepest, self.by) = (depth, by);
        }
    }

    fn returns(&mut self, left: i64) -> Result<(), String> {
        match self.left.replace(left) {
            Some(other) if other != left => {
                Err(format!("returns with {left} bytes, and with {other}"))
            }
            _ => Ok(()),
        }
    }
}

impl fmt::Display for Depth {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "{} bytes", self.bytes)?;
        for (name, entered) in &self.path {
            writeln!(f, "  {entered:>5}  {name}")?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests;
