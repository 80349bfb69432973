//! The purgatory: what runs between two kernels.
//!
//! The old kernel has branched to [`arch::Entry`]'s first instructions; this is the story from there
//! to the new kernel, or to a halt.

#![no_std]
#![no_main]
#![deny(unsafe_code)]

mod arch;

use arch::{
    console::Uart,
    handover, image,
    memory::{self, Once, Pool},
    registers, sha256, symbols, timer,
    window::Window,
};
use purgatory::{
    cpu::Cpu,
    digest,
    paging::{
        layout::Layout,
        loader,
        table::{self, NoTables},
    },
    report::{self, Through, Verified},
    request::{Check, LoaderTables, Request},
};

/// Called by the first instructions, with the MMU off and on a stack of our own, once.
extern "C" fn main(found: arch::Entry) -> ! {
    let cpu = registers::cpu();
    let raw = symbols::raw();
    let console = &mut Uart::new(raw, cpu.pa_bits);
    report::greeting(console);

    let Ok(image) = image::region(cpu.pa_bits) else {
        handover::halt(console)
    };
    let request = match Request::new(raw, &image, cpu.pa_bits) {
        Ok(request) => request,
        Err(refusal) => {
            report::refusal(console, &refusal);
            handover::halt(console)
        }
    };
    report::request(console, &request);

    match &request.check {
        Some(check) => verify(console, &cpu, check, request.tables, found.pool),
        None => report::skipped(console),
    }

    report::handing_over(console);
    handover::hand_over(
        cpu.regime,
        &found.registers,
        request.kernel_entry,
        request.dtb,
    )
}

/// Returns if the regions have the digest that the loader computed, and halts otherwise.
fn verify(
    console: &mut Uart,
    cpu: &Cpu,
    check: &Check<'_>,
    offer: Option<LoaderTables>,
    pool: Once,
) {
    let start = timer::now();
    let (window, through) = match window(console, cpu, check, offer, pool) {
        Ok((window, through)) => (Some(window), through),
        Err(why) => {
            report::no_window(console, why);
            (None, Through::Bus)
        }
    };

    let computed = match &window {
        Some(window) => window.with(|| sha256::hash(cpu, check)),
        None => sha256::hash(cpu, check),
    };
    if let Some(window) = &window {
        check.regions().for_each(|region| window.flush(&region));
    }

    if !digest::equal(&computed.0, check.digest()) {
        report::mismatch(console, &computed.0, check.digest());
        handover::halt(console);
    }
    let verified = Verified {
        bytes: check.bytes(),
        regions: check.regions().count() as u64,
        ticks: timer::now().wrapping_sub(start),
        frequency: timer::frequency(),
        regime: cpu.regime,
        through,
        sha2: cpu.has_sha2,
    };
    report::verified(console, &verified);
}

/// A window through the loader's tables if they are good, else through our own; why there is none
/// otherwise.
fn window(
    console: &mut Uart,
    cpu: &Cpu,
    check: &Check<'_>,
    offer: Option<LoaderTables>,
    pool: Once,
) -> Result<(Window, Through), NoTables> {
    let granule = cpu.granule.ok_or(NoTables::NoGranule)?;
    let image = image::layout();
    let layout = Layout::new(granule, image, check.regions());

    let offered = offer.and_then(|offer| {
        loader::check(cpu.regime, &layout, &offer, &memory::LoaderTables(*check))
            .inspect_err(|why| report::own_tables(console, offer.root, *why))
            .ok()
    });
    let (map, through) = match offered {
        Some(map) => (map, Through::LoaderTables),
        None => (
            table::build(cpu.regime, &layout, &mut Pool::new(pool))?,
            Through::OwnTables,
        ),
    };
    Ok((Window::new(cpu, &map, &image), through))
}

/// There is no panic in the image; the compiler wants to know what one would do.
#[panic_handler]
fn panic(_: &core::panic::PanicInfo<'_>) -> ! {
    handover::park()
}
