// SPDX-License-Identifier: MIT OR Apache-2.0

//! One machine in which the image is called many times, with something else in memory each time:
//! what the guest `flip-sweep` needs, loaded.

mod build;

use std::fs;
use std::ops::Range;
use std::path::Path;

use purgatory_test_guest::Regime;
use purgatory_test_guest::flips::{self, STARTED, SYMBOLS};

pub use purgatory_test_guest::flips::{Case, ENTRY, SKIP_CHECKS, noise};
pub use purgatory_test_guest::random::Random;

use crate::a64::branch;
use crate::abi::REGIONS;
use crate::artifact;
use crate::boot::{RAM, UART};
use crate::executable::machine;
use crate::halts::halts;
use crate::loader::{Load, Segment};
use crate::ordered::GUEST_AT;
use crate::purgatory_ro::{PAGE, PurgatoryRo};
use crate::qemu::{Outcome, Qemu};
use crate::symbols::Symbols;
use crate::v3_tables::V3Tables;

const CASES_AT: u64 = 0x4090_0000;
/// Copies of all that is put back after each call.
const PRISTINE_AT: u64 = 0x4170_0000;
/// Segments and image lie near the end of memory, so that a region with too many bytes soon meets
/// it; and no two of them at addresses that differ in one bit.
const KERNEL_AT: u64 = 0x41c0_0000;
const DTB_AT: u64 = 0x41c0_3000;
const TABLES_AT: u64 = 0x41c1_8000;
const SPARE_AT: u64 = 0x41d0_0000;
const IMAGE_AT: u64 = 0x41e3_3000;
const MEMORY_END: u64 = RAM + (32 << 20);
const MEMORY: &str = "32M";
/// What is compared after each call before the image and after it.
const GUARD: u64 = 4 * PAGE;

/// What runs.
#[derive(Clone, Debug)]
pub struct Flips {
    cpu: String,
    regime: Regime,
    /// A kernel, a device tree, page tables: what is loaded beside the image, and hashed.
    pub segments: Vec<Segment>,
    /// A case with nothing wrong.
    pub good: Case,
    /// The image's memory.
    pub image: Range<u64>,
    /// All memory.
    pub memory: Range<u64>,
    /// An unused page.
    pub spare: Range<u64>,
    /// The image as it was loaded.
    loaded: Segment,
    /// What of it lies before its pool, its code, and its symbols: offsets.
    pool: u64,
    text: u64,
    symbols: u64,
    start: u64,
}

impl Flips {
    /// Loads a kernel as a kexec does that makes page tables.
    ///
    /// # Errors
    /// When `purgatory.ro` is not built, or not fit.
    pub fn new(cpu: &str, regime: Regime) -> Result<Self, String> {
        let image = fs::read(artifact("purgatory.ro")?).map_err(|error| error.to_string())?;
        let image = PurgatoryRo::read(&image).map_err(|refusal| refusal.to_string())?;
        let known = Symbols::read(&image)?;
        let (text, pool) = (known.get("rodata_start")?.start, known.get("pool")?.start);
        let image = led_back(image)?;
        let len = image.memsz;
        let mut tables = V3Tables::new(TABLES_AT);
        for (at, len) in [
            (KERNEL_AT, PAGE),
            (DTB_AT, PAGE),
            (TABLES_AT, V3Tables::LEN),
            (IMAGE_AT, len),
        ] {
            tables.map(at, len);
        }
        let segments = vec![
            Segment::new("kernel", KERNEL_AT, kernel(KERNEL_AT)),
            Segment::new("dtb", DTB_AT, kernel(DTB_AT)),
            tables.segment("tables"),
        ];
        let mut load = Load::new(image, segments.clone(), IMAGE_AT, KERNEL_AT, DTB_AT);
        load.sink = UART;
        load.pgtble_base = Some(TABLES_AT);
        let finished = load.finish().map_err(|refusal| refusal.to_string())?;
        let offset = load.image.offset("sha256_regions");
        let symbols = offset.map_err(|refusal| refusal.to_string())?;
        let loaded = finished
            .segments
            .last()
            .expect("the image is always loaded");
        let mut good = words(&loaded.bytes[symbols as usize..][..8 * SYMBOLS]);
        // A length that an unused entry gets by a flip is one of the last page, and not of all the
        // flash at 0, which takes a second to hash.
        let unused = 2 * segments.len()..2 * REGIONS;
        for start in good[unused].iter_mut().step_by(2) {
            *start = MEMORY_END - PAGE;
        }
        let good = Case {
            number: 0,
            symbols: good,
            noise: 0,
            pokes: [[0; 2]; 6],
        };
        Ok(Self {
            cpu: cpu.into(),
            regime,
            segments,
            good,
            image: IMAGE_AT..IMAGE_AT + len,
            memory: RAM..MEMORY_END,
            spare: SPARE_AT..SPARE_AT + PAGE,
            loaded: loaded.clone(),
            pool,
            text,
            symbols,
            start: finished.start,
        })
    }

    /// Returns the image's bytes, to change some.
    pub fn image_bytes(&mut self) -> &mut [u8] {
        &mut self.loaded.bytes
    }

    /// Runs these cases. The file for QEMU stays at `path`.
    ///
    /// # Errors
    /// When nothing ran.
    pub fn run(&self, cases: &[Case], path: &Path) -> Result<Outcome, String> {
        let run = self.qemu(cases, path)?.run(&[]);
        run.map_err(|error| error.to_string())
    }

    /// Makes the machine that runs them.
    ///
    /// # Errors
    /// When the file cannot be written.
    pub fn qemu(&self, cases: &[Case], path: &Path) -> Result<Qemu, String> {
        let file = self.build(cases)?;
        let machine = machine(path, &file, "gic-version=2", self.regime)?;
        Ok(machine.cpu(&self.cpu).memory(MEMORY))
    }
}

/// Makes the loop that an image halts in lead back to the guest.
fn led_back(mut image: PurgatoryRo) -> Result<PurgatoryRo, String> {
    let halts = halts(&image);
    if halts.is_empty() {
        return Err("the image does not halt in a loop of WFE".into());
    }
    for halt in halts {
        let back = branch(IMAGE_AT + halt, GUEST_AT + flips::HALTED);
        image.bytes[halt as usize..][..4].copy_from_slice(&back.to_le_bytes());
    }
    Ok(image)
}

/// Returns a page of branches back to the guest, so that any address taken for the entry is
/// noticed.
fn kernel(at: u64) -> Vec<u8> {
    let places = (at..at + PAGE).step_by(4);
    let words = places.map(|place| branch(place, GUEST_AT + STARTED));
    words.flat_map(u32::to_le_bytes).collect()
}

fn words<const COUNT: usize>(bytes: &[u8]) -> [u64; COUNT] {
    let mut words = [0; COUNT];
    for (word, bytes) in words.iter_mut().zip(bytes.chunks_exact(8)) {
        *word = u64::from_le_bytes(bytes.try_into().expect("8 bytes"));
    }
    words
}
