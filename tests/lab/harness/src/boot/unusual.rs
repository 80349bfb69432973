// SPDX-License-Identifier: MIT OR Apache-2.0

//! What only some boots have: page tables made by the loader, a CPU that is lied about, a stack that
//! is not empty, and relocations.

use std::ops::Range;

use purgatory_test_guest::briefing::{FIRMWARE_NONE, SINK_WORKS};
use purgatory_test_guest::{IdOverride, IdRegister, Piece};

use super::{Boot, RAM, built_image};
use crate::a64::adr;
use crate::loader::Segment;
use crate::purgatory_ro::PAGE;
use crate::symbols::Symbols;
use crate::v3_tables::{BLOCK, V3Tables};

impl Boot {
    /// What a stack is filled with.
    pub const PAINT: u8 = 0xa5;

    /// Fills the image's stack, of which the loader makes zeros. Returns where it is in the image.
    ///
    /// # Errors
    /// When it is not built.
    pub fn paint_stack(&mut self) -> Result<Range<u64>, String> {
        // One that was patched has the symbols of the image.
        let symbols = Symbols::read(&built_image("purgatory.ro")?)?;
        let image = &mut self.load.image;
        let at = |name| symbols.get(name).map(|symbol| symbol.start);
        let (bottom, top) = (at("stack_bottom")?, at("stack_top")?);
        // Memory without bytes in the file is zero otherwise.
        image.bytes.resize(bottom as usize, 0);
        image.bytes.resize(top as usize, Self::PAINT);
        Ok(bottom..top)
    }

    /// Gives the image two relocations to apply, as some compilers leave them: behind its constants,
    /// with the words that they are of. The new kernel looks at these.
    ///
    /// # Errors
    /// When it is not built.
    pub fn add_relocations(&mut self) -> Result<(), String> {
        const R_AARCH64_RELATIVE: u64 = 1027;
        /// The bytes of an entry, and what is added to the image's address.
        const ENTRY: u64 = 24;
        const ADDENDS: [u64; 2] = [0x1234, 0x5678];
        let symbols = Symbols::read(&built_image("purgatory.ro")?)?;
        let start = symbols.get("rela_start")?.start;
        let (code, end) = (symbols.get("purgatory_start")?, start + 2 * ENTRY);
        let bytes = &mut self.load.image.bytes;
        // `ADR X3, rela_end`.
        let place = code.step_by(4).find(|&at| {
            let word = bytes[at as usize..].first_chunk();
            word.is_some_and(|word| u32::from_le_bytes(*word) & 0x9f00_001f == 0x1000_0003)
        });
        let place = place.ok_or("purgatory_start does not look for the end of relocations")?;
        bytes[place as usize..][..4].copy_from_slice(&adr(3, place, end).to_le_bytes());
        let words = [0, 1].map(|number| end + 8 * number);
        let entries = words.iter().zip(ADDENDS);
        let entries = entries.flat_map(|(&word, addend)| [word, R_AARCH64_RELATIVE, addend]);
        let here = entries.chain([u64::MAX; 2]).flat_map(u64::to_le_bytes);
        let here: Vec<_> = here.collect();
        let needed = (start as usize + here.len()).max(bytes.len());
        bytes.resize(needed, 0);
        bytes[start as usize..][..here.len()].copy_from_slice(&here);
        let at = self.load.purgatory_at;
        let relocated = ADDENDS.map(|addend| (at + addend).to_le_bytes()).concat();
        self.pieces
            .push(Piece::new("relocated", at + end, &relocated, 16));
        Ok(())
    }

    /// Makes the purgatory read this in the bits of an ID register from this one on. Then there is
    /// a shim at EL2, and all else runs at EL1.
    pub fn override_id(&mut self, register: IdRegister, bits: Range<u32>, value: u64) {
        let mut all = self.briefing.overrides.iter_mut();
        let place = all.find(|one| one.register == 0);
        *place.expect("there is room for four overrides") = IdOverride {
            register: register.trap(),
            mask: (1 << bits.end) - (1 << bits.start),
            value: value << bits.start,
        };
    }

    /// Makes the purgatory's first access to the UART come to this, a `SINK_` constant. Then there
    /// is a shim as well.
    pub const fn break_sink(&mut self, how: u64) {
        self.briefing.sink = how;
    }

    /// Puts firmware at EL3 that knows neither SME nor `TCR2_ELx`, and does this with what it traps:
    /// a `FIRMWARE_` constant.
    pub const fn put_firmware(&mut self, what: u64) {
        self.briefing.firmware = what;
    }

    /// Returns whether there is firmware.
    pub(super) const fn has_firmware(&self) -> bool {
        self.briefing.firmware != FIRMWARE_NONE
    }

    /// Returns whether there is a shim.
    pub(super) fn has_shim(&self) -> bool {
        self.briefing.overrides[0] != IdOverride::default() || self.briefing.sink != SINK_WORKS
    }

    /// Loads as a kexec does that makes page tables: these are one more segment, in a block of its
    /// own as the purgatory after it, and map everything that is loaded. They are hashed as `spoil`
    /// leaves them.
    pub fn make_tables(&mut self, spoil: impl FnOnce(&mut V3Tables)) {
        let last = self.load.segments.iter().map(Segment::end).max();
        let at = last.unwrap_or(RAM).next_multiple_of(BLOCK);
        self.load.purgatory_at = at + BLOCK + 3 * PAGE;
        let mut tables = V3Tables::new(at);
        for segment in &self.load.segments {
            tables.map(segment.at, segment.len);
        }
        tables.map(at, V3Tables::LEN);
        tables.map(self.load.purgatory_at, self.load.image.memsz);
        spoil(&mut tables);
        self.load.segments.push(tables.segment("tables"));
        self.load.pgtble_base = Some(at);
    }
}
