//! The sentences, letter by letter.

extern crate std;

use std::string::String;

use super::*;
use crate::request::Problem;

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
    regime: Regime::El2And0,
    cached: true,
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
        regime: Regime::El1And0,
        cached: false,
        ..VERIFIED
    };
    assert_eq!(
        said(|c| verified(c, &other)),
        "purgatory: 1.0 MiB in 1 region verified (EL1, D-cache off, software SHA-256)\r\n"
    );
}

#[test]
fn a_refusal_names_symbol_problem_and_value() {
    let entry = Refusal {
        symbol: "arm64_kernel_entry",
        index: None,
        problem: Problem::NotAlignedTo4,
        value: 0x4020_0002,
        len: None,
    };
    assert_eq!(
        said(|c| refusal(c, &entry)),
        "purgatory: arm64_kernel_entry: is not 4-byte aligned: 0x0000000040200002\r\n"
    );
    let region = Refusal {
        symbol: "sha256_regions",
        index: Some(11),
        problem: Problem::Wraps,
        value: 0xffff_ffff_ffff_f000,
        len: Some(0x2000),
    };
    assert_eq!(
        said(|c| refusal(c, &region)),
        "purgatory: sha256_regions[11]: wraps around: 0xfffffffffffff000 + 0x0000000000002000\r\n"
    );
}

#[test]
fn both_digests_are_shown_in_full() {
    let computed = core::array::from_fn(|i| i as u8);
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
        assert_eq!(said(|c| decimal(c, value)), text);
    }
    for (bytes, text) in [
        (0, "0.0 MiB"),
        (4096, "0.0 MiB"),
        (104_858, "0.1 MiB"),
        (1_048_575, "1.0 MiB"),
        (43 << 20, "43.0 MiB"),
        (1 << 52, "4294967296.0 MiB"),
    ] {
        assert_eq!(said(|c| mebibytes(c, bytes)), text);
    }
}
