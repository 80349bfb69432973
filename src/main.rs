// SPDX-License-Identifier: MIT OR Apache-2.0

//! The purgatory: what runs between two kernels.
//!
//! The old kernel has branched to [`arch::Entry`]'s first instructions. This is the story from
//! there to the new kernel, or to a halt.

#![no_std]
#![no_main]
#![deny(unsafe_code)]

mod arch;

use arch::console::Uart;
use arch::memory::{LoaderMemory, TablePool};
use arch::sha256::{Hash, Memory};
use arch::window::Window;
use arch::{cache, entry, handover, image, registers, symbols, timer};
use purgatory::abi::MAX_REGIONS;
use purgatory::cpu::Cpu;
use purgatory::paging::layout::{ImageParts, Layout};
use purgatory::paging::table::{self, VaBits};
use purgatory::paging::{AddressMap, Way, loader};
use purgatory::part::{self, Part};
use purgatory::report::{self, How, Through, Verified};
use purgatory::request::{Check, Cleared, Request, TableOffer};

entry!(main);

/// Called once by `purgatory_start`, with the MMU off, on our own stack.
fn main(found: arch::Entry) -> ! {
    let cpu = registers::cpu();
    let raw = symbols::raw();
    let parts = image::parts();
    let Ok(own) = parts.region(cpu.pa_range) else {
        handover::park()
    };
    let console = &mut Uart::new(raw, &own, cpu.pa_range);
    report::greeting(console);
    registers::settle(&cpu);

    let request = match Request::new(raw, &own, cpu.pa_range) {
        Ok(request) => request,
        Err(refusal) => {
            report::refusal(console, &refusal, &raw.sha256_regions);
            handover::halt(console, cpu.regime)
        }
    };
    report::request(console, &request);

    let cleared = if let Some(check) = &request.check {
        let pool = &mut TablePool::new(found.pool, &cpu);
        verify(
            console,
            &cpu,
            &parts,
            check,
            request.tables,
            pool,
            found.started,
        )
    } else {
        report::skipped(console);
        request.waive()
    };
    let Some(cleared) = cleared else {
        handover::halt(console, cpu.regime)
    };

    report::handing_over(console);
    handover::hand_over(cleared, cpu.regime, &found.registers, &request)
}

/// Hashes the regions, part by part, each through a window if there can be one, and compares with the
/// loader's digest.
fn verify(
    console: &mut Uart,
    cpu: &Cpu,
    image: &ImageParts,
    check: &Check<'_>,
    offer: Option<TableOffer>,
    pool: &mut TablePool,
    started: u64,
) -> Option<Cleared> {
    let serror_is_older = registers::serror_is_pending();
    let (regions, bytes) = check.count_and_bytes();
    let room = &mut [None; MAX_REGIONS];
    let mut part = Part::whole(check.regions(), room);
    let way = way(console, cpu, image, check, &part, offer, pool);
    let by_region = matches!(way, Way::OwnTablesByRegion(_));
    let how = How {
        regime: cpu.regime,
        through: Through::of(&way),
        sha2: cpu.has_sha2,
    };
    let most = part::most(cpu.has_sha2, how.through != Through::Uncached);

    let mut hash = Hash::new(cpu, bytes);
    while hash.hashed() < bytes {
        part.follow(check.regions(), hash.hashed(), most, by_region);
        if by_region || bytes > most {
            report::progress(console, hash.hashed(), bytes, how);
        }
        let map = address_map(cpu, image, &way, &part, pool);
        if map.is_none_or(|map| !map.is_inner_shareable()) {
            // Memory gets what the caches hold, including those of other CPUs: the kernel will read
            // memory.
            cache::flush(cpu, part.regions());
        }
        if let Some(map) = map {
            let window = Window::new(cpu, &map, pool.mark());
            window.with(|| hash.add(check, &part, Memory::Cached));
        } else {
            hash.add(check, &part, Memory::Uncached);
        }
    }

    // A memory error may be reported late, and would reach the new kernel.
    let serror = !serror_is_older && registers::serror_is_pending();
    if serror {
        report::serror(console);
    }
    let cleared = match hash.verdict() {
        Ok(cleared) if !serror => cleared,
        Ok(_) => return None,
        Err(computed) => {
            report::mismatch(console, computed, check.digest());
            return None;
        }
    };
    let verified = Verified {
        bytes,
        regions,
        ticks: timer::now()
            .wrapping_sub(started)
            .wrapping_sub(console.waited()),
        frequency: timer::frequency(),
        how,
        miscounted: cleared.miscounted(),
    };
    report::verified(console, &verified);
    Some(cleared)
}

/// Chooses how memory is read: through the loader's tables if they are good, otherwise through our
/// own. If tables cannot be built it is uncached, and the console says why.
fn way<'a>(
    console: &mut Uart,
    cpu: &Cpu,
    image: &'a ImageParts,
    check: &Check<'_>,
    part: &Part<'_>,
    offer: Option<TableOffer>,
    pool: &mut TablePool,
) -> Way<'a> {
    let layout = Layout::new(image, part.regions());
    let va_bits = match VaBits::of(cpu, &layout) {
        Ok(va_bits) => va_bits,
        Err(why) => {
            report::no_window(console, why);
            return Way::Uncached;
        }
    };
    if let Some(offer) = offer {
        match loader::check(
            cpu.regime,
            &layout,
            &offer,
            &LoaderMemory::new(cpu, check, offer.root),
        ) {
            Ok(map) => return Way::LoaderTables(map),
            Err(why) => report::loader_tables_refused(console, offer.root, why),
        }
    }
    match table::build(cpu.regime, va_bits, &layout, &mut pool.frames()) {
        Some(map) => Way::OwnTables(map),
        None => Way::OwnTablesByRegion(va_bits),
    }
}

/// Returns the tables for a part.
fn address_map<'a>(
    cpu: &Cpu,
    image: &'a ImageParts,
    way: &Way<'a>,
    part: &Part<'_>,
    pool: &mut TablePool,
) -> Option<AddressMap<'a>> {
    match way {
        Way::LoaderTables(map) | Way::OwnTables(map) => Some(*map),
        // The pool has room for those of the image and one region, wherever they lie.
        Way::OwnTablesByRegion(va_bits) => {
            let layout = Layout::new(image, part.regions());
            table::build(cpu.regime, *va_bits, &layout, &mut pool.frames())
        }
        Way::Uncached => None,
    }
}

/// Required by the compiler; tests/image proves that no panic can be reached. If one were reached
/// it would be reported as an undefined instruction.
#[panic_handler]
fn panic(_: &core::panic::PanicInfo<'_>) -> ! {
    handover::undefined()
}
