// SPDX-License-Identifier: MIT OR Apache-2.0

//! Consoles.

use purgatory_test_harness::boot::UART;
use purgatory_test_harness::flips::{Flips, Random};

use super::{Named, address};
use crate::opinion::{DIGEST, DTB, ENTRY, SINK, SKIP_CHECKS, World};

const SINKS: usize = 300;

/// The console: if there is none, the kernel starts anyway, or nothing does.
pub fn nonsense_sinks(flips: &Flips, _: &World<'_>, random: &mut Random) -> Vec<Named> {
    let mut cases = Vec::new();
    for number in 0..SINKS {
        let mut case = flips.good;
        let sink = match random.below(8) {
            0 => flips.spare.start + random.below(flips.spare.end - flips.spare.start),
            // Where flash is, after the last device, and after memory.
            1 => random.below(0x0800_0000),
            2 => 0x5000_0000 + random.below(1 << 36),
            3 => UART + random.below(4),
            4 => random.word(),
            _ => address(flips, random),
        };
        // Not memory that is not compared after each call.
        let looked_at = flips
            .segments
            .iter()
            .any(|one| one.at <= sink && sink < one.end())
            || flips.image.contains(&sink)
            || flips.spare.contains(&sink);
        let sink = if flips.memory.contains(&sink) && !looked_at {
            flips.spare.start
        } else {
            sink
        };
        case.symbols[SINK] = sink;
        let how = match number % 4 {
            0 => {
                case.symbols[DIGEST] ^= 1 << random.below(64);
                "a wrong digest"
            }
            1 => {
                case.symbols[SKIP_CHECKS] |= 1;
                "no checks"
            }
            2 => {
                let word = [ENTRY, DTB][random.below(2) as usize];
                case.symbols[word] = random.word();
                "a bad address"
            }
            _ => "nothing wrong",
        };
        cases.push((case, format!("sink {sink:#x} with {how}")));
    }
    cases
}
