// SPDX-License-Identifier: MIT OR Apache-2.0

//! The one way this project runs QEMU: a machine without network, its serial port captured, never
//! left running.
//!
//! A run ends by what the machine does: its console shows something, it powers off, its CPU stays where
//! a program halts, or it has executed so many instructions, or taken so many exceptions. How long that takes is the host's affair.
//!
//! ```no_run
//! use purgatory_test_harness::qemu::{Qemu, Stopped};
//!
//! let run = Qemu::new("virt,gic-version=2,virtualization=on")
//!     .cpu("neoverse-n1")
//!     .memory("1024")
//!     .args(["-kernel", "target/guests/new-kernel.elf"])
//!     .run(&["all passed", "panic"])?;
//! assert_eq!(run.stopped_by, Stopped::Pattern(0), "{run}");
//! # Ok::<(), purgatory_test_harness::qemu::Error>(())
//! ```

mod error;
mod monitor;
mod outcome;
mod program;
mod running;
mod watch;

use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

pub use self::error::Error;
use self::monitor::Monitor;
pub use self::outcome::{Outcome, Stopped};
use self::running::Running;
use self::watch::{End, Watch};
use crate::root;

/// The last resort: a run that takes so long has hung, and its test fails saying so. Not a verdict on
/// what runs. The longest takes four minutes on an idle host; one that is loaded takes many times that.
const HUNG: Duration = Duration::from_secs(3600);

/// How many nanoseconds an instruction takes by the machine's clock, as a power of two, where
/// instructions are counted. A thousand times too many, so that no clock is waited for long.
const SHIFT: u32 = 10;

/// Where the machine's clock starts then: at the beginning of the year 2000.
const START: u64 = 946_684_800;

/// Returns the QEMU that is run: `$QEMU`, or Debian's.
pub fn program() -> PathBuf {
    program::program(&root())
}

/// Returns the path as the value of an option that has several: a comma in it is doubled, since a
/// single one ends the value.
pub fn option_value(path: &Path) -> String {
    path.display().to_string().replace(',', ",,")
}

/// A command line for QEMU, and how to watch it.
#[derive(Clone, Debug)]
pub struct Qemu {
    args: Vec<String>,
    echo: bool,
    typed: Option<(String, String)>,
    parks_at: Vec<u64>,
    seconds: Option<u64>,
    exceptions: Option<usize>,
}

impl Qemu {
    /// Makes a machine (`-M`) with its serial port captured and neither display, monitor nor
    /// network. A reset ends the run: a kexec never resets the machine.
    pub fn new(machine: &str) -> Self {
        Self {
            args: Vec::new(),
            echo: false,
            typed: None,
            parks_at: Vec::new(),
            seconds: None,
            exceptions: None,
        }
        .args([
            "-M",
            machine,
            "-nodefaults",
            "-display",
            "none",
            "-serial",
            "stdio",
        ])
        .args(["-monitor", "none", "-nic", "none", "-no-reboot"])
    }

    /// Captures the machine's second serial port instead of its first.
    pub fn second_serial(mut self) -> Self {
        let first = self.args.iter().position(|arg| arg == "-serial");
        let first = first.expect("one is captured");
        let none = ["-serial", "null"].map(String::from);
        self.args.splice(first..first, none);
        self
    }

    /// Sets the CPU model (`-cpu`).
    pub fn cpu(self, model: &str) -> Self {
        self.args(["-cpu", model])
    }

    /// Sets the memory (`-m`): MiB, or with a unit.
    pub fn memory(self, size: &str) -> Self {
        self.args(["-m", size])
    }

    /// Adds an argument.
    pub fn arg(mut self, arg: impl Into<String>) -> Self {
        self.args.push(arg.into());
        self
    }

    /// Adds arguments.
    pub fn args<S: Into<String>>(mut self, args: impl IntoIterator<Item = S>) -> Self {
        self.args.extend(args.into_iter().map(Into::into));
        self
    }

    /// Shows the console on our standard output as it comes.
    pub fn echo(mut self) -> Self {
        self.echo = true;
        self
    }

    /// Types a text at the console when that has shown these words.
    pub fn types(mut self, after: &str, text: &str) -> Self {
        self.typed = Some((after.into(), text.into()));
        self
    }

    /// Ends the run where the CPU is at one of these addresses, which it never leaves.
    pub fn parks_at(mut self, addresses: impl IntoIterator<Item = u64>) -> Self {
        self.parks_at.extend(addresses);
        self
    }

    /// Has the clock of a machine `virt` go by instructions, and ends the run when it shows that there
    /// were this many.
    pub fn at_most(self, instructions: u64) -> Self {
        self.at_most_at(SHIFT, instructions)
    }

    /// The same with a clock on which an instruction takes 2 to this power nanoseconds.
    pub fn at_most_at(mut self, shift: u32, instructions: u64) -> Self {
        self.seconds = Some((instructions << shift).div_ceil(1_000_000_000));
        self.args([
            "-icount",
            &format!("shift={shift},sleep=off"),
            "-rtc",
            "base=2000-01-01,clock=vm",
        ])
    }

    /// Ends the run when there were more exceptions than this, those that a program takes on purpose
    /// among them. One that is lost in a vector that cannot be fetched executes no instructions.
    pub fn exceptions(mut self, most: usize) -> Self {
        self.exceptions = Some(most);
        self.args(["-d", "int"])
    }

    /// Returns the command, ready for a shell.
    pub fn command_line(&self) -> String {
        let words = self.args.iter().map(|word| quoted(word));
        std::iter::once(quoted(&program().to_string_lossy()))
            .chain(words)
            .collect::<Vec<_>>()
            .join(" ")
    }

    /// Runs until the console shows one of `until`, or the machine comes to its end.
    ///
    /// # Errors
    /// When QEMU is missing, too old, cannot be started, or hangs. That a machine did not do what was
    /// hoped for is an [`Outcome`], not an error.
    pub fn run(&self, until: &[&str]) -> Result<Outcome, Error> {
        self.run_within(until, HUNG)
    }

    fn run_within(&self, until: &[&str], patience: Duration) -> Result<Outcome, Error> {
        error::check_version()?;
        let start = Instant::now();
        let asked = !self.parks_at.is_empty() || self.seconds.is_some();
        let monitor = asked.then(Monitor::new).transpose().map_err(Error::Io)?;
        let (mut child, serial, errors) =
            Running::new(self, monitor.as_ref()).map_err(Error::Io)?;

        let mut watch = Watch::new(self, until, child.keyboard());
        let end = match watch.watch(&serial, &errors, monitor, start + patience) {
            End::Closed => child.exit(start + patience).map_err(Error::Io)?,
            end => end,
        };
        drop(child);
        if end != End::Hung && !matches!(end, End::Stopped(Stopped::Pattern(_))) {
            // What was said before that is on its way.
            for chunk in &serial {
                watch.take(&chunk);
            }
        }
        for chunk in &errors {
            watch.take_error(&chunk);
        }
        let (raw, stderr) = (watch.raw, watch.stderr);
        // It may have been stopped between the two ends of a line.
        let console = String::from_utf8_lossy(raw.strip_suffix(b"\r").unwrap_or(&raw));
        let console = console.replace("\r\n", "\n");
        let End::Stopped(stopped_by) = end else {
            return Err(Error::Hung(format!("{}\n{console}", self.command_line())));
        };
        Ok(Outcome {
            console,
            raw,
            stderr: String::from_utf8_lossy(&stderr).into(),
            stopped_by,
            took: start.elapsed(),
            command_line: self.command_line(),
        })
    }
}

fn quoted(word: &str) -> String {
    let plain = |c: char| c.is_ascii_alphanumeric() || "-_=,./:+@%".contains(c);
    if !word.is_empty() && word.chars().all(plain) {
        word.to_string()
    } else {
        format!("'{}'", word.replace('\'', r"'\''"))
    }
}

#[cfg(test)]
mod tests;
