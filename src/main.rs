// SPDX-License-Identifier: MIT OR Apache-2.0

//! The purgatory: what runs between two kernels.
//!
//! The old kernel has branched to [`arch::Entry`]'s first instructions; this is the story from
//! there to the new kernel, or to a halt.

#![no_std]
#![no_main]
#![deny(unsafe_code)]

mod arch;

use arch::console::Uart;
use arch::memory::{LoaderMemory, TablePool};
use arch::sha256::{self, Memory};
use arch::window::Window;
use arch::{cache, entry, handover, image, registers, symbols, timer};
use purgatory::cpu::Cpu;
use purgatory::digest::Digests;
use purgatory::paging::layout::{ImageParts, Layout};
use purgatory::paging::table::{self, NoTables};
use purgatory::paging::{AddressMap, loader};
use purgatory::report::{self, Through, Verified};
use purgatory::request::{Check, Cleared, Request, TableOffer};
use purgatory::translation::Granule;

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
            parts,
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

/// Hashes the regions, through a window if there can be one, and compares with the loader's digest.
fn verify(
    console: &mut Uart,
    cpu: &Cpu,
    parts: ImageParts,
    check: &Check<'_>,
    offer: Option<TableOffer>,
    pool: &mut TablePool,
    started: u64,
) -> Option<Cleared> {
    let (map, through) = match address_map(console, cpu, parts, check, offer, pool) {
        Ok((map, through)) => (Some(map), through),
        Err(why) => {
            report::no_window(console, why);
            (None, Through::Uncached)
        }
    };
    let window = map.map(|map| Window::new(cpu, &map, pool.mark()));

    let serror_is_older = registers::serror_is_pending();
    let mut computed = Digests::default();
    let mut judge = |memory| {
        sha256::hash(cpu, check, memory, &mut computed);
        check.clear(&computed)
    };
    let cleared = if let Some(window) = &window {
        window.with(|| judge(Memory::Cached))
    } else {
        // What the kernel will find is what the caches hold now.
        cache::flush(cpu, check.regions());
        judge(Memory::Uncached)
    };
    // An error of the memory's may come late, and would reach the new kernel.
    let serror = !serror_is_older && registers::serror_is_pending();
    if serror {
        report::serror(console);
    }
    let Some(cleared) = cleared else {
        report::mismatch(console, &computed.sha256, check.digest());
        return None;
    };
    if serror {
        return None;
    }
    let verified = Verified {
        bytes: check.bytes(),
        regions: check.regions().count() as u64,
        ticks: timer::now()
            .wrapping_sub(started)
            .wrapping_sub(console.waited()),
        frequency: timer::frequency(),
        regime: cpu.regime,
        through,
        granule: map.map(|map| map.granule()),
        sha2: cpu.has_sha2,
        miscounted: cleared.miscounted(),
    };
    report::verified(console, &verified);
    Some(cleared)
}

/// The loader's tables if they are good, else our own, of the first granule with which they fit the
/// pool; why there are none otherwise.
fn address_map(
    console: &mut Uart,
    cpu: &Cpu,
    parts: ImageParts,
    check: &Check<'_>,
    offer: Option<TableOffer>,
    pool: &mut TablePool,
) -> Result<(AddressMap, Through), NoTables> {
    let layout = |granule| Layout::new(granule, parts, check.regions());
    if let Some(offer) = offer {
        match loader::check(cpu, &layout(Granule::Size4K), &offer, &LoaderMemory(*check)) {
            Ok(map) => return Ok((map, Through::LoaderTables)),
            Err(why) => report::loader_tables_refused(console, offer.root, why),
        }
    }
    let mut refused = NoTables::NoGranule;
    for granule in cpu.granules.by_preference() {
        match table::build(cpu.regime, &layout(granule), &mut pool.frames()) {
            Ok(map) => return Ok((map, Through::OwnTables)),
            Err(why) => refused = why,
        }
    }
    Err(refused)
}

/// Required by the compiler; tests/image proves that no panic can be reached. One would be reported
/// as any other fault.
#[panic_handler]
fn panic(_: &core::panic::PanicInfo<'_>) -> ! {
    handover::undefined()
}
