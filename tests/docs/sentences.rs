// SPDX-License-Identifier: MIT OR Apache-2.0

//! Every line that the image can print, by the library's own words.

use std::collections::BTreeSet;

use purgatory::abi::{RawRegion, RawSymbols};
use purgatory::digest::Digest;
use purgatory::paging::loader::Unusable;
use purgatory::paging::table::NoTables;
use purgatory::region::{PaRange, Region};
use purgatory::report::{self, Console, Exception, How, Through, Verified};
use purgatory::request::{Problem, Refusal, Request, Symbol};
use purgatory::translation::Regime;

/// A number that is in no sentence by itself.
const NUMBER: u64 = 7_777_777;

/// 40 bits of address.
const PA_RANGE: PaRange = PaRange::new(2);

/// All variants of an enum. One that is not named here does not compile.
macro_rules! variants {
    ($enum:ident: $($variant:ident),+ $(,)?) => {{
        let _ = |value| match value { $($enum::$variant)|+ => () };
        [$($enum::$variant),+]
    }};
}

/// Adds what a function of `report` says.
macro_rules! say {
    ($said:ident, $function:ident $(, $argument:expr)*) => {
        $said.add(stringify!($function), |console| report::$function(console $(, $argument)*))
    };
}

/// What was said, and by whom.
#[derive(Default)]
pub struct Said {
    /// Lines, with `…` for each number.
    pub lines: BTreeSet<String>,
    /// Functions of `report`.
    pub functions: BTreeSet<&'static str>,
}

#[derive(Default)]
struct Text(String);

impl Console for Text {
    fn byte(&mut self, byte: u8) {
        self.0.push(byte.into());
    }
}

impl Said {
    fn add(&mut self, function: &'static str, say: impl FnOnce(&mut Text)) {
        let mut text = Text::default();
        say(&mut text);
        assert!(text.0.ends_with("\r\n"), "no whole line: {}", text.0);
        let lines = text.0.lines().filter(|line| !line.is_empty());
        self.lines.extend(lines.map(without_numbers));
        self.functions.insert(function);
    }
}

/// Returns a line with `…` for each number that was put into it.
fn without_numbers(line: &str) -> String {
    let mut line = line
        .replace(&format!("{NUMBER}.0"), "…")
        .replace(&NUMBER.to_string(), "…")
        .replace(" 1 region ", " … region ")
        .replace(" 1 second", " … second");
    for index in 0..16 {
        line = line.replace(&format!("[{index}]"), "[…]");
    }
    let mut out = String::new();
    let mut rest = &*line;
    while let Some(first) = rest.chars().next() {
        let digits = rest.bytes().take_while(u8::is_ascii_hexdigit).count();
        if [16, 64].contains(&digits) {
            out.push('…');
            rest = &rest[digits..];
        } else {
            out.push(first);
            rest = &rest[first.len_utf8()..];
        }
    }
    out
}

/// Says all that can be said.
pub fn all() -> Said {
    let mut said = Said::default();
    say!(said, greeting);
    refusals(&mut said);
    for why in variants!(NoTables: NoGranule, Above48Bits) {
        say!(said, no_window, why);
    }
    for why in variants!(
        Unusable: NotInRegion, NotMapped, NotIdentity, MapMore, Attributes, NotOurs
    ) {
        say!(said, loader_tables_refused, NUMBER, why);
    }
    verdicts(&mut said);
    say!(said, mismatch, &Digest([0x0123_4567; 8]), &[0xfe; 32]);
    say!(said, serror);
    say!(said, skipped);
    exceptions(&mut said);
    say!(said, handing_over);
    for seconds in [1, NUMBER as u32] {
        say!(said, resetting, seconds);
    }
    say!(said, not_reset);
    say!(said, halted);
    said
}

/// What is said of requests, the good ones and all bad ones.
fn refusals(said: &mut Said) {
    let range = |start, len| RawRegion { start, len };
    let image = Region::new(0x6000_0000, 0x9_0000, PA_RANGE).expect("it is one");
    let (kernel, dtb) = (0x4000_0000, 0x4100_0000);
    let elsewhere = [0x5000_0000, image.start(), 1 << 40];
    let mut refused = Vec::new();
    for second in [
        range(dtb, 0x1000),
        range(u64::MAX - 0xfff, 0x2000),
        range(1 << 40, 0x1000),
        range(image.start(), 0x1000),
    ] {
        for entry in elsewhere.into_iter().chain([kernel, kernel + 2]) {
            for dtb in elsewhere.into_iter().chain([dtb, dtb + 4]) {
                for skip_checks in [0, 1, 2] {
                    let mut raw = RawSymbols {
                        arm64_kernel_entry: entry,
                        arm64_dtb_addr: dtb,
                        skip_checks,
                        ..RawSymbols::default()
                    };
                    raw.sha256_regions[0] = range(kernel, 0x20_0000);
                    raw.sha256_regions[1] = second;
                    match Request::new(&raw, &image, PA_RANGE) {
                        Ok(request) => say!(said, request, &request),
                        Err(refusal) => {
                            say!(said, refusal, &refusal, &raw.sha256_regions);
                            refused.push(refusal);
                        }
                    }
                }
            }
        }
    }
    let is_refused = |what: &dyn Fn(&Refusal) -> bool| refused.iter().any(what);
    for symbol in variants!(Symbol: Regions, KernelEntry, Dtb, SkipChecks) {
        assert!(
            is_refused(&|refusal| refusal.symbol == symbol),
            "{symbol:?}"
        );
    }
    for problem in variants!(
        Problem: NotAlignedTo4, NotAlignedTo8, Wraps, BeyondPhysicalRange, OverlapsPurgatory,
        InsidePurgatory, NotInRegion, NeitherZeroNorOne
    ) {
        assert!(
            is_refused(&|refusal| refusal.problem == problem),
            "{problem:?}"
        );
    }
}

/// How far it is, and good digests, however they are computed.
fn verdicts(said: &mut Said) {
    for through in variants!(Through: OwnTables, LoaderTables, Uncached) {
        for regime in variants!(Regime: El1And0, El2, El2And0) {
            for sha2 in [false, true] {
                let how = How {
                    regime,
                    through,
                    sha2,
                };
                say!(said, progress, NUMBER << 20, NUMBER << 20, how);
                for regions in [1, NUMBER] {
                    for (frequency, miscounted) in
                        [(0, false), (0, true), (1000, false), (1000, true)]
                    {
                        let verified = Verified {
                            bytes: NUMBER << 20,
                            regions,
                            ticks: NUMBER,
                            frequency,
                            how,
                            miscounted,
                        };
                        say!(said, verified, &verified);
                    }
                }
            }
        }
    }
}

/// Exceptions of each class that there may be.
fn exceptions(said: &mut Said) {
    for class in 0..64 {
        for regime in variants!(Regime: El1And0, El2, El2And0) {
            let exception = Exception {
                esr: class << 26,
                elr: NUMBER,
                far: NUMBER,
                offset: NUMBER,
                regime,
            };
            say!(said, exception, &exception);
        }
    }
}
