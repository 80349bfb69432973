// SPDX-License-Identifier: MIT OR Apache-2.0

//! The plot: how long it takes, over what is verified.

use std::fmt::Write;

use crate::Results;
use crate::cost::{Case, Layout, MIB, PIECE, Window};
use crate::growth::USUAL;
use crate::model::{Core, Work};
use crate::recorded::{Before, V3};
use crate::table::short;

/// Where the axes are, in pixels: left, top, width, height.
const LEFT: f64 = 70.0;
const TOP: f64 = 46.0;
const WIDTH: f64 = 560.0;
const HEIGHT: f64 = 380.0;
/// Room for what is written at the ends of the lines.
const RIGHT: f64 = 260.0;
const BOTTOM: f64 = 40.0;

/// What is shown: MiB as powers of two, milliseconds as powers of ten.
const SIZES: (f64, f64) = (0.0, 12.0);
const TIMES: (f64, f64) = (-1.0, 6.0);

/// A line of the plot.
struct Curve {
    name: String,
    colour: &'static str,
    /// Bytes and seconds, in order.
    points: Vec<(u64, f64)>,
    /// Seconds for each byte.
    slope: f64,
    /// Seconds that are there however little is verified, where they are shown.
    fixed: Option<f64>,
}

/// As SVG. Both axes are logarithmic.
pub fn svg(results: &Results) -> String {
    let (width, height) = (LEFT + WIDTH + RIGHT, TOP + HEIGHT + BOTTOM);
    let mut out = format!(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 {width} {height}\" \
         font-family=\"sans-serif\" font-size=\"12\">\n\
         <rect width=\"{width}\" height=\"{height}\" fill=\"white\"/>\n\
         <text x=\"{LEFT}\" y=\"22\" font-size=\"15\">Time to verify, modelled for an in-order core \
         of 2 GHz</text>\n\
         <text x=\"{LEFT}\" y=\"38\" fill=\"#555\">dashed: the part that is there however little is \
         verified</text>\n"
    );
    axes(&mut out);
    let mut curves = curves(results);
    curves.retain(|curve| !curve.points.is_empty());
    // From above, so that what is written at the ends can be kept apart.
    curves.sort_by(|a, b| end(b).total_cmp(&end(a)));
    let mut free = TOP - 10.0;
    for curve in &curves {
        let points: Vec<String> = curve
            .points
            .iter()
            .map(|&(size, time)| format!("{:.1},{:.1}", x(size as f64), y(time)))
            .collect();
        let _ = writeln!(
            out,
            "<polyline points=\"{}\" fill=\"none\" stroke=\"{}\" stroke-width=\"2\"/>",
            points.join(" "),
            curve.colour
        );
        if let Some(fixed) = curve.fixed {
            let _ = writeln!(
                out,
                "<line x1=\"{LEFT}\" y1=\"{0:.1}\" x2=\"{1:.1}\" y2=\"{0:.1}\" stroke=\"{2}\" \
                 stroke-dasharray=\"5 4\"/>",
                y(fixed),
                LEFT + WIDTH / 3.0,
                curve.colour
            );
        }
        let at = (y(end(curve)) + 4.0).max(free + 15.0);
        free = at;
        let fixed = curve
            .fixed
            .map(|fixed| format!(" + {} ms", short(fixed * 1e3)));
        let _ = writeln!(
            out,
            "<text x=\"{:.1}\" y=\"{at:.1}\" fill=\"{}\">{}: {} ns a byte{}</text>",
            LEFT + WIDTH + 6.0,
            curve.colour,
            curve.name,
            short(curve.slope * 1e9),
            fixed.unwrap_or_default()
        );
    }
    out.push_str("</svg>\n");
    out
}

/// Grid and numbers.
fn axes(out: &mut String) {
    for power in 0..=12 {
        let mib = 1_u64 << power;
        let at = x((mib * MIB) as f64);
        let bottom = TOP + HEIGHT;
        let _ = writeln!(
            out,
            "<line x1=\"{at:.1}\" y1=\"{TOP}\" x2=\"{at:.1}\" y2=\"{bottom}\" stroke=\"#eee\"/>"
        );
        if power % 2 == 0 {
            let text = match mib {
                1024.. => format!("{} GiB", mib / 1024),
                _ => format!("{mib} MiB"),
            };
            let _ = writeln!(
                out,
                "<text x=\"{at:.1}\" y=\"{}\" text-anchor=\"middle\">{text}</text>",
                bottom + 18.0
            );
        }
    }
    let names = [
        "0.1 ms", "1 ms", "10 ms", "100 ms", "1 s", "10 s", "100 s", "1000 s",
    ];
    for (power, name) in (-4..).zip(names) {
        let at = y(10_f64.powi(power));
        let _ = writeln!(
            out,
            "<line x1=\"{LEFT}\" y1=\"{at:.1}\" x2=\"{}\" y2=\"{at:.1}\" stroke=\"#ddd\"/>\
             <text x=\"{}\" y=\"{:.1}\" text-anchor=\"end\">{name}</text>",
            LEFT + WIDTH,
            LEFT - 6.0,
            at + 4.0
        );
    }
}

fn curves(results: &Results) -> Vec<Curve> {
    let seconds = |work: &Work| results.loops.seconds(Core::InOrder, work);
    let shown = |size: &u64| *size <= MIB << SIZES.1 as u32;
    let sizes = || results.options.sizes.iter().copied().filter(shown);
    let measured = |case: Case, name: &str, colour| {
        let (each, once) = results.parted(&results.usual(case));
        let all = results.all.iter().chain(&results.growth);
        let all = all.filter(|one| one.case == case && one.layout == results.options.layout);
        let mut points: Vec<_> = all
            .filter(|one| shown(&one.size))
            .map(|one| (one.size, seconds(&results.loops.work(one))))
            .collect();
        points.sort_by_key(|&(size, _)| size);
        Curve {
            name: name.into(),
            colour,
            points,
            slope: each / PIECE as f64,
            fixed: case.sha2().then_some(once),
        }
    };
    let before = |sha2: bool, name: &str, colour| {
        let before = |size| {
            let ordinary = results.options.layout == Layout::default();
            Before::new(size, sha2, results.options.pool).filter(|_| ordinary)
        };
        let usual = before(USUAL)?;
        let (each, once) = usual.work.parted(usual.piece);
        let points = sizes().filter_map(before);
        Some(Curve {
            name: name.into(),
            colour,
            points: points.map(|one| (one.size, seconds(&one.work))).collect(),
            slope: seconds(&each) / PIECE as f64,
            fixed: sha2.then(|| seconds(&once)),
        })
    };
    let v3 = Curve {
        name: "v3".into(),
        colour: "#8a6d1d",
        points: sizes()
            .map(|size| (size, V3 * 1e-9 * size as f64))
            .collect(),
        slope: V3 * 1e-9,
        fixed: None,
    };
    let ours = |sha2| Case::ours(Window::Own, sha2);
    [
        Some(measured(Case::C, &format!("C {}", results.c), "#b5442e")),
        Some(v3),
        before(false, "before, no SHA2", "#7fa8d1"),
        before(true, "before, SHA2", "#7fa8d1"),
        Some(measured(ours(false), "now, no SHA2", "#1d4a7d")),
        Some(measured(ours(true), "now, SHA2", "#1d4a7d")),
    ]
    .into_iter()
    .flatten()
    .collect()
}

fn end(curve: &Curve) -> f64 {
    curve.points.last().map_or(0.0, |&(_, time)| time)
}

/// Where a number of bytes is.
fn x(bytes: f64) -> f64 {
    let (from, to) = SIZES;
    LEFT + ((bytes / MIB as f64).log2() - from) / (to - from) * WIDTH
}

/// Where a time is, given in seconds.
fn y(seconds: f64) -> f64 {
    let (from, to) = TIMES;
    TOP + HEIGHT - ((seconds * 1e3).log10() - from) / (to - from) * HEIGHT
}
