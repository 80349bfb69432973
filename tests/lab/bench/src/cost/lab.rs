// SPDX-License-Identifier: MIT OR Apache-2.0

//! Counts in QEMU.

use std::cell::RefCell;
use std::fs;
use std::path::PathBuf;

use purgatory_test_harness::Regime;
use purgatory_test_harness::a64::RET;
use purgatory_test_harness::boot::{Boot, RAM};
use purgatory_test_harness::loader::{Load, Segment};
use purgatory_test_harness::patch::{Lie, Patch};
use purgatory_test_harness::purgatory_ro::{PAGE, PurgatoryRo};
use purgatory_test_harness::v3_tables::V3Tables;
use purgatory_test_tracer::phases::Name;
use purgatory_test_tracer::recording::{Detail, Recording};

use super::{Case, Counts, Layout, MIB, MOST_REGIONS, PIECE, Shape, Window};
use crate::relocated::relocated;

/// The CPU that QEMU plays. What it is makes no difference to the counts.
const CPU: &str = "cortex-a72";

/// What is larger is not hashed, but computed.
const MOST_HASHED: u64 = 8 * MIB;
/// What a piece costs is the difference between two sizes: in a window of these.
const IN_WINDOW: [u64; 2] = [MIB, 2 * MIB];
/// Without a window, hashing ends with the end, and there numbers are written in decimal digits,
/// their reader: at most so many counts more or less, which must not be mistaken for a piece's.
const WITHOUT: [u64; 2] = [MIB, 8 * MIB];
const DIGITS: u64 = 200;
/// Tables of the loader's are five, which is enough for this.
const MOST_WITH_LOADERS_TABLES: u64 = 1 << 30;

/// The SHA-256 state before the first block (FIPS 180-4, 5.3.3): the digest that a hash leads to
/// whose block function does nothing.
const INITIAL: [u32; 8] = [
    0x6a09_e667,
    0xbb67_ae85,
    0x3c6e_f372,
    0xa54f_f53a,
    0x510e_527f,
    0x9b05_688c,
    0x1f83_d9ab,
    0x5be0_cd19,
];

/// What a run costs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Measured {
    /// What ran.
    pub case: Case,
    /// Where all lay.
    pub layout: Layout,
    /// Bytes of all regions.
    pub size: u64,
    /// Hashing is not counted, but computed from what smaller sizes have cost.
    pub computed: bool,
    /// Bytes of the image without its pool.
    pub image: u64,
    /// Bytes of the pool that were used.
    pub pool: u64,
    /// Parts with a window of their own.
    pub windows: u64,
    /// What each [`PIECE`] costs.
    pub piece: Counts,
    phases: [Counts; Name::ALL.len()],
}

impl Measured {
    /// Returns what one phase costs.
    pub fn of(&self, name: Name) -> Counts {
        self.phases[name as usize]
    }

    /// Returns what some phases cost together.
    pub fn sum(&self, names: &[Name]) -> Counts {
        let sum = |sum: Counts, name: &Name| sum + self.of(*name);
        names.iter().fold(Counts::default(), sum)
    }

    /// Returns what all of them cost.
    pub fn total(&self) -> Counts {
        self.sum(&Name::ALL)
    }

    /// Returns how many pages are mapped as such: tables of the loader's have blocks alone.
    pub fn pages(&self) -> u64 {
        match self.case.window() {
            Window::Own => self.layout.pages(self.size),
            Window::None | Window::Loader | Window::LoaderInner => 0,
        }
    }

    /// Returns its cost without its pieces.
    pub fn fixed(&self) -> Counts {
        self.total() - self.piece * (self.size / PIECE)
    }
}

/// What is run.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Run {
    case: Case,
    layout: Layout,
    size: u64,
    /// Blocks are hashed. Otherwise the block function does nothing, and all else is the same.
    hashes: bool,
}

/// Where it is counted.
pub struct Lab {
    /// The C purgatory, where it is wanted.
    c: Option<Vec<u8>>,
    /// The files for QEMU and from it are there, by this name.
    path: PathBuf,
    /// What has run, and need not run again.
    known: RefCell<Vec<(Run, Measured)>>,
}

impl Lab {
    /// Makes one for our own image.
    pub fn new(path: PathBuf) -> Self {
        Self {
            c: None,
            path,
            known: RefCell::default(),
        }
    }

    /// Adds this C purgatory.
    #[must_use]
    pub fn with(mut self, c: Vec<u8>) -> Self {
        self.c = Some(c);
        self
    }

    /// Runs a case with regions of this size.
    ///
    /// # Errors
    /// When something that is needed is missing, or a purgatory did not do what it should.
    pub fn run(&self, case: Case, layout: Layout, size: u64) -> Result<Measured, String> {
        let [hash, flush] = self.pieces(case, layout, true)?;
        Ok(Measured {
            piece: hash + flush,
            ..self.counted(case, layout, size, true)?
        })
    }

    /// Returns what [`Self::run`] does, exactly, without hashing what is large: hashing a piece costs
    /// the same for each, which two sizes show, and all the rest is what it is when the same image runs
    /// with the same regions and a block function that does nothing. Of C nothing but its pieces depends
    /// on the size.
    ///
    /// # Errors
    /// As [`Self::run`], and when not each piece costs the same.
    pub fn measure(&self, case: Case, layout: Layout, size: u64) -> Result<Measured, String> {
        if size <= MOST_HASHED {
            return self.run(case, layout, size);
        }
        let [hash, flush] = self.pieces(case, layout, true)?;
        let largest = Self::sizes(case)[1];
        let hashed = self.counted(case, layout, largest, true)?;
        let not = self.counted(case, layout, largest, false)?;
        let (mut measured, idle) = match case {
            Case::C => (not, [Counts::default(); 2]),
            Case::Ours { .. } => (
                self.counted(case, layout, size, false)?,
                self.pieces(case, layout, false)?,
            ),
        };
        let more = (size - largest) / PIECE;
        for (name, piece, idle) in [(Name::Hash, hash, idle[0]), (Name::Flush, flush, idle[1])] {
            let added = hashed.of(name) - not.of(name) + (piece - idle) * more;
            measured.phases[name as usize] = measured.of(name) + added;
        }
        Ok(Measured {
            size,
            computed: true,
            piece: hash + flush,
            ..measured
        })
    }

    /// Returns whether it is possible with so many regions of this size: tables of the loader's are
    /// one more.
    pub fn fits(case: Case, layout: Layout, size: u64) -> bool {
        let loaders = size <= MOST_WITH_LOADERS_TABLES && layout.regions < MOST_REGIONS;
        !case.has_loaders_tables() || loaders
    }

    fn sizes(case: Case) -> [u64; 2] {
        match case.window() {
            Window::None => WITHOUT,
            Window::Own | Window::Loader | Window::LoaderInner => IN_WINDOW,
        }
    }

    /// Returns what each piece costs, in the phases that grow with them, if blocks are hashed or
    /// not.
    fn pieces(&self, case: Case, layout: Layout, hashes: bool) -> Result<[Counts; 2], String> {
        let most = match case.window() {
            Window::None => DIGITS,
            Window::Own | Window::Loader | Window::LoaderInner => 0,
        };
        let [small, large] = Self::sizes(case).map(|size| self.counted(case, layout, size, hashes));
        let (small, large) = (small?, large?);
        let pieces = (large.size - small.size) / PIECE;
        let piece = |name| {
            let (each, rest) = (large.of(name) - small.of(name)).divided(pieces);
            if rest <= most {
                Ok(each)
            } else {
                Err(format!(
                    "{case}, {name}: {rest} left over of {pieces} pieces: not the same for each"
                ))
            }
        };
        Ok([piece(Name::Hash)?, piece(Name::Flush)?])
    }

    fn counted(
        &self,
        case: Case,
        layout: Layout,
        size: u64,
        hashes: bool,
    ) -> Result<Measured, String> {
        let run = Run {
            case,
            layout,
            size,
            hashes: hashes || case == Case::C,
        };
        let known = |known: &(Run, Measured)| (known.0 == run).then_some(known.1);
        if let Some(known) = self.known.borrow().iter().find_map(known) {
            return Ok(known);
        }
        let measured = self.count(run)?;
        self.known.borrow_mut().push((run, measured));
        Ok(measured)
    }

    fn count(&self, run: Run) -> Result<Measured, String> {
        let Run { case, layout, .. } = run;
        let boot = self.boot(run)?;
        let path = &self.path;
        let recording = match case {
            Case::C => Recording::of_another(&boot, path)?,
            Case::Ours { .. } => Recording::new(&boot, path, Detail::Totals)?,
        };
        if !recording.trace.complete() {
            return Err(format!(
                "{case}, {layout:?}: the kernel is not reached\n{}",
                recording.outcome
            ));
        }
        let phases = recording.phases()?;
        let mut counts = [Counts::default(); Name::ALL.len()];
        for (counts, &phase) in counts.iter_mut().zip(phases.iter()) {
            *counts = phase.into();
        }
        for extension in ["elf", "trace"] {
            // What cannot be removed is overwritten by the next run.
            let _ = fs::remove_file(path.with_extension(extension));
        }
        let (image, pool) = match case {
            Case::C => (boot.load.image.memsz, 0),
            Case::Ours { .. } => {
                let at = |name| Ok::<_, String>(recording.symbols()?.get(name)?.start);
                // On the way into a window all is invalidated that was stored to before.
                let invalidated = phases.get(Name::Open).dc_outside * u64::from(layout.line);
                let others = at("pool")? - at("rodata_start")?;
                let each = invalidated / phases.windows.max(1);
                (at("pool")?, each.saturating_sub(others))
            }
        };
        Ok(Measured {
            case,
            layout,
            size: run.size,
            computed: false,
            image,
            pool,
            windows: phases.windows,
            piece: Counts::default(),
            phases: counts,
        })
    }

    /// Returns a boot whose regions have this size together.
    fn boot(&self, run: Run) -> Result<Boot, String> {
        let Run { case, layout, .. } = run;
        let mut boot = Boot::new(CPU, Regime::El2, layout.place, PAGE)?;
        let tables = if case.has_loaders_tables() {
            V3Tables::LEN
        } else {
            0
        };
        let placed = layout.place(run.size - tables);
        let load = &mut boot.load;
        load.sink = 0;
        load.unlike_kexec = layout.shape == Shape::Ragged;
        load.purgatory_at = placed.image;
        load.segments = segments(&load.segments, &placed.regions);
        // In the kernel: a device tree of its own may be ragged here.
        load.dtb = load.entry + 8;
        if case.has_loaders_tables() {
            boot.make_tables(|tables| {
                let leaves = tables.entries().iter_mut();
                let leaves = leaves.filter(|entry| **entry & 3 == 1);
                let inner = case.window() == Window::LoaderInner;
                leaves.for_each(|entry| *entry |= if inner { 3 << 8 } else { 0 });
            });
        }
        let end = boot.load.purgatory_at + boot.load.image.memsz;
        boot.memory = boot.memory.max((end - RAM).div_ceil(MIB));

        if case == Case::C {
            let c = self.c.as_ref().ok_or("no C purgatory here")?;
            let file = relocated(c, boot.load.purgatory_at)?;
            boot.load.image = PurgatoryRo::read(&file).map_err(|refusal| refusal.to_string())?;
            return Ok(boot);
        }
        let mut patch = Patch::new(&boot)?;
        for lie in lies(case, &layout) {
            patch.lie(lie);
        }
        if !run.hashes {
            for routine in ["sha256_instructions", "sha256_software"] {
                patch.replace(patch.first(routine), RET.word());
            }
            leave_out(&mut boot.load);
        }
        boot.load.image = patch.finish();
        Ok(boot)
    }
}

/// Returns the registers that the image is made to read, of a CPU that QEMU does not have.
fn lies(case: Case, layout: &Layout) -> Vec<Lie> {
    let mut lies = Vec::new();
    if !case.sha2() {
        lies.push(Lie::NoSha2);
    }
    if case.window() == Window::None {
        lies.push(Lie::NoGranule);
    }
    if layout.line != Layout::default().line {
        lies.push(Lie::Lines(layout.line));
    }
    lies
}

/// Makes segments of these regions: the kernel first, then whatever there is, filled up with zeros.
fn segments(known: &[Segment], regions: &[(u64, u64)]) -> Vec<Segment> {
    let segment = |(index, &(at, len)): (usize, &(u64, u64))| {
        let (name, mut bytes) = match known.get(index) {
            Some(known) => (known.name.clone(), known.bytes.clone()),
            None => (format!("more{index}"), vec![index as u8]),
        };
        bytes.truncate(len as usize);
        Segment {
            name,
            at,
            bytes,
            len,
        }
    };
    regions.iter().enumerate().map(segment).collect()
}

/// Has the purgatory told of all that it was going to be loaded with, and loads little of it. Its
/// digest is right if the block function does nothing.
fn leave_out(load: &mut Load) {
    let told = load.segments.iter().enumerate();
    load.region_pokes = told.map(|(index, one)| (index, one.at, one.len)).collect();
    for segment in &mut load.segments {
        let filled = (segment.bytes.len() as u64).next_multiple_of(PAGE);
        segment.len = segment.len.min(filled);
    }
    let digest = INITIAL.iter().flat_map(|word| word.to_be_bytes()).collect();
    load.pokes.push(("sha256_digest".into(), digest));
}
