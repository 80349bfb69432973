//! The console's sentences, without `core::fmt`.
//!
//! The wording of `I'm in purgatory`, `purgatory: entry=`, `purgatory: dtb=`, `sha256 digests do not
//! match`, `digest:`, `sha256_digest:` and `purgatory: booting kernel now` is what people and scripts
//! have looked for since the first arm64 purgatory.

use crate::{
    cpu::Regime,
    paging::{loader::Unusable, table::NoTables},
    request::{Refusal, Request},
};

/// Takes the characters of the console, one by one.
pub trait Console {
    /// Sends one byte as it is.
    fn byte(&mut self, byte: u8);
}

/// What memory was read through.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Through {
    /// The D-cache, with page tables of our own.
    OwnTables,
    /// The D-cache, with the loader's page tables.
    LoaderTables,
    /// Nothing: MMU and D-cache stayed off.
    Bus,
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
    /// With the MMU and D-cache on?
    pub through: Through,
    /// With the CPU's SHA2 instructions?
    pub sha2: bool,
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

/// The greeting.
pub fn greeting(console: &mut impl Console) {
    say(console, "I'm in purgatory\n", &[]);
}

/// What is to be started.
pub fn request(console: &mut impl Console, request: &Request<'_>) {
    let numbers = [request.kernel_entry, request.dtb];
    say(
        console,
        "purgatory: entry=%x\npurgatory: dtb=%x\n",
        &numbers,
    );
}

/// A value of the loader's that we will not work with.
pub fn refusal(console: &mut impl Console, refusal: &Refusal) {
    say(
        console,
        "purgatory: %[sha256_regions|arm64_kernel_entry|arm64_dtb_addr|skip_checks]",
        &[refusal.symbol as u64],
    );
    if let Some(index) = refusal.index {
        say(console, "[%d]", &[index as u64]);
    }
    say(
        console,
        ": %[is not set|is not 4-byte aligned|is not 8-byte aligned|wraps around|lies beyond the \
         physical address range|covers the purgatory|is neither 0 nor 1]: %x",
        &[refusal.problem as u64, refusal.value],
    );
    if let Some(len) = refusal.len {
        say(console, " + %x", &[len]);
    }
    say(console, "\n", &[]);
}

/// The regions will be hashed with the D-cache off, and why.
pub fn no_window(console: &mut impl Console, why: NoTables) {
    say(
        console,
        "purgatory: D-cache stays off, verification will be slow: %[no translation granule|no memory \
         for so many page tables|a region lies above 48 bits]\n",
        &[why as u64],
    );
}

/// The loader's tables at `root` are not used, and why.
pub fn own_tables(console: &mut impl Console, root: u64, why: Unusable) {
    say(
        console,
        "purgatory: own page tables, those at %x %[lie in no region|do not map all|are not an \
         identity map|have unusable attributes|are for another image|have 4 KiB granules]\n",
        &[root, why as u64],
    );
}

/// The digest is right.
pub fn verified(console: &mut impl Console, verified: &Verified) {
    let in_ms = verified
        .ticks
        .saturating_mul(1000)
        .checked_div(verified.frequency);
    say(
        console,
        "purgatory: %m MiB in %d region%[|s] verified in %d %[ms|ticks] (%[EL1|EL2|EL2 VHE], D-cache \
         %[on|on, loader's page tables|off], %[software SHA-256|SHA2 instructions])\n",
        &[
            verified.bytes,
            verified.regions,
            (verified.regions != 1).into(),
            in_ms.unwrap_or(verified.ticks),
            in_ms.is_none().into(),
            verified.regime as u64,
            verified.through as u64,
            verified.sha2.into(),
        ],
    );
}

/// The user asked for no checks.
pub fn skipped(console: &mut impl Console) {
    say(
        console,
        "purgatory: sha256 not checked (skip_checks=1)\n",
        &[],
    );
}

/// The digest is wrong.
pub fn mismatch(console: &mut impl Console, computed: &[u8; 32], expected: &[u8; 32]) {
    say(
        console,
        "purgatory: sha256 digests do not match\npurgatory:        digest: ",
        &[],
    );
    computed
        .iter()
        .for_each(|&byte| hex(console, byte.into(), 2));
    say(console, "\npurgatory: sha256_digest: ", &[]);
    expected
        .iter()
        .for_each(|&byte| hex(console, byte.into(), 2));
    say(console, "\n", &[]);
}

/// An exception, in words and numbers. The classes are `ESR_ELx.EC` (Arm ARM, ESR_EL1) as far as our
/// own code can come to them.
pub fn exception(console: &mut impl Console, exception: &Exception) {
    const CLASSES: [u8; 9] = [0x00, 0x07, 0x0e, 0x18, 0x21, 0x22, 0x25, 0x26, 0x2f];
    let class = (exception.esr >> 26) as u8 & 0x3f;
    let known = CLASSES.iter().take_while(|&&known| known != class).count();
    say(
        console,
        "\npurgatory: exception: %[undefined instruction|FP/SIMD access trapped|illegal execution \
         state|system register access trapped|instruction abort|PC alignment|data abort|SP alignment\
         |SError|other] at %[EL1|EL2|EL2 VHE], ESR=%x ELR=%x FAR=%x offset=%x\n",
        &[
            known as u64,
            exception.regime as u64,
            exception.esr,
            exception.elr,
            exception.far,
            exception.offset,
        ],
    );
}

/// The last words before the kernel.
pub fn handing_over(console: &mut impl Console) {
    say(console, "purgatory: booting kernel now\n", &[]);
}

/// The last words when no kernel is started.
pub fn halted(console: &mut impl Console) {
    say(console, "purgatory: halted\n", &[]);
}

/// Writes `template` with the numbers in their places, in order:
///
/// | | |
/// |-|-|
/// | `%x` | `0x` and 16 digits |
/// | `%d` | decimal |
/// | `%m` | bytes as mebibytes, rounded to one digit after the point |
/// | `%[a\|b]` | `a` for 0, `b` for 1 and so on |
///
/// A line feed goes out behind a carriage return. A number that is missing counts as 0.
#[inline(never)]
fn say<C: Console>(console: &mut C, template: &str, numbers: &[u64]) {
    let mut numbers = numbers.iter().copied();
    let mut number = || numbers.next().unwrap_or(0);
    // Inside a choice: how many alternatives are still to come before the one that is written.
    let mut choice: Option<u64> = None;
    let mut bytes = template.bytes();
    while let Some(byte) = bytes.next() {
        match (byte, &mut choice) {
            (b']', Some(_)) => choice = None,
            // Past the one that is written, the count wraps and stays far from 0.
            (b'|', Some(before)) => *before = before.wrapping_sub(1),
            (_, Some(1..)) => {}
            (b'%', _) => match bytes.next() {
                Some(b'[') => choice = Some(number()),
                Some(b'x') => {
                    console.byte(b'0');
                    console.byte(b'x');
                    hex(console, number(), 16);
                }
                Some(b'm') => {
                    // 16 regions below 2^52 bytes each: far from overflow.
                    let tenths = (number().wrapping_mul(10) + (1 << 19)) >> 20;
                    decimal(console, tenths / 10);
                    console.byte(b'.');
                    decimal(console, tenths % 10);
                }
                _ => decimal(console, number()),
            },
            _ => {
                if byte == b'\n' {
                    console.byte(b'\r');
                }
                console.byte(byte);
            }
        }
    }
}

/// The lowest `digits` hexadecimal digits of `value`.
fn hex(console: &mut impl Console, value: u64, digits: u32) {
    for place in (0..digits).rev() {
        let nibble = (value >> (4 * place)) as u8 & 0xf;
        console.byte(if nibble < 10 {
            b'0' + nibble
        } else {
            b'a' + nibble - 10
        });
    }
}

fn decimal(console: &mut impl Console, value: u64) {
    // Twenty digits at most, so twenty calls deep at most.
    if value >= 10 {
        decimal(console, value / 10);
    }
    console.byte(b'0' + (value % 10) as u8);
}

#[cfg(test)]
mod tests;
