// SPDX-License-Identifier: MIT OR Apache-2.0

//! When the image sends each byte to its console, in ticks of the machine's counter: the image is
//! made to write them to memory, which is a file. The clock goes by instructions, so that each run
//! is like the other.

use std::fs;
use std::os::unix::fs::FileExt;
use std::path::Path;

use crate::a64::{load, movz_16, store};
use crate::boot::{Boot, HALTED, RAM};
use crate::patch::Patch;
use crate::qemu::Outcome;

/// Returns QEMU's arguments for a clock on which an instruction takes 2 to this power nanoseconds.
pub fn clock(shift: u32) -> [String; 2] {
    ["-icount".into(), format!("shift={shift},sleep=off")]
}

/// A run of more instructions does not come to an end.
pub const ENDLESS: u64 = 1 << 30;

/// Ticks a second of the counter that QEMU gives the usual CPUs, where they are not asked for others:
/// `cortex-a53,cntfrq=100000`.
const FREQUENCY: u64 = 62_500_000;
/// What a UART at 115200 baud sends a second, with a start and a stop bit for each byte.
const FASTEST: u64 = 11_520;
/// What is slower on average wastes time.
const SLOWEST: u64 = 9_000;
/// What the smallest FIFO holds, bytes.
const FIFO: usize = 16;

/// Where the ticks are written to: behind a word that says how many bytes of them there are. Nobody
/// else is there.
const LOG_AT: u64 = 0x40a0_0000;
const LOG: usize = 0x1_0000;

/// When each byte was sent.
#[derive(Clone, Debug)]
pub struct Pace {
    /// The ticks.
    pub sent: Vec<u64>,
    frequency: u64,
    /// The run.
    pub outcome: Outcome,
}

/// Makes the image of a boot write down when it stores each byte.
///
/// # Errors
/// When it is not the one that was built.
pub fn watch(boot: &mut Boot) -> Result<(), String> {
    /// `MRS X11, CNTVCT_EL0`; `ADD X10, X10, #8`; `STR X11, [X9, X10]`.
    const COUNTER: u32 = 0xd53b_e04b;
    const NEXT: u32 = 0x9100_214a;
    const WRITE: u32 = 0xf82a_692b;
    let mut patch = Patch::new(boot)?;
    let first = patch.first("sink_store");
    let log = movz_16(9, (LOG_AT >> 16) as u16);
    patch.insert(first, |_| {
        vec![log, load(10, 9), NEXT, store(10, 9), COUNTER, WRITE]
    });
    boot.load.image = patch.finish();
    Ok(())
}

impl Pace {
    /// Runs a boot that is watched, on a clock on which an instruction takes 2 to this power nanoseconds.
    /// The file for QEMU stays at `path`.
    ///
    /// # Errors
    /// When nothing ran.
    pub fn new(boot: &Boot, path: &Path, shift: u32) -> Result<Self, String> {
        let text = |error: std::io::Error| format!("{}: {error}", path.display());
        let mut boot = boot.clone();
        let memory = path.with_extension("ram");
        boot.memory_file = Some(memory.clone());
        boot.build_at(path)?;
        let outcome = boot.qemu(path).at_most_at(shift, ENDLESS).run(&[HALTED]);
        let outcome = outcome.map_err(|error| error.to_string())?;
        let mut log = vec![0; LOG];
        let file = fs::File::open(&memory).map_err(text)?;
        file.read_exact_at(&mut log, LOG_AT - RAM).map_err(text)?;
        fs::remove_file(&memory).map_err(text)?;
        let mut words = log.chunks_exact(8).map(|bytes| {
            let mut word = [0; 8];
            word.copy_from_slice(bytes);
            u64::from_le_bytes(word)
        });
        let count = words.next().unwrap_or_default() / 8;
        let frequency = match boot.cpu.split_once("cntfrq=") {
            Some((_, number)) => number.parse().map_err(|_| boot.cpu.clone())?,
            None => FREQUENCY,
        };
        Ok(Self {
            frequency,
            sent: words.take(count as usize).collect(),
            outcome,
        })
    }

    /// Whether a UART that is no faster than 115200 baud, with a FIFO of 16 bytes, has got all of
    /// them, and has not been waited for much longer than needed.
    ///
    /// # Errors
    /// What is wrong.
    pub fn judge(&self) -> Result<(), String> {
        let sent = &self.sent;
        if sent.len() <= FIFO {
            return Err(format!("{} bytes", sent.len()));
        }
        // In parts of a tick, so that a byte takes a whole number of them.
        let mut gone: Vec<u64> = Vec::new();
        for (number, &at) in sent.iter().enumerate() {
            let at = at * FASTEST;
            if number
                .checked_sub(FIFO)
                .is_some_and(|first| gone[first] > at)
            {
                return Err(format!("byte {number} of {} is lost", sent.len()));
            }
            let before = gone.last().map_or(at, |&before| before.max(at));
            gone.push(before + self.frequency);
        }
        let waited = sent[sent.len() - 1] - sent[0];
        let least = (sent.len() - FIFO) as u64 * self.frequency / SLOWEST;
        if waited > least {
            return Err(format!("{} bytes take {waited} ticks", sent.len()));
        }
        Ok(())
    }
}

/// Returns how long the image says that it took to verify.
pub fn milliseconds(console: &str) -> Option<u64> {
    let (_, time) = console.split_once(" verified in ")?;
    time.split_once(" ms")?.0.parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::qemu::Stopped;

    fn judge(sent: Vec<u64>) -> Result<(), String> {
        let outcome = Outcome {
            console: String::new(),
            raw: Vec::new(),
            stderr: String::new(),
            stopped_by: Stopped::Pattern(0),
            took: std::time::Duration::ZERO,
            command_line: String::new(),
        };
        let frequency = FREQUENCY;
        Pace {
            sent,
            frequency,
            outcome,
        }
        .judge()
    }

    /// Returns a FIFO full at once, then a byte every so many ticks.
    fn paced(first: usize, ticks: u64) -> Vec<u64> {
        let at = |number: usize| (number + 1).saturating_sub(first) as u64 * ticks;
        (0..200).map(at).collect()
    }

    #[test]
    fn a_byte_may_be_sent_when_one_is_gone() {
        // 5425.3 ticks.
        assert_eq!(judge(paced(16, 5426)), Ok(()));
        assert!(judge(paced(16, 5425)).is_err());
        assert!(judge(paced(17, 5426)).is_err());
        assert!(judge(paced(64, 6250)).is_err());
    }

    #[test]
    fn slow_is_not_right_either() {
        assert_eq!(judge(paced(16, FREQUENCY / 9_100)), Ok(()));
        assert!(judge(paced(16, FREQUENCY / 8_900)).is_err());
        assert!(judge(vec![0; 16]).is_err());
    }
}
