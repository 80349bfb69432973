// SPDX-License-Identifier: MIT OR Apache-2.0

//! How fast the image's own routines are: each hashes memory of ours as the image hashes a region.

use purgatory::abi::{MAX_REGIONS, RawRegion, RawSymbols};
use purgatory::cpu::Cpu;
use purgatory::digest::Digest;
use purgatory::paging::layout::{ImageParts, Layout};
use purgatory::paging::table::{self, NoTables, VaBits};
use purgatory::part::Part;
use purgatory::request::Check;
use purgatory_probe::report::Speed;
use purgatory_probe::speed::{RUNS, Sample};

use crate::arch::memory::{BUFFER, buffer, touch};
use crate::image::memory::TablePool;
use crate::image::sha256::{Hash, Memory};
use crate::image::window::Window;
use crate::image::{cache, image, timer};

/// Bytes hashed past the cache, where one may take 150 ns: a tenth of a second for all runs.
const UNCACHED: u64 = 128 << 10;

/// Bytes whose lines are cleaned: as many as a second level cache holds, 100 ns a line.
const CLEANED: u64 = 256 << 10;

/// What came of it.
pub struct Measured {
    /// The samples.
    pub speed: Speed,
    /// Why there are none of a window.
    pub no_window: Option<&'static str>,
}

/// Where and with what.
struct Lab<'a> {
    cpu: &'a Cpu,
    parts: ImageParts,
    /// What is hashed, at most.
    raw: RawSymbols,
    pool: TablePool,
}

/// Measures everything that this CPU can do.
pub fn all(cpu: &Cpu, pool: TablePool) -> Measured {
    let mut lab = Lab {
        cpu,
        parts: image::parts(),
        raw: RawSymbols::default(),
        pool,
    };
    let mut speed = Speed {
        agree: true,
        ..Speed::default()
    };
    let mut no_window = None;
    for (index, memory) in [(0, Memory::Cached), (1, Memory::Uncached)] {
        let mut digests = [None; 2];
        for (way, has_sha2) in [(0, true), (1, false)] {
            if has_sha2 && !cpu.has_sha2 {
                continue;
            }
            match lab.hash(has_sha2, memory) {
                Ok((sample, digest)) => {
                    digests[way] = digest;
                    speed.agree &= digest.is_some();
                    let samples = if has_sha2 {
                        &mut speed.instructions
                    } else {
                        &mut speed.software
                    };
                    samples[index] = Some(sample);
                }
                Err(why) => no_window = Some(why),
            }
        }
        if let [Some(one), Some(other)] = digests {
            speed.agree &= one == other;
        }
    }
    if no_window.is_none() {
        speed.lines[0] = lab.lines_in_window().ok();
        speed.window = lab.windows().ok();
    }
    speed.lines[1] = Some(lab.lines());
    Measured { speed, no_window }
}

impl Lab<'_> {
    /// Hashes several times; returns how long it took, and the digest, if it was the same each time.
    fn hash(
        &mut self,
        has_sha2: bool,
        memory: Memory,
    ) -> Result<(Sample, Option<Digest>), &'static str> {
        let units = match memory {
            Memory::Cached => BUFFER,
            Memory::Uncached => UNCACHED,
        };
        let mut cpu = *self.cpu;
        cpu.has_sha2 = has_sha2;
        let mut ticks = [0; RUNS];
        let mut digests = [Digest::default(); RUNS];
        for (ticks, digest) in ticks.iter_mut().zip(&mut digests) {
            let work = |check: &Check<'_>| {
                let mut hash = Hash::new(&cpu, units);
                let room = &mut [None; MAX_REGIONS];
                let part = Part::whole(check.regions(), room);
                let start = timer::now();
                hash.add(check, &part, memory);
                let ticks = timer::now().wrapping_sub(start);
                // The digest that is asked for is all zeros.
                (ticks, hash.verdict().err().copied().unwrap_or_default())
            };
            (*ticks, *digest) = match memory {
                Memory::Cached => self.in_window(units, work)?.0,
                Memory::Uncached => work(&Self::check(&mut self.raw, &self.parts, &cpu, units)?),
            };
        }
        let [first, rest @ ..] = digests;
        let same = rest.iter().all(|digest| *digest == first);
        Ok((Sample { ticks, units }, same.then_some(first)))
    }

    /// Cleans and invalidates lines that the D-cache holds, in a window.
    fn lines_in_window(&mut self) -> Result<Sample, &'static str> {
        let (start, end, line) = (buffer(), buffer() + CLEANED, self.cpu.dcache_line);
        let mut ticks = [0; RUNS];
        for ticks in &mut ticks {
            let work = |_: &Check<'_>| {
                touch(CLEANED, line);
                clean(start, end, line)
            };
            *ticks = self.in_window(CLEANED, work)?.0;
        }
        Ok(Sample {
            ticks,
            units: CLEANED / line,
        })
    }

    /// The same with the MMU off, when it holds none of them.
    fn lines(&self) -> Sample {
        let (start, end, line) = (buffer(), buffer() + CLEANED, self.cpu.dcache_line);
        Sample {
            ticks: core::array::from_fn(|_| clean(start, end, line)),
            units: CLEANED / line,
        }
    }

    /// Builds tables, opens a window and closes it.
    fn windows(&mut self) -> Result<Sample, &'static str> {
        let mut ticks = [0; RUNS];
        for ticks in &mut ticks {
            *ticks = self.in_window(BUFFER, |_| ())?.1;
        }
        Ok(Sample { ticks, units: 1 })
    }

    /// Has so many bytes of ours hashed.
    fn check<'r>(
        raw: &'r mut RawSymbols,
        parts: &ImageParts,
        cpu: &Cpu,
        bytes: u64,
    ) -> Result<Check<'r>, &'static str> {
        raw.sha256_regions[0] = RawRegion {
            start: buffer(),
            len: bytes,
        };
        let own = parts.region(cpu.pa_range);
        let own = own.map_err(|_| "the probe lies nowhere")?;
        Check::new(raw, &own, cpu.pa_range).map_err(|_| "the buffer lies nowhere")
    }

    /// Does something in a window on so many bytes; returns how many ticks that and the window took.
    fn in_window<T>(
        &mut self,
        bytes: u64,
        work: impl FnOnce(&Check<'_>) -> T,
    ) -> Result<(T, u64), &'static str> {
        let check = Self::check(&mut self.raw, &self.parts, self.cpu, bytes)?;
        let start = timer::now();
        let layout = Layout::new(&self.parts, check.regions());
        let va_bits = VaBits::of(self.cpu, &layout).map_err(words)?;
        let frames = &mut self.pool.frames();
        let map = table::build(self.cpu.regime, va_bits, &layout, frames);
        let map = map.ok_or("the tables do not fit")?;
        let window = Window::new(self.cpu, &map, self.pool.mark());
        let done = window.with(|| work(&check));
        Ok((done, timer::now().wrapping_sub(start)))
    }
}

/// Returns how many ticks it takes to clean and invalidate these lines.
fn clean(start: u64, end: u64, line: u64) -> u64 {
    let began = timer::now();
    cache::clean_and_invalidate(start, end, line);
    cache::complete();
    timer::now().wrapping_sub(began)
}

/// As the image says it.
const fn words(why: NoTables) -> &'static str {
    match why {
        NoTables::NoGranule => "the CPU has no 4 KiB granule",
        NoTables::Above48Bits => "a region lies above 48 bits",
    }
}
