// SPDX-License-Identifier: MIT OR Apache-2.0

//! From counts to time: a model, since no such CPU is here.

use crate::cost::{BLOCK, BLOCKS, Case, Counts, Measured};
use crate::mca::{CPUS, Code, Mca};
use crate::table::decimals;

/// The clock of each CPU, Hz.
const CLOCK: f64 = 2e9;
/// Seconds of a load or store that goes past the caches. Given with the task; on the timing model
/// some 120 ns were seen of the stores that zero a table.
const DEVICE: f64 = 120e-9;
/// Seconds of a `dc` by address with the MMU off, one after the other. On the timing model
/// 104 ns, by what the flush of the regions took, and 98 ns, by what a smaller pool saved.
const DC_OUTSIDE: f64 = 100e-9;
/// Seconds of a `dc` in the window that the hash does not hide, up to one a block: pieces of 4 KiB
/// took 0.16 to 0.18 ns a byte more than the hash alone.
const DC_INSIDE: f64 = 10e-9;
/// Seconds for as many bytes of instructions as a cache line has, with the I-cache off: what C's
/// 151.1 ns a byte leave, accesses and cycles taken off.
const FETCH: f64 = 28.8e-9;
const FETCHED: f64 = 64.0;
/// Cycles a byte of the loop with SHA2 instructions on the in-order CPU: 0.92 ns a byte on the
/// timing model. Of a Cortex-A53 1.88 are published.
const SHA2_IN_ORDER: f64 = 1.84;

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
            + fetched * FETCH
    }
}

impl Work {
    /// Returns the part of it that is there for each piece, and that which is there once.
    pub fn parted(&self, piece: Counts) -> (Self, Self) {
        let pieces = self.blocks / BLOCKS;
        let each = Self {
            counts: piece,
            blocks: BLOCKS,
            ..*self
        };
        let once = Self {
            counts: self.counts - piece * pieces,
            blocks: 0,
            ..*self
        };
        (each, once)
    }
}

/// Models the time of what the hash does not hide, in seconds: all that is done outside of the loops.
pub fn seconds_outside(counts: &Counts) -> f64 {
    counts.instructions as f64 / CLOCK
        + counts.device as f64 * DEVICE
        + (counts.dc_outside + counts.dc_inside) as f64 * DC_OUTSIDE
}

/// Explains the model.
pub fn words(loops: &Loops) -> String {
    let ns = |seconds: f64| decimals(seconds * 1e9);
    format!(
        "Time is a model, since no such CPU is here: the sum of\n\n\
         - cycles of the loops at {} GHz, of each CPU by {}; in-order: of software those of \
         cortex-a53, of SHA2\n  {SHA2_IN_ORDER} a byte, which is 0.92 ns as measured (llvm-mca says \
         {:.2} of cortex-a53, published are 1.88)\n\
         - one cycle for each instruction that is not in the loop\n\
         - {} ns for each Device access: given\n\
         - {} ns for each dc by address outside of the window: given; measured 104 (the flush of \
         regions), 98 (a\n  smaller pool)\n\
         - {} ns for each dc in the window, up to one a block, {} for each more: fitted to pieces of \
         4 KiB, which\n  were measured 0.16 to 0.18 ns a byte above the hash alone\n\
         - for C, which leaves the I-cache off, {} ns for {FETCHED} bytes of instructions: fitted to \
         its 151.1 ns a byte. On\n  hardware 444 ns a byte were measured of it: \"C / this\" is \
         rather more there\n\n\
         Cached loads and stores cost nothing of their own: 0.92 ns a byte was measured with memory \
         behind the cache.\n\
         What it was fitted to, and is judged by, is the timing model HPI of gem5 24.1, an in-order \
         core of 2 GHz with\nDDR3-1600 at EL2. The other CPUs differ by their cycles alone.",
        CLOCK / 1e9,
        loops.tool,
        loops.cycles(Hash::Sha2, Core::Mca("cortex-a53")),
        ns(DEVICE),
        ns(DC_OUTSIDE),
        ns(DC_INSIDE),
        ns(DC_OUTSIDE),
        ns(FETCH),
    )
}
