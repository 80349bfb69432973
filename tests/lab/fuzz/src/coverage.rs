// SPDX-License-Identifier: MIT OR Apache-2.0

//! Which code has run, where the build is instrumented: LLVM's SanitizerCoverage with counters of
//! 8 bits, one for each edge. `make fuzz` builds so; it takes no other toolchain, since the
//! compiler's options for that are stable. In any other build there are no counters, and nothing
//! is new.

use std::sync::Mutex;
use std::sync::atomic::{AtomicU8, Ordering};

/// The counters of each part of the program.
static COUNTERS: Mutex<Vec<&'static [AtomicU8]>> = Mutex::new(Vec::new());

/// Called by the program's own start, once for each part of it that is instrumented.
///
/// # Safety
///
/// From `start` up to `end` are counters, as LLVM lays them out.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn __sanitizer_cov_8bit_counters_init(
    start: *const AtomicU8,
    end: *const AtomicU8,
) {
    // SAFETY: by the contract; they stay as long as the program, and are bytes that any thread may
    // change at any time.
    let counters = unsafe { std::slice::from_raw_parts(start, end.addr() - start.addr()) };
    let mut all = COUNTERS.lock().expect("nobody panics with it");
    all.push(counters);
}

/// Called likewise, for what the counters belong to, of which nothing is needed.
#[unsafe(no_mangle)]
pub extern "C" fn __sanitizer_cov_pcs_init(_: *const usize, _: *const usize) {}

/// What has run so far.
#[derive(Debug, Default)]
pub struct Seen(Vec<u8>);

impl Seen {
    /// Sets all counters to 0.
    pub fn begin(&self) {
        for counter in COUNTERS
            .lock()
            .expect("nobody panics with it")
            .iter()
            .copied()
            .flatten()
        {
            counter.store(0, Ordering::Relaxed);
        }
    }

    /// Returns whether something has run since then that never did, or much more often: 1, 2, 3,
    /// 4 to 7, 8 to 15 times and so on are different.
    pub fn add(&mut self) -> bool {
        let all = COUNTERS.lock().expect("nobody panics with it");
        let counters = all.iter().copied().flatten();
        let mut new = false;
        for (index, counter) in counters.enumerate() {
            let bucket = match counter.load(Ordering::Relaxed) {
                0 => continue,
                few @ 1..4 => 1 << (few - 1),
                4..8 => 1 << 3,
                8..16 => 1 << 4,
                16..32 => 1 << 5,
                32..128 => 1 << 6,
                _ => 1 << 7,
            };
            if index >= self.0.len() {
                self.0.resize(index + 1, 0);
            }
            new |= self.0[index] & bucket == 0;
            self.0[index] |= bucket;
        }
        new
    }

    /// Returns how many edges have run.
    pub fn edges(&self) -> usize {
        self.0.iter().filter(|buckets| **buckets != 0).count()
    }
}
