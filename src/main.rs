//! The purgatory: what runs between two kernels.
//!
//! The old kernel has branched to [`arch::Entry`]'s first instructions; this is the story from there
//! to the new kernel, or to a halt.

#![no_std]
#![no_main]

mod arch;

use arch::{
    console::Uart, handover, image, memory, registers, sha256, symbols, timer, window::Window,
};
use purgatory::{
    cpu::Cpu,
    digest::{self, Digest, Sha256},
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
        Some(check) => verify(console, &cpu, check, request.tables),
        None => report::skipped(console),
    }

    report::handing_over(console);
    handover::hand_over(cpu.regime, &found, request.kernel_entry, request.dtb)
}

/// Returns if the regions have the digest that the loader computed, and halts otherwise.
fn verify(console: &mut Uart, cpu: &Cpu, check: &Check<'_>, offer: Option<LoaderTables>) {
    let start = timer::now();
    let (window, through) = match window(console, cpu, check, offer) {
        Ok((window, through)) => (Some(window), through),
        Err(why) => {
            report::no_window(console, why);
            (None, Through::Bus)
        }
    };

    let computed = match &window {
        // SAFETY: the window's tables map the image and the regions; hash() touches nothing else.
        Some(window) => unsafe { window.with(|| hash(cpu, check)) },
        None => hash(cpu, check),
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
) -> Result<(Window, Through), NoTables> {
    let granule = cpu.granule.ok_or(NoTables::NoGranule)?;
    let image = image::layout();
    let layout = Layout::new(granule, image, check.regions());
    let window = |root| Window::new(cpu, granule, root, &image);

    if let Some(offer) = offer {
        match loader::check(cpu.regime, &layout, &offer, &memory::LoaderTables(*check)) {
            Ok(()) => return Ok((window(offer.root), Through::LoaderTables)),
            Err(why) => report::own_tables(console, offer.root, why),
        }
    }
    // SAFETY: main() runs once and calls this once.
    let mut frames = unsafe { memory::Pool::new() };
    let root = table::build(cpu.regime, &layout, &mut frames)?;
    Ok((window(root), Through::OwnTables))
}

/// SHA-256 over all regions.
fn hash(cpu: &Cpu, check: &Check<'_>) -> Digest {
    // SAFETY: the digest reads what lies in the regions and nothing else.
    let mut sha = Sha256::new(unsafe { sha256::Memory::new(cpu) });
    check
        .regions()
        .for_each(|region| sha.update(region.start(), region.len()));
    let digest = sha.finish();
    sha.into_engine().done();
    digest
}

/// There is no panic in the image; the compiler wants to know what one would do.
#[panic_handler]
fn panic(_: &core::panic::PanicInfo<'_>) -> ! {
    handover::park()
}
