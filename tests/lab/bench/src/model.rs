// SPDX-License-Identifier: MIT OR Apache-2.0

//! From counts to time: a model, since no such CPU is here.

use crate::cost::{BLOCK, BLOCKS, Case, Counts, Measured};
use crate::mca::{CPUS, Code, Mca};

mod words;

pub use words::words;

/// The clock of each CPU, Hz.
const CLOCK: f64 = 2e9;
/// Measured where instructions are fetched through the I-cache while `SCTLR_ELx.I` is 1, as the Arm
/// ARM has it (D8, "The effects of disabling an address translation stage").
const OUTSIDE: Outside = Outside {
    device: 46e-9,
    dc: 22e-9,
};
/// Measured where each instruction is fetched past the caches while the MMU is off: an upper bound.
const AT_MOST: Outside = Outside {
    device: 120e-9,
    dc: 100e-9,
};
/// Seconds of a `dc` in the window that the hash does not hide, up to one a block: what pieces of
/// 4 KiB take besides the hash and their instructions.
const DC_INSIDE: f64 = 8.7e-9;
/// Seconds for what is mapped by a page and not by a block: its walk.
const PAGE_MAPPED: f64 = 270e-9;
/// Seconds for as many bytes of instructions as a cache line has, with the I-cache off: what C's
/// 150.6 ns a byte leave, accesses and cycles taken off.
const FETCH: f64 = 57.5e-9;
const FETCHED: f64 = 64.0;
/// Cycles a byte of the loop with SHA2 instructions on the in-order CPU: 0.99 ns a byte on the
/// timing model. Of a Cortex-A53 1.88 are published.
const SHA2_IN_ORDER: f64 = 1.98;

/// Seconds of what is done with the MMU off.
#[derive(Clone, Copy)]
struct Outside {
    /// A load or store, which goes past the caches.
    device: f64,
    /// A `dc` by address.
    dc: f64,
}

/// A loop, as it is built.
pub struct Loop {
    /// Whose.
    pub name: &'static str,
    /// Instructions in a block.
    pub instructions: usize,
    /// Accesses in a block, of at most 16 bytes.
    pub accesses: usize,
    /// Cycles per byte on each of [`CPUS`].
    pub cycles: [f64; CPUS.len()],
}

/// What hashes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Hash {
    /// The loop of the C purgatory, which leaves the I-cache off.
    C,
    /// Ours, without SHA2 instructions.
    Software,
    /// Ours, with them.
    Sha2,
}

/// A CPU that the time is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Core {
    /// The in-order one that the model was fitted to, and that is judged.
    InOrder,
    /// One of [`CPUS`], by llvm-mca alone.
    Mca(&'static str),
}

/// All CPUs that the time is for, the judged one first.
pub const CORES: [Core; 5] = [
    Core::InOrder,
    Core::Mca("cortex-a53"),
    Core::Mca("cortex-a72"),
    Core::Mca("neoverse-n1"),
    Core::Mca("neoverse-v1"),
];

/// What is to be done.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Work {
    /// What hashes.
    pub hash: Hash,
    /// Blocks.
    pub blocks: u64,
    /// Instructions of the loop for each of them.
    pub of_loop: u64,
    /// All that is counted, the loop included.
    pub counts: Counts,
    /// Pages that are mapped as such.
    pub pages: u64,
}

/// The three loops, and who says so.
pub struct Loops {
    /// The version of llvm-mca.
    pub tool: String,
    /// C, software, SHA2.
    pub all: [Loop; 3],
}

impl Case {
    /// Returns what hashes in it.
    pub fn hash(self) -> Hash {
        match self {
            Self::C => Hash::C,
            Self::Ours { sha2: true, .. } => Hash::Sha2,
            Self::Ours { sha2: false, .. } => Hash::Software,
        }
    }
}

impl Core {
    /// Returns what to call it.
    pub const fn name(self) -> &'static str {
        match self {
            Self::InOrder => "in-order",
            Self::Mca(cpu) => cpu,
        }
    }
}

impl Loops {
    /// Takes them out of the images.
    ///
    /// # Errors
    /// When a loop is not there, or llvm-mca.
    pub fn new(elf: &[u8], c: &[u8]) -> Result<Self, String> {
        let mca = Mca::find()?;
        let ours = |name| Code::function(elf, name)?.the_loop();
        let judge = |name, code: Code| {
            let mut cycles = [0.0; CPUS.len()];
            for (cycles, cpu) in cycles.iter_mut().zip(CPUS) {
                *cycles = mca.cycles(&code, cpu)? / BLOCK as f64;
            }
            Ok::<_, String>(Loop {
                name,
                instructions: code.instructions(),
                accesses: code.accesses(),
                cycles,
            })
        };
        Ok(Self {
            tool: mca.version()?,
            all: [
                // Called once for each block.
                judge("C", Code::function(c, "sha256_process")?)?,
                // A quarter of its rounds stands in it once, three quarters in a loop.
                judge("software", ours("sha256_software")?.unrolled(3)?)?,
                judge("SHA2", ours("sha256_instructions")?)?,
            ],
        })
    }

    /// Returns one of them.
    pub fn of(&self, hash: Hash) -> &Loop {
        let [c, software, sha2] = &self.all;
        match hash {
            Hash::C => c,
            Hash::Software => software,
            Hash::Sha2 => sha2,
        }
    }

    /// Returns the cycles of a loop for a byte.
    pub fn cycles(&self, hash: Hash, core: Core) -> f64 {
        match (core, hash) {
            (Core::InOrder, Hash::Sha2) => SHA2_IN_ORDER,
            (Core::InOrder, _) => self.cycles(hash, Core::Mca("cortex-a53")),
            (Core::Mca(cpu), _) => {
                let of = CPUS.iter().position(|&known| known == cpu);
                of.map_or(f64::NAN, |of| self.of(hash).cycles[of])
            }
        }
    }

    /// Returns what a run had to do.
    pub fn work(&self, measured: &Measured) -> Work {
        let hash = measured.case.hash();
        Work {
            hash,
            blocks: measured.size / BLOCK,
            of_loop: self.of(hash).instructions as u64,
            counts: measured.total(),
            pages: measured.pages(),
        }
    }

    /// Models the time in which all of it is done, in seconds.
    pub fn seconds(&self, core: Core, work: &Work) -> f64 {
        let Work { hash, counts, .. } = work;
        let bytes = (work.blocks * BLOCK) as f64;
        let hashing = work.blocks * work.of_loop;
        let hidden = counts.dc_inside.min(work.blocks);
        let outside = Counts {
            instructions: counts.instructions.saturating_sub(hashing),
            dc_inside: counts.dc_inside - hidden,
            ..*counts
        };
        let fetched = match hash {
            Hash::C => counts.instructions as f64 * 4.0 / FETCHED,
            Hash::Software | Hash::Sha2 => 0.0,
        };
        bytes * self.cycles(*hash, core) / CLOCK
            + seconds_outside(&outside)
            + hidden as f64 * DC_INSIDE
            + work.pages as f64 * PAGE_MAPPED
            + fetched * FETCH
    }
}

impl Work {
    /// Returns the part of it that is there for each piece, and that which is there once. Pages are of
    /// neither: [`Self::seconds_of_pages`].
    pub fn parted(&self, piece: Counts) -> (Self, Self) {
        let pieces = self.blocks / BLOCKS;
        let each = Self {
            counts: piece,
            blocks: BLOCKS,
            pages: 0,
            ..*self
        };
        let once = Self {
            counts: self.counts - piece * pieces,
            blocks: 0,
            pages: 0,
            ..*self
        };
        (each, once)
    }

    /// Models what it costs that some is mapped by pages, in seconds.
    pub fn seconds_of_pages(&self) -> f64 {
        self.pages as f64 * PAGE_MAPPED
    }
}

/// Models the time of what the hash does not hide, in seconds: all that is done outside of the loops.
pub fn seconds_outside(counts: &Counts) -> f64 {
    OUTSIDE.seconds(counts)
}

/// Returns the upper bound of the same.
pub fn seconds_outside_at_most(counts: &Counts) -> f64 {
    AT_MOST.seconds(counts)
}

impl Outside {
    fn seconds(self, counts: &Counts) -> f64 {
        counts.instructions as f64 / CLOCK
            + counts.device as f64 * self.device
            + (counts.dc_outside + counts.dc_inside) as f64 * self.dc
    }
}
