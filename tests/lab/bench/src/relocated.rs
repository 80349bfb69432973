// SPDX-License-Identifier: MIT OR Apache-2.0

//! A purgatory with relocations, as kexec applies them: the C one that comes with kexec-tools.
//!
//! Ours has none; this is to count what the other one does.

use std::ops::Range;

use object::elf::{
    FileHeader64, R_AARCH64_ABS64, R_AARCH64_ADD_ABS_LO12_NC, R_AARCH64_ADR_PREL_PG_HI21,
    R_AARCH64_CALL26, R_AARCH64_JUMP26, R_AARCH64_LD_PREL_LO19, R_AARCH64_LDST64_ABS_LO12_NC,
    R_AARCH64_PREL32, SHF_ALLOC, SHT_NOBITS, SHT_RELA, SHT_SYMTAB,
};
use object::read::elf::{FileHeader as _, SectionHeader as _, Sym as _};
use object::{Endianness, SectionIndex, SymbolIndex};
use purgatory_test_harness::purgatory_ro::SectionPlacer;

/// Finds the purgatory in a `kexec` program, in which it stands byte by byte.
///
/// # Errors
/// When there is none.
pub fn in_kexec(program: &[u8]) -> Result<&[u8], String> {
    // 64 bits, little-endian; a relocatable file for AArch64.
    const HEAD: [u8; 20] = *b"\x7fELF\x02\x01\x01\0\0\0\0\0\0\0\0\0\x01\0\xb7\0";
    let mut windows = program.windows(HEAD.len());
    let at = windows.position(|window| window == HEAD);
    at.map(|at| &program[at..])
        .ok_or("there is no purgatory in this kexec".into())
}

/// Returns the file with its relocations applied for this address, and without them.
///
/// # Errors
/// When it is not a relocatable ELF file, or has relocations that kexec does not know.
pub fn relocated(file: &[u8], base: u64) -> Result<Vec<u8>, String> {
    let text = |error: object::Error| error.to_string();
    let header = FileHeader64::<Endianness>::parse(file).map_err(text)?;
    let endian = header.endian().map_err(text)?;
    let sections = header.sections(endian, file).map_err(text)?;
    let symbols = sections.symbols(endian, file, SHT_SYMTAB).map_err(text)?;

    let mut placer = SectionPlacer::default();
    for (index, section) in sections.iter().enumerate() {
        if section.sh_flags(endian) & u64::from(SHF_ALLOC) != 0 {
            let nobits = section.sh_type(endian) == SHT_NOBITS;
            let align = section.sh_addralign(endian).max(1);
            let bytes = section.data(endian, file).map_err(text)?;
            placer.add(index, nobits, align, section.sh_size(endian), bytes);
        }
    }
    placer.place_zeros();
    let address = |section: SectionIndex| placer.places.get(&section.0).map(|at| base + at);

    let mut out = file.to_vec();
    for (index, section) in sections.iter().enumerate() {
        if section.sh_type(endian) != SHT_RELA {
            continue;
        }
        let target = SectionIndex(section.sh_info(endian) as usize);
        let (all, _) = section
            .rela(endian, file)
            .map_err(text)?
            .ok_or("no relocations")?;
        let place = address(target);
        let offset = sections.section(target).map_err(text)?.sh_offset(endian);
        for rela in all {
            let number = SymbolIndex(rela.r_sym(endian, false) as usize);
            let symbol = symbols.symbol(number).map_err(text)?;
            let section = symbols
                .symbol_section(endian, symbol, number)
                .map_err(text)?;
            let of = section.and_then(address);
            let value = of.ok_or("a symbol that is nowhere")? + symbol.st_value(endian);
            let value = value.wrapping_add_signed(rela.r_addend.get(endian));
            let at = rela.r_offset.get(endian);
            let pc = place.ok_or("relocations of what is not loaded")? + at;
            let place = out
                .get_mut((offset + at) as usize..)
                .ok_or("a relocation outside the file")?;
            apply(place, rela.r_type(endian, false), value, pc)?;
        }
        // Without a size they are not applied twice. `sh_size` is 32 bytes into a header of 64.
        let header = header.e_shoff.get(endian) as usize + 64 * index;
        out[header + 32..header + 40].fill(0);
    }
    Ok(out)
}

fn apply(place: &mut [u8], kind: u32, value: u64, pc: u64) -> Result<(), String> {
    let distance = value.wrapping_sub(pc);
    let mut insert = |field: Range<u32>, bits: u64| {
        let first = place.first_chunk_mut::<4>().ok_or("cut short")?;
        let mask = ((1_u64 << (field.end - field.start)) - 1) as u32;
        let old = u32::from_le_bytes(*first) & !(mask << field.start);
        *first = (old | (bits as u32 & mask) << field.start).to_le_bytes();
        Ok::<_, String>(())
    };
    match kind {
        R_AARCH64_ABS64 => {
            let word = place.first_chunk_mut::<8>().ok_or("cut short")?;
            *word = value.to_le_bytes();
            Ok(())
        }
        R_AARCH64_PREL32 => insert(0..32, distance),
        R_AARCH64_LD_PREL_LO19 => insert(5..24, distance >> 2),
        R_AARCH64_ADR_PREL_PG_HI21 => {
            let pages = (value >> 12).wrapping_sub(pc >> 12);
            insert(29..31, pages)?;
            insert(5..24, pages >> 2)
        }
        R_AARCH64_ADD_ABS_LO12_NC => insert(10..22, value & 0xfff),
        R_AARCH64_LDST64_ABS_LO12_NC => insert(10..22, (value & 0xfff) >> 3),
        R_AARCH64_JUMP26 | R_AARCH64_CALL26 => insert(0..26, distance >> 2),
        _ => Err(format!("a relocation of type {kind}")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn applied(word: u32, kind: u32, value: u64, pc: u64) -> u32 {
        let mut place = word.to_le_bytes();
        assert_eq!(apply(&mut place, kind, value, pc), Ok(()));
        u32::from_le_bytes(place)
    }

    #[test]
    fn each_kind_goes_into_its_field() {
        // bl, 16 bytes back.
        assert_eq!(
            applied(0x9400_0000, R_AARCH64_CALL26, 0x1000, 0x1010),
            0x97ff_fffc
        );
        // adrp x0, three pages on; add x0, x0, #0x678; ldr x0, [x0, #0x678].
        assert_eq!(
            applied(0x9000_0000, R_AARCH64_ADR_PREL_PG_HI21, 0x4678, 0x1ffc),
            0xf000_0000
        );
        assert_eq!(
            applied(0x9100_0000, R_AARCH64_ADD_ABS_LO12_NC, 0x4678, 0),
            0x9119_e000
        );
        assert_eq!(
            applied(0xf940_0000, R_AARCH64_LDST64_ABS_LO12_NC, 0x4678, 0),
            0xf943_3c00
        );
        // ldr x0, 8 bytes on.
        assert_eq!(
            applied(0x5800_0000, R_AARCH64_LD_PREL_LO19, 0x1008, 0x1000),
            0x5800_0040
        );
        assert_eq!(applied(0, R_AARCH64_PREL32, 0x1000, 0x1008), 0xffff_fff8);
    }

    #[test]
    fn what_kexec_does_not_know_is_refused() {
        assert!(apply(&mut [0; 8], 0, 0, 0).is_err());
    }

    #[test]
    fn a_program_without_a_purgatory_has_none() {
        assert!(in_kexec(&[0; 100]).is_err());
    }
}
