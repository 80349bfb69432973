// SPDX-License-Identifier: MIT OR Apache-2.0

//! The sentences, letter by letter.

extern crate std;

use std::string::String;

use super::*;
use crate::request::{Problem, Symbol};

#[derive(Default)]
struct Text(String);

impl Console for Text {
    fn byte(&mut self, byte: u8) {
        self.0.push(byte.into());
    }
}

fn said(say: impl FnOnce(&mut Text)) -> String {
    let mut text = Text::default();
    say(&mut text);
    text.0
}

const VERIFIED: Verified = Verified {
    bytes: 28_940_697,
    regions: 4,
    ticks: 19_500_000,
    frequency: 62_500_000,
    how: HOW,
    miscounted: false,
};

const HOW: How = How {
    regime: Regime::El2And0,
    through: Through::OwnTables,
    sha2: false,
};

#[test]
fn what_was_verified() {
    assert_eq!(
        said(|c| verified(c, &VERIFIED)),
        "purgatory: 27.6 MiB in 4 regions verified in 312 ms (EL2 VHE, D-cache on, software SHA-256)\r\n"
    );
    let other = Verified {
        bytes: 1 << 20,
        regions: 1,
        frequency: 0,
        how: How {
            regime: Regime::El1And0,
            through: Through::Uncached,
            ..HOW
        },
        ..VERIFIED
    };
    assert_eq!(
        said(|c| verified(c, &other)),
        "purgatory: 1.0 MiB in 1 region verified in 19500000 ticks (EL1, D-cache off, software SHA-256)\r\n"
    );
}

#[test]
fn how_it_is_hashed() {
    for (how, words) in [
        (HOW, "(EL2 VHE, D-cache on, software SHA-256)"),
        (
            How { sha2: true, ..HOW },
            "(EL2 VHE, D-cache on, SHA2 instructions)",
        ),
        (
            How {
                regime: Regime::El2,
                through: Through::LoaderTables,
                ..HOW
            },
            "(EL2, D-cache on, loader's page tables, software SHA-256)",
        ),
    ] {
        let text = said(|c| verified(c, &Verified { how, ..VERIFIED }));
        assert!(text.ends_with(&std::format!("{words}\r\n")), "{text}");
        // What is said on the way must not be taken for a verdict.
        assert_eq!(
            said(|c| progress(c, 1 << 30, (8 << 30) + (1 << 19), how)),
            std::format!("purgatory: hashed 1024.0 of 8192.5 MiB {words}\r\n")
        );
    }
}

#[test]
fn tables_that_are_not_used() {
    assert_eq!(
        said(|c| loader_tables_refused(c, 0x4800_0000, Unusable::NotIdentity)),
        "purgatory: loader's page tables at 0x0000000048000000 ignored: they are not an identity map\r\n"
    );
}

#[test]
fn exceptions_have_a_class_in_words() {
    let abort = Exception {
        esr: 0x9600_0006,
        elr: 0x4008_1234,
        far: 0xdead_0000,
        offset: 0x1234,
        regime: Regime::El2,
    };
    assert_eq!(
        said(|c| exception(c, &abort)),
        "\r\npurgatory: exception: data abort at EL2, ESR=0x0000000096000006 ELR=0x0000000040081234 FAR=0x00000000dead0000 offset=0x0000000000001234\r\n"
    );
    for (class, words) in [
        (0x00, "undefined instruction"),
        (0x07, "FP/SIMD access trapped"),
        (0x21, "instruction abort"),
        (0x1d, "SME access trapped"),
        (0x26, "SP alignment"),
        (0x2f, "other at"),
        (0x3c, " at"),
    ] {
        let text = said(|c| {
            exception(
                c,
                &Exception {
                    esr: class << 26,
                    ..abort
                },
            )
        });
        assert!(text.contains(words), "{text}");
    }
}

#[test]
fn a_refusal_names_symbol_problem_and_value() {
    let entry = Refusal {
        symbol: Symbol::KernelEntry,
        index: None,
        problem: Problem::NotAlignedTo4,
        value: 0x4020_0002,
        len: None,
    };
    assert_eq!(
        said(|c| refusal(c, &entry, &[])),
        "purgatory: arm64_kernel_entry: is not 4-byte aligned: 0x0000000040200002\r\n"
    );
    let region = Refusal {
        symbol: Symbol::Regions,
        index: Some(11),
        problem: Problem::Wraps,
        value: 0xffff_ffff_ffff_f000,
        len: Some(0x2000),
    };
    assert_eq!(
        said(|c| refusal(c, &region, &[])),
        "purgatory: sha256_regions[11]: wraps around: 0xfffffffffffff000 + 0x0000000000002000\r\n"
    );
}

#[test]
fn a_refusal_of_what_lies_in_no_region_shows_the_regions() {
    let entry = Refusal {
        symbol: Symbol::KernelEntry,
        index: None,
        problem: Problem::NotInRegion,
        value: 0x4040_0000,
        len: None,
    };
    let region = |start, len| RawRegion { start, len };
    let regions = [
        region(0, 0x1000),
        region(5, 0),
        region(0x4020_0000, 0x20_0000),
    ];
    assert_eq!(
        said(|c| refusal(c, &entry, &regions)),
        "purgatory: arm64_kernel_entry: lies outside every region: 0x0000000040400000\r\n\
         purgatory: sha256_regions[0]: 0x0000000000000000 + 0x0000000000001000\r\n\
         purgatory: sha256_regions[2]: 0x0000000040200000 + 0x0000000000200000\r\n"
    );
}

#[test]
fn a_digest_of_a_shorter_message_is_told() {
    let other = Verified {
        miscounted: true,
        ..VERIFIED
    };
    let text = said(|c| verified(c, &other));
    assert!(
        text.ends_with("software SHA-256, length as kexec-tools counts it)\r\n"),
        "{text}"
    );
}

#[test]
fn both_digests_are_shown_in_full() {
    let computed = Digest([0, 1, 2, 3, 4, 5, 6, 7].map(|i| 0x0001_0203 + i * 0x0404_0404));
    let text = said(|c| mismatch(c, &computed, &[0xfe; 32]));
    assert_eq!(
        text,
        std::format!(
            "purgatory: sha256 digests do not match\r\npurgatory:        digest: {}\r\npurgatory: sha256_digest: {}\r\n",
            "000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f",
            "fe".repeat(32)
        )
    );
}

#[test]
fn numbers() {
    for (value, text) in [
        (0, "0"),
        (7, "7"),
        (10, "10"),
        (1_000_009, "1000009"),
        (u64::MAX, "18446744073709551615"),
    ] {
        assert_eq!(said(|c| say(c, "%d", &[value])), text);
    }
    for (bytes, text) in [
        (0, "0.0"),
        (4096, "0.0"),
        (104_858, "0.1"),
        (1_048_575, "1.0"),
        (43 << 20, "43.0"),
        (1 << 56, "68719476736.0"),
    ] {
        assert_eq!(said(|c| say(c, "%m", &[bytes])), text);
    }
    assert_eq!(
        said(|c| say(c, "%x", &[0x0123_4567_89ab_cdef])),
        "0x0123456789abcdef"
    );
}

#[test]
fn choices() {
    for (number, text) in [
        (0, "<>7"),
        (1, "<b>7"),
        (2, "<cd\r\n>7"),
        (3, "<>7"),
        (u64::MAX, "<>7"),
    ] {
        assert_eq!(
            said(|c| say(c, "<%[|b|cd\n]>%d", &[number, 7])),
            text,
            "{number}"
        );
    }
    // Outside of a choice its marks are text.
    assert_eq!(said(|c| say(c, "[|%d]", &[3])), "[|3]");
}

/// Each has words of its own, in the order of the values.
#[test]
fn every_value_of_an_enum_has_its_words() {
    let problem = |problem| {
        said(|c| {
            refusal(
                c,
                &Refusal {
                    symbol: Symbol::Dtb,
                    index: None,
                    problem,
                    value: 0,
                    len: None,
                },
                &[],
            )
        })
    };
    for (value, words) in [
        (Problem::NotInRegion, "lies outside every region"),
        (Problem::NotAlignedTo4, "is not 4-byte aligned"),
        (Problem::NotAlignedTo8, "is not 8-byte aligned"),
        (Problem::Wraps, "wraps around"),
        (
            Problem::BeyondPhysicalRange,
            "lies beyond the physical address range",
        ),
        (Problem::OverlapsPurgatory, "overlaps the purgatory"),
        (Problem::InsidePurgatory, "lies inside the purgatory"),
        (Problem::NeitherZeroNorOne, "is neither 0 nor 1"),
    ] {
        assert_eq!(
            problem(value),
            std::format!("purgatory: arm64_dtb_addr: {words}: 0x0000000000000000\r\n")
        );
    }
    let symbol = |symbol| {
        said(|c| {
            refusal(
                c,
                &Refusal {
                    symbol,
                    index: None,
                    problem: Problem::Wraps,
                    value: 0,
                    len: None,
                },
                &[],
            )
        })
    };
    for (value, name) in [
        (Symbol::Regions, "sha256_regions"),
        (Symbol::KernelEntry, "arm64_kernel_entry"),
        (Symbol::Dtb, "arm64_dtb_addr"),
        (Symbol::SkipChecks, "skip_checks"),
    ] {
        assert_eq!(
            symbol(value),
            std::format!("purgatory: {name}: wraps around: 0x0000000000000000\r\n")
        );
    }
    for (value, words) in [
        (NoTables::NoGranule, "the CPU has no 4 KiB granule"),
        (NoTables::Above48Bits, "a region lies above 48 bits"),
    ] {
        assert_eq!(
            said(|c| no_window(c, value)),
            std::format!("purgatory: D-cache stays off, verification will be slow: {words}\r\n")
        );
    }
    for (value, words) in [
        (Unusable::NotInRegion, "they lie outside every region"),
        (Unusable::NotMapped, "they do not map all that is touched"),
        (Unusable::NotIdentity, "they are not an identity map"),
        (Unusable::Attributes, "their attributes are unusable"),
        (Unusable::NotOurs, "they were made for another image"),
        (Unusable::MapMore, "they map more than what is touched"),
    ] {
        assert!(
            said(|c| loader_tables_refused(c, 0, value))
                .ends_with(&std::format!(" ignored: {words}\r\n"))
        );
    }
    for (value, words) in [
        (Regime::El1And0, "(EL1,"),
        (Regime::El2, "(EL2,"),
        (Regime::El2And0, "(EL2 VHE,"),
    ] {
        assert!(
            said(|c| verified(
                c,
                &Verified {
                    how: How {
                        regime: value,
                        ..HOW
                    },
                    ..VERIFIED
                }
            ))
            .contains(words)
        );
    }
}

/// The sentences without a choice, for which scripts look.
#[test]
fn what_is_said_on_the_way() {
    assert_eq!(said(greeting), "I'm in purgatory\r\n");
    let asked = Request {
        kernel_entry: 0x4020_0000,
        dtb: 0x4800_0000,
        check: None,
        tables: None,
    };
    assert_eq!(
        said(|c| request(c, &asked)),
        "purgatory: entry=0x0000000040200000\r\npurgatory: dtb=0x0000000048000000\r\n"
    );
    assert_eq!(
        said(skipped),
        "purgatory: sha256 not checked (skip_checks=1)\r\n"
    );
    assert_eq!(
        said(serror),
        "purgatory: SError while hashing: bad memory?\r\n"
    );
    assert_eq!(said(handing_over), "purgatory: booting kernel now\r\n");
    assert_eq!(
        said(halted),
        "purgatory: halted; reset the machine and load again\r\n"
    );
}

#[test]
fn what_is_said_of_a_reset() {
    for (seconds, words) in [(1, "1 second"), (2, "2 seconds"), (600, "600 seconds")] {
        assert_eq!(
            said(|c| resetting(c, seconds)),
            std::format!("purgatory: reset in {words}\r\n")
        );
    }
    assert_eq!(said(not_reset), "purgatory: PSCI reset failed\r\n");
}

/// Not a byte is made for a console that nobody reads.
#[test]
fn to_a_silent_console_nothing_is_said() {
    struct Silent;

    impl Console for Silent {
        fn byte(&mut self, byte: u8) {
            panic!("{byte:#x}");
        }

        fn is_silent(&self) -> bool {
            true
        }
    }

    greeting(&mut Silent);
    verified(&mut Silent, &VERIFIED);
}
