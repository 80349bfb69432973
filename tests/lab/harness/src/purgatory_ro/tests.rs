// SPDX-License-Identifier: MIT OR Apache-2.0

//! Each way in which an image can be unfit for kexec, by name.

use object::write::{Object, Relocation, SectionId, Symbol, SymbolSection};
use object::{
    Architecture, BinaryFormat, RelocationEncoding, RelocationFlags, RelocationKind, SectionKind,
    SymbolFlags, SymbolKind, SymbolScope,
};

use super::*;

/// An image of one text, one zeroed section and the symbol `skip_checks`, to be spoilt.
struct Draft {
    object: Object<'static>,
    text: SectionId,
    bss: SectionId,
}

impl Draft {
    fn new() -> Self {
        let mut object = Object::new(
            BinaryFormat::Elf,
            Architecture::Aarch64,
            object::Endianness::Little,
        );
        let text = object.add_section(vec![], b".text".to_vec(), SectionKind::Text);
        object.append_section_data(text, &[0x11; 0x1804], 4096);
        let bss = object.add_section(vec![], b".bss".to_vec(), SectionKind::UninitializedData);
        object.append_section_bss(bss, 0x2345, 4096);
        Self { object, text, bss }
    }

    fn symbol(mut self, section: SymbolSection, size: u64, scope: SymbolScope) -> Self {
        self.object.add_symbol(Symbol {
            name: b"skip_checks".to_vec(),
            value: 0x1000,
            size,
            kind: SymbolKind::Data,
            scope,
            weak: false,
            section,
            flags: SymbolFlags::None,
        });
        self
    }

    fn good() -> Self {
        let draft = Self::new();
        let section = SymbolSection::Section(draft.text);
        draft.symbol(section, 4, SymbolScope::Dynamic)
    }

    fn bytes(&self) -> Vec<u8> {
        self.object.write().unwrap()
    }

    fn set(&self) -> Result<(), Refusal> {
        PurgatoryRo::read(&self.bytes())
            .unwrap()
            .set("skip_checks", &[1, 0, 0, 0])
    }
}

/// Reads a good image of which some bytes of the file header are others.
fn read_with(at: usize, bytes: &[u8]) -> Result<PurgatoryRo, Refusal> {
    let mut file = Draft::good().bytes();
    file[at..at + bytes.len()].copy_from_slice(bytes);
    PurgatoryRo::read(&file)
}

#[test]
fn a_good_image_is_read_and_set() {
    let mut image = PurgatoryRo::read(&Draft::good().bytes()).unwrap();
    assert_eq!(image.bytes.len(), 0x1804);
    assert_eq!(
        image.memsz, 0x5000,
        "text, filled up to the alignment of bss, and bss, in pages"
    );
    assert_eq!(image.align, 4096);
    assert_eq!(image.offset("skip_checks"), Ok(0x1000));
    image.set("skip_checks", &[1, 2, 3, 4]).unwrap();
    assert_eq!(
        image.bytes[0xffe..0x1006],
        [0x11, 0x11, 1, 2, 3, 4, 0x11, 0x11]
    );
}

#[test]
fn not_elf() {
    assert!(matches!(PurgatoryRo::read(b""), Err(Refusal::NotElf(_))));
    assert!(matches!(
        PurgatoryRo::read(&[0x1f; 4096]),
        Err(Refusal::NotElf(_))
    ));
}

#[test]
fn a_32_bit_file() {
    assert_eq!(read_with(4, &[1]).unwrap_err(), Refusal::Class);
}

#[test]
fn a_big_endian_file() {
    assert_eq!(read_with(5, &[2]).unwrap_err(), Refusal::Endian);
}

#[test]
fn a_linked_file() {
    assert_eq!(read_with(16, &[3, 0]).unwrap_err(), Refusal::Type(3));
}

#[test]
fn a_file_for_another_machine() {
    assert_eq!(read_with(18, &[62, 0]).unwrap_err(), Refusal::Machine(62));
}

#[test]
fn any_relocation() {
    let mut draft = Draft::good();
    let symbol = draft.object.symbol_id(b"skip_checks").unwrap();
    let flags = RelocationFlags::Generic {
        kind: RelocationKind::Absolute,
        encoding: RelocationEncoding::Generic,
        size: 64,
    };
    let relocation = Relocation {
        offset: 8,
        symbol,
        addend: 0,
        flags,
    };
    draft.object.add_relocation(draft.text, relocation).unwrap();
    assert!(matches!(
        PurgatoryRo::read(&draft.bytes()),
        Err(Refusal::Relocations(_))
    ));
}

#[test]
fn a_section_without_alignment() {
    let mut file = Draft::good().bytes();
    let table = u64::from_le_bytes(file[40..48].try_into().unwrap()) as usize;
    let align = table + 64 + 48;
    assert_eq!(
        file[align..align + 8],
        4096_u64.to_le_bytes(),
        "section 1 is .text"
    );
    file[align..align + 8].fill(0);
    assert_eq!(PurgatoryRo::read(&file).unwrap_err(), Refusal::Alignment(1));
}

#[test]
fn nothing_to_load() {
    let object = Object::new(
        BinaryFormat::Elf,
        Architecture::Aarch64,
        object::Endianness::Little,
    );
    assert_eq!(
        PurgatoryRo::read(&object.write().unwrap()).unwrap_err(),
        Refusal::Empty
    );
}

#[test]
fn a_missing_symbol() {
    let image = PurgatoryRo::read(&Draft::good().bytes()).unwrap();
    assert_eq!(
        image.offset("arm64_sink"),
        Err(Refusal::Missing("arm64_sink".into()))
    );
}

#[test]
fn a_local_symbol() {
    let draft = Draft::new();
    let section = SymbolSection::Section(draft.text);
    let draft = draft.symbol(section, 4, SymbolScope::Compilation);
    assert_eq!(draft.set(), Err(Refusal::NotGlobal("skip_checks".into())));
}

#[test]
fn a_weak_symbol() {
    let mut draft = Draft::good();
    let symbol = draft.object.symbol_id(b"skip_checks").unwrap();
    draft.object.symbol_mut(symbol).weak = true;
    assert_eq!(draft.set(), Err(Refusal::NotGlobal("skip_checks".into())));
}

#[test]
fn a_symbol_of_another_size() {
    let draft = Draft::new();
    let section = SymbolSection::Section(draft.text);
    let draft = draft.symbol(section, 8, SymbolScope::Dynamic);
    let refusal = Refusal::Size {
        symbol: "skip_checks".into(),
        found: 8,
        wanted: 4,
    };
    assert_eq!(draft.set(), Err(refusal));
}

#[test]
fn a_symbol_in_bss() {
    let draft = Draft::new();
    let section = SymbolSection::Section(draft.bss);
    let draft = draft.symbol(section, 4, SymbolScope::Dynamic);
    assert_eq!(draft.set(), Err(Refusal::NotProgbits("skip_checks".into())));
}

#[test]
fn an_undefined_symbol() {
    let draft = Draft::new().symbol(SymbolSection::Undefined, 4, SymbolScope::Dynamic);
    assert_eq!(draft.set(), Err(Refusal::NotLoaded("skip_checks".into())));
}

#[test]
fn a_symbol_in_a_section_that_is_not_loaded() {
    let mut draft = Draft::new();
    let note = draft
        .object
        .add_section(vec![], b".comment".to_vec(), SectionKind::OtherString);
    draft.object.append_section_data(note, &[0; 8192], 1);
    let draft = draft.symbol(SymbolSection::Section(note), 4, SymbolScope::Dynamic);
    assert_eq!(draft.set(), Err(Refusal::NotLoaded("skip_checks".into())));
}
