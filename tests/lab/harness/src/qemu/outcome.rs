// SPDX-License-Identifier: MIT OR Apache-2.0

//! The outcome of a run of QEMU.

use std::fmt;
use std::process::ExitStatus;
use std::time::Duration;

/// What ended a run.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Stopped {
    /// The console showed this one of the awaited patterns; QEMU was killed.
    Pattern(usize),
    /// The machine ended by itself: powered off, reset, or ended by its guest through semihosting.
    Exit(ExitStatus),
    /// The CPU is where it stays ([`super::Qemu::parks_at`]); QEMU was killed.
    Parked,
    /// So many instructions as it might were executed ([`super::Qemu::at_most`]), or more exceptions
    /// taken ([`super::Qemu::exceptions`]); QEMU was killed.
    Spent,
}

/// The outcome of a run. Its `Display` is for the message of a failing test: how to run this one
/// alone, what ended it, and the whole console.
#[derive(Clone, Debug)]
pub struct Outcome {
    /// The console as text: lossy UTF-8, `\r\n` made `\n`.
    pub console: String,
    /// The console byte by byte, as it left the serial port.
    pub raw: Vec<u8>,
    /// What QEMU itself said.
    pub stderr: String,
    /// What ended the run.
    pub stopped_by: Stopped,
    /// How long it ran.
    pub took: Duration,
    /// The command, ready for a shell.
    pub command_line: String,
}

impl fmt::Display for Outcome {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "run:     {}", self.command_line)?;
        writeln!(
            f,
            "stopped: {:?} after {:.1} s",
            self.stopped_by,
            self.took.as_secs_f32()
        )?;
        if !self.stderr.is_empty() {
            writeln!(f, "qemu:    {}", self.stderr.trim_end())?;
        }
        writeln!(f, "console:")?;
        self.console
            .lines()
            .try_for_each(|line| writeln!(f, "  | {line}"))
    }
}
