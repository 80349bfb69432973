// SPDX-License-Identifier: MIT OR Apache-2.0

//! What the command line asks of the probe.

/// What it was asked for; of two of one kind the last counts.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Options {
    /// `probe=`: the physical address of a UART's data register, as `kexec --serial=` finds it.
    pub console: Option<u64>,
    /// `probe-wait=`: the seconds after which the machine is reset. It is not if there are none.
    pub wait: Option<u32>,
}

impl Options {
    /// Reads a command line. What means nothing to the probe is for kernels.
    #[must_use]
    pub fn new(command_line: &str) -> Self {
        let mut options = Self::default();
        for word in command_line.split_ascii_whitespace() {
            if let Some(value) = word.strip_prefix("probe=") {
                options.console = number(value).or(options.console);
            } else if let Some(value) = word.strip_prefix("probe-wait=") {
                options.wait = value.parse().ok().or(options.wait);
            }
        }
        options
    }
}

/// As C has them: decimal, or hexadecimal after `0x`.
fn number(text: &str) -> Option<u64> {
    match text.strip_prefix("0x").or_else(|| text.strip_prefix("0X")) {
        Some(digits) => u64::from_str_radix(digits, 16).ok(),
        None => text.parse().ok(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_kernels_options_mean_nothing() {
        let options = Options::new("console=ttyAMA0 xprobe=1 probe-wait quiet");
        assert_eq!(options, Options::default());
    }

    #[test]
    fn the_last_counts_that_can_be_read() {
        let options = Options::new("probe=1 probe=0x9000000 probe=uart probe-wait=7 probe-wait=-1");
        assert_eq!(options.console, Some(0x900_0000));
        assert_eq!(options.wait, Some(7));
    }
}
