// SPDX-License-Identifier: MIT OR Apache-2.0

//! A key that is pressed while the machine runs.

use std::io::Write;
use std::process::ChildStdin;
use std::sync::mpsc::Receiver;
use std::time::{Duration, Instant};

use super::{Qemu, Stopped};

/// Ctrl-A, on a line that a monitor shares.
const MONITOR_ESCAPE: u8 = 1;

/// How long after its prompt a key is pressed: the program that prompts need not listen yet.
const PRESSED_AFTER: Duration = Duration::from_millis(500);

impl Qemu {
    /// Sends a BREAK and this key half a second after the console has shown `prompt`. Linux takes
    /// that as a SysRq, in the interrupt, whatever program runs.
    pub fn sysrq(mut self, prompt: &str, key: u8) -> Self {
        self.sysrq = Some((prompt.into(), key));
        // With a monitor on the same line, which knows an escape sequence for BREAK.
        for arg in self.args.iter_mut().filter(|arg| *arg == "stdio") {
            *arg = "mon:stdio".into();
        }
        self
    }

    /// Collects the console, and answers the prompt if there is one to wait for.
    pub(super) fn press(
        &self,
        keys: Option<ChildStdin>,
        serial: &Receiver<Vec<u8>>,
        raw: &mut Vec<u8>,
        until: &[&str],
        end: Instant,
    ) -> Option<Stopped> {
        let Some(((prompt, key), mut keys)) = self.sysrq.as_ref().zip(keys) else {
            return self.watch(serial, raw, until, end);
        };
        let patient = self.clone().linger(PRESSED_AFTER);
        let expected = [&[prompt.as_str()], until].concat();
        match patient.watch(serial, raw, &expected, end) {
            Some(Stopped::Pattern(0)) => {
                // Fails only if QEMU has ended, which the console will tell.
                let _ = keys.write_all(&[MONITOR_ESCAPE, b'b', *key]);
                self.watch(serial, raw, until, end)
            }
            Some(Stopped::Pattern(index)) => Some(Stopped::Pattern(index - 1)),
            stopped => stopped,
        }
    }
}
