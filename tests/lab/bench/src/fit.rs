// SPDX-License-Identifier: MIT OR Apache-2.0

//! How good the model is: what was measured, and what it makes of it.

use crate::Results;
use crate::cost::{BLOCKS, Case, Counts, MIB, PIECE, Window};
use crate::growth::USUAL;
use crate::model::{Core, Hash, Work};
use crate::recorded::{Before, POOL, RELEASE_1_0_0, V3};

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

/// Compares what was measured with the model. A piece costs what it did in 1.0.0.
pub fn all(results: &Results) -> Vec<Fit> {
    let seconds = |work: &Work| results.loops.seconds(Core::InOrder, work);
    let a_byte = |seconds: f64| seconds * 1e9 / PIECE as f64;
    let of = |case| a_byte(results.parted(&results.usual(case)).0);
    let window = |sha2| of(Case::ours(Window::Own, sha2));
    let none = |sha2| of(Case::ours(Window::None, sha2));
    let ours = results.usual(Case::ours(Window::Own, true));
    let by_pages = |each: f64| {
        let page = Work {
            hash: Hash::Sha2,
            blocks: 0,
            of_loop: 0,
            counts: Counts::default(),
            pages: 1,
        };
        each + a_byte(page.seconds_of_pages())
    };
    // Twice the calls for each piece.
    let behind_2_kib = {
        let work = results.loops.work(&ours);
        let call = ours.piece.instructions - (work.of_loop + 3) * BLOCKS;
        let piece = Counts {
            instructions: ours.piece.instructions + call,
            ..ours.piece
        };
        a_byte(seconds(&work.parted(piece).0))
    };
    let before = |size| Before::new(size, true, POOL);
    let before_each = before(MIB).map(|one| a_byte(seconds(&one.work.parted(one.piece).0)));
    let before_once = before(USUAL).map(|one| seconds(&one.work.parted(one.piece).1) * 1e3);
    let before_all = before(USUAL).map(|one| seconds(&one.work) * 1e3);
    let fixed = crate::seconds_outside(&RELEASE_1_0_0) * 1e3;
    let fit = |unit, what, measured, model, note| Fit {
        what,
        unit,
        measured,
        model,
        note,
    };
    let (ns, ms) = ("ns/byte", "ms");
    vec![
        fit(
            ns,
            "C 2.0.32, uncached",
            150.6,
            Some(of(Case::C)),
            "fitted: fetches",
        ),
        fit(
            ns,
            "v3 on 2.0.32, in its window",
            V3,
            None,
            "no binary to count",
        ),
        fit(
            ns,
            "window, SHA2, by blocks of 2 MiB",
            1.165,
            Some(window(true)),
            "fitted: dc",
        ),
        fit(
            ns,
            "the same, by pages",
            1.231,
            Some(by_pages(window(true))),
            "fitted: pages",
        ),
        fit(
            ns,
            "the same, dc behind 2 KiB",
            1.248,
            Some(by_pages(behind_2_kib)),
            "",
        ),
        fit(
            ns,
            "window, no SHA2",
            7.14,
            Some(window(false)),
            "llvm-mca reads the loop high",
        ),
        fit(
            ns,
            "no window, SHA2",
            5.8,
            Some(none(true)),
            "a load takes longer than a store",
        ),
        fit(
            ns,
            "no window, no SHA2",
            34.8,
            Some(none(false)),
            "the same",
        ),
        fit(ms, "fixed", 0.127, Some(fixed), "fitted"),
        fit(
            ns,
            "before: the flush after the window",
            1.25,
            before_each,
            "",
        ),
        fit(
            ms,
            "before: fixed",
            0.84,
            before_once,
            "most are stores of zeros in a row",
        ),
        fit(ms, "before: 43 MiB", 58.0, before_all, ""),
    ]
}
