// SPDX-License-Identifier: MIT OR Apache-2.0

//! NIST's vectors for byte-oriented SHA-256 (Cryptographic Algorithm Validation Program,
//! `shabytetestvectors.zip`), which are in the public domain: `nist/*.rsp` are its files as
//! published, taken from the crate `gnir` 0.13.2.

use crate::messages::Messages;

/// Steps between two digests of the Monte Carlo file ("Secure Hash Algorithm Validation System",
/// 6.4).
const STEPS: u64 = 1000;

/// Adds all of them.
pub fn add(memory: &mut Messages) {
    let short = messages(memory, "short", include_str!("nist/SHA256ShortMsg.rsp"));
    let long = messages(memory, "long", include_str!("nist/SHA256LongMsg.rsp"));
    let steps = monte_carlo(memory, include_str!("nist/SHA256Monte.rsp"));
    // What the files are known to hold: a reader that reads nothing proves nothing.
    assert_eq!((short, long, steps), (65, 64, 100));
}

/// `Len`, `Msg` and `MD`; the number of messages.
fn messages(memory: &mut Messages, which: &str, file: &str) -> usize {
    let (mut message, mut count) = (Vec::new(), 0);
    let mut bits = 0;
    for (name, value) in assignments(file) {
        match name {
            "Len" => bits = value.parse().expect("a length in bits"),
            // The empty message is written as a byte.
            "Msg" => message = bytes(value)[..bits / 8].to_vec(),
            "MD" => {
                let name = format!("NIST, {which} message of {} bytes", bits / 8);
                memory.known(name, &message, 0, digest(value));
                count += 1;
            }
            _ => {}
        }
    }
    count
}

/// `Seed`, and the `MD`s after each thousand steps, each the seed of the next; their number.
fn monte_carlo(memory: &mut Messages, file: &str) -> usize {
    let (mut seed, mut count) = ([0; 32], 0);
    for (name, value) in assignments(file) {
        match name {
            "Seed" => seed = digest(value),
            "MD" => {
                let next = digest(value);
                memory.known(format!("NIST, Monte Carlo {count}"), &seed, STEPS, next);
                seed = next;
                count += 1;
            }
            _ => {}
        }
    }
    count
}

fn assignments(file: &str) -> impl Iterator<Item = (&str, &str)> {
    let lines = file.lines().filter(|line| !line.starts_with(['#', '[']));
    lines.filter_map(|line| line.split_once(" = "))
}

fn digest(hex: &str) -> [u8; 32] {
    bytes(hex).try_into().expect("32 bytes")
}

fn bytes(hex: &str) -> Vec<u8> {
    let digit = |byte: &u8| char::from(*byte).to_digit(16).expect("hexadecimal") as u8;
    let pairs = hex.trim().as_bytes().chunks_exact(2);
    pairs
        .map(|pair| digit(&pair[0]) << 4 | digit(&pair[1]))
        .collect()
}
