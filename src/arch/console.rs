// SPDX-License-Identifier: MIT OR Apache-2.0

//! The console: a UART of which only the address of its data register is known.

use purgatory::abi::RawSymbols;
use purgatory::region::{PaRange, Region};
use purgatory::report::Console;
use purgatory::sink::usable_sink;
use spin::relax::{RelaxStrategy, Spin};

use super::attempt::sink_store;
use super::{registers, timer};

/// The bytes that a FIFO is expected to hold at least, and that may be sent at once.
const FIFO: u64 = 16;
/// Bytes a second at 115200 baud are 11520; a little less is sent.
const BYTES_PER_SECOND: u64 = 10_000;
/// Total number of timer reads before waiting is given up: the counter may be stopped, or slower
/// than `CNTFRQ_EL0` says. A read takes some 20 to 100 ns; all of the output takes 0.1 s at 115200
/// baud.
const PATIENCE: u32 = 1 << 24;

/// A UART that is written to at the pace of 115200 baud, because it cannot be asked whether it is
/// ready.
pub struct Uart {
    /// The data register, `None` for silence.
    data: Option<u64>,
    /// A byte has been sent and did not cause an SError.
    proven: bool,
    ticks_per_byte: u64,
    /// When everything sent until now has left the FIFO, by the clock.
    empty_at: u64,
    /// Timer reads that may still be spent waiting.
    patience: u32,
    /// Ticks spent on it.
    waited: u64,
}

impl Uart {
    /// Takes the sink that the loader named, if it can be used. Writing to it is legal only with
    /// the MMU off.
    // Two callers, the story and the exception report: one copy saves space.
    #[inline(never)]
    pub fn new(raw: &RawSymbols, image: &Region, pa_range: PaRange) -> Self {
        Self {
            data: usable_sink(raw, image, pa_range),
            proven: false,
            ticks_per_byte: timer::frequency() / BYTES_PER_SECOND,
            empty_at: 0,
            patience: PATIENCE,
            waited: 0,
        }
    }

    /// Returns the ticks that were spent on waiting for the UART.
    pub const fn waited(&self) -> u64 {
        self.waited
    }

    /// Waits until the FIFO has room, if the UART keeps its pace.
    fn wait(&mut self) {
        let full = FIFO * self.ticks_per_byte;
        let begun = timer::now();
        loop {
            let now = timer::now();
            // It never takes longer than that: a greater distance is long past, or the counter has
            // jumped.
            let left = self.empty_at.wrapping_sub(now);
            let left = if left > full { 0 } else { left };
            if left + self.ticks_per_byte <= full || self.patience == 0 {
                self.empty_at = now.wrapping_add(left + self.ticks_per_byte);
                self.waited = self.waited.wrapping_add(now.wrapping_sub(begun));
                return;
            }
            self.patience -= 1;
            Spin::relax();
        }
    }
}

impl Console for Uart {
    fn is_silent(&self) -> bool {
        self.data.is_none()
    }

    fn byte(&mut self, byte: u8) {
        let Some(data) = self.data else { return };
        self.wait();
        // An SError that was already pending is left to the next kernel.
        let unmask_serror = !self.proven && !registers::serror_is_pending();
        // SAFETY: the loader says that this is a UART's data register; usable_sink() has seen that
        // it is neither in our image nor in anything that is to be started. If nothing answers
        // there, the routine says so.
        let faulted = unsafe { sink_store(data, byte, unmask_serror.into()) };
        self.proven = true;
        if faulted != 0 {
            // The user loses the console, not the boot.
            self.data = None;
        }
    }
}
