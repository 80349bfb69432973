// SPDX-License-Identifier: MIT OR Apache-2.0

//! `purgatory.ro` as the loader sees it, and the code that is in it.
//!
//! kexec knows little ELF: it dies on what it does not know, or worse, takes it for something else.
//! And the processor that runs the image has its MMU off and perhaps no FP: some instructions that
//! every compiler likes end there in a silent hang.

mod code;
mod errata;
mod kernel_loader;
mod panics;
mod sctlr;
mod specials;
mod stack;
mod tools;

use std::fs;

use object::elf::*;
use object::read::elf::{ElfFile64, ProgramHeader, SectionHeader};
use object::{LittleEndian as LE, Object, ObjectSection, ObjectSymbol};
use purgatory_test_harness::a64::calls::Calls;
use purgatory_test_harness::abi::{ALIASES, ENTRY_POINT, MAX_FILE_SIZE, VARIABLES};
use purgatory_test_harness::purgatory_ro::{PAGE, PurgatoryRo};
use purgatory_test_harness::root;

fn built(name: &str) -> Vec<u8> {
    let path = root().join("target").join(name);
    fs::read(&path).unwrap_or_else(|e| panic!("{}: {e}; run `make` first", path.display()))
}

fn parse(bytes: &[u8]) -> ElfFile64<'_, LE> {
    ElfFile64::parse(bytes).expect("ELF64, little-endian")
}

#[test]
fn it_is_a_relocatable_object_for_arm64_that_fits_its_slot() {
    let bytes = built("purgatory.ro");
    let ro = parse(&bytes);
    let header = ro.elf_header();
    assert_eq!(header.e_type.get(LE), ET_REL);
    assert_eq!(header.e_machine.get(LE), EM_AARCH64);
    assert!(
        bytes.len() <= MAX_FILE_SIZE,
        "{} bytes, {MAX_FILE_SIZE} at most",
        bytes.len()
    );
}

/// Every version of kexec knows other relocations.
#[test]
fn it_has_no_relocations() {
    for section in parse(&built("purgatory.ro")).sections() {
        let kind = section.elf_section_header().sh_type(LE);
        let name = section.name().unwrap();
        assert!(
            ![SHT_REL, SHT_RELA, SHT_RELR].contains(&kind),
            "{name} holds relocations"
        );
    }
}

/// `.eh_frame` would be loaded, and relocated; a comment is space.
#[test]
fn it_has_the_sections_that_are_loaded_and_the_names_and_no_more() {
    let bytes = built("purgatory.ro");
    let ro = parse(&bytes);
    let (alloc, write, execute) = (
        u64::from(SHF_ALLOC),
        u64::from(SHF_WRITE),
        u64::from(SHF_EXECINSTR),
    );
    let found: Vec<_> = ro
        .sections()
        .map(|section| {
            let header = section.elf_section_header();
            (
                section.name().unwrap(),
                header.sh_type(LE),
                header.sh_flags(LE),
                header.sh_addralign(LE),
            )
        })
        .collect();
    let expected = [
        (".text", SHT_PROGBITS, alloc | execute, 4096),
        (".rodata", SHT_PROGBITS, alloc, 4096),
        (".bss", SHT_NOBITS, alloc | write, 4096),
        (".symtab", SHT_SYMTAB, 0, 8),
        (".note.package", SHT_NOTE, 0, 4),
        (".strtab", SHT_STRTAB, 0, 1),
    ];
    assert_eq!(found, expected);
}

/// Returns the image as kexec lays it out.
fn laid_out(ro: &[u8]) -> PurgatoryRo {
    PurgatoryRo::read(ro).unwrap_or_else(|refusal| panic!("purgatory.ro: {refusal}"))
}

/// kexec puts the zeroed part at the next page after the bytes. The code was linked for some place.
#[test]
fn its_zeroed_part_comes_where_it_was_linked() {
    let (ro, elf) = (built("purgatory.ro"), built("purgatory.elf"));
    let image = laid_out(&ro);
    let linked = parse(&elf);
    let linked = linked.section_by_name(".bss").unwrap();
    let bytes = image.bytes.len() as u64;
    assert_eq!(bytes.next_multiple_of(PAGE), linked.address());
    let end = linked.address() + linked.size();
    assert_eq!(image.memsz, end.next_multiple_of(PAGE));
    let zeroed = parse(&ro).section_by_name(".bss").unwrap().size();
    assert_eq!(zeroed, linked.size());
}

#[test]
fn its_bytes_are_those_of_the_linked_image() {
    let (ro, elf) = (built("purgatory.ro"), built("purgatory.elf"));
    let image = laid_out(&ro).bytes;
    for segment in parse(&elf).elf_program_headers() {
        let content = segment.data(LE, elf.as_slice()).unwrap();
        if segment.p_type(LE) == PT_LOAD && !content.is_empty() {
            let start = segment.p_vaddr(LE) as usize;
            assert!(
                image.get(start..start + content.len()) == Some(content),
                "the segment at {start:#x} differs; run `make`"
            );
        }
    }
}

/// The loader takes a symbol only if it is global, of its size, and among the bytes. One that it
/// does not know stays as it is in the file, and 0 means "not set".
#[test]
fn its_symbols_are_those_that_the_loader_sets_each_of_its_size_and_zero() {
    let bytes = built("purgatory.ro");
    let ro = parse(&bytes);
    let (text, rodata) = (
        ro.section_by_name(".text").unwrap(),
        ro.section_by_name(".rodata").unwrap(),
    );
    let mut names: Vec<_> = ro.symbols().map(|s| s.name().unwrap()).collect();
    names.sort_unstable();
    let variables = VARIABLES.map(|(name, _)| name);
    let aliases = ALIASES.map(|(name, _)| name);
    let mut expected = [&variables[..], &aliases, &[ENTRY_POINT]].concat();
    expected.sort_unstable();
    assert_eq!(names, expected, "nothing else, nothing undefined");

    let find = |name| {
        let symbol = ro.symbols().find(|s| s.name() == Ok(name)).unwrap();
        let raw = symbol.elf_symbol();
        assert_eq!(raw.st_bind(), STB_GLOBAL, "{name}");
        assert_eq!(raw.st_visibility(), STV_DEFAULT, "{name}");
        symbol
    };
    let entry = find(ENTRY_POINT);
    assert_eq!(entry.section_index(), Some(text.index()));
    assert_eq!(entry.elf_symbol().st_type(), STT_FUNC);
    assert_eq!(entry.address() % 4, 0);
    for (name, size) in VARIABLES {
        let symbol = find(name);
        assert_eq!(symbol.section_index(), Some(rodata.index()), "{name}");
        assert_eq!(symbol.elf_symbol().st_type(), STT_OBJECT, "{name}");
        assert_eq!(symbol.size(), size, "{name}");
        // Read with the MMU off, where an unaligned access faults.
        assert_eq!(
            symbol.address() % size.min(8),
            0,
            "{name} at {:#x}",
            symbol.address()
        );
        let value = &rodata.data().unwrap()[symbol.address() as usize..][..size as usize];
        assert!(
            value.iter().all(|&byte| byte == 0),
            "{name} is {value:02x?}"
        );
    }
}

/// Unwind tables would add a section to the image that nothing reads.
#[test]
fn the_linked_image_loads_only_what_it_uses() {
    for section in parse(&built("purgatory.elf")).sections() {
        let allocated = section.elf_section_header().sh_flags(LE) & u64::from(SHF_ALLOC) != 0;
        let name = section.name().unwrap();
        assert!(
            !allocated || [".text", ".rodata", ".rela.dyn", ".bss"].contains(&name),
            "{name} is loaded"
        );
    }
}

/// Every instruction: see `code.rs` for what may not be, and why.
#[test]
fn its_code_runs_anywhere_with_the_mmu_off_and_without_fp() {
    let bytes = built("purgatory.elf");
    let elf = parse(&bytes);
    let code = code::instructions(&elf);
    let calls = Calls::read(&bytes).unwrap();
    for function in calls.functions() {
        let all = function.range.clone().step_by(4);
        let decoded = code.iter().filter(|(at, _)| function.range.contains(at));
        let decoded = decoded.map(|&(at, _)| at);
        assert!(decoded.eq(all), "all of {} is decoded", function.name);
    }
    // These run only where the CPU has SHA2 instructions and FP does not trap.
    let vectors: Vec<_> = specials::with_vectors()
        .map(|name| calls.function(name).unwrap().range.clone())
        .collect();
    let symbol = |name| {
        let symbol = elf.symbols().find(|s| s.name() == Ok(name));
        symbol.unwrap().address()
    };
    let attempts = symbol("attempts")..symbol("attempt_failed");
    let faults: Vec<_> = code::faults(
        &code,
        |address| vectors.iter().any(|f| f.contains(&address)),
        &attempts,
    )
    .into_iter()
    .map(|(address, what)| format!("{address:#x} {}: {what}", code::place(&elf, address)))
    .collect();
    assert!(
        faults.is_empty(),
        "{} instructions, of them\n{}",
        code.len(),
        faults.join("\n")
    );
}

/// Only the vectors of our own level with SP_ELx lead anywhere. No other can be taken if PSTATE.SP
/// becomes 1 in the first instructions, and nothing changes it or goes to another level after that.
#[test]
fn its_exceptions_are_taken_from_its_own_level_with_its_own_stack_pointer() {
    let elf = built("purgatory.elf");
    let elf = parse(&elf);
    let code = code::instructions(&elf);
    let found = |mask: u32, value: u32| -> Vec<(u64, u32)> {
        let fits = |&&(_, word): &&code::Word| word & mask == value;
        code.iter().filter(fits).copied().collect()
    };
    assert_eq!(found(0xffff_ffff, 0xd69f_03e0), [], "ERET");
    assert_eq!(found(0xffff_ffe0, 0xd518_4200), [], "MSR SPSel, Xt");
    let entry = elf.symbols().find(|s| s.name() == Ok("purgatory_start"));
    let entry = entry.unwrap().address();
    assert_eq!(
        found(0xffff_f0ff, 0xd500_40bf),
        [(entry + 4, 0xd500_41bf)],
        "MSR SPSel, #imm: once, to 1, at the entry"
    );
}
