// SPDX-License-Identifier: MIT OR Apache-2.0

//! No panic, no formatting and no unwinding: an image with any of these is refused, with the calls
//! that lead there.

use anyhow::{Result, ensure};
use object::elf::STT_FUNC;
use object::read::elf::ElfFile64;
use object::{LittleEndian, Object, ObjectSection, ObjectSymbol};
use std::collections::BTreeMap;
use std::ops::Range;

/// Parts of the names of functions that only a panic needs.
const MACHINERY: [&str; 6] = [
    "core::fmt",
    "core::panicking",
    "rust_begin_unwind",
    "rust_eh_personality",
    "rust_panic",
    "_Unwind_",
];

/// The entry points: from the old kernel, and from an exception.
const STARTS: [&str; 2] = ["purgatory_start", "exception_entry"];

/// Compilers before [`CLEVER`] do not see that this crate is called with an alignment that is a
/// power of two, one of the two of `TableSize`, and keep `core`'s code for any other.
const EXCUSED: &str = "linked_list_allocator::";

/// The first of the tested compilers that sees it: 1.x.
const CLEVER: u32 = 95;

/// A function of the image: its name in the source, and its instructions.
struct Function {
    name: String,
    start: u64,
    words: Vec<u32>,
}

/// Refuses a linked image with a panic in it; `rustc` is the compiler's version.
pub fn check(elf: &[u8], rustc: &str) -> Result<()> {
    let file = ElfFile64::<LittleEndian>::parse(elf)?;
    let mut functions = Vec::new();
    for section in file.sections() {
        for symbol in file.symbols() {
            let Range { start, end } = symbol.address()..symbol.address() + symbol.size();
            let is_function = symbol.elf_symbol().st_type() == STT_FUNC;
            if !is_function || symbol.section_index() != Some(section.index()) {
                continue;
            }
            let bytes = section.data_range(start, end - start)?.unwrap_or_default();
            let words = bytes.chunks_exact(4).filter_map(|word| word.first_chunk());
            functions.push(Function {
                name: format!("{:#}", rustc_demangle::demangle(symbol.name()?)),
                start,
                words: words.copied().map(u32::from_le_bytes).collect(),
            });
        }
    }
    let minor = rustc.split('.').nth(1).and_then(|minor| minor.parse().ok());
    let is_excused = |f: &Function| minor < Some(CLEVER) && f.name.starts_with(EXCUSED);
    refuse(&functions, is_excused)
}

/// Refuses a panic in any function that is not exempt.
fn refuse(functions: &[Function], is_excused: impl Fn(&Function) -> bool) -> Result<()> {
    // The caller of each function, on a shortest path from a start.
    let mut callers: BTreeMap<usize, (usize, u64)> = BTreeMap::new();
    let all = 0..functions.len();
    let is_start = |&n: &usize| STARTS.contains(&&*functions[n].name);
    let mut reached: Vec<usize> = all.clone().filter(is_start).collect();
    let mut next = 0;
    while let Some(&caller) = reached.get(next) {
        next += 1;
        for (at, to) in functions[caller].branches() {
            let callee = all.clone().find(|&n| functions[n].contains(to));
            let Some(callee) = callee.filter(|callee| !reached.contains(callee)) else {
                continue;
            };
            if !(is_excused(&functions[caller]) && functions[callee].is_panic()) {
                callers.insert(callee, (caller, at));
                reached.push(callee);
            }
        }
    }
    // A linked function that is not reached has its address stored somewhere, or is exempt.
    let excuse = functions.iter().any(&is_excused);
    let suspects = all.filter(|n| reached.contains(n) || !excuse);
    for panic in suspects.filter(|&n| functions[n].is_panic()) {
        let mut path = format!("\n  {}", functions[panic].name);
        let mut callee = panic;
        while let Some(&(caller, at)) = callers.get(&callee) {
            let Function { name, start, .. } = &functions[caller];
            path = format!("\n  {name}+{:#x}, which calls{path}", at - start);
            callee = caller;
        }
        ensure!(
            is_excused(&functions[panic]),
            "a panic is linked, and nothing of its kind may be:{path}"
        );
    }
    Ok(())
}

impl Function {
    fn contains(&self, address: u64) -> bool {
        let end = self.start + 4 * self.words.len() as u64;
        (self.start..end).contains(&address)
    }

    /// Returns its branches, each with its origin and target (B and BL; B.cond, CBZ and CBNZ; TBZ
    /// and TBNZ). Tests have another reader, in `tests/lab/a64/`, without which this must build.
    fn branches(&self) -> impl Iterator<Item = (u64, u64)> {
        let words = (self.start..).step_by(4).zip(&self.words);
        words.filter_map(|(at, word)| {
            // A signed field, counted in instructions: its lowest bit, and its width.
            let (low, bits) = match word {
                _ if word & 0x7c00_0000 == 0x1400_0000 => (0, 26),
                _ if word & 0xff00_0010 == 0x5400_0000 => (5, 19),
                _ if word & 0x7e00_0000 == 0x3400_0000 => (5, 19),
                _ if word & 0x7e00_0000 == 0x3600_0000 => (5, 14),
                _ => return None,
            };
            let words = i64::from((word << (32 - bits - low)) as i32 >> (32 - bits));
            Some((at, at.wrapping_add_signed(words * 4)))
        })
    }

    /// Returns whether only panics need it, or the panic handler was inlined into it: UDF, or BRK
    /// from an abort.
    fn is_panic(&self) -> bool {
        let is_trap = |&word: &u32| word >> 16 == 0 || word & 0xffe0_001f == 0xd420_0000;
        MACHINERY.iter().any(|part| self.name.contains(part)) || self.words.iter().any(is_trap)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const RET: u32 = 0xd65f_03c0;
    const BL: u32 = 0x9400_0000;
    const CBZ: u32 = 0xb400_0000;
    const UDF: u32 = 0;

    /// Returns why an image is refused that has these functions at 0x100, 0x200 and so on.
    fn refusal(functions: &[(&str, &[u32])], is_excused: fn(&Function) -> bool) -> Option<String> {
        let functions: Vec<_> = (0x100..)
            .step_by(0x100)
            .zip(functions)
            .map(|(start, &(name, words))| Function {
                name: name.into(),
                start,
                words: words.into(),
            })
            .collect();
        refuse(&functions, is_excused).err().map(|e| e.to_string())
    }

    #[test]
    fn the_calls_that_lead_to_a_panic_are_named() {
        let refusal = refusal(
            &[
                ("purgatory_start", &[RET, BL + 0x3f]),
                ("purgatory::main", &[CBZ + (0x40 << 5), RET]),
                ("core::slice::index::fail", &[BL + 0x40]),
                ("core::panicking::panic_fmt", &[RET]),
            ],
            |_| false,
        );
        let expected = "a panic is linked, and nothing of its kind may be:
  purgatory_start+0x4, which calls
  purgatory::main+0x0, which calls
  core::slice::index::fail+0x0, which calls
  core::panicking::panic_fmt";
        assert_eq!(refusal.as_deref(), Some(expected));
    }

    #[test]
    fn one_that_was_inlined_is_found_by_its_trap_and_one_behind_a_pointer_by_its_name() {
        for functions in [
            [("purgatory_start", &[RET, UDF][..]), ("other", &[RET])],
            [("purgatory_start", &[0xd420_0020]), ("other", &[RET])],
            [("exception_entry", &[BL + 0x40]), ("other", &[UDF])],
            [("purgatory_start", &[RET]), ("core::fmt::write", &[RET])],
        ] {
            assert!(refusal(&functions, |_| false).is_some(), "{functions:?}");
        }
        let sound = [
            ("purgatory_start", &[BL + 0x40, RET][..]),
            ("other", &[RET]),
        ];
        assert_eq!(refusal(&sound, |_| false), None);
    }

    #[test]
    fn an_excuse_is_one_functions_alone() {
        let panics = ("core::panicking::panic_fmt", &[UDF][..]);
        let allocator = ("linked_list_allocator::align_up", &[BL + 0x40][..]);
        let is_excused = |function: &Function| function.name.starts_with(EXCUSED);
        let by_it = [("purgatory_start", &[BL + 0x40][..]), allocator, panics];
        assert_eq!(refusal(&by_it, is_excused), None);
        assert!(refusal(&by_it, |_| false).is_some());
        let both = [BL + 0x40, BL + 0x7f];
        let by_another = [("purgatory_start", &both[..]), allocator, panics];
        assert!(refusal(&by_another, is_excused).is_some());
    }
}
