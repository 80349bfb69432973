// SPDX-License-Identifier: MIT OR Apache-2.0

//! From counts to time: a model, since no such CPU is here.

use crate::cost::{BLOCK, Case, Measured};
use crate::mca::{CPUS, Code, Mca};

/// The clock of the CPU, Hz.
const CLOCK: f64 = 2e9;
/// Seconds of an access that goes past the caches.
const LATENCY: f64 = 100e-9;
/// Bytes that such an access brings, of instructions, with the I-cache off. With this value the
/// model gives for the C purgatory the 444 ns a byte that were measured on hardware.
const FETCH: f64 = 32.0;
/// The CPU of [`CPUS`] that the time is for.
const CPU: usize = 2;

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

/// The three loops, and who says so.
pub struct Loops {
    /// The version of llvm-mca.
    pub tool: String,
    /// C, software, instructions.
    pub all: [Loop; 3],
}

impl Loops {
    /// Takes them out of the images.
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

    /// Returns the loop that a case runs.
    pub fn of(&self, case: Case) -> &Loop {
        match case {
            Case::C => &self.all[0],
            _ if case.sha2() => &self.all[2],
            _ => &self.all[1],
        }
    }
}

/// Models the time that a run takes, in seconds.
pub fn seconds(measured: &Measured, loops: &Loops) -> f64 {
    let cycles = loops.of(measured.case).cycles[CPU] * measured.size as f64;
    let other = (measured.flush.instructions + measured.rest.instructions) as f64;
    let phases = [&measured.hash, &measured.flush, &measured.rest];
    let device: u64 = phases.iter().map(|phase| phase.device.total()).sum();
    let fetches = match measured.case {
        Case::C => measured.hash.instructions as f64 * 4.0 / FETCH,
        Case::Ours { .. } => 0.0,
    };
    (cycles + other) / CLOCK + (device as f64 + fetches) * LATENCY
}

/// Explains the model.
pub fn words() -> String {
    format!(
        "time: a model. {} at {} GHz: the loop's cycles, one cycle for each other instruction, dc among\n\
         them, and {} ns for each Device access; for C, which leaves the I-cache off, also for each \
         {FETCH}\nbytes of instructions. What is cached counts as prefetched. *: hashing computed from \
         1 and 8 MiB,\nexactly, for it costs the same for each block. No SHA2, no window: the image is \
         patched to read\nan ID register that says so.",
        CPUS[CPU],
        CLOCK / 1e9,
        LATENCY * 1e9
    )
}
