// SPDX-License-Identifier: MIT OR Apache-2.0

//! A QEMU that runs, with what it says.

use std::io::{self, Read};
use std::process::{Child, ChildStdin, Command, Stdio};
use std::sync::mpsc::{Receiver, channel};
use std::thread;
use std::time::{Duration, Instant};

use super::monitor::Monitor;
use super::watch::End;
use super::{Qemu, Stopped, program};

/// What comes by a pipe.
type Chunks = Receiver<Vec<u8>>;

/// A QEMU that ends with its owner, whatever way that one goes.
pub(super) struct Running(Child);

impl Running {
    /// Starts it. Returns what comes by its console and by its standard error as well.
    pub(super) fn new(
        qemu: &Qemu,
        monitor: Option<&Monitor>,
    ) -> io::Result<(Self, Chunks, Chunks)> {
        let mut child = Command::new(program())
            .args(&qemu.args)
            .args(monitor.into_iter().flat_map(Monitor::arguments))
            .stdin(match qemu.typed {
                Some(_) => Stdio::piped(),
                None => Stdio::null(),
            })
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()?;
        let serial = chunks(child.stdout.take().expect("stdout is piped"));
        let errors = chunks(child.stderr.take().expect("stderr is piped"));
        Ok((Self(child), serial, errors))
    }

    /// Returns where something is typed, if anything is.
    pub(super) fn keyboard(&mut self) -> Option<ChildStdin> {
        self.0.stdin.take()
    }

    /// Waits until it has ended.
    pub(super) fn exit(&mut self, end: Instant) -> io::Result<End> {
        loop {
            match self.0.try_wait()? {
                Some(status) => return Ok(End::Stopped(Stopped::Exit(status))),
                None if Instant::now() >= end => return Ok(End::Hung),
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
fn chunks(mut pipe: impl Read + Send + 'static) -> Chunks {
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
