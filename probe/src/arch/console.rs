// SPDX-License-Identifier: MIT OR Apache-2.0

//! The console: a UART that tells when it is ready, or one of which nothing but its address is known,
//! which gets bytes as the image sends them.

use core::fmt;
use core::ptr;

use purgatory::abi::RawSymbols;
use purgatory::report::Console as _;
use purgatory_probe::port::Port;

use crate::image::console::Uart;
use crate::image::{image, registers};

/// How often a UART is asked whether it is ready. One that was not by then, since it has no clock or waits for a
/// terminal, is not waited for again. A byte takes 1 ms at 9600 baud, and asking 100 ns at least.
const PATIENCE: u32 = 1 << 20;

/// What the device tree and the command line have settled, for the report of an exception.
#[derive(Clone, Copy)]
pub struct Settled {
    /// The console.
    pub console: Choice,
    /// Whether firmware may be called.
    pub may_have_psci: bool,
}

/// Which console it is.
#[derive(Clone, Copy)]
pub enum Choice {
    /// None.
    Silent,
    /// One that the device tree describes.
    Port(Port),
    /// That with its data register here.
    Blind(u64),
}

static mut SETTLED: Settled = Settled {
    console: Choice::Silent,
    may_have_psci: false,
};

/// Returns what was settled; before anything was, nothing.
pub fn settled() -> Settled {
    // SAFETY: there is one CPU, and no reference to it.
    unsafe { SETTLED }
}

/// Settles it.
pub fn settle(settled: Settled) {
    // SAFETY: as above.
    unsafe { SETTLED = settled };
}

/// A console.
pub enum Console {
    /// Nobody listens.
    Silent,
    /// A UART that can be asked, and how often that may be.
    Port(Port, u32),
    /// The image's.
    Blind(Uart),
}

impl Console {
    /// Begins to use it. Legal with the MMU off only.
    pub fn open(choice: Choice) -> Self {
        match choice {
            Choice::Silent => Self::Silent,
            Choice::Port(port) => Self::Port(port, PATIENCE),
            Choice::Blind(data) => {
                let cpu = registers::cpu();
                let raw = RawSymbols {
                    arm64_sink: data,
                    ..RawSymbols::default()
                };
                match image::parts().region(cpu.pa_range) {
                    Ok(own) => Self::Blind(Uart::new(&raw, &own, cpu.pa_range)),
                    Err(_) => Self::Silent,
                }
            }
        }
    }

    fn send(&mut self, byte: u8) {
        match self {
            Self::Silent => {}
            Self::Port(port, most) => send(port, byte, most),
            Self::Blind(uart) => uart.byte(byte),
        }
    }
}

impl fmt::Write for Console {
    fn write_str(&mut self, text: &str) -> fmt::Result {
        for byte in text.bytes() {
            if byte == b'\n' {
                self.send(b'\r');
            }
            self.send(byte);
        }
        Ok(())
    }
}

fn send(port: &Port, byte: u8, most: &mut u32) {
    let is_ready = || load(port.status, port.width) & port.mask == port.ready;
    if !(0..*most).any(|_| is_ready()) {
        *most = 0;
    }
    store(port.data, port.width, byte.into());
}

fn load(at: u64, width: u32) -> u32 {
    let at = at as usize;
    // SAFETY: a register of a UART by the device tree; that it can be read has no other effect.
    unsafe {
        match width {
            1 => ptr::with_exposed_provenance::<u8>(at)
                .read_volatile()
                .into(),
            2 => ptr::with_exposed_provenance::<u16>(at)
                .read_volatile()
                .into(),
            _ => ptr::with_exposed_provenance::<u32>(at).read_volatile(),
        }
    }
}

fn store(at: u64, width: u32, value: u32) {
    let at = at as usize;
    // SAFETY: the data register of a UART by the device tree.
    unsafe {
        match width {
            1 => ptr::with_exposed_provenance_mut::<u8>(at).write_volatile(value as u8),
            2 => ptr::with_exposed_provenance_mut::<u16>(at).write_volatile(value as u16),
            _ => ptr::with_exposed_provenance_mut::<u32>(at).write_volatile(value),
        }
    }
}
