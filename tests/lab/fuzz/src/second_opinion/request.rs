// SPDX-License-Identifier: MIT OR Apache-2.0

//! Which value a loader's symbols must be refused for (docs/boot.md, and the table in docs/abi.md).

use purgatory::abi::{RawRegion, RawSymbols};
use purgatory::request::{Problem, Refusal, Symbol};

/// An image in memory, and the end of memory.
struct World {
    image: (u128, u128),
    end: u128,
}

/// Returns what a request is refused for: the first of its values that is bad.
pub fn refusal(raw: &RawSymbols, image: (u64, u64), pa_bits: u32) -> Option<Refusal> {
    let world = World {
        image: (image.0.into(), image.1.into()),
        end: 1 << pa_bits,
    };
    if raw.skip_checks > 1 {
        let value = raw.skip_checks.into();
        return Some(of(Symbol::SkipChecks, Problem::NeitherZeroNorOne, value));
    }
    let regions = if raw.skip_checks == 1 {
        None
    } else {
        let entries = raw.sha256_regions.iter().enumerate();
        for (index, region) in entries.filter(|(_, region)| region.len != 0) {
            if let Some(problem) = world.region(region) {
                let (index, len) = (Some(index), Some(region.len));
                let refusal = of(Symbol::Regions, problem, region.start);
                return Some(Refusal {
                    index,
                    len,
                    ..refusal
                });
            }
        }
        Some(&raw.sha256_regions[..])
    };
    let entry = (Symbol::KernelEntry, raw.arm64_kernel_entry, 4);
    let dtb = (Symbol::Dtb, raw.arm64_dtb_addr, 8);
    [entry, dtb].iter().find_map(|&(symbol, value, align)| {
        let problem = world.address(value, align, regions)?;
        Some(of(symbol, problem, value))
    })
}

fn of(symbol: Symbol, problem: Problem, value: u64) -> Refusal {
    Refusal {
        symbol,
        index: None,
        problem,
        value,
        len: None,
    }
}

fn bounds(region: &RawRegion) -> (u128, u128) {
    let start = u128::from(region.start);
    (start, start + u128::from(region.len))
}

impl World {
    fn region(&self, region: &RawRegion) -> Option<Problem> {
        let (start, end) = bounds(region);
        if end > 1 << 64 {
            Some(Problem::Wraps)
        } else if end > self.end {
            Some(Problem::BeyondPhysicalRange)
        } else if start < self.image.1 && end > self.image.0 {
            Some(Problem::OverlapsPurgatory)
        } else {
            None
        }
    }

    fn address(&self, value: u64, align: u64, regions: Option<&[RawRegion]>) -> Option<Problem> {
        let (at, len) = (u128::from(value), u128::from(align));
        let mut inside = regions.into_iter().flatten().map(bounds);
        if value % align != 0 {
            Some(if align == 4 {
                Problem::NotAlignedTo4
            } else {
                Problem::NotAlignedTo8
            })
        } else if at >= self.end {
            Some(Problem::BeyondPhysicalRange)
        } else if at >= self.image.0 && at < self.image.1 {
            Some(Problem::InsidePurgatory)
        } else if regions.is_some() && !inside.any(|(start, end)| start <= at && at + len <= end) {
            Some(Problem::NotInRegion)
        } else {
            None
        }
    }
}
