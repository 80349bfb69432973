// SPDX-License-Identifier: MIT OR Apache-2.0

//! The plot: what a byte costs, by case, for a kernel and an initrd of a distribution.

use std::fmt::Write;

use crate::cost::{Case, MIB, Measured};
use crate::model::{Loops, seconds};

const SIZE: u64 = 43 * MIB;
const LEFT: f64 = 170.0;
const PANEL: f64 = 190.0;
const BAR: f64 = 22.0;
const TOP: f64 = 58.0;

/// One column of bars: its title, and what a bar is as long as.
type Panel<'a> = (&'a str, Box<dyn Fn(&Measured) -> f64 + 'a>);

/// As SVG. The bars' lengths are logarithmic, and each has its number beside it.
pub fn svg(all: &[Measured], loops: &Loops) -> String {
    let rows: Vec<_> = all.iter().filter(|one| one.size == SIZE).collect();
    let each = |count: u64| count as f64 / SIZE as f64;
    let panels: [Panel<'_>; 5] = [
        (
            "instructions / byte",
            Box::new(|m| each(m.hash.instructions + m.flush.instructions + m.rest.instructions)),
        ),
        (
            "Device accesses / byte",
            Box::new(|m| {
                each(m.hash.device.total() + m.flush.device.total() + m.rest.device.total())
            }),
        ),
        (
            "Normal accesses / byte",
            Box::new(|m| {
                each(m.hash.normal.total() + m.flush.normal.total() + m.rest.normal.total())
            }),
        ),
        (
            "loop, cycles / byte (Cortex-A72)",
            Box::new(|m| loops.of(m.case).cycles[2]),
        ),
        (
            "modelled ns / byte",
            Box::new(|m| seconds(m, loops) * 1e9 / SIZE as f64),
        ),
    ];
    let width = LEFT + panels.len() as f64 * (PANEL + 20.0);
    let height = TOP + rows.len() as f64 * BAR + 10.0;
    let mut out = format!(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 {width} {height}\" \
         font-family=\"sans-serif\" font-size=\"11\">\n\
         <rect width=\"{width}\" height=\"{height}\" fill=\"white\"/>\n\
         <text x=\"10\" y=\"20\" font-size=\"14\">Verifying {} MiB: what a byte costs (logarithmic)</text>\n",
        SIZE / MIB
    );
    for (index, row) in rows.iter().enumerate() {
        let y = TOP + index as f64 * BAR + 14.0;
        let _ = writeln!(out, "<text x=\"10\" y=\"{y}\">{}</text>", row.case);
    }
    for (column, (title, value)) in panels.iter().enumerate() {
        let x = LEFT + column as f64 * (PANEL + 20.0);
        let _ = writeln!(
            out,
            "<text x=\"{x}\" y=\"{}\" font-weight=\"bold\">{title}</text>",
            TOP - 8.0
        );
        let values: Vec<_> = rows.iter().map(|row| value(row)).collect();
        let most = values.iter().copied().fold(f64::MIN, f64::max);
        // Four decades; what is less has no bar.
        let least = most / 1e4;
        for (index, (row, value)) in rows.iter().zip(&values).enumerate() {
            let y = TOP + index as f64 * BAR;
            let long = (value.max(least) / least).log10() / 4.0 * (PANEL - 50.0);
            let colour = if row.case == Case::C {
                "#b5442e"
            } else {
                "#2e6fb5"
            };
            let _ = writeln!(
                out,
                "<rect x=\"{x}\" y=\"{}\" width=\"{long:.1}\" height=\"{}\" fill=\"{colour}\"/>\
                 <text x=\"{:.1}\" y=\"{}\">{}</text>",
                y + 3.0,
                BAR - 6.0,
                x + long + 4.0,
                y + 14.0,
                short(*value)
            );
        }
    }
    out.push_str("</svg>\n");
    out
}

/// Three digits.
fn short(value: f64) -> String {
    match value {
        _ if value >= 100.0 => format!("{value:.0}"),
        _ if value >= 10.0 => format!("{value:.1}"),
        _ if value >= 0.01 => format!("{value:.2}"),
        _ if value > 0.0 => format!("{value:.0e}"),
        _ => "0".into(),
    }
}
