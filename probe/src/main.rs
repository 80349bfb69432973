// SPDX-License-Identifier: MIT OR Apache-2.0

//! The probe: a kernel that is not one. It tells what it finds, measures, and resets the machine or
//! stops.

#![no_std]
#![no_main]
#![deny(unsafe_code)]

mod arch;
mod measure;

/// The image's own: the same files that it is compiled from.
#[path = "../../src/arch"]
#[allow(dead_code, unsafe_code)] // the image itself uses more of it
mod image {
    pub mod attempt;
    pub mod cache;
    pub mod console;
    #[allow(clippy::module_inception)]
    pub mod image;
    mod libcalls;
    pub mod memory;
    pub mod registers;
    pub mod reset;
    pub mod sha256;
    pub mod timer;
    pub mod window;
}

use arch::console::{Choice, Console, Settled};
use image::memory::{PoolToken, TablePool};
use image::{registers, timer};
use purgatory_probe::device_tree::DeviceTree;
use purgatory_probe::options::Options;
use purgatory_probe::{Arrival, report, terms};

/// Called once, with the MMU off, on our own stack.
fn main(arrival: &Arrival, pool: PoolToken) -> ! {
    let isr = arch::machine::isr();
    let el = arch::machine::current_el();
    let tree = arch::memory::device_tree(arrival.x[0]).and_then(DeviceTree::new);
    let command_line = tree.as_ref().and_then(DeviceTree::command_line);
    let options = Options::new(command_line.unwrap_or_default());
    let settled = Settled {
        console: choice(&options, tree.as_ref()),
        may_have_psci: tree.as_ref().is_some_and(DeviceTree::may_have_psci),
    };
    arch::console::settle(settled);
    let console = &mut Console::open(settled.console);

    let _ = tell(console, arrival, (el, isr), tree.as_ref(), pool);
    let _ = report::last_words(console, options.wait);
    match options.wait {
        Some(seconds) => reset(console, settled.may_have_psci, seconds),
        None => arch::park(),
    }
}

/// The UART that the command line names, as the device tree describes it if that has the same, or that
/// of the device tree.
fn choice(options: &Options, tree: Option<&DeviceTree<'_>>) -> Choice {
    match (options.console, tree.and_then(DeviceTree::console)) {
        (Some(at), Some(port)) if [port.base, port.data].contains(&at) => Choice::Port(port),
        (Some(data), _) => Choice::Blind(data),
        (None, Some(port)) => Choice::Port(port),
        (None, None) => Choice::Silent,
    }
}

/// The report.
fn tell(
    console: &mut Console,
    arrival: &Arrival,
    (el, isr): (u64, u64),
    tree: Option<&DeviceTree<'_>>,
    pool: PoolToken,
) -> core::fmt::Result {
    report::heading(console)?;
    let frequency = timer::frequency();
    let registers = terms::registers(arrival, el, isr);
    let surroundings = terms::surroundings(arrival, el, tree.is_some(), frequency);
    report::hand_over(console, surroundings.into_iter().chain(registers))?;

    let cpu = registers::cpu();
    registers::settle(&cpu);
    let may_have_psci = tree.is_some_and(DeviceTree::may_have_psci);
    report::machine(console, &arch::machine::machine(cpu, may_have_psci))?;
    report::memory(console, tree.into_iter().flat_map(DeviceTree::memory))?;

    let pool = TablePool::new(pool, &cpu);
    let measured = measure::all(&cpu, pool);
    report::speed(console, &measured.speed, frequency)?;
    if let Some(why) = measured.no_window {
        report::no_window(console, why)?;
    }
    report::verified(console, arrival)?;
    report::end(console)
}

/// Resets the machine after so many seconds; stops if its firmware cannot.
fn reset(console: &mut Console, may_have_psci: bool, seconds: u32) -> ! {
    image::reset::wait(seconds);
    if may_have_psci {
        image::reset::system(registers::cpu().regime);
    }
    let _ = report::not_reset(console);
    arch::park()
}
