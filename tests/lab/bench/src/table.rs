// SPDX-License-Identifier: MIT OR Apache-2.0

//! Tables, in Markdown.

use std::fmt::{Display, Write};

use purgatory_test_harness::boot::Place;
use purgatory_test_tracer::phases::Name;

use crate::Results;
use crate::checks::{Bound, Check};
use crate::cost::{BLOCKS, Case, Counts, Layout, MIB, PIECE};
use crate::growth::USUAL;
use crate::mca::CPUS;
use crate::model::{CORES, Core, Work, seconds_outside_at_most};
use crate::recorded::{Before, COMMIT, V3};

/// Says of two of our cases that they are those of the image before.
const BEFORE: [(bool, &str); 2] = [
    (true, "before: window, SHA2"),
    (false, "before: window, no SHA2"),
];

/// Writes the loops.
pub fn loops(results: &Results) -> String {
    let loops = &results.loops;
    let mut out = format!(
        "cycles per byte by {}; instructions and accesses (16-byte units) of one block\n\n",
        loops.tool
    );
    let heads = ["loop", "instructions", "accesses"];
    head(&mut out, heads.into_iter().chain(CPUS));
    for one in &loops.all {
        let cycles = one.cycles.map(|cycles| format!("{cycles:.2}")).join(" | ");
        let _ = write!(
            out,
            "\n| {} | {} | {} | {cycles} |",
            one.name, one.instructions, one.accesses
        );
    }
    out
}

/// Writes what was counted.
pub fn counts(results: &Results) -> String {
    let mut out = format!(
        "{}, C of kexec-tools {}. dc by address, outside of and in the window. ms: a model, see \
         below. C / this: in-order.\n\
         *: not hashed, but computed exactly: each piece of 4 KiB costs the same, and all else was run \
         with a hash left out (C's 4 GiB lack the carry of their length).\n\
         v3: only its time is known, measured: {V3} ns a byte. before: commit {COMMIT}, recorded of \
         the ordinary layout, with a pool of {} KiB.\n\
         no SHA2, no window: the image is patched to read ID registers that say so.\n\n",
        described(&results.options.layout),
        results.c,
        results.options.pool >> 10
    );
    let heads = [
        "MiB",
        "purgatory",
        "instructions",
        "Device accesses",
        "cached accesses",
        "dc outside",
        "dc inside",
    ];
    let cores = CORES.map(|core| format!("{}, ms", core.name()));
    let cores = cores.iter().map(String::as_str);
    head(&mut out, heads.into_iter().chain(cores).chain(["C / this"]));
    for &size in &results.options.sizes {
        let mut rows = Vec::new();
        for measured in results.all.iter().filter(|one| one.size == size) {
            let star = if measured.computed { "*" } else { "" };
            let work = results.loops.work(measured);
            rows.push((measured.case.to_string(), star, Some(work)));
            if measured.case == Case::C {
                rows.push(("v3".into(), "", None));
                rows.extend(before(results, size).map(|(name, before)| {
                    let star = if size > 8 * MIB { "*" } else { "" };
                    (name.into(), star, Some(before.work))
                }));
            }
        }
        let seconds = |work: &Option<Work>, core| match (work, core) {
            (Some(work), _) => Some(results.loops.seconds(core, work)),
            (None, Core::InOrder) => Some(V3 * 1e-9 * size as f64),
            (None, Core::Mca(_)) => None,
        };
        let c = seconds(&rows[0].2, Core::InOrder).unwrap_or(f64::NAN);
        for (name, star, work) in rows {
            let times = CORES.map(|core| seconds(&work, core));
            let counts = work.as_ref().map(|work| cells(&work.counts));
            let _ = write!(
                out,
                "\n| {}{star} | {name} | {} | {} | {} |",
                size / MIB,
                counts
                    .unwrap_or_else(|| ["–"; 5].map(String::from))
                    .join(" | "),
                times.map(milliseconds).join(" | "),
                times[0].map_or("–".into(), |time| short(c / time))
            );
        }
    }
    out
}

/// Writes the fixed part and what a block costs, apart.
pub fn parts(results: &Results) -> String {
    let mut out = format!(
        "The fixed part, of {} MiB, and the cost of a block of 64 bytes and of a byte\n\n",
        USUAL / MIB
    );
    let heads = [
        "purgatory",
        "fixed: instructions",
        "Device accesses",
        "cached accesses",
        "dc outside",
        "in-order, ms",
        "at most",
        "of pages",
        "a block: instructions",
        "Device accesses",
        "cached accesses",
        "dc outside",
        "dc inside",
    ];
    let cores = CORES.map(|core| format!("{}, ns a byte", core.name()));
    let cores = cores.iter().map(String::as_str);
    head(&mut out, heads.into_iter().chain(cores));
    let mut rows = Vec::new();
    for measured in &results.usual {
        let work = results.loops.work(measured);
        rows.push((measured.case.to_string(), work, measured.piece));
        if measured.case == Case::C {
            let before = before(results, USUAL);
            rows.extend(before.map(|(name, one)| (name.into(), one.work, one.piece)));
        }
    }
    for (name, work, piece) in rows {
        let (each, once) = work.parted(piece);
        let fixed = cells(&once.counts);
        let Counts {
            instructions,
            device,
            normal,
            dc_outside,
            dc_inside,
        } = piece;
        let block = [instructions, device, normal, dc_outside, dc_inside];
        let block = block.map(|count| decimals(count as f64 / BLOCKS as f64));
        let times = CORES.map(|core| {
            let seconds = results.loops.seconds(core, &each);
            short(seconds * 1e9 / PIECE as f64)
        });
        let _ = write!(
            out,
            "\n| {name} | {} | {} | {} | {} | {} | {} |",
            // Apart from the pieces there is a dc inside only at ragged borders.
            fixed[..4].join(" | "),
            milliseconds(Some(results.loops.seconds(Core::InOrder, &once))),
            milliseconds(Some(seconds_outside_at_most(&once.counts))),
            milliseconds(Some(work.seconds_of_pages())),
            block.join(" | "),
            times.join(" | ")
        );
    }
    out
}

/// Writes how good the model is.
pub fn fit(results: &Results) -> String {
    let mut out = String::from(
        "The in-order model beside what was measured there in November 2026, of 1.0.0 where nothing else \
         is said.\n\n",
    );
    head(
        &mut out,
        ["what", "", "measured", "model", "model / measured", ""],
    );
    for fit in crate::fit::all(results) {
        let number =
            |number: Option<f64>| number.map_or("–".into(), |number| format!("{number:.2}"));
        let ratio = fit.model.map(|model| model / fit.measured);
        let _ = write!(
            out,
            "\n| {} | {} | {} | {} | {} | {} |",
            fit.what,
            fit.unit,
            fit.measured,
            number(fit.model),
            number(ratio),
            fit.note
        );
    }
    out
}

/// Writes how it grows.
pub fn growth(results: &Results) -> String {
    let mut out = String::from(
        "How it grows: window, SHA2. The fixed part is that of building tables, maintaining lines and \
         the rest\n(Device accesses: of tables and the rest)\n\n",
    );
    let heads = [
        "MiB",
        "regions",
        "they lie",
        "line",
        "windows",
        "pool used, KiB",
        "fixed: instructions",
        "of tables",
        "of the rest",
        "Device accesses",
        "of tables",
        "dc outside",
        "in-order, ms",
        "a block: instructions",
        "cached accesses",
        "dc inside",
        "in-order, ns a byte",
    ];
    head(&mut out, heads);
    for one in &results.growth {
        let (each, once) = results.parted(one);
        let (fixed, rest, tables) = (one.fixed(), one.rest(), one.of(Name::Tables));
        let block = |count: u64| decimals(count as f64 / BLOCKS as f64);
        let layout = one.layout;
        let cells: [&dyn Display; 17] = [
            &format!("{}{}", one.size / MIB, if one.computed { "*" } else { "" }),
            &layout.regions,
            &format!("{}, {}", layout.shape, words(layout.place)),
            &layout.line,
            &one.windows,
            &decimals(one.pool as f64 / 1024.0),
            &grouped(fixed.instructions),
            &grouped(tables.instructions),
            &grouped(rest.instructions),
            &grouped(fixed.device),
            &grouped(tables.device),
            &grouped(fixed.dc_outside),
            &milliseconds(Some(once)),
            &block(one.piece.instructions),
            &block(one.piece.normal),
            &block(one.piece.dc_inside),
            &format!("{:.3}", each * 1e9 / PIECE as f64),
        ];
        out.push_str("\n|");
        for cell in cells {
            let _ = write!(out, " {cell} |");
        }
    }
    out
}

/// Writes the bars.
pub fn checks(all: &[Check]) -> String {
    let mut out = String::new();
    head(&mut out, ["bar", "", "is", ""]);
    for check in all {
        let bound = match check.bound {
            Bound::Most(most) => format!("at most {}", decimals(most)),
            Bound::Least(least) => format!("at least {}", decimals(least)),
        };
        let _ = write!(
            out,
            "\n| {} | {bound} | {} | {} |",
            check.what,
            decimals(check.is),
            if check.met() { "met" } else { "**missed**" }
        );
    }
    out
}

/// Returns what is recorded of the image before: only of the ordinary layout.
fn before(results: &Results, size: u64) -> impl Iterator<Item = (&'static str, Before)> {
    let pool = results.options.pool;
    let ordinary = results.options.layout == Layout::default();
    BEFORE.into_iter().filter_map(move |(sha2, name)| {
        let before = Before::new(size, sha2, pool).filter(|_| ordinary)?;
        Some((name, before))
    })
}

/// Puts a layout into words.
fn described(layout: &Layout) -> String {
    format!(
        "{} regions, {}, {}; lines of {} bytes",
        layout.regions,
        layout.shape,
        words(layout.place),
        layout.line
    )
}

const fn words(place: Place) -> &'static str {
    match place {
        Place::Low => "below 4 GiB",
        Place::Above4GiB => "above 4 GiB",
        Place::Above512GiB => "above 512 GiB",
    }
}

/// The first two lines of a table. All columns but those without words and the first are numbers.
fn head<'a>(out: &mut String, heads: impl IntoIterator<Item = &'a str>) {
    let mut rule = String::from("|");
    out.push('|');
    for (index, head) in heads.into_iter().enumerate() {
        let _ = write!(out, " {head} |");
        let words = index == 0 || ["", "purgatory", "they lie"].contains(&head);
        rule.push_str(if words { "---|" } else { "---:|" });
    }
    out.push('\n');
    out.push_str(&rule);
}

fn cells(counts: &Counts) -> [String; 5] {
    let Counts {
        instructions,
        device,
        normal,
        dc_outside,
        dc_inside,
    } = *counts;
    [instructions, device, normal, dc_outside, dc_inside].map(grouped)
}

/// Milliseconds, in three digits.
fn milliseconds(seconds: Option<f64>) -> String {
    seconds.map_or("–".into(), |seconds| short(seconds * 1e3))
}

/// Three digits, and all before the point.
pub fn short(value: f64) -> String {
    match value {
        _ if value >= 100.0 => grouped(value.round() as u64),
        _ if value >= 10.0 => format!("{value:.1}"),
        _ => format!("{value:.2}"),
    }
}

/// At most three decimals, and none that say nothing.
pub fn decimals(value: f64) -> String {
    let text = format!("{value:.3}");
    let text = text.trim_end_matches('0').trim_end_matches('.');
    let (whole, rest) = text.split_at(text.find('.').unwrap_or(text.len()));
    match whole.parse() {
        Ok(whole) => grouped(whole) + rest,
        Err(_) => text.into(),
    }
}

/// Digits in threes.
fn grouped(number: u64) -> String {
    let digits = number.to_string();
    let mut out = String::new();
    for (at, digit) in digits.chars().enumerate() {
        if at > 0 && (digits.len() - at) % 3 == 0 {
            out.push(' ');
        }
        out.push(digit);
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_written_for_people() {
        assert_eq!(grouped(76_130_472), "76 130 472");
        assert_eq!(grouped(999), "999");
        assert_eq!(decimals(108.03125), "108.031");
        assert_eq!(decimals(40_000.0), "40 000");
        assert_eq!(decimals(4.5), "4.5");
        assert_eq!(short(6813.2), "6 813");
        assert_eq!(short(50.44), "50.4");
        assert_eq!(short(0.4412), "0.44");
    }
}
