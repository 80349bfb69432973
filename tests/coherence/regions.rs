// SPDX-License-Identifier: MIT OR Apache-2.0

//! Regions that start and end anywhere: each of their lines is removed from the cache after the
//! last load of it, once for each region that it belongs to, and none of anybody else.

use purgatory_test_harness::Regime::{self, El1And0, El2, El2And0};
use purgatory_test_harness::boot::{Boot, noise};
use purgatory_test_harness::loader::Segment;
use purgatory_test_harness::patch::Lie;
use purgatory_test_tracer::Event;
use rstest::rstest;

use crate::harness::Judged;
use crate::harness::Through::{self, Loaders, Nothing, Own, Software};
use crate::maintained::Maintained;

/// What is between two regions and how long the second is, in bytes.
type Layout = Vec<(u64, u64)>;

/// The most regions of a boot in addition to the kernel and the device tree.
const MOST: usize = 13;

/// Lengths, and gaps, at which something could be different.
const ODD: [u64; 24] = [
    0, 1, 2, 7, 8, 15, 16, 17, 31, 32, 33, 63, 64, 65, 127, 128, 129, 1000, 4031, 4095, 4096, 4097,
    4160, 8193,
];

/// Has these regions loaded instead of the initrd.
pub fn lay_out(boot: &mut Boot, layout: &[(u64, u64)]) {
    let mut at = boot.segment("initrd").at;
    let others = layout.iter().enumerate().map(|(number, &(gap, len))| {
        let segment = Segment::ragged(&format!("region {number}"), at + gap, noise(len));
        at = segment.end();
        segment
    });
    let others: Vec<_> = others.collect();
    let all = &mut boot.load.segments;
    all.retain(|segment| segment.name != "initrd");
    all.splice(1..1, others);
    // The kernel ends where its bytes do.
    let kernel = boot.segment("kernel");
    kernel.len = kernel.bytes.len() as u64;
}

/// Each begins where another ends, mostly in the middle of a line.
fn adjacent() -> Layout {
    let lens = [1, 2, 61, 63, 65, 33, 31, 129, 4095, 4097, 127, 8192, 95];
    let mut layout: Layout = lens.map(|len| (0, len)).into();
    layout[0].0 = 4096 - 13;
    layout
}

/// Around the borders of pages.
fn at_borders() -> Layout {
    vec![
        // One byte, the last of a page; and the first of one.
        (4095, 1),
        (4096, 1),
        // All of a page but a byte.
        (4094, 4095),
        (1, 4095),
        // A page that lies in two, by a byte.
        (1, 4096),
        (0, 4096),
        // Nothing, in the middle of a line.
        (13, 0),
        // A block that lies in two pages, with nothing to go with it.
        (4096 - 13 - 32, 64),
        (4096 - 64 + 1, 2 * 4096 + 64),
        (31, 64 + 2),
        (4096, 8 * 4096 - 1),
        (64, 4096 - 64),
        (2, 16),
    ]
}

/// Of anything, always the same for a number (xorshift64).
fn any(number: u64) -> Layout {
    let mut state = 0x9e37_79b9_7f4a_7c15 ^ number;
    let mut next = |below: usize| {
        for _ in 0..3 {
            state ^= state << 13;
            state ^= state >> 7;
            state ^= state << 17;
        }
        (state >> 32) as usize % below
    };
    let many = 1 + next(MOST);
    (0..many)
        .map(|_| {
            let gap = if next(2) == 0 {
                0
            } else {
                ODD[next(ODD.len())]
            };
            let len = if next(4) == 0 {
                next(9000) as u64
            } else {
                ODD[next(ODD.len())]
            };
            (gap, len)
        })
        .collect()
}

fn run(regime: Regime, through: Through, line: u32, layout: &[(u64, u64)]) -> Judged {
    let mut boot = through.boot(regime, |boot| lay_out(boot, layout));
    through.patch(&mut boot, |patch| patch.lie(Lie::Lines(line)));
    let judged = Judged::with_lines(&boot, Some(line.into()));
    judged.said(through.says());
    judged.clean();
    let expected = Maintained::expected(&boot, &judged.recording, judged.line);
    let found = Maintained::of(&boot, &judged.recording, judged.line);
    if let Some(first) = found.difference(&expected).first() {
        judged.fail(&format!("{first}, with {layout:?}"));
    }
    judged
}

/// Returns whether something is loaded that lies in two pages.
fn crosses_a_page(judged: &Judged) -> bool {
    let events = &judged.recording.trace.events;
    events.iter().any(|event| match *event {
        Event::Access { address, size, .. } => address % 4096 + size > 4096,
        _ => false,
    })
}

#[rstest]
fn of_all_kinds(
    #[values(El1And0, El2, El2And0)] regime: Regime,
    #[values(Own, Software, Loaders, Nothing)] through: Through,
    #[values(32, 64, 128)] line: u32,
) {
    // The kernel and the device tree alone; then each time others.
    run(regime, through, line, &[]);
    run(regime, through, line, &adjacent());
    let judged = run(regime, through, line, &at_borders());
    // Past the cache nothing may be loaded that is not aligned.
    assert_eq!(crosses_a_page(&judged), through != Nothing);
    let number = (regime as u64 * 8 + through as u64) * 256 + u64::from(line);
    run(regime, through, line, &any(number));
}
