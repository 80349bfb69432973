// SPDX-License-Identifier: MIT OR Apache-2.0

//! The console: a UART of which nothing is known but the address of its data register.

use core::ptr;

use purgatory::abi::RawSymbols;
use purgatory::region::{PaRange, Region};
use purgatory::report::Console;
use purgatory::request::usable_sink;
use spin::relax::{RelaxStrategy, Spin};

use super::timer;

/// What a FIFO is expected to hold at least, and what may be sent at once: bytes.
const FIFO: u64 = 16;
/// Bytes a second at 115200 baud are 11520; a little less is sent.
const BYTES_PER_SECOND: u64 = 10_000;
/// Timer reads before giving up: the counter may be stopped.
const PATIENCE: u32 = 1 << 20;

/// A UART that is written to at the pace of 115200 baud, since it cannot be asked whether it is
/// ready.
pub struct Uart {
    /// The data register, `None` for silence.
    data: Option<u64>,
    ticks_per_byte: u64,
    /// When everything sent until now has left the FIFO, by the clock.
    empty_at: u64,
}

impl Uart {
    /// Takes the sink that the loader named, if it can be used. Writing to it is legal with the MMU off
    /// only.
    // Two callers, the story and the exception report: one copy saves space.
    #[inline(never)]
    pub fn new(raw: &RawSymbols, image: &Region, pa_range: PaRange) -> Self {
        Self {
            data: usable_sink(raw, image, pa_range),
            ticks_per_byte: timer::frequency() / BYTES_PER_SECOND,
            empty_at: 0,
        }
    }

    /// Waits until the FIFO has room, if the UART keeps its pace.
    fn wait(&mut self) {
        let mut now = timer::now();
        for _ in 0..PATIENCE {
            let full_until = self
                .empty_at
                .saturating_sub((FIFO - 1) * self.ticks_per_byte);
            if now >= full_until {
                break;
            }
            Spin::relax();
            now = timer::now();
        }
        self.empty_at = self.empty_at.max(now) + self.ticks_per_byte;
    }
}

impl Console for Uart {
    fn byte(&mut self, byte: u8) {
        let Some(data) = self.data else { return };
        self.wait();
        let data = ptr::with_exposed_provenance_mut::<u32>(data as usize);
        // SAFETY: the loader says that this is a UART's data register; usable_sink() has seen that it
        // is aligned and neither in our image nor in anything that is to be started.
        unsafe { data.write_volatile(byte.into()) };
    }
}
