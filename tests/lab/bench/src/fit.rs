// SPDX-License-Identifier: MIT OR Apache-2.0

//! How good the model is: what was measured, and what it makes of it.

use crate::cost::{BLOCKS, Counts, MIB, Measured, PIECE};
use crate::model::{Core, Hash, Loops, Work};
use crate::recorded::{Before, POOL, V3};

/// Something that was measured on the timing model.
#[derive(Clone, Debug, PartialEq)]
pub struct Fit {
    /// What.
    pub what: &'static str,
    /// In this unit.
    pub unit: &'static str,
    /// As measured.
    pub measured: f64,
    /// As the model has it, if it has a word to say.
    pub model: Option<f64>,
    /// What to think of it.
    pub note: &'static str,
}

/// Compares what was measured with the model, given what C costs and what this image does.
pub fn all(loops: &Loops, c: &Measured, ours: &Measured) -> Vec<Fit> {
    let each = |work: Work, piece| {
        let (each, _) = work.parted(piece);
        loops.seconds(Core::InOrder, &each) * 1e9 / PIECE as f64
    };
    let before = |pool| Before::new(MIB, true, pool);
    let slope = before(POOL).map(|before| each(before.work, before.piece));
    let without_flush = before(POOL).map(|before| {
        let piece = Counts {
            instructions: before.work.of_loop * BLOCKS,
            dc_outside: 0,
            ..before.piece
        };
        each(before.work, piece)
    });
    // Without its blocks a piece costs a call, however many blocks it has.
    let behind = |bytes: u64| {
        let lines = 3 * BLOCKS;
        let work = loops.work(ours);
        let hashing = work.of_loop * BLOCKS;
        let call = ours.piece.instructions - hashing - lines;
        let piece = Counts {
            instructions: hashing + lines + call * (PIECE / bytes),
            ..ours.piece
        };
        Some(each(work, piece))
    };
    let smaller_pool = before(POOL).zip(before(64 << 10)).map(|(large, small)| {
        let less = Work {
            hash: Hash::Sha2,
            blocks: 0,
            of_loop: 0,
            counts: large.work.counts - small.work.counts,
        };
        loops.seconds(Core::InOrder, &less) * 1e3
    });
    let fit = |what, measured, model, note| Fit {
        what,
        unit: "ns/byte",
        measured,
        model,
        note,
    };
    vec![
        fit(
            "C 2.0.25, uncached",
            151.1,
            Some(each(loops.work(c), c.piece)),
            "fitted: the I-cache off",
        ),
        fit(
            "v3 on 2.0.32, in its window",
            V3,
            None,
            "no binary to count",
        ),
        fit("before: the flush after the window", 2.54, slope, ""),
        fit(
            "the same without a flush",
            0.92,
            without_flush,
            "fitted: the loop",
        ),
        fit("dc behind each KiB", 1.12, behind(1024), ""),
        fit(
            "dc behind 4 KiB",
            1.10,
            behind(4096),
            "fitted: dc in the window",
        ),
        fit(
            "the same, prfm 256 bytes ahead",
            1.08,
            behind(4096),
            "fitted: the same",
        ),
        fit(
            "dc behind 256 bytes",
            1.91,
            behind(256),
            "not claimed: four blocks hide less than the model has it",
        ),
        Fit {
            unit: "ms",
            ..fit(
                "fixed, with a pool of 64 KiB less than with 512",
                3.35 - 1.25,
                smaller_pool,
                "",
            )
        },
    ]
}
