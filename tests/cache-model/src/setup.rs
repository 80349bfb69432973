// SPDX-License-Identifier: MIT OR Apache-2.0

//! What the model has to know of a boot.

use std::ops::Range;

use purgatory_test_harness::Regime;
use purgatory_test_harness::boot::Boot;
use purgatory_test_harness::symbols::Parts;
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
    /// What is hashed.
    pub regions: Vec<Range<u64>>,
    /// The registers of the UART, if there is one to write to.
    pub uart: Option<Range<u64>>,
    /// The contents of memory, as far as walks through tables may get.
    pub memory: Contents,
}

impl Setup {
    /// Makes that of a boot which has been recorded.
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
        let regions = recording.loaded.regions.iter();
        let sink = boot.load.sink;
        Ok(Self {
            regime: boot.regime,
            line: smallest_line(cache_type),
            zva: 64,
            parts: recording.symbols()?.parts(boot.load.purgatory_at)?,
            regions: regions.map(|&(start, len)| start..start + len).collect(),
            uart: (sink != 0).then_some(sink..sink + 4),
            memory,
        })
    }
}

/// Returns the smallest D-cache line by `CTR_EL0.DminLine`, bytes.
pub const fn smallest_line(ctr_el0: u64) -> u64 {
    4 << (ctr_el0 >> 16 & 0xf)
}
