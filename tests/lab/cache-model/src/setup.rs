// SPDX-License-Identifier: MIT OR Apache-2.0

//! What the model has to know of a boot.

use std::ops::Range;

use purgatory_test_harness::boot::Boot;
use purgatory_test_harness::symbols::Parts;
use purgatory_test_harness::{IdRegister, Regime};
use purgatory_test_tracer::recording::Recording;

use crate::Contents;

/// What the model has to know before the first instruction.
#[derive(Clone, Debug)]
pub struct Setup {
    /// The regime that the image runs in.
    pub regime: Regime,
    /// The smallest cache line, in bytes.
    pub line: u64,
    /// The block of `DC ZVA`, in bytes.
    pub zva: u64,
    /// The image.
    pub parts: Parts,
    /// The end of it, which tables are made of: of this the image cleans, and writes back, no more
    /// than it uses.
    pub pool: Range<u64>,
    /// What is hashed.
    pub regions: Vec<Range<u64>>,
    /// The registers of the UART, if there is one to write to.
    pub uart: Option<Range<u64>>,
    /// What is dirty in the caches at entry. Instruction fetches are not judged: where the first
    /// instructions are not in memory, nothing could clean them either.
    pub dirty: Vec<Range<u64>>,
    /// What the old kernel has left in `TCR2_ELx`; 0 where the CPU has none.
    pub tcr2: u64,
    /// The contents of memory that walks through tables may reach.
    pub memory: Contents,
}

impl Setup {
    /// Makes that of a boot which has been recorded, at its worst: of all that a loader has put
    /// there nothing has got to memory. Without checks that is only the image: nothing hashes the
    /// regions then, nor writes them back, so the loader has to have cleaned them.
    ///
    /// # Errors
    /// When the image did not look how long a cache line is.
    pub fn of(boot: &Boot, recording: &Recording) -> Result<Self, String> {
        let cache_type = recording.trace.cache_type();
        let cache_type = cache_type.ok_or("the image has not read CTR_EL0")?;
        let mut memory = Contents::default();
        for segment in &recording.loaded.segments {
            memory.zeros(segment.at, segment.len);
            memory.fill(segment.at, &segment.bytes);
        }
        let symbols = recording.symbols()?;
        let parts = symbols.parts(boot.load.purgatory_at)?;
        let pool = boot.load.purgatory_at + symbols.get("pool")?.start..parts.image.end;
        let regions = recording.loaded.regions.iter();
        let regions = regions.map(|&(start, len)| start..start + len);
        // An empty range has no line, wherever it lies.
        let regions: Vec<_> = regions.filter(|region| !region.is_empty()).collect();
        let mut dirty = vec![parts.image.clone()];
        if !boot.load.skip_checks {
            dirty.extend(regions.iter().cloned());
        }
        let sink = boot.load.sink;
        Ok(Self {
            regime: boot.regime,
            line: smallest_line(cache_type),
            zva: 64,
            parts,
            pool,
            regions,
            // The data register alone, and of it a byte.
            uart: (sink != 0).then_some(sink..sink + 1),
            dirty,
            tcr2: if has_tcr2(boot) { u64::MAX } else { 0 },
            memory,
        })
    }
}

/// Returns whether the image believes that the CPU has `TCR2_ELx`, which QEMU's do not have up to
/// 10.0: if it is told so.
fn has_tcr2(boot: &Boot) -> bool {
    const TCRX: u64 = 0xf;
    let mmfr3 = IdRegister::Mmfr3.trap();
    let mut told = boot.briefing.overrides.iter();
    told.any(|told| told.register == mmfr3 && told.value & TCRX != 0)
}

/// Returns the smallest D-cache line by `CTR_EL0.DminLine`, bytes.
pub const fn smallest_line(ctr_el0: u64) -> u64 {
    4 << (ctr_el0 >> 16 & 0xf)
}
