//! Images as a linker makes them, and as it must not.

use super::*;
use object::elf;
use object::write::elf::{FileHeader, ProgramHeader, SectionHeader, Sym, Writer};

/// A small linked image; each test changes what it is about.
struct Linked {
    bytes: Vec<u8>,
    segment: u64,
    bss: u64,
    symbols: Vec<(&'static str, u64, u64)>,
    relocation: Option<u32>,
}

impl Linked {
    fn sound() -> Self {
        let mut symbols = Vec::new();
        let mut next = 0x1000;
        for symbol in &abi::SYMBOLS {
            let size = symbol.size.unwrap_or(12);
            symbols.push((symbol.name, next, size));
            next += size;
        }
        Self {
            bytes: (0..=255).cycle().take(0x1200).collect(),
            segment: 0,
            bss: 0x2000,
            symbols,
            relocation: None,
        }
    }

    fn symbol(&mut self, name: &str) -> &mut (&'static str, u64, u64) {
        self.symbols.iter_mut().find(|s| s.0 == name).unwrap()
    }

    fn flatten(&self) -> Result<Flat, String> {
        flatten(&self.link())
    }

    fn error(&self) -> String {
        self.flatten().unwrap_err()
    }

    fn link(&self) -> Vec<u8> {
        let mut file = Vec::new();
        let mut w = Writer::new(object::Endianness::Little, true, &mut file);
        let text_name = w.add_section_name(b".text");
        let rela_name = w.add_section_name(b".rela.dyn");
        let bss_name = w.add_section_name(b".bss");
        let text = w.reserve_section_index();
        w.reserve_section_index();
        w.reserve_section_index();
        w.reserve_symtab_section_index();
        w.reserve_strtab_section_index();
        w.reserve_shstrtab_section_index();
        w.reserve_null_symbol_index();
        let names: Vec<_> = self
            .symbols
            .iter()
            .map(|s| w.add_string(s.0.as_bytes()))
            .collect();
        for _ in &names {
            w.reserve_symbol_index(Some(text));
        }
        w.reserve_file_header();
        w.reserve_program_headers(1);
        let offset = w.reserve(self.bytes.len(), 8) as u64;
        let rela_size = if self.relocation.is_some() { 24 } else { 0 };
        let rela = w.reserve(rela_size, 8) as u64;
        w.reserve_symtab();
        w.reserve_strtab();
        w.reserve_shstrtab();
        w.reserve_section_headers();

        w.write_file_header(&FileHeader {
            os_abi: elf::ELFOSABI_NONE,
            abi_version: 0,
            e_type: elf::ET_DYN,
            e_machine: elf::EM_AARCH64,
            e_entry: 0,
            e_flags: 0,
        })
        .unwrap();
        w.write_align_program_headers();
        let size = self.bytes.len() as u64;
        w.write_program_header(&ProgramHeader {
            p_type: elf::PT_LOAD,
            p_flags: elf::PF_R | elf::PF_X,
            p_offset: offset,
            p_vaddr: self.segment,
            p_paddr: self.segment,
            p_filesz: size,
            p_memsz: size,
            p_align: 4096,
        });
        w.write_align(8);
        w.write(&self.bytes);
        w.write_align(8);
        if let Some(r_type) = self.relocation {
            for field in [0x1000, u64::from(r_type), 0] {
                w.write(&field.to_le_bytes());
            }
        }
        w.write_null_symbol();
        for (name, &(_, st_value, st_size)) in names.iter().zip(&self.symbols) {
            w.write_symbol(&Sym {
                name: Some(*name),
                section: Some(text),
                st_info: elf::STB_GLOBAL << 4,
                st_other: 0,
                st_shndx: 0,
                st_value,
                st_size,
            });
        }
        w.write_strtab();
        w.write_shstrtab();
        w.write_null_section_header();
        let alloc = u64::from(elf::SHF_ALLOC);
        for (name, sh_type, sh_flags, sh_addr, sh_offset, sh_size) in [
            (
                text_name,
                elf::SHT_PROGBITS,
                alloc,
                self.segment,
                offset,
                size,
            ),
            (rela_name, elf::SHT_RELA, 0, 0, rela, rela_size as u64),
            (bss_name, elf::SHT_NOBITS, alloc, self.bss, rela, 0x3000),
        ] {
            w.write_section_header(&SectionHeader {
                name: Some(name),
                sh_type,
                sh_flags,
                sh_addr,
                sh_offset,
                sh_size,
                sh_link: 0,
                sh_info: 0,
                sh_addralign: 8,
                sh_entsize: 24,
            });
        }
        w.write_symtab_section_header(1);
        w.write_strtab_section_header();
        w.write_shstrtab_section_header();
        file
    }
}

#[test]
fn a_sound_image_gives_its_bytes_its_bss_and_its_symbols() {
    let linked = Linked::sound();
    let flat = linked.flatten().unwrap();
    assert_eq!(flat.bytes, linked.bytes);
    assert_eq!(flat.bss_size, 0x3000);
    assert_eq!(flat.symbols[1], (0x100c, 256));
    assert_eq!(flat.self_relocations, 0);
}

#[test]
fn what_is_linked_behind_address_0_is_found_there() {
    let mut linked = Linked::sound();
    (linked.segment, linked.bss) = (0x1000, 0x3000);
    let flat = linked.flatten().unwrap();
    assert_eq!(flat.bytes[..0x1000], [0; 0x1000]);
    assert_eq!(flat.bytes[0x1000..], linked.bytes);
    assert_eq!(flat.parts.iter().collect::<Vec<_>>(), [&(0x1000..0x2200)]);
}

/// kexec begins each part on a page.
#[test]
fn a_part_that_does_not_begin_on_a_page_is_refused() {
    let mut linked = Linked::sound();
    linked.segment = 0x400;
    assert!(linked.error().contains("not on a page of its own"));
}

#[test]
fn a_bss_that_kexec_would_put_elsewhere_is_refused() {
    let mut linked = Linked::sound();
    linked.bss = 0x3000;
    assert_eq!(
        linked.error(),
        ".bss is linked at 0x3000, kexec puts it at 0x2000"
    );
}

#[test]
fn a_symbol_that_is_missing_is_refused_by_name() {
    let mut linked = Linked::sound();
    linked.symbols.retain(|s| s.0 != "arm64_sink");
    assert_eq!(
        linked.error(),
        "the image defines no global symbol arm64_sink"
    );
}

#[test]
fn a_symbol_of_another_size_is_refused_by_name() {
    let mut linked = Linked::sound();
    linked.symbol("skip_checks").2 = 8;
    assert_eq!(linked.error(), "skip_checks has size 8, a loader expects 4");
}

#[test]
fn a_symbol_that_is_zeroed_memory_is_refused_by_name() {
    let mut linked = Linked::sound();
    linked.symbol("sha256_digest").1 = 0x2000;
    assert_eq!(
        linked.error(),
        "sha256_digest at 0x2000 is not among the bytes of the file"
    );
}

#[test]
fn only_relocations_that_the_entry_code_applies_are_accepted() {
    let mut linked = Linked::sound();
    linked.relocation = Some(elf::R_AARCH64_RELATIVE);
    assert_eq!(linked.flatten().unwrap().self_relocations, 1);
    linked.relocation = Some(elf::R_AARCH64_ABS64);
    assert_eq!(linked.error(), "relocation type 257 at 0x1000");
}

#[test]
fn a_wild_address_is_refused() {
    let mut linked = Linked::sound();
    linked.segment = 0xffff_0000_0000;
    assert!(linked.error().contains("in ascending order"));
}
