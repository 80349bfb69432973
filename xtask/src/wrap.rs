//! Wraps the flat image into the relocatable object that kexec loads.
//!
//! kexec relocates, but each of its versions knows other relocations and dies on the rest. So there
//! are none: one section of bytes, one of zeros, and the symbols. Nothing else is in the file, for
//! it is to fit where a packaged kexec keeps its own: one string table serves symbols and sections.

use crate::abi;
use crate::flat::Flat;
use object::elf::*;
use object::endian::{LittleEndian as LE, U16, U32, U64};
use object::pod::bytes_of;

/// The number of the section with the bytes. That with the zeros follows, then symbols and strings.
const IMAGE: u16 = 1;
const STRINGS: u16 = 4;

/// The file's contents.
pub fn wrap(flat: &Flat) -> Vec<u8> {
    let mut strings = Strings(vec![0]);
    let mut symbols = vec![symbol(0, 0, 0, 0, (0, 0))];
    for (symbol_of_abi, &place) in abi::SYMBOLS.iter().zip(&flat.symbols) {
        let data = symbol_of_abi.size.is_some();
        let kind = if data { STT_OBJECT } else { STT_FUNC };
        let name = strings.add(symbol_of_abi.name);
        symbols.push(symbol(name, STB_GLOBAL, kind, IMAGE, place));
    }
    let names = [".purgatory", ".bss", ".symtab", ".strtab"].map(|name| strings.add(name));

    let mut file = Vec::new();
    // Aligned in memory, not in the file: kexec copies.
    let image = Place::of(&flat.bytes, size_of::<FileHeader64<LE>>());
    let symbols: Vec<u8> = symbols.iter().flat_map(|s| bytes_of(s).to_vec()).collect();
    let symtab = Place::of(&symbols, image.end().next_multiple_of(8));
    let strtab = Place::of(&strings.0, symtab.end());
    let sections = strtab.end().next_multiple_of(8);
    let nowhere = Place {
        offset: image.end(),
        size: flat.bss_size as usize,
    };

    file.extend(bytes_of(&header(sections as u64)));
    for (content, place) in [
        (&flat.bytes, &image),
        (&symbols, &symtab),
        (&strings.0, &strtab),
    ] {
        file.resize(place.offset, 0);
        file.extend(content);
    }
    file.resize(sections, 0);
    let loaded = SHF_ALLOC | SHF_WRITE;
    let empty = section(0, SHT_NULL, 0, &Place { offset: 0, size: 0 }, 0);
    file.extend(bytes_of(&empty));
    file.extend(bytes_of(&section(
        names[0],
        SHT_PROGBITS,
        loaded | SHF_EXECINSTR,
        &image,
        abi::PAGE,
    )));
    file.extend(bytes_of(&section(
        names[1],
        SHT_NOBITS,
        loaded,
        &nowhere,
        abi::PAGE,
    )));
    let mut symtab = section(names[2], SHT_SYMTAB, 0, &symtab, 8);
    symtab.sh_link = U32::new(LE, STRINGS.into());
    // All but the null symbol are global.
    symtab.sh_info = U32::new(LE, 1);
    symtab.sh_entsize = U64::new(LE, size_of::<Sym64<LE>>() as u64);
    file.extend(bytes_of(&symtab));
    file.extend(bytes_of(&section(names[3], SHT_STRTAB, 0, &strtab, 1)));
    file
}

/// A string table.
struct Strings(Vec<u8>);

impl Strings {
    /// Appends a string; gives its offset.
    fn add(&mut self, string: &str) -> u32 {
        let offset = self.0.len() as u32;
        self.0.extend(string.bytes().chain([0]));
        offset
    }
}

/// Where in the file something lies.
struct Place {
    offset: usize,
    size: usize,
}

impl Place {
    fn of(content: &[u8], offset: usize) -> Self {
        let size = content.len();
        Self { offset, size }
    }

    fn end(&self) -> usize {
        self.offset + self.size
    }
}

fn header(sections: u64) -> FileHeader64<LE> {
    let size_of_section = size_of::<SectionHeader64<LE>>() as u16;
    FileHeader64 {
        e_ident: Ident {
            magic: ELFMAG,
            class: ELFCLASS64,
            data: ELFDATA2LSB,
            version: EV_CURRENT,
            os_abi: ELFOSABI_NONE,
            abi_version: 0,
            padding: [0; 7],
        },
        e_type: U16::new(LE, ET_REL),
        e_machine: U16::new(LE, EM_AARCH64),
        e_version: U32::new(LE, EV_CURRENT.into()),
        e_entry: U64::new(LE, 0),
        e_phoff: U64::new(LE, 0),
        e_shoff: U64::new(LE, sections),
        e_flags: U32::new(LE, 0),
        e_ehsize: U16::new(LE, size_of::<FileHeader64<LE>>() as u16),
        e_phentsize: U16::new(LE, 0),
        e_phnum: U16::new(LE, 0),
        e_shentsize: U16::new(LE, size_of_section),
        e_shnum: U16::new(LE, STRINGS + 1),
        e_shstrndx: U16::new(LE, STRINGS),
    }
}

fn section(name: u32, kind: u32, flags: u32, place: &Place, alignment: u64) -> SectionHeader64<LE> {
    SectionHeader64 {
        sh_name: U32::new(LE, name),
        sh_type: U32::new(LE, kind),
        sh_flags: U64::new(LE, flags.into()),
        sh_addr: U64::new(LE, 0),
        sh_offset: U64::new(LE, place.offset as u64),
        sh_size: U64::new(LE, place.size as u64),
        sh_link: U32::new(LE, 0),
        sh_info: U32::new(LE, 0),
        sh_addralign: U64::new(LE, alignment),
        sh_entsize: U64::new(LE, 0),
    }
}

fn symbol(name: u32, bind: u8, kind: u8, section: u16, (value, size): (u64, u64)) -> Sym64<LE> {
    Sym64 {
        st_name: U32::new(LE, name),
        st_info: bind << 4 | kind,
        st_other: STV_DEFAULT,
        st_shndx: U16::new(LE, section),
        st_value: U64::new(LE, value),
        st_size: U64::new(LE, size),
    }
}

#[cfg(test)]
pub mod tests {
    use super::*;
    use object::read::elf::{ElfFile64, FileHeader as _};
    use object::{LittleEndian, Object, ObjectSection, ObjectSymbol};

    fn flat() -> Flat {
        Flat {
            bytes: (0..=255).cycle().take(5000).collect(),
            bss_size: 0x3000,
            symbols: (0..10).map(|i| (i * 0x100, i)).collect(),
            self_relocations: 0,
        }
    }

    #[test]
    fn what_goes_in_is_what_a_reader_finds() {
        let flat = flat();
        let object = wrap(&flat);
        let file = ElfFile64::<LittleEndian>::parse(&*object).unwrap();
        assert_eq!(file.elf_header().e_type(LittleEndian), ET_REL);
        let image = file.section_by_name(".purgatory").unwrap();
        assert_eq!(image.data(), Ok(&*flat.bytes));
        assert_eq!(image.align(), 4096);
        assert_eq!(file.section_by_name(".bss").unwrap().size(), 0x3000);
        let found = file
            .symbols()
            .map(|s| (s.name().unwrap().to_string(), (s.address(), s.size())));
        let expected = abi::SYMBOLS
            .iter()
            .map(|s| s.name.to_string())
            .zip(flat.symbols);
        assert_eq!(found.collect::<Vec<_>>(), expected.collect::<Vec<_>>());
    }

    #[test]
    fn what_is_around_the_bytes_stays_below_a_kilobyte() {
        let flat = flat();
        assert!(wrap(&flat).len() < flat.bytes.len() + 1024);
    }

    /// What `ld -r` would make of a call to a function that is nowhere.
    pub fn with_a_relocation_and_an_undefined_symbol() -> Vec<u8> {
        use object::write::{Object, Relocation, StandardSection, Symbol, SymbolSection};
        let format = object::BinaryFormat::Elf;
        let mut object = Object::new(
            format,
            object::Architecture::Aarch64,
            object::Endianness::Little,
        );
        let text = object.section_id(StandardSection::Text);
        object.append_section_data(text, &[0, 0, 0, 0x94], 4);
        let symbol = object.add_symbol(Symbol {
            name: b"memcpy".to_vec(),
            value: 0,
            size: 0,
            kind: object::SymbolKind::Text,
            scope: object::SymbolScope::Dynamic,
            weak: false,
            section: SymbolSection::Undefined,
            flags: object::SymbolFlags::None,
        });
        let flags = object::RelocationFlags::Elf {
            r_type: R_AARCH64_CALL26,
        };
        object
            .add_relocation(
                text,
                Relocation {
                    offset: 0,
                    symbol,
                    addend: 0,
                    flags,
                },
            )
            .unwrap();
        object.write().unwrap()
    }
}
