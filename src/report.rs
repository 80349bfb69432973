// SPDX-License-Identifier: MIT OR Apache-2.0

//! The console's sentences, without `core::fmt`.
//!
//! The wording of `I'm in purgatory`, `purgatory: entry=`, `purgatory: dtb=`, `sha256 digests do
//! not match`, `digest:`, `sha256_digest:` and `purgatory: booting kernel now` must not change:
//! people and scripts have searched for it since the first arm64 purgatory.

mod template;

pub use template::Console;
use template::{hex, say};

use crate::abi::RawRegion;
use crate::digest::Digest;
use crate::paging::Way;
use crate::paging::loader::{Unusable, unusable_words};
use crate::paging::table::{NoTables, no_tables_words};
use crate::request::{Problem, Refusal, Request, problem_words, symbol_words};
use crate::translation::{Regime, regime_words};

worded! {
    /// How memory was read.
    pub enum Through, through_words! {
        /// Through the D-cache, with our own page tables.
        OwnTables = "on",
        /// Through the D-cache, with the loader's page tables.
        LoaderTables = "on, loader's page tables",
        /// Uncached: MMU and D-cache stayed off.
        Uncached = "off",
    }
}

impl Through {
    /// Returns the name of this way.
    #[must_use]
    pub const fn of(way: &Way<'_>) -> Self {
        match way {
            Way::OwnTables(_) | Way::OwnTablesByRegion(_) => Self::OwnTables,
            Way::LoaderTables(_) => Self::LoaderTables,
            Way::Uncached => Self::Uncached,
        }
    }
}

/// How the digest is computed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct How {
    /// The regime we run in.
    pub regime: Regime,
    /// How memory was read: with the MMU and D-cache on or off.
    pub through: Through,
    /// Whether the CPU's SHA2 instructions were used.
    pub sha2: bool,
}

/// What was verified.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Verified {
    /// Bytes hashed.
    pub bytes: u64,
    /// Regions hashed.
    pub regions: u64,
    /// Ticks of the generic timer since the image's start, without those spent waiting for the
    /// console.
    pub ticks: u64,
    /// Ticks per second (`CNTFRQ_EL0`); 0 if firmware has not set it.
    pub frequency: u64,
    /// How it was hashed.
    pub how: How,
    /// Whether the digest is right only for the length that kexec-tools counts.
    pub miscounted: bool,
}

/// An exception taken while our code ran.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Exception {
    /// `ESR_ELx`.
    pub esr: u64,
    /// `ELR_ELx`: the instruction.
    pub elr: u64,
    /// `FAR_ELx`: the address accessed, if any.
    pub far: u64,
    /// The instruction's offset from the start of the image, as the map file has it.
    pub offset: u64,
    /// The regime we ran in.
    pub regime: Regime,
}

/// Says that the old kernel is gone.
pub fn greeting(console: &mut impl Console) {
    say(console, "I'm in purgatory\n", &[]);
}

/// Says what is to be started.
pub fn request(console: &mut impl Console, request: &Request<'_>) {
    let numbers = [request.kernel_entry, request.dtb];
    say(
        console,
        "purgatory: entry=%x\npurgatory: dtb=%x\n",
        &numbers,
    );
}

/// Names a loader's value that was refused, and the regions if it should lie in one.
pub fn refusal(console: &mut impl Console, refusal: &Refusal, regions: &[RawRegion]) {
    say(
        console,
        concat!("purgatory: %[", symbol_words!(), "]"),
        &[refusal.symbol as u64],
    );
    if let Some(index) = refusal.index {
        say(console, "[%d]", &[index as u64]);
    }
    say(
        console,
        concat!(": %[", problem_words!(), "]: %x"),
        &[refusal.problem as u64, refusal.value],
    );
    if let Some(len) = refusal.len {
        say(console, " + %x", &[len]);
    }
    say(console, "\n", &[]);
    if refusal.problem == Problem::NotInRegion {
        for (index, region) in (0..).zip(regions).filter(|(_, region)| region.len != 0) {
            say(
                console,
                "purgatory: sha256_regions[%d]: %x + %x\n",
                &[index, region.start, region.len],
            );
        }
    }
}

/// Says that the regions will be hashed with the D-cache off, and why.
pub fn no_window(console: &mut impl Console, why: NoTables) {
    say(
        console,
        concat!(
            "purgatory: D-cache stays off, verification will be slow: %[",
            no_tables_words!(),
            "]\n"
        ),
        &[why as u64],
    );
}

/// Says that the loader's tables at `root` are not used, and why.
pub fn loader_tables_refused(console: &mut impl Console, root: u64, why: Unusable) {
    say(
        console,
        concat!(
            "purgatory: loader's page tables at %x ignored: %[",
            unusable_words!(),
            "]\n"
        ),
        &[root, why as u64],
    );
}

/// Says how far the hash is, before each part if there are several: bytes of bytes.
pub fn progress(console: &mut impl Console, hashed: u64, bytes: u64, how: How) {
    say(console, "purgatory: hashed %m of %m MiB", &[hashed, bytes]);
    say_how(console, how);
    say(console, ")\n", &[]);
}

/// Says how it was hashed, and leaves the bracket open.
// Two callers: one copy saves space.
#[inline(never)]
fn say_how(console: &mut impl Console, how: How) {
    say(
        console,
        concat!(
            " (%[",
            regime_words!(),
            "], D-cache %[",
            through_words!(),
            "], %[software SHA-256|SHA2 instructions]"
        ),
        &[how.regime as u64, how.through as u64, how.sha2.into()],
    );
}

/// Says that the digest is right, and how it was computed.
pub fn verified(console: &mut impl Console, verified: &Verified) {
    let in_ms = verified
        .ticks
        .saturating_mul(1000)
        .checked_div(verified.frequency);
    say(
        console,
        "purgatory: %m MiB in %d region%[|s] verified in %d %[ms|ticks]",
        &[
            verified.bytes,
            verified.regions,
            (verified.regions != 1).into(),
            in_ms.unwrap_or(verified.ticks),
            in_ms.is_none().into(),
        ],
    );
    say_how(console, verified.how);
    say(
        console,
        "%[|, length as kexec-tools counts it])\n",
        &[verified.miscounted.into()],
    );
}

/// Says that the user asked for no checks.
pub fn skipped(console: &mut impl Console) {
    say(
        console,
        "purgatory: sha256 not checked (skip_checks=1)\n",
        &[],
    );
}

/// Says that an SError became pending while memory was read.
pub fn serror(console: &mut impl Console) {
    say(
        console,
        "purgatory: SError while hashing: bad memory?\n",
        &[],
    );
}

/// Shows a digest that is wrong beside the one expected.
pub fn mismatch(console: &mut impl Console, computed: &Digest, expected: &[u8; 32]) {
    say(
        console,
        "purgatory: sha256 digests do not match\npurgatory:        digest: ",
        &[],
    );
    let mut print = |byte: u8| hex(console, byte.into(), 2);
    computed.bytes().for_each(&mut print);
    say(console, "\npurgatory: sha256_digest: ", &[]);
    expected
        .iter()
        .for_each(|&byte| hex(console, byte.into(), 2));
    say(console, "\n", &[]);
}

/// Declares the exception classes and a macro for their words, as [`worded!`] does for an enum.
macro_rules! exception_classes {
    ($($class:literal = $word:literal,)+) => {
        const EXCEPTION_CLASSES: &[u8] = &[$($class),+];

        macro_rules! exception_words {
            () => {
                worded!(@joined $($word),+)
            };
        }
    };
}

// `ESR_ELx.EC` (Arm ARM, ESR_EL1), those that our own code can raise. Not SError: it is masked
// except for the console's first byte, where it ends only the console.
exception_classes! {
    0x00 = "undefined instruction",
    0x07 = "FP/SIMD access trapped",
    0x0e = "illegal execution state",
    0x18 = "system register access trapped",
    0x1d = "SME access trapped",
    0x21 = "instruction abort",
    0x22 = "PC alignment",
    0x25 = "data abort",
    0x26 = "SP alignment",
}

/// Describes an exception, in words and numbers.
pub fn exception(console: &mut impl Console, exception: &Exception) {
    let class = (exception.esr >> 26) as u8 & 0x3f;
    let unknown = |&&known: &&u8| known != class;
    let index = EXCEPTION_CLASSES.iter().take_while(unknown).count();
    say(
        console,
        concat!(
            "\npurgatory: exception: %[",
            exception_words!(),
            "|other] at %[",
            regime_words!(),
            "], ESR=%x ELR=%x FAR=%x offset=%x\n"
        ),
        &[
            index as u64,
            exception.regime as u64,
            exception.esr,
            exception.elr,
            exception.far,
            exception.offset,
        ],
    );
}

/// Says the last sentence before the kernel's.
pub fn handing_over(console: &mut impl Console) {
    say(console, "purgatory: booting kernel now\n", &[]);
}

/// Says that the machine will be reset.
pub fn resetting(console: &mut impl Console, seconds: u32) {
    let numbers = [seconds.into(), (seconds != 1).into()];
    say(console, "purgatory: reset in %d second%[|s]\n", &numbers);
}

/// Says that firmware did not reset the machine.
pub fn not_reset(console: &mut impl Console) {
    say(console, "purgatory: PSCI reset failed\n", &[]);
}

/// Says that no kernel is started, and what to do.
pub fn halted(console: &mut impl Console) {
    say(
        console,
        "purgatory: halted; reset the machine and load again\n",
        &[],
    );
}

#[cfg(test)]
mod tests;
