// SPDX-License-Identifier: MIT OR Apache-2.0

//! Which function may have which instructions that do more than compute, load and store.
//!
//! A function is one of the source: debug information says what was inlined into what, so the list
//! does not depend on what a compiler inlines. Of a crate's it is who calls it.

use std::collections::BTreeSet;

use addr2line::gimli::{Dwarf, EndianSlice, LittleEndian};
use addr2line::{Context, LookupResult};
use disarm64::decoder::decode;
use object::{Object, ObjectSection};
use purgatory_test_harness::a64::calls::{Calls, source_name};
use rstest::rstest;

use crate::code::{self, Word, uses_vectors};
use crate::panics::compiler_leaves_one;
use crate::{built, parse};

/// The functions, and what each has.
const ALLOWED: &str = include_str!("specials.txt");

/// Returns each function with each that is listed under it, in further lines and after commas.
fn allowed() -> impl Iterator<Item = (&'static str, &'static str)> {
    let mut function = "";
    let lines = ALLOWED.lines().filter(|line| !line.starts_with('#'));
    let lists = lines.filter_map(move |line| match line.strip_prefix(' ') {
        Some(list) => Some((function, list)),
        None => {
            function = line;
            None
        }
    });
    lists.flat_map(|(function, list)| {
        let specials = list
            .split(',')
            .map(str::trim)
            .filter(|special| !special.is_empty());
        specials.map(move |special| (function, special))
    })
}

/// Returns the functions that may have vector registers.
pub fn with_vectors() -> impl Iterator<Item = &'static str> {
    let vectors = allowed().filter(|&(_, special)| special == VECTORS);
    vectors.map(|(function, _)| function)
}

/// The crate's part that has them.
const OURS: &str = "purgatory::arch::";

/// What a panic does, where the compiler leaves one in.
const PANIC: &str = "handover::undefined";

/// How an instruction with a vector register is listed, except those of SHA2, which have names.
const VECTORS: &str = "vector registers";

/// Returns what is listed for an instruction: its name, and of system registers the name, whatever
/// general register is used. `None` if it is nothing special.
fn special((_, word): Word) -> Option<String> {
    let system = word >> 22 == 0xd500_0000 >> 22;
    let exception = word >> 24 == 0xd4 || word >> 16 == 0;
    let (eret, drps) = (0xd69f_03e0, 0xd6bf_03e0);
    if system || exception || [eret, drps].contains(&word) {
        return Some(match word {
            // NOP, DSB, ISB.
            0xd503_201f | 0xd503_3fdf => return None,
            _ if word & 0xffff_f0ff == 0xd503_309f => return None,
            // Others are listed by their encoding.
            _ if word & !0x1f == 0xd508_7620 => "dc ivac".into(),
            _ if word & !0x1f == 0xd50b_7e20 => "dc civac".into(),
            0xd508_751f => "ic iallu".into(),
            0xd508_871f => "tlbi vmalle1".into(),
            0xd50c_871f => "tlbi alle2".into(),
            _ => without_general_registers(word),
        });
    }
    if !uses_vectors(word) {
        return None;
    }
    let text = without_general_registers(word);
    let name = text.split(' ').next().unwrap_or_default();
    Some(
        if name.starts_with("sha") {
            name
        } else {
            VECTORS
        }
        .into(),
    )
}

/// Returns the instruction's text without X registers.
fn without_general_registers(word: u32) -> String {
    let Some(text) = decode(word).map(|decoded| decoded.to_string()) else {
        return format!("{word:08x}");
    };
    let words = text.split([' ', '\t', ',']).filter(|word| !word.is_empty());
    let is_register = |word: &str| {
        let number = word.strip_prefix('x');
        number.is_some_and(|number| number == "zr" || number.parse::<u8>().is_ok())
    };
    let words: Vec<_> = words.filter(|word| !is_register(word)).collect();
    words.join(" ")
}

/// Returns all special instructions, each with its function in the source.
fn specials(elf: &[u8]) -> BTreeSet<(String, String)> {
    let file = parse(elf);
    let calls = Calls::read(elf).unwrap();
    let dwarf = Dwarf::load(|id| {
        let section = file.section_by_name(id.name());
        let data = section.map_or(&[][..], |section| section.data().unwrap());
        Ok::<_, ()>(EndianSlice::new(data, LittleEndian))
    });
    let context = Context::from_dwarf(dwarf.unwrap()).unwrap();
    let owner = |address| {
        let linked = calls.around(address);
        let linked = linked.map_or("in no function", |function| &function.name);
        let LookupResult::Output(frames) = context.find_frames(address) else {
            panic!("the debug information is in another file");
        };
        let mut frames = frames.unwrap();
        // From what was compiled to what that was inlined into.
        let mut names = Vec::new();
        while let Some(frame) = frames.next().unwrap() {
            let name = frame.function.map(|f| source_name(&f.raw_name().unwrap()));
            names.push(name.unwrap_or_default());
        }
        // A function that was left out is said to be at 0, where another one is.
        let is_known = names.last().is_some_and(|name| name == linked);
        let ours = names.iter().find(|name| name.contains(OURS));
        let owner = ours.filter(|_| is_known).map_or(linked, |name| name);
        owner.replace(OURS, "")
    };
    let all = code::instructions(&file).into_iter();
    // Zeros between functions are never executed.
    let all = all.filter(|&(at, word)| word != 0 || calls.around(at).is_some());
    let special = all.filter_map(|word| Some((owner(word.0), special(word)?)));
    special.collect()
}

/// In both directions: nothing that is not listed, and nothing listed that is not there.
#[rstest]
fn are_where_they_are_listed_and_nowhere_else(
    #[values("purgatory", "purgatory-sha2")] image: &str,
) {
    let mut found = specials(&built(&format!("{image}.elf")));
    if compiler_leaves_one(&built(&format!("{image}.ro"))) {
        found.retain(|(function, _)| function != PANIC);
    }
    let listed = allowed().map(|(function, special)| (function.into(), special.into()));
    let listed: BTreeSet<(String, String)> = listed.collect();
    let not_listed: Vec<_> = found.difference(&listed).collect();
    let not_there: Vec<_> = listed.difference(&found).collect();
    assert!(not_listed.is_empty(), "not listed: {not_listed:#?}");
    assert!(
        not_there.is_empty(),
        "listed, and not there: {not_there:#?}"
    );
}

#[test]
fn each_kind_is_told_by_its_name() {
    for (word, name) in [
        (0xd518_1001, Some("msr sctlr_el1")),
        (0xd538_1013, Some("mrs sctlr_el1")),
        (0xd518_207f, Some("msr tcr2_el1")),
        (0xd503_4fdf, Some("msr daifset #0xf")),
        (0xd50b_7e2e, Some("dc civac")),
        (0xd50b_7a20, Some("sys #3 c7 c10 #1")),
        (0xd508_7800, Some("sys #0 c7 c8 #0")),
        (0xd508_751f, Some("ic iallu")),
        (0xd508_871f, Some("tlbi vmalle1")),
        (0xd400_0002, Some("hvc #0x0")),
        (0xd400_0003, Some("smc #0x0")),
        (0xd400_0001, Some("svc #0x0")),
        (0xd440_0000, Some("hlt #0x0")),
        (0xd420_0020, Some("brk #0x1")),
        (0x0000_0000, Some("udf #0x0")),
        (0xd69f_03e0, Some("eret")),
        (0xd503_205f, Some("wfe")),
        (0xd503_467f, Some("smstop")),
        (0x5e02_4020, Some("sha256h")),
        (0x3dc0_0020, Some(VECTORS)),
        (0x9e66_0000, Some(VECTORS)),
        (0xd503_201f, None),
        (0xd503_3f9f, None),
        (0xd503_379f, None),
        (0xd503_3fdf, None),
        (0x9b02_0c20, None),
        (0xd65f_03c0, None),
    ] {
        assert_eq!(special((0, word)).as_deref(), name, "{word:08x}");
    }
}
