// SPDX-License-Identifier: MIT OR Apache-2.0

//! Questions to a machine while it runs, in QEMU's own protocol (QMP). They change nothing for the
//! guest.

use std::io::{self, BufRead, BufReader, Write};
use std::os::unix::net::{UnixListener, UnixStream};

use tempfile::TempDir;

use super::option_value;

/// The data register of the PL031 of QEMU's `virt` machine: seconds.
const CLOCK: &str = "xp /1wx 0x9010000";

/// A socket at which QEMU reports when it starts.
pub(super) struct Monitor {
    folder: TempDir,
    listener: UnixListener,
    qemu: Option<BufReader<UnixStream>>,
}

impl Monitor {
    pub(super) fn new() -> io::Result<Self> {
        let folder = tempfile::tempdir()?;
        let listener = UnixListener::bind(folder.path().join("qmp"))?;
        listener.set_nonblocking(true)?;
        Ok(Self {
            folder,
            listener,
            qemu: None,
        })
    }

    /// Returns the arguments by which QEMU finds it.
    pub(super) fn arguments(&self) -> [String; 2] {
        let socket = option_value(&self.folder.path().join("qmp"));
        ["-qmp".into(), format!("unix:{socket}")]
    }

    /// Returns the program counter; `None` when QEMU does not answer, for it has not begun or is
    /// about to end.
    pub(super) fn pc(&mut self) -> Option<u64> {
        number(&self.ask("info registers")?, "PC=")
    }

    /// Returns what the machine's clock shows.
    pub(super) fn seconds(&mut self) -> Option<u64> {
        number(&self.ask(CLOCK)?, ": 0x")
    }

    /// Has a command of the human monitor carried out, and returns what that says.
    fn ask(&mut self, command: &str) -> Option<String> {
        let said = self.connected().and_then(|qemu| {
            call(
                qemu,
                &format!(
                    r#"{{"execute":"human-monitor-command","arguments":{{"command-line":"{command}"}}}}"#
                ),
            )
        });
        said.ok()
    }

    fn connected(&mut self) -> io::Result<&mut BufReader<UnixStream>> {
        if self.qemu.is_none() {
            let (stream, _) = self.listener.accept()?;
            stream.set_nonblocking(false)?;
            let mut qemu = BufReader::new(stream);
            call(&mut qemu, r#"{"execute":"qmp_capabilities"}"#)?;
            self.qemu = Some(qemu);
        }
        self.qemu
            .as_mut()
            .ok_or_else(|| io::ErrorKind::NotConnected.into())
    }
}

/// Sends a command, and waits for the line that answers it. QEMU's greeting, and what it tells
/// unasked, come in lines of their own.
fn call(qemu: &mut BufReader<UnixStream>, command: &str) -> io::Result<String> {
    qemu.get_mut().write_all(command.as_bytes())?;
    loop {
        let mut line = String::new();
        if qemu.read_line(&mut line)? == 0 {
            return Err(io::ErrorKind::UnexpectedEof.into());
        }
        if line.starts_with(r#"{"return""#) {
            return Ok(line);
        }
        if line.starts_with(r#"{"error""#) {
            return Err(io::Error::other(line));
        }
    }
}

/// The hexadecimal number behind this word.
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
        let clock = r#"{"return": "0000000009010000: 0x386d4381\r\n"}"#;
        assert_eq!(number(clock, ": 0x"), Some(0x386d_4381));
        assert_eq!(number("Cannot access memory", ": 0x"), None);
    }
}
