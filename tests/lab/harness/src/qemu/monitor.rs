// SPDX-License-Identifier: MIT OR Apache-2.0

//! Questions to a machine while it runs, by QEMU's human monitor. They change nothing for the guest.
//!
//! Not by QMP: a QEMU that ends while it carries out such a command may wait for that for ever.

use std::io::{self, Read, Write};
use std::os::unix::net::{UnixListener, UnixStream};
use std::time::Duration;

use tempfile::TempDir;

use super::option_value;

/// The data register of the PL031 of QEMU's `virt` machine: seconds.
const CLOCK: &str = "xp /1wx 0x9010000";

/// What the monitor says when it has said all.
const PROMPT: &[u8] = b"(qemu) ";

/// A question without an answer by then is asked again.
const PATIENCE: Duration = Duration::from_secs(60);

/// A socket at which QEMU reports when it starts.
pub(super) struct Monitor {
    folder: TempDir,
    listener: UnixListener,
    qemu: Option<UnixStream>,
}

impl Monitor {
    pub(super) fn new() -> io::Result<Self> {
        let folder = tempfile::tempdir()?;
        let listener = UnixListener::bind(folder.path().join("monitor"))?;
        listener.set_nonblocking(true)?;
        Ok(Self {
            folder,
            listener,
            qemu: None,
        })
    }

    /// Returns the arguments by which QEMU finds it.
    pub(super) fn arguments(&self) -> [String; 2] {
        let socket = option_value(&self.folder.path().join("monitor"));
        ["-monitor".into(), format!("unix:{socket}")]
    }

    /// Returns the program counter; `None` when QEMU does not answer, for it has not begun or is
    /// about to end.
    pub(super) fn pc(&mut self) -> Option<u64> {
        number(&self.ask("info registers").ok()?, "PC=")
    }

    /// Returns what the machine's clock shows.
    pub(super) fn seconds(&mut self) -> Option<u64> {
        number(&self.ask(CLOCK).ok()?, ": 0x")
    }

    /// Has a command carried out, and returns what that says.
    fn ask(&mut self, command: &str) -> io::Result<String> {
        if self.qemu.is_none() {
            let (qemu, _) = self.listener.accept()?;
            qemu.set_nonblocking(false)?;
            qemu.set_read_timeout(Some(PATIENCE))?;
            answer(self.qemu.insert(qemu))?;
        }
        let qemu = self.qemu.as_mut().ok_or(io::ErrorKind::NotConnected)?;
        writeln!(qemu, "{command}")?;
        answer(qemu)
    }
}

/// Reads up to the prompt.
fn answer(qemu: &mut UnixStream) -> io::Result<String> {
    let mut said = Vec::new();
    while !said.ends_with(PROMPT) {
        let mut buffer = [0; 4096];
        let length = qemu.read(&mut buffer)?;
        if length == 0 {
            return Err(io::ErrorKind::UnexpectedEof.into());
        }
        said.extend_from_slice(&buffer[..length]);
    }
    Ok(String::from_utf8_lossy(&said).into())
}

/// Returns the hexadecimal number after this word.
fn number(text: &str, word: &str) -> Option<u64> {
    let (_, rest) = text.split_once(word)?;
    let end = rest.find(|digit: char| !digit.is_ascii_hexdigit());
    u64::from_str_radix(&rest[..end.unwrap_or(rest.len())], 16).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_read_from_what_the_monitor_says() {
        let registers =
            r#"{"return": "\r\nCPU#0\r\n PC=0000000041405a70 X00=0000000000000001\r\n"}"#;
        assert_eq!(number(registers, "PC="), Some(0x4140_5a70));
        let clock = "xp /1wx 0x9010000\r\n0000000009010000: 0x386d4381\r\n";
        assert_eq!(number(clock, ": 0x"), Some(0x386d_4381));
        assert_eq!(number("Cannot access memory", ": 0x"), None);
    }
}
