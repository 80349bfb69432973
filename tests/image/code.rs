// SPDX-License-Identifier: MIT OR Apache-2.0

//! What instructions there are in the image, and which of them must not be anywhere. What may be in
//! some functions is in `specials.rs`.

use std::ops::Range;

use disarm64::decoder::decode;
use disarm64::{Insn, InsnOpcode};
use disarm64_defn::{InsnClass, InsnFeatureSet, InsnOperandClass};
use object::elf::SHF_EXECINSTR;
use object::read::elf::{ElfFile64, ElfSection64, ElfSymbol64, SectionHeader};
use object::{LittleEndian as LE, Object, ObjectSection, ObjectSymbol};

/// An instruction's address and encoding.
pub type Word = (u64, u32);

/// Returns all instructions of an image. `$x` and `$d` mark where code begins and where data
/// between it (ELF for the Arm 64-bit Architecture, "Mapping symbols").
pub fn instructions(elf: &ElfFile64<'_, LE>) -> Vec<Word> {
    let executable = |section: &ElfSection64<'_, '_, LE>| {
        let flags = section.elf_section_header().sh_flags(LE);
        flags & u64::from(SHF_EXECINSTR) != 0
    };
    // Debug information has marks of its own, with small addresses.
    let in_code = |symbol: &ElfSymbol64<'_, '_, LE>| {
        let section = symbol.section_index();
        let section = section.and_then(|index| elf.section_by_index(index).ok());
        section.is_some_and(|section| executable(&section))
    };
    let mut marks: Vec<(u64, bool)> = elf
        .symbols()
        .filter(in_code)
        .filter_map(|s| match s.name().ok()?.split('.').next()? {
            "$x" => Some((s.address(), true)),
            "$d" => Some((s.address(), false)),
            _ => None,
        })
        .collect();
    marks.sort_unstable();
    let is_code = |address| {
        let after = marks.partition_point(|&(mark, _)| mark <= address);
        marks[..after].last().is_none_or(|&(_, code)| code)
    };
    elf.sections()
        .filter(executable)
        .flat_map(|section| {
            let words = section.data().unwrap().chunks_exact(4);
            let words = words.map(|word| u32::from_le_bytes(word.try_into().unwrap()));
            (section.address()..)
                .step_by(4)
                .zip(words)
                .collect::<Vec<_>>()
        })
        .filter(|&(address, _)| is_code(address))
        .collect()
}

/// Returns the function that an address lies in.
pub fn place(elf: &ElfFile64<'_, LE>, address: u64) -> String {
    let named = elf
        .symbols()
        .filter(|s| s.name().is_ok_and(|n| !n.is_empty() && !n.starts_with('$')));
    let before = named.filter(|s| s.is_definition() && s.address() <= address);
    before.max_by_key(|s| s.address()).map_or("?".into(), |s| {
        format!("{}+{:#x}", s.name().unwrap(), address - s.address())
    })
}

/// Returns the instructions that must not be, each with the reason. Where `vectors` says so, vector
/// registers and SHA2 instructions may be; among `attempts` what is newer than Armv8.0-A, for an
/// exception costs nothing there.
pub fn faults(
    code: &[Word],
    vectors: impl Fn(u64) -> bool,
    attempts: &Range<u64>,
) -> Vec<(u64, String)> {
    let single = code.iter().filter_map(|&(address, word)| {
        let reason = forbidden(word, vectors(address))?;
        if reason == NEWER && attempts.contains(&address) {
            return None;
        }
        let text = decode(word).map_or_else(|| format!("{word:08x}"), |i| i.to_string());
        Some((address, format!("{text}: {reason}")))
    });
    single.collect()
}

const NEWER: &str = "not every Armv8.0-A processor has it";

/// Why an instruction may not be in the image, if so.
fn forbidden(word: u32, vectors: bool) -> Option<&'static str> {
    let Some(decoded) = decode(word) else {
        return Some("no known instruction");
    };
    let instruction = decoded.definition();
    if is_exclusive(instruction) {
        return Some(
            "exclusives are not guaranteed on Device memory, which all is with the MMU off",
        );
    }
    if is_atomic(instruction.class) {
        return Some("atomics are not guaranteed on Device memory, which all is with the MMU off");
    }
    if instruction.operands.iter().any(|o| is_sve(o.class)) {
        return Some("SVE and SME registers may not be there, or may trap");
    }
    if vectors {
        return None;
    }
    if uses_vectors(word) {
        return Some("FP and SIMD registers may not be there, or may trap");
    }
    if instruction.feature_set != InsnFeatureSet::V8 {
        return Some(NEWER);
    }
    None
}

/// Returns whether it has a register of FP, SIMD or SVE.
pub fn uses_vectors(word: u32) -> bool {
    let operands = decode(word).map(|decoded| decoded.definition().operands);
    let mut operands = operands.into_iter().flatten();
    operands.any(|operand| is_fp(operand.class))
}

/// Of the class, load-acquire and store-release are ordinary accesses with an order.
fn is_exclusive(instruction: &Insn) -> bool {
    let ordered = ["ldar", "stlr", "ldlar", "stllr", "ldapr"];
    instruction.class == InsnClass::LDSTEXCL
        && !ordered.contains(&instruction.mnemonic.trim_end_matches(['b', 'h']))
}

fn is_atomic(class: InsnClass) -> bool {
    use InsnClass::*;
    matches!(class, LSE_ATOMIC | LSE128_ATOMIC | THE)
}

fn is_fp(operand: InsnOperandClass) -> bool {
    use InsnOperandClass::*;
    matches!(
        operand,
        FP_REG | SISD_REG | SIMD_REG | SIMD_ELEMENT | SIMD_REGLIST
    ) || is_sve(operand)
}

fn is_sve(operand: InsnOperandClass) -> bool {
    use InsnOperandClass::*;
    matches!(operand, SVE_REG | SVE_REGLIST | PRED_REG | ZA_ACCESS)
}

#[test]
fn each_kind_of_forbidden_instruction_is_caught() {
    for (word, text, reason) in [
        (0xc800_7c41, "stxr w0, x1, [x2]", "exclusives"),
        (0xc85f_7c41, "ldxr x1, [x2]", "exclusives"),
        (0x085f_fc41, "ldaxrb w1, [x2]", "exclusives"),
        (0xc800_fc41, "stlxr w0, x1, [x2]", "exclusives"),
        (0xc87f_0440, "ldxp x0, x1, [x2]", "exclusives"),
        (0xc820_0861, "stxp w0, x1, x2, [x3]", "exclusives"),
        (0xc8a0_7c41, "cas x0, x1, [x2]", "atomics"),
        (0x4820_7c82, "casp x0, x1, x2, x3, [x4]", "atomics"),
        (0xf820_8041, "swp x0, x1, [x2]", "atomics"),
        (0xf820_0041, "ldadd x0, x1, [x2]", "atomics"),
        (0xf820_005f, "stadd x0, [x2]", "atomics"),
        (0x3820_3041, "ldsetb w0, w1, [x2]", "atomics"),
        (0x1920_0800, "rcwcas x0, x0, [x0]", "atomics"),
        (0x3dc0_0020, "ldr q0, [x1]", "FP"),
        (0xfd00_0020, "str d0, [x1]", "FP"),
        (0x1c00_0000, "ldr s0, #0", "FP"),
        (0xad00_0400, "stp q0, q1, [x0]", "FP"),
        (0x4c40_7000, "ld1 {v0.16b}, [x0]", "FP"),
        (0x9e66_0000, "fmov x0, d0", "FP"),
        (0x4e08_1c00, "mov v0.d[0], x0", "FP"),
        (0x6f00_e400, "movi v0.2d, #0", "FP"),
        (0x1e20_2800, "fadd s0, s0, s0", "FP"),
        (0x5e02_4020, "sha256h q0, q1, v2.4s", "FP"),
        (0x0420_0000, "add z0.b, z0.b, z0.b", "SVE"),
        (0x9ac0_4c20, "crc32x w0, w1, x0", "Armv8.0-A"),
        (0xf8bf_c041, "ldapr x1, [x2]", "Armv8.0-A"),
        (0xdac1_03c0, "pacia x0, x30", "Armv8.0-A"),
        (0xffff_ffff, "no instruction", "no known"),
    ] {
        let found = faults(&[(0x1000, word)], |_| false, &(0..0));
        assert_eq!(found.len(), 1, "{text}: {found:?}");
        assert!(found[0].1.contains(reason), "{text}: {found:?}");
    }
}

#[test]
fn smstop_may_be_an_attempt() {
    const SMSTOP: u32 = 0xd503_467f;
    let at = |attempts| faults(&[(0x1000, SMSTOP)], |_| false, &attempts).len();
    assert_eq!(at(0x1000..0x1004), 0);
    assert_eq!(at(0x1004..0x1008), 1);
}

#[test]
fn what_the_image_is_made_of_is_let_pass() {
    for (word, text) in [
        (0xd503_3fdf, "isb"),
        (0xd503_3f9f, "dsb sy"),
        (0xd518_1000, "msr sctlr_el1, x0"),
        (0xd538_0700, "mrs x0, id_aa64mmfr0_el1"),
        (0xd50b_7e20, "dc civac, x0"),
        (0xd508_751f, "ic iallu"),
        (0xd508_871f, "tlbi vmalle1"),
        (0xd503_4fdf, "msr daifset, #15"),
        (0xd69f_03e0, "eret"),
        (0xd503_207f, "wfi"),
        (0xc8df_fc41, "ldar x1, [x2]"),
        (0x089f_fc41, "stlrb w1, [x2]"),
        (0xa9bf_7bfd, "stp x29, x30, [sp, #-16]!"),
        (0xf940_0020, "ldr x0, [x1]"),
        (0x5ac0_0820, "rev w0, w1"),
        (0x9b02_0c20, "madd x0, x1, x2, x3"),
        (0xd61f_0000, "br x0"),
    ] {
        assert_eq!(faults(&[(0x1000, word)], |_| false, &(0..0)), [], "{text}");
    }
}

#[test]
fn vector_registers_may_be_where_they_are_allowed_and_exclusives_and_sve_nowhere() {
    let (sha256h, stxr, add_z0) = (0x5e02_4020, 0xc800_7c41, 0x0420_0000);
    let code = [
        (0x1000, sha256h),
        (0x2000, sha256h),
        (0x2004, stxr),
        (0x2008, add_z0),
    ];
    let found = faults(&code, |address| address >= 0x2000, &(0..0));
    let found: Vec<u64> = found.into_iter().map(|(address, _)| address).collect();
    assert_eq!(found, [0x1000, 0x2004, 0x2008]);
}
