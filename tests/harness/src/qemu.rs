// SPDX-License-Identifier: MIT OR Apache-2.0

//! The one way this project runs QEMU: a machine without network, its serial port captured, never
//! left running.
//!
//! ```no_run
//! use purgatory_test_harness::qemu::{Qemu, Stopped};
//! use std::time::Duration;
//!
//! let run = Qemu::new("virt,gic-version=2,virtualization=on")
//!     .cpu("neoverse-n1")
//!     .memory("1024")
//!     .args(["-kernel", "target/guests/new-kernel.elf"])
//!     .run(&["all passed", "panic"], Duration::from_secs(60))?;
//! assert_eq!(run.stopped_by, Stopped::Pattern(0), "{run}");
//! # Ok::<(), purgatory_test_harness::qemu::Error>(())
//! ```

mod error;
mod outcome;
mod program;

use std::io::{self, Read, Write};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::mpsc::{Receiver, RecvTimeoutError, channel};
use std::thread;
use std::time::{Duration, Instant};

pub use self::error::Error;
pub use self::outcome::{Outcome, Stopped};
use crate::root;

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
    linger: Duration,
}

impl Qemu {
    /// Makes a machine (`-M`) with its serial port captured and neither display, monitor nor
    /// network. A reset ends the run: a kexec never resets the machine.
    pub fn new(machine: &str) -> Self {
        Self {
            args: Vec::new(),
            echo: false,
            linger: Duration::ZERO,
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

    /// Keeps watching for this long after an awaited pattern: for what must *not* come after it.
    pub fn linger(mut self, time: Duration) -> Self {
        self.linger = time;
        self
    }

    /// Returns the command, ready for a shell.
    pub fn command_line(&self) -> String {
        let words = self.args.iter().map(|word| quoted(word));
        std::iter::once(quoted(&program().to_string_lossy()))
            .chain(words)
            .collect::<Vec<_>>()
            .join(" ")
    }

    /// Runs until the console shows one of `until`, or the machine ends, or time is up.
    ///
    /// # Errors
    /// When QEMU is missing, too old, or cannot be started. That a machine did not do what was
    /// hoped for is an [`Outcome`], not an error.
    pub fn run(&self, until: &[&str], timeout: Duration) -> Result<Outcome, Error> {
        error::check_version()?;
        let start = Instant::now();
        let mut child = Running(
            Command::new(program())
                .args(&self.args)
                .stdin(Stdio::null())
                .stdout(Stdio::piped())
                .stderr(Stdio::piped())
                .spawn()
                .map_err(Error::Io)?,
        );
        let serial = chunks(child.0.stdout.take().expect("stdout is piped"));
        let errors = chunks(child.0.stderr.take().expect("stderr is piped"));

        let mut raw = Vec::new();
        let end = start + timeout;
        let stopped_by = match self.watch(&serial, &mut raw, until, end) {
            Some(stopped) => stopped,
            None => child.exit(end).map_err(Error::Io)?,
        };
        drop(child);
        Ok(Outcome {
            // It may have been stopped between the two ends of a line.
            console: String::from_utf8_lossy(raw.strip_suffix(b"\r").unwrap_or(&raw))
                .replace("\r\n", "\n"),
            raw,
            stderr: String::from_utf8_lossy(&errors.iter().flatten().collect::<Vec<_>>()).into(),
            stopped_by,
            took: start.elapsed(),
            command_line: self.command_line(),
        })
    }

    /// Collects the console. `None`: QEMU closed it, so it is about to end.
    fn watch(
        &self,
        serial: &Receiver<Vec<u8>>,
        raw: &mut Vec<u8>,
        until: &[&str],
        end: Instant,
    ) -> Option<Stopped> {
        let longest = until.iter().map(|pattern| pattern.len()).max().unwrap_or(0);
        let mut found: Option<(usize, Instant)> = None;
        loop {
            let deadline = found.map_or(end, |(_, deadline)| deadline);
            match serial.recv_timeout(deadline.saturating_duration_since(Instant::now())) {
                Ok(chunk) => {
                    // A pattern may have begun in an earlier chunk.
                    let from = raw.len().saturating_sub(longest);
                    raw.extend_from_slice(&chunk);
                    if self.echo {
                        let mut out = io::stdout().lock();
                        // A closed pipe is no reason to stop watching.
                        let _ = out.write_all(&chunk).and_then(|()| out.flush());
                    }
                    if found.is_none() {
                        found = until
                            .iter()
                            .position(|pattern| contains(&raw[from..], pattern.as_bytes()))
                            .map(|index| (index, Instant::now() + self.linger));
                    }
                }
                Err(RecvTimeoutError::Timeout) => {
                    return Some(found.map_or(Stopped::Timeout, |(at, _)| Stopped::Pattern(at)));
                }
                Err(RecvTimeoutError::Disconnected) => {
                    return found.map(|(index, _)| Stopped::Pattern(index));
                }
            }
        }
    }
}

/// A QEMU that ends with its owner, whatever way that one goes.
struct Running(Child);

impl Running {
    fn exit(&mut self, end: Instant) -> io::Result<Stopped> {
        loop {
            match self.0.try_wait()? {
                Some(status) => return Ok(Stopped::Exit(status)),
                None if Instant::now() >= end => return Ok(Stopped::Timeout),
                None => thread::sleep(Duration::from_millis(2)),
            }
        }
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        // Both fail only if it has ended already.
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

/// Reads a pipe in a thread of its own, so that neither pipe can stop QEMU by being full.
fn chunks(mut pipe: impl Read + Send + 'static) -> Receiver<Vec<u8>> {
    let (sender, receiver) = channel();
    thread::spawn(move || {
        let mut buffer = [0; 4096];
        while let Ok(length @ 1..) = pipe.read(&mut buffer) {
            if sender.send(buffer[..length].to_vec()).is_err() {
                break;
            }
        }
    });
    receiver
}

fn contains(haystack: &[u8], needle: &[u8]) -> bool {
    haystack
        .windows(needle.len().max(1))
        .any(|window| window == needle)
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
