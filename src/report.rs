//! The console's sentences, without `core::fmt`.
//!
//! The wording of `I'm in purgatory`, `purgatory: entry=`, `purgatory: dtb=`, `sha256 digests do not
//! match`, `digest:`, `sha256_digest:` and `purgatory: booting kernel now` is what people and scripts
//! have looked for since the first arm64 purgatory.

use crate::{
    cpu::Regime,
    request::{Refusal, Request},
};

/// Takes the characters of the console, one by one.
pub trait Console {
    /// Sends one byte as it is.
    fn byte(&mut self, byte: u8);

    /// Sends ASCII text; a line feed goes out behind a carriage return.
    fn text(&mut self, text: &str) {
        for byte in text.bytes() {
            if byte == b'\n' {
                self.byte(b'\r');
            }
            self.byte(byte);
        }
    }
}

/// How the digest was computed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Verified {
    /// Bytes hashed.
    pub bytes: u64,
    /// Regions hashed.
    pub regions: u64,
    /// Ticks of the generic timer that it took, from before the tables to after the flush.
    pub ticks: u64,
    /// Ticks a second (`CNTFRQ_EL0`); 0 where firmware has not set it.
    pub frequency: u64,
    /// Where.
    pub regime: Regime,
    /// MMU and D-cache were on.
    pub cached: bool,
}

/// The greeting, and what is to be started.
pub fn greeting(console: &mut impl Console) {
    console.text("I'm in purgatory\n");
}

/// What is to be started.
pub fn request(console: &mut impl Console, request: &Request<'_>) {
    console.text("purgatory: entry=");
    hex(console, request.kernel_entry);
    console.text("\npurgatory: dtb=");
    hex(console, request.dtb);
    console.text("\n");
}

/// A value of the loader's that we will not work with.
pub fn refusal(console: &mut impl Console, refusal: &Refusal) {
    console.text("purgatory: ");
    console.text(refusal.symbol);
    if let Some(index) = refusal.index {
        console.text("[");
        decimal(console, index as u64);
        console.text("]");
    }
    console.text(": ");
    console.text(refusal.problem.words());
    console.text(": ");
    hex(console, refusal.value);
    if let Some(len) = refusal.len {
        console.text(" + ");
        hex(console, len);
    }
    console.text("\n");
}

/// The regions will be hashed with the D-cache off, and why.
pub fn no_window(console: &mut impl Console, why: &str) {
    console.text("purgatory: D-cache stays off, verification will be slow: ");
    console.text(why);
    console.text("\n");
}

/// The digest is right.
pub fn verified(console: &mut impl Console, verified: &Verified) {
    console.text("purgatory: ");
    mebibytes(console, verified.bytes);
    console.text(" in ");
    decimal(console, verified.regions);
    console.text(if verified.regions == 1 {
        " region"
    } else {
        " regions"
    });
    console.text(" verified");
    if let Some(ms) = verified
        .ticks
        .saturating_mul(1000)
        .checked_div(verified.frequency)
    {
        console.text(" in ");
        decimal(console, ms);
        console.text(" ms");
    }
    console.text(" (");
    console.text(verified.regime.words());
    console.text(if verified.cached {
        ", D-cache on"
    } else {
        ", D-cache off"
    });
    console.text(", software SHA-256)\n");
}

/// The user asked for no checks.
pub fn skipped(console: &mut impl Console) {
    console.text("purgatory: sha256 not checked (skip_checks=1)\n");
}

/// The digest is wrong.
pub fn mismatch(console: &mut impl Console, computed: &[u8; 32], expected: &[u8; 32]) {
    console.text("purgatory: sha256 digests do not match\npurgatory:        digest: ");
    hex_bytes(console, computed);
    console.text("\npurgatory: sha256_digest: ");
    hex_bytes(console, expected);
    console.text("\n");
}

/// An exception taken while our code ran.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Exception {
    /// `ESR_ELx`.
    pub esr: u64,
    /// `ELR_ELx`: the instruction.
    pub elr: u64,
    /// `FAR_ELx`: the address accessed, where there is one.
    pub far: u64,
    /// The instruction's offset from the start of the image, as the map file has it.
    pub offset: u64,
    /// Where.
    pub regime: Regime,
}

/// An exception, in words and numbers.
pub fn exception(console: &mut impl Console, exception: &Exception) {
    console.text("\npurgatory: exception: ");
    exception_class(console, exception.esr);
    console.text(" at ");
    console.text(exception.regime.words());
    for (name, value) in [
        (", ESR=", exception.esr),
        (" ELR=", exception.elr),
        (" FAR=", exception.far),
        (" offset=", exception.offset),
    ] {
        console.text(name);
        hex(console, value);
    }
    console.text("\n");
}

/// `ESR_ELx.EC` in words (Arm ARM D24.2.40), as far as our own code can come to it.
///
/// One string, in which a byte of 0x80 + EC stands before each class's words: a table of pointers
/// would take three times the space.
fn exception_class(console: &mut impl Console, esr: u64) {
    const CLASSES: &[u8] = b"\x80undefined instruction\x87FP/SIMD access trapped\
        \x8eillegal execution state\x98system register access trapped\xa1instruction abort\
        \xa2PC alignment\xa5data abort\xa6SP alignment\xafSError";
    let class = 0x80 | (esr >> 26) as u8 & 0x3f;
    let mut inside = false;
    for &byte in CLASSES {
        if byte >= 0x80 {
            inside = byte == class;
        } else if inside {
            console.byte(byte);
        }
    }
}

/// The last words before the kernel.
pub fn handing_over(console: &mut impl Console) {
    console.text("purgatory: booting kernel now\n");
}

/// The last words when no kernel is started.
pub fn halted(console: &mut impl Console) {
    console.text("purgatory: halted\n");
}

/// `0x` and 16 digits.
pub fn hex(console: &mut impl Console, value: u64) {
    console.text("0x");
    hex_bytes(console, &value.to_be_bytes());
}

fn hex_bytes(console: &mut impl Console, bytes: &[u8]) {
    for byte in bytes {
        for nibble in [byte >> 4, byte & 0xf] {
            console.byte(if nibble < 10 {
                b'0' + nibble
            } else {
                b'a' + nibble - 10
            });
        }
    }
}

fn decimal(console: &mut impl Console, value: u64) {
    // 10^19 is the largest power of ten below 2^64.
    let mut power = 10_000_000_000_000_000_000;
    while power > 1 && power > value {
        power /= 10;
    }
    while power > 0 {
        console.byte(b'0' + (value / power % 10) as u8);
        power /= 10;
    }
}

/// Mebibytes with one digit after the point, rounded to the nearest.
fn mebibytes(console: &mut impl Console, bytes: u64) {
    // 16 regions below 2^52 bytes each: far from overflow.
    let tenths = (bytes.wrapping_mul(10) + (1 << 19)) >> 20;
    decimal(console, tenths / 10);
    console.text(".");
    decimal(console, tenths % 10);
    console.text(" MiB");
}

#[cfg(test)]
mod tests;
