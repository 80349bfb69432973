// SPDX-License-Identifier: MIT OR Apache-2.0

//! What only some boots have: page tables made by the loader, a CPU that is lied about, and a stack
//! that is not empty.

use std::ops::Range;

use purgatory_test_guest::briefing::{FIRMWARE_NONE, SINK_WORKS};
use purgatory_test_guest::{IdOverride, IdRegister};

use super::{Boot, RAM, built_image};
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

    /// Makes the purgatory read this in the bits of an ID register from this one on. Then there is
    /// a shim at EL2, and all else runs at EL1.
    pub fn override_id(&mut self, register: IdRegister, bits: std::ops::Range<u32>, value: u64) {
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
