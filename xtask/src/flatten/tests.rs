// SPDX-License-Identifier: MIT OR Apache-2.0

//! Images as a linker makes them, and as it must not.

use super::*;
use crate::wrap::wrap;

/// A small linked image: what `wrap` makes of it, with one segment and the addresses of a linker.
struct Linked {
    flat: Flat,
    segment: u64,
    bss: u64,
}

impl Linked {
    fn sound() -> Self {
        let named = SYMBOLS.iter().map(|s| (s.name, s.size as u64));
        let mut next = 0x1000;
        let symbols = [(ENTRY, 12)].into_iter().chain(named).map(|(name, size)| {
            let value = next;
            next += size;
            Symbol { name, value, size }
        });
        let flat = Flat {
            symbols: symbols.collect(),
            bytes: (0..=255).cycle().take(0x1200).collect(),
            parts: vec![0..0x1200, 0x1200..0x1200],
            bss_size: 0x3000,
            self_relocations: 0,
        };
        Self {
            flat,
            segment: 0,
            bss: 0x2000,
        }
    }

    fn symbol(&mut self, name: &str) -> &mut Symbol {
        let mut symbols = self.flat.symbols.iter_mut();
        symbols.find(|s| s.name == name).unwrap()
    }

    fn link(&self) -> Vec<u8> {
        let mut file = wrap(&self.flat, &[]).unwrap();
        let (end, size) = (file.len() as u64, self.flat.bytes.len() as u64);
        put(&mut file, 32, &[end]); // e_phoff
        file[54] = 56; // e_phentsize
        file[56] = 1; // e_phnum
        put_section(&mut file, 3, 16, self.bss); // sh_addr
        let (kind, content) = (u64::from(PT_LOAD), 64);
        let header = [kind, content, self.segment, self.segment, size, size, PAGE];
        file.extend(header.iter().flat_map(|field| field.to_le_bytes()));
        file
    }
}

/// Replaces 8-byte fields.
fn put(file: &mut [u8], offset: usize, fields: &[u64]) {
    let bytes: Vec<u8> = fields
        .iter()
        .flat_map(|field| field.to_le_bytes())
        .collect();
    file[offset..offset + bytes.len()].copy_from_slice(&bytes);
}

fn section_header(file: &[u8], section: usize) -> usize {
    u64::from_le_bytes(file[40..48].try_into().unwrap()) as usize + 64 * section
}

fn put_section(file: &mut [u8], section: usize, field: usize, value: u64) {
    put(file, section_header(file, section) + field, &[value]);
}

/// An image with one relocation, in place of the section without bytes that is its second part.
fn with_relocation(kind: u32) -> Vec<u8> {
    let mut file = Linked::sound().link();
    let end = file.len() as u64;
    let at = section_header(&file, 2);
    file[at + 4] = 4; // SHT_RELA
    put(&mut file, at + 8, &[0, 0, end, 24, 4]); // flags, address, offset, size, link
    put(&mut file, at + 56, &[24]);
    file.extend(
        [0x1000, u64::from(kind), 0]
            .iter()
            .flat_map(|field| field.to_le_bytes()),
    );
    file
}

#[test]
fn a_sound_image_gives_its_bytes_its_bss_and_its_symbols() {
    let linked = Linked::sound();
    let flat = flatten(&linked.link()).unwrap();
    assert_eq!(flat.bytes, linked.flat.bytes);
    assert_eq!(flat.bss_size, 0x3000);
    let is_alias = |symbol: &Symbol| ALIASES.iter().any(|&(alias, _)| alias == symbol.name);
    let (aliases, others) = flat.symbols.into_iter().partition::<Vec<_>, _>(is_alias);
    assert_eq!(others, linked.flat.symbols);
    let places = |symbol: &Symbol| (symbol.value, symbol.size);
    let of = |name| others.iter().find(|symbol| symbol.name == name).map(places);
    let expected = ALIASES.map(|(_, name)| of(name));
    assert_eq!(
        aliases.iter().map(places).map(Some).collect::<Vec<_>>(),
        expected
    );
    assert_eq!(flat.self_relocations, 0);
}

#[test]
fn what_is_linked_behind_address_0_is_found_there() {
    let linked = Linked {
        segment: 0x1000,
        bss: 0x3000,
        ..Linked::sound()
    };
    let flat = flatten(&linked.link()).unwrap();
    assert_eq!(flat.bytes[..0x1000], [0; 0x1000]);
    assert_eq!(flat.bytes[0x1000..], linked.flat.bytes);
    assert_eq!(flat.parts.iter().collect::<Vec<_>>(), [&(0x1000..0x2200)]);
}

#[test]
fn what_kexec_would_lay_out_otherwise_is_refused_by_name() {
    type Change = fn(&mut Linked);
    let refused: [(Change, &str); 5] = [
        (|l| l.segment = 0x400, "not on a page of its own"),
        (|l| l.segment = 0xffff_0000_0000, "in ascending order"),
        (
            |l| l.bss = 0x3000,
            ".bss is linked at 0x3000, kexec puts it at 0x2000",
        ),
        (
            |l| l.symbol("skip_checks").size = 8,
            "skip_checks has size 8, a loader expects 4",
        ),
        (
            |l| l.symbol("sha256_digest").value = 0x11f8,
            "sha256_digest at 0x11f8 is not among",
        ),
    ];
    for (change, reason) in refused {
        let mut linked = Linked::sound();
        change(&mut linked);
        let error = flatten(&linked.link()).unwrap_err().to_string();
        assert!(error.contains(reason), "{reason}: {error}");
    }
}

#[test]
fn a_symbol_that_is_missing_is_refused_by_name() {
    let mut file = Linked::sound().link();
    let name = file.windows(10).rposition(|w| w == b"arm64_sink").unwrap();
    file[name] = b'x';
    let error = flatten(&file).unwrap_err().to_string();
    assert_eq!(error, "the image defines no global symbol arm64_sink");
}

#[test]
fn only_relocations_that_the_entry_code_applies_are_accepted() {
    let relocated = flatten(&with_relocation(R_AARCH64_RELATIVE));
    assert_eq!(relocated.unwrap().self_relocations, 1);
    let error = flatten(&with_relocation(object::elf::R_AARCH64_ABS64)).unwrap_err();
    assert_eq!(error.to_string(), "relocation type 257 at 0x1000");
}
