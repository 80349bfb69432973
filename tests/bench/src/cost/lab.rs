// SPDX-License-Identifier: MIT OR Apache-2.0

//! Counts in QEMU.

use std::fs;
use std::path::PathBuf;

use purgatory_test_harness::Regime;
use purgatory_test_harness::a64::{MRS_ISAR0, MRS_MMFR0, Pattern, movz, movz_16};
use purgatory_test_harness::boot::{Boot, Place};
use purgatory_test_harness::loader::Segment;
use purgatory_test_harness::purgatory_ro::{PAGE, PurgatoryRo};
use purgatory_test_harness::v3_tables::V3Tables;
use purgatory_test_tracer::phases::{Name, Phase, Phases};
use purgatory_test_tracer::recording::{Detail, Recording};

use super::{BLOCK, Case, MIB, Measured, Window};
use crate::relocated::relocated;

/// The CPU that QEMU plays. What it is makes no difference to the counts.
const CPU: &str = "cortex-a72";

/// More than this is not run on a path that takes two thousand instructions a block, but computed.
const MOST_IN_SOFTWARE: u64 = 8 * MIB;

/// Where it is counted.
pub struct Lab {
    /// The C purgatory, where it is wanted.
    c: Option<Vec<u8>>,
    /// The files for QEMU and from it are there, by this name.
    path: PathBuf,
}

impl Lab {
    /// Makes one for our own image.
    pub fn new(path: PathBuf) -> Self {
        Self { c: None, path }
    }

    /// Adds this C purgatory.
    #[must_use]
    pub fn with(mut self, c: Vec<u8>) -> Self {
        self.c = Some(c);
        self
    }

    /// Measures what this case costs with regions of this size.
    ///
    /// # Errors
    /// When something that is needed is missing, or a purgatory did not do what it should.
    pub fn measure(&self, case: Case, size: u64) -> Result<Measured, String> {
        if case.sha2() || size <= MOST_IN_SOFTWARE {
            return self.run(case, size);
        }
        // Hashing is the same for each block, which two sizes show; the rest is the same as where
        // the instructions are there, except that these have to be allowed.
        let (small, large) = (self.run(case, MIB)?, self.run(case, MOST_IN_SOFTWARE)?);
        let blocks = (large.size - small.size) / BLOCK;
        let mut measured = match case {
            Case::C => large,
            Case::Ours { window, .. } => self.run(Case::ours(window, true), size)?,
        };
        measured = Measured {
            case,
            size,
            hash: large.hash,
            computed: true,
            ..measured
        };
        let more = (size - large.size) / BLOCK;
        let slope = large.hash - small.hash;
        measured.hash.instructions += each(slope.instructions, blocks)? * more;
        for (to, slope) in [
            (&mut measured.hash.device, slope.device),
            (&mut measured.hash.normal, slope.normal),
        ] {
            for (to, slope) in to.loads.iter_mut().zip(slope.loads) {
                *to += each(slope, blocks)? * more;
            }
            for (to, slope) in to.stores.iter_mut().zip(slope.stores) {
                *to += each(slope, blocks)? * more;
            }
        }
        Ok(measured)
    }

    fn run(&self, case: Case, size: u64) -> Result<Measured, String> {
        let boot = self.boot(case, size)?;
        let path = &self.path;
        let recording = match case {
            Case::C => Recording::of_another(&boot, path)?,
            Case::Ours { .. } => Recording::new(&boot, path, Detail::Counts)?,
        };
        let hashed: u64 = recording.loaded.regions.iter().map(|(_, len)| len).sum();
        if !recording.trace.complete() || hashed != size {
            return Err(format!(
                "{case}: the kernel is not reached\n{}",
                recording.outcome
            ));
        }
        let phases = recording.phases()?;
        for extension in ["elf", "trace"] {
            // What cannot be removed is overwritten by the next run.
            let _ = fs::remove_file(path.with_extension(extension));
        }
        Ok(Measured {
            case,
            size,
            hash: *phases.get(Name::Hash),
            flush: *phases.get(Name::Flush),
            rest: rest(&phases),
            computed: false,
        })
    }

    /// A boot whose regions have this size together.
    fn boot(&self, case: Case, size: u64) -> Result<Boot, String> {
        let boot = |initrd| Boot::new(CPU, Regime::El2, Place::Low, initrd);
        let others: u64 = boot(PAGE)?.load.segments.iter().map(|one| one.len).sum();
        let tables = match case {
            Case::Ours {
                window: Window::Loader,
                ..
            } => V3Tables::LEN,
            _ => 0,
        };
        let mut boot = boot(size + PAGE - others - tables)?;
        boot.load.sink = 0;
        let image = &mut boot.load.image;
        match case {
            Case::C => {
                let c = self.c.as_ref().ok_or("no C purgatory here")?;
                let file = relocated(c, boot.load.purgatory_at)?;
                *image = PurgatoryRo::read(&file).map_err(|refusal| refusal.to_string())?;
            }
            Case::Ours { window, sha2 } => {
                if !sha2 {
                    patch(image, MRS_ISAR0, |to| movz(to, 0))?;
                }
                match window {
                    Window::None => {
                        // Neither a 4 KiB, a 16 KiB nor a 64 KiB granule; 32 bits of address.
                        patch(image, MRS_MMFR0, |to| movz_16(to, 0xff00))?;
                    }
                    Window::Own => {}
                    Window::Loader => boot.make_tables(|_| ()),
                }
            }
        }
        let end = boot.load.segments.iter().map(Segment::end).max();
        debug_assert!(end < Some(boot.load.purgatory_at));
        Ok(boot)
    }
}

/// What each block costs; that must be the same for each. The rest is what other numbers take to be
/// written in decimal digits, whoever reads them.
fn each(all: u64, blocks: u64) -> Result<u64, String> {
    const DIGITS: u64 = 200;

    if all % blocks <= DIGITS {
        Ok(all / blocks)
    } else {
        Err(format!("{all} for {blocks} blocks: not the same for each"))
    }
}

/// No CPU of QEMU's is without SHA2 or without tables that fit, so the image is made to see one:
/// the instruction that reads the ID register gives another value.
fn patch(
    image: &mut PurgatoryRo,
    read: Pattern,
    value: impl FnOnce(u32) -> u32,
) -> Result<(), String> {
    let mut words = image.bytes.chunks_exact_mut(4).filter(|word| {
        let word = u32::from_le_bytes([word[0], word[1], word[2], word[3]]);
        read.is(word)
    });
    let (Some(word), None) = (words.next(), words.next()) else {
        return Err(format!("{read:x?} is not there exactly once"));
    };
    let to = u32::from(word[0] & 0x1f);
    word.copy_from_slice(&value(to).to_le_bytes());
    Ok(())
}

/// All but the hash and the flush.
fn rest(phases: &Phases) -> Phase {
    phases.total() - *phases.get(Name::Hash) - *phases.get(Name::Flush)
}
