// SPDX-License-Identifier: MIT OR Apache-2.0

//! The image's system instructions, in words.

use purgatory_test_harness::Encoding;
use purgatory_test_harness::purgatory_ro::PurgatoryRo;
use purgatory_test_harness::symbols::Symbols;
use purgatory_test_tracer::system::{Dc, Domain, System};

/// A barrier, a maintenance instruction, or a write of a system register or a field of `PSTATE`.
#[derive(Clone, Debug)]
pub struct Instruction {
    /// The offset into the image.
    pub at: u64,
    /// The instruction.
    pub word: u32,
    /// What it does.
    pub what: System,
    /// The symbol that it belongs to.
    pub routine: String,
}

impl Instruction {
    /// Finds all of the image.
    pub fn all(image: &PurgatoryRo) -> Result<Vec<Self>, String> {
        let symbols = Symbols::read(image)?;
        let end = symbols.get("rodata_start")?.start as usize;
        let words = image.bytes[..end].chunks_exact(4);
        let words = words.map(|word| u32::from_le_bytes(word.try_into().expect("4 bytes")));
        let all = (0..).step_by(4).zip(words).filter_map(|(at, word)| {
            let what = System::decode(word);
            let place = symbols.at(at);
            let routine = place.split('+').next().unwrap_or(&place);
            let routine = format!("{:#}", rustc_demangle::demangle(routine));
            // The system class (Arm ARM C4.1), without MRS, hints and what does none of these.
            let is = word & 0xffe0_0000 == 0xd500_0000 && !matches!(what, System::Other(_));
            is.then_some(Self {
                at,
                word,
                what,
                routine,
            })
        });
        Ok(all.collect())
    }

    /// Whether it writes a register.
    pub const fn writes(&self) -> bool {
        matches!(self.what, System::Msr(_) | System::Pstate)
    }

    /// Puts it into words, the same for EL1 and EL2.
    pub fn words(&self) -> String {
        match self.what {
            System::Isb => "isb".into(),
            System::Dmb => "dmb sy".into(),
            System::Dsb(Domain::FullSystem) => "dsb sy".into(),
            System::Dsb(Domain::Less) => "dsb nsh".into(),
            System::Dc(Dc::Ivac) => "dc ivac".into(),
            System::Dc(Dc::Civac) => "dc civac".into(),
            System::Ic(_) => "ic iallu".into(),
            System::Tlbi(_) => "tlbi".into(),
            System::Msr(_) => {
                let mut all = Encoding::all();
                let found = all.find(|known| known.msr() == self.word & !0x1f);
                let name = found.map(|known| known.to_string()).unwrap_or_default();
                let name = name.split(' ').next_back().unwrap_or_default();
                let name = name.replace("_EL1", "_ELx").replace("_EL2", "_ELx");
                format!("msr {name}")
            }
            System::Pstate => match self.word {
                0xd503_467f => "smstop".into(),
                0xd500_41bf => "msr spsel".into(),
                word if word & !0xf00 == 0xd503_40df => "msr daifset".into(),
                word if word & !0xf00 == 0xd503_40ff => "msr daifclr".into(),
                word => format!("msr pstate {word:#010x}"),
            },
            System::Dc(_) | System::LesserBarrier | System::Other(_) => {
                format!("{:#010x}", self.word)
            }
        }
    }
}
