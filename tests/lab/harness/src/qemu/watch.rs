// SPDX-License-Identifier: MIT OR Apache-2.0

//! Collects what a machine says, until it comes to its end.

use std::io::{self, Write};
use std::process::ChildStdin;
use std::sync::mpsc::{Receiver, RecvTimeoutError};
use std::time::{Duration, Instant};

use super::monitor::Monitor;
use super::{Qemu, START, Stopped};

/// How often the monitor is asked. What it says does not depend on that, only how soon it is heard.
const PAUSE: Duration = Duration::from_millis(10);

/// Why watching has ended.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum End {
    /// The machine has come to this.
    Stopped(Stopped),
    /// QEMU closed the console, so it is about to end.
    Closed,
    /// It does nothing of the kind.
    Hung,
}

pub(super) struct Watch<'a> {
    qemu: &'a Qemu,
    until: &'a [&'a str],
    /// Where something is still to be typed.
    keyboard: Option<ChildStdin>,
    /// The console so far.
    pub raw: Vec<u8>,
    /// What QEMU itself has said, unless exceptions are counted, which it says there as well.
    pub stderr: Vec<u8>,
    exceptions: usize,
}

impl<'a> Watch<'a> {
    pub(super) const fn new(
        qemu: &'a Qemu,
        until: &'a [&'a str],
        keyboard: Option<ChildStdin>,
    ) -> Self {
        Self {
            qemu,
            until,
            keyboard,
            raw: Vec::new(),
            stderr: Vec::new(),
            exceptions: 0,
        }
    }

    /// Watches the console, and asks the monitor if there is one.
    pub(super) fn watch(
        &mut self,
        serial: &Receiver<Vec<u8>>,
        errors: &Receiver<Vec<u8>>,
        mut monitor: Option<Monitor>,
        end: Instant,
    ) -> End {
        let mut asked = Instant::now();
        loop {
            let left = end.saturating_duration_since(Instant::now());
            let alone = monitor.is_none() && self.qemu.exceptions.is_none();
            let pause = if alone { left } else { PAUSE };
            match serial.recv_timeout(pause.min(left)) {
                Ok(chunk) => {
                    if let Some(index) = self.take(&chunk) {
                        return End::Stopped(Stopped::Pattern(index));
                    }
                }
                Err(RecvTimeoutError::Disconnected) => return End::Closed,
                Err(RecvTimeoutError::Timeout) if left.is_zero() => return End::Hung,
                Err(RecvTimeoutError::Timeout) => {}
            }
            errors.try_iter().for_each(|chunk| self.take_error(&chunk));
            if self
                .qemu
                .exceptions
                .is_some_and(|most| self.exceptions > most)
            {
                return End::Stopped(Stopped::Spent);
            }
            // A console that never rests must not keep the monitor from being asked.
            if asked.elapsed() >= PAUSE {
                let stopped = monitor.as_mut().and_then(|monitor| self.ask(monitor));
                if let Some(stopped) = stopped {
                    return End::Stopped(stopped);
                }
                asked = Instant::now();
            }
        }
    }

    fn ask(&self, monitor: &mut Monitor) -> Option<Stopped> {
        let parks_at = &self.qemu.parks_at;
        if !parks_at.is_empty() && parks_at.contains(&monitor.pc()?) {
            return Some(Stopped::Parked);
        }
        let seconds = self.qemu.seconds?;
        (monitor.seconds()? >= START + seconds).then_some(Stopped::Spent)
    }

    /// Takes what has come by standard error.
    pub(super) fn take_error(&mut self, chunk: &[u8]) {
        if self.qemu.exceptions.is_some() {
            // `Taking exception 1 [Undefined Instruction] on CPU 0`: no other line has a bracket.
            self.exceptions += chunk.iter().filter(|&&byte| byte == b'[').count();
        } else {
            self.stderr.extend_from_slice(chunk);
        }
    }

    /// Takes what has come by the console, and says which pattern that has completed.
    pub(super) fn take(&mut self, chunk: &[u8]) -> Option<usize> {
        let typed = self.qemu.typed.as_ref();
        let awaited = typed.map(|(after, _)| after.as_str());
        let longest = self
            .until
            .iter()
            .copied()
            .chain(awaited)
            .map(str::len)
            .max();
        // A pattern may have begun in an earlier chunk.
        let from = self.raw.len().saturating_sub(longest.unwrap_or(0));
        self.raw.extend_from_slice(chunk);
        if self.qemu.echo {
            let mut out = io::stdout().lock();
            // A closed pipe is not a reason to stop watching.
            let _ = out.write_all(chunk).and_then(|()| out.flush());
        }
        let contains = |pattern: &[u8]| {
            let mut windows = self.raw[from..].windows(pattern.len().max(1));
            windows.any(|window| window == pattern)
        };
        if let Some((after, text)) = typed {
            if contains(after.as_bytes()) {
                // Closed then, of which a serial port sees nothing. A QEMU that has ended takes nothing.
                let _ = self
                    .keyboard
                    .take()
                    .map(|mut to| to.write_all(text.as_bytes()));
            }
        }
        let mut patterns = self.until.iter().map(|pattern| pattern.as_bytes());
        patterns.position(contains)
    }
}
