// SPDX-License-Identifier: MIT OR Apache-2.0

//! What must come of a case, by docs/abi.md and docs/boot.md.

use purgatory_test_harness::Regime;
use purgatory_test_harness::boot::UART;
use purgatory_test_harness::flips::{Case, Flips, noise};
use sha2::{Digest, Sha256};

/// Words of the symbols.
pub const DIGEST: usize = 32;
pub const ENTRY: usize = 36;
pub const DTB: usize = 37;
pub const SINK: usize = 38;
pub const PGTBLE_BASE: usize = 39;
pub const PURGATORY_BASE: usize = 40;
pub const PURGATORY_LEN: usize = 41;
/// `skip_checks`, and `on_failure` in its upper half.
pub const SKIP_CHECKS: usize = 42;

/// What must come of a case.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Opinion {
    /// The kernel is started, with this in `x0`.
    Starts(u64),
    /// It halts, with a line that has these words in it.
    Refuses(String),
    /// It halts, since the digest is not that of the regions.
    Differs,
    /// The same, or a data abort, because there is no memory where it reads.
    DiffersOrAborts,
}

/// Memory that is known, and the CPU.
pub struct World<'a> {
    flips: &'a Flips,
    pa_bits: u32,
    good_message: Vec<u8>,
    good_digest: [u64; 4],
}

/// A range of memory with what is in it.
type Known = (u64, Vec<u8>);

impl<'a> World<'a> {
    /// As it is when nothing is wrong.
    pub fn new(flips: &'a Flips, regime: Regime) -> Self {
        let mut world = Self {
            flips,
            // `PARange` of the usual CPU of each.
            pa_bits: match regime {
                Regime::El1And0 => 40,
                Regime::El2 => 44,
                Regime::El2And0 => 48,
            },
            good_message: Vec::new(),
            good_digest: [0; 4],
        };
        let message = world.message(&flips.good);
        world.good_message = message.expect("what is loaded is known");
        world
            .good_digest
            .copy_from_slice(&flips.good.symbols[DIGEST..][..4]);
        world
    }

    /// Returns how many bits an address has.
    pub const fn pa_bits(&self) -> u32 {
        self.pa_bits
    }

    /// Returns what must come of this case.
    pub fn of(&self, case: &Case) -> Opinion {
        let skip = case.symbols[SKIP_CHECKS] as u32;
        if skip > 1 {
            return refuses("skip_checks: is neither 0 nor 1", skip.into(), None);
        }
        if skip == 0 {
            for (index, &(start, len)) in regions(case).iter().enumerate() {
                if let Some(problem) = self.region(start, len) {
                    let what = format!("sha256_regions[{index}]: {problem}");
                    return refuses(&what, start, Some(len));
                }
            }
        }
        let mut addresses = [("arm64_kernel_entry", ENTRY, 4), ("arm64_dtb_addr", DTB, 8)].iter();
        let refused = addresses.find_map(|&(name, word, align)| {
            let value = case.symbols[word];
            let problem = self.address(case, value, align, skip == 0)?;
            Some(refuses(&format!("{name}: {problem}"), value, None))
        });
        match refused {
            Some(refused) => refused,
            None if skip == 1 || self.matches(case) => Opinion::Starts(case.symbols[DTB]),
            None if self.message(case).is_some() => Opinion::Differs,
            None => Opinion::DiffersOrAborts,
        }
    }

    fn region(&self, start: u64, len: u64) -> Option<&'static str> {
        let (start, end) = (u128::from(start), u128::from(start) + u128::from(len));
        let image = &self.flips.image;
        if len == 0 {
            None
        } else if end > 1 << 64 {
            Some("wraps around")
        } else if end > 1 << self.pa_bits {
            Some("lies beyond the physical address range")
        } else if start < image.end.into() && end > image.start.into() {
            Some("overlaps the purgatory")
        } else {
            None
        }
    }

    fn address(&self, case: &Case, value: u64, align: u64, checked: bool) -> Option<&'static str> {
        let mut regions = regions(case).into_iter();
        let inside = |(start, len): (u64, u64)| {
            value >= start && len >= align && value - start <= len - align
        };
        if value % align != 0 {
            Some(if align == 4 {
                "is not 4-byte aligned"
            } else {
                "is not 8-byte aligned"
            })
        } else if value >> self.pa_bits != 0 {
            Some("lies beyond the physical address range")
        } else if self.flips.image.contains(&value) {
            Some("lies inside the purgatory")
        } else if checked && !regions.any(inside) {
            Some("lies outside every region")
        } else {
            None
        }
    }

    fn matches(&self, case: &Case) -> bool {
        let told = &case.symbols[DIGEST..][..4];
        let Some(message) = self.message(case) else {
            return false;
        };
        if told == self.good_digest {
            // No other message has it.
            return message == self.good_message;
        }
        told == digest(&message)
    }

    /// Returns the bytes of all regions that are known.
    pub fn message(&self, case: &Case) -> Option<Vec<u8>> {
        let known = self.known(case);
        let mut message = Vec::new();
        for (start, len) in regions(case) {
            let holds = |(at, bytes): &&Known| {
                start >= *at
                    && start - at <= bytes.len() as u64
                    && len <= bytes.len() as u64 - (start - at)
            };
            if len != 0 {
                let (at, bytes) = known.iter().find(holds)?;
                message.extend(&bytes[(start - at) as usize..][..len as usize]);
            }
        }
        Some(message)
    }

    /// Returns what is loaded, and the page that is not used, as the case has them.
    fn known(&self, case: &Case) -> Vec<Known> {
        let segments = self.flips.segments.iter().map(|segment| {
            let mut bytes = segment.bytes.clone();
            bytes.resize(segment.len as usize, 0);
            (segment.at, bytes)
        });
        let spare = &self.flips.spare;
        let zeros = vec![0; (spare.end - spare.start) as usize];
        let mut known: Vec<Known> = segments.chain([(spare.start, zeros)]).collect();
        if case.noise != 0 {
            let bytes = &mut known[2].1;
            for (word, noise) in bytes.chunks_exact_mut(8).zip(noise(case.noise)) {
                word.copy_from_slice(&noise.to_le_bytes());
            }
        }
        for [at, value] in case.pokes.into_iter().filter(|poke| poke[0] != 0) {
            for (start, bytes) in &mut known {
                if at >= *start && at - *start < bytes.len() as u64 {
                    let offset = (at - *start) as usize;
                    bytes[offset..offset + 8].copy_from_slice(&value.to_le_bytes());
                }
            }
        }
        known
    }
}

/// Returns whether the image can be heard.
pub fn is_heard(case: &Case) -> bool {
    let sink = case.symbols[SINK];
    let inside = |&(start, len): &(u64, u64)| sink >= start && sink - start < len;
    // All four bytes are the data register.
    sink & !3 == UART && !regions(case).iter().any(inside)
}

/// Returns the entries of the list: start and length.
pub fn regions(case: &Case) -> [(u64, u64); 16] {
    let mut regions = [(0, 0); 16];
    for (region, words) in regions.iter_mut().zip(case.symbols.chunks_exact(2)) {
        *region = (words[0], words[1]);
    }
    regions
}

/// Returns the digest as it stands in the symbols.
pub fn digest(message: &[u8]) -> [u64; 4] {
    let digest = Sha256::digest(message);
    let mut words = [0; 4];
    for (word, bytes) in words.iter_mut().zip(digest.chunks_exact(8)) {
        *word = u64::from_le_bytes(bytes.try_into().expect("8 bytes"));
    }
    words
}

fn refuses(what: &str, value: u64, len: Option<u64>) -> Opinion {
    let len = len.map_or(String::new(), |len| format!(" + {len:#018x}"));
    Opinion::Refuses(format!("purgatory: {what}: {value:#018x}{len}"))
}
