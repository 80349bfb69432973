// SPDX-License-Identifier: MIT OR Apache-2.0

//! SHA-256 over memory: with the CPU's instructions if it has them, otherwise in integer registers.

mod instructions;
#[cfg(feature = "sha2")]
mod rustcrypto;
#[cfg(not(feature = "sha2"))]
mod software;

use core::arch::asm;
use core::ptr;

use purgatory::cpu::Cpu;
use purgatory::digest::{BLOCK, Block, Digest, Digests, Engine, Sha256, State};
use purgatory::part::Part;
use purgatory::request::{Check, Cleared};
use purgatory::translation::Regime;

use instructions::{clear_vectors, sha256_instructions};
#[cfg(feature = "sha2")]
use rustcrypto::sha256_software;
#[cfg(not(feature = "sha2"))]
use software::sha256_software;

use super::cache::clean_and_invalidate;

/// How the regions are read.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Memory {
    /// Device memory, with the MMU off.
    Uncached,
    /// Normal memory, mapped to itself, in the window. Memory is cleaned and invalidated after it
    /// has been read.
    Cached,
}

/// The hash of the regions, part by part, and its result.
pub struct Hash {
    sha: Sha256<BlockEngine>,
    /// Bytes of all regions.
    bytes: u64,
    /// When all is hashed.
    computed: Digests,
    cleared: Option<Cleared>,
}

impl Hash {
    /// Begins the hash of regions with this many `bytes` in all.
    pub const fn new(cpu: &Cpu, bytes: u64) -> Self {
        Self {
            sha: Sha256::new(BlockEngine::new(cpu)),
            bytes,
            computed: Digests::ZERO,
            cleared: None,
        }
    }

    /// Adds a part, read from `memory` where it lies. After the last it compares with the digest of
    /// `check`: here, where accesses may be cached.
    pub fn add(&mut self, check: &Check<'_>, part: &Part<'_>, memory: Memory) {
        self.sha.engine().begin(memory);
        for region in part.regions() {
            self.sha.update(region.start(), region.len());
        }
        if self.hashed() == self.bytes {
            let computed = &mut self.computed;
            self.sha.digest(self.sha.added(), &mut computed.sha256);
            self.sha
                .digest(check.kexec_tools_bytes(), &mut computed.kexec_tools);
            self.cleared = check.clear(computed);
        }
        self.sha.engine().clear_vectors_and_restore();
    }

    /// Returns the number of bytes hashed.
    pub const fn hashed(&self) -> u64 {
        self.sha.added()
    }

    /// Returns the permission to start the kernel if all is hashed and the digest is right, else the
    /// digest that was computed.
    pub fn verdict(&mut self) -> Result<Cleared, &Digest> {
        self.cleared.take().ok_or(&self.computed.sha256)
    }
}

/// The engine below. It gets only addresses in checked regions, or of our own block.
struct BlockEngine {
    /// The register that trapped FP/SIMD before, while the CPU's instructions are used.
    trapped: Option<u64>,
    has_sha2: bool,
    regime: Regime,
    memory: Memory,
    /// The smallest cache line, bytes.
    line: u64,
}

impl BlockEngine {
    const fn new(cpu: &Cpu) -> Self {
        Self {
            trapped: None,
            has_sha2: cpu.has_sha2,
            regime: cpu.regime,
            memory: Memory::Uncached,
            line: cpu.dcache_line,
        }
    }

    /// Gets ready to read from `memory`: FP/SIMD does not trap if the CPU's instructions are used.
    fn begin(&mut self, memory: Memory) {
        self.memory = memory;
        self.trapped = self.has_sha2.then(|| enable_fp(self.regime));
    }

    /// Clears the vector registers if they were used, and makes them trap again if they did before.
    fn clear_vectors_and_restore(&mut self) {
        if let Some(trapped) = self.trapped.take() {
            // SAFETY: no other code uses vector registers; they do not trap now.
            unsafe { clear_vectors() };
            restore_fp_trap(self.regime, trapped);
        }
    }
}

impl Engine for BlockEngine {
    fn align(&self) -> u64 {
        match self.memory {
            // Device memory does not permit unaligned accesses (Arm ARM B2, "Alignment of data
            // accesses"), and the software path loads 8 bytes at once.
            Memory::Uncached => 8,
            // SCTLR.A is 0.
            Memory::Cached => 1,
        }
    }

    fn compress(&mut self, state: &mut State, at: u64, end: u64, ahead: u64) {
        let state = &raw mut state.0;
        // SAFETY: memory that is only read, and of which Rust knows nothing, or our own block;
        // aligned, by the trait's contract. FP/SIMD does not trap while `trapped` is kept.
        unsafe {
            if self.trapped.is_some() {
                sha256_instructions(state, at, end, ahead);
            } else {
                sha256_software(state, at, end);
            }
        }
    }

    fn compress_block(&mut self, state: &mut State, block: &Block) {
        let at = ptr::from_ref(block).expose_provenance() as u64;
        self.compress(state, at, at + BLOCK as u64, at);
    }

    fn byte(&mut self, at: u64) -> u8 {
        // SAFETY: memory that is only read, and of which Rust knows nothing. Volatile, because it
        // may lie at address 0.
        unsafe { ptr::with_exposed_provenance::<u8>(at as usize).read_volatile() }
    }

    fn done(&mut self, at: u64, end: u64) {
        // Without a DSB, so that it continues while the next piece is hashed.
        if self.memory == Memory::Cached {
            clean_and_invalidate(at, end, self.line);
        }
    }
}

/// Makes FP/SIMD usable at our exception level; returns the register's old value (Arm ARM,
/// CPACR_EL1 and CPTR_EL2).
fn enable_fp(regime: Regime) -> u64 {
    let found;
    // SAFETY: changes only the trap; none of our code relies on it.
    unsafe {
        match regime {
            // CPTR_EL2.TFP.
            Regime::El2 => asm!(
                "mrs {0}, cptr_el2", "bic {1}, {0}, #(1 << 10)", "msr cptr_el2, {1}", "isb",
                out(reg) found, out(reg) _, options(nostack),
            ),
            // CPACR_EL1.FPEN. With E2H = 1 the name means CPTR_EL2, which has the same layout then.
            Regime::El1And0 | Regime::El2And0 => asm!(
                "mrs {0}, cpacr_el1", "orr {1}, {0}, #(3 << 20)", "msr cpacr_el1, {1}", "isb",
                out(reg) found, out(reg) _, options(nostack),
            ),
        }
    }
    found
}

/// Undoes [`enable_fp`].
fn restore_fp_trap(regime: Regime, found: u64) {
    // SAFETY: the value that the register had.
    unsafe {
        match regime {
            Regime::El2 => asm!("msr cptr_el2, {}", "isb", in(reg) found, options(nostack)),
            Regime::El1And0 | Regime::El2And0 => {
                asm!("msr cpacr_el1, {}", "isb", in(reg) found, options(nostack));
            }
        }
    }
}
