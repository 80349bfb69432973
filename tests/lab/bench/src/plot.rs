// SPDX-License-Identifier: MIT OR Apache-2.0

//! The plot: how long it takes, over what is verified.

use purgatory_test_harness::svg::Svg;

use crate::Results;
use crate::cost::{Case, Layout, MIB, Measured, PIECE, Window};
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
const RIGHT: f64 = 290.0;
const BOTTOM: f64 = 40.0;

/// What is shown: MiB as powers of two, milliseconds as powers of ten.
const SIZES: (f64, f64) = (0.0, 12.0);
const TIMES: (f64, f64) = (-1.0, 6.0);

/// Of which cases the picture says what was counted.
pub const DESCRIBED: [Case; 2] = [
    Case::ours(Window::Own, true),
    Case::ours(Window::Own, false),
];

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
pub(crate) fn svg(results: &Results) -> String {
    let mut svg = Svg::new(LEFT + WIDTH + RIGHT, TOP + HEIGHT + BOTTOM);
    let counts = DESCRIBED.map(|case| described(&results.usual(case)));
    svg.describe(&counts.join("\n"));
    svg.text(
        LEFT,
        22.0,
        "title",
        "Time to verify, modelled for an in-order core of 2 GHz",
    );
    svg.text(
        LEFT,
        38.0,
        "soft",
        "dashed: the part that is there however little is verified",
    );
    axes(&mut svg);
    let mut curves = curves(results);
    curves.retain(|curve| !curve.points.is_empty());
    // From above, so that what is written at the ends can be kept apart.
    curves.sort_by(|a, b| end(b).total_cmp(&end(a)));
    let mut free = TOP - 10.0;
    for curve in &curves {
        let points = curve.points.iter();
        let points: Vec<_> = points
            .map(|&(size, time)| (x(size as f64), y(time)))
            .collect();
        svg.line(&points, &format!("curve {}", curve.colour));
        if let Some(fixed) = curve.fixed {
            let ends = [(LEFT, y(fixed)), (LEFT + WIDTH / 3.0, y(fixed))];
            svg.line(&ends, &format!("dashed {}", curve.colour));
        }
        let at = (y(end(curve)) + 4.0).max(free + 16.0);
        free = at;
        let fixed = curve
            .fixed
            .map(|fixed| format!(" + {} ms", short(fixed * 1e3)));
        let words = format!(
            "{}: {} ns a byte{}",
            curve.name,
            short(curve.slope * 1e9),
            fixed.unwrap_or_default()
        );
        svg.text(LEFT + WIDTH + 6.0, at, curve.colour, &words);
    }
    svg.finish()
}

/// Says what was counted, as the picture does in words that are not seen: whether it is that of the
/// image as it is can be told without drawing it.
pub fn described(measured: &Measured) -> String {
    format!(
        "{} MiB, {}: {:?} for each 4 KiB, {:?} besides",
        measured.size / MIB,
        measured.case,
        measured.piece,
        measured.fixed()
    )
}

/// Grid and numbers.
fn axes(svg: &mut Svg) {
    let bottom = TOP + HEIGHT;
    for power in 0..=12 {
        let mib = 1_u64 << power;
        let at = x((mib * MIB) as f64);
        svg.line(&[(at, TOP), (at, bottom)], "grid");
        if power % 2 == 0 {
            let text = match mib {
                1024.. => format!("{} GiB", mib / 1024),
                _ => format!("{mib} MiB"),
            };
            svg.text(at, bottom + 18.0, "middle", &text);
        }
    }
    let names = [
        "0.1 ms", "1 ms", "10 ms", "100 ms", "1 s", "10 s", "100 s", "1000 s",
    ];
    for (power, name) in (-4..).zip(names) {
        let at = y(10_f64.powi(power));
        svg.line(&[(LEFT, at), (LEFT + WIDTH, at)], "grid");
        svg.text(LEFT - 6.0, at + 4.0, "end", name);
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
        colour: "sand",
        points: sizes()
            .map(|size| (size, V3 * 1e-9 * size as f64))
            .collect(),
        slope: V3 * 1e-9,
        fixed: None,
    };
    let ours = |sha2| Case::ours(Window::Own, sha2);
    [
        Some(measured(Case::C, &format!("C {}", results.c), "hot")),
        Some(v3),
        before(false, "before, no SHA2", "pale"),
        before(true, "before, SHA2", "pale"),
        Some(measured(ours(false), "now, no SHA2", "deep")),
        Some(measured(ours(true), "now, SHA2", "deep")),
    ]
    .into_iter()
    .flatten()
    .collect()
}

fn end(curve: &Curve) -> f64 {
    curve.points.last().map_or(0.0, |&(_, time)| time)
}

/// Returns the place of a number of bytes.
fn x(bytes: f64) -> f64 {
    let (from, to) = SIZES;
    LEFT + ((bytes / MIB as f64).log2() - from) / (to - from) * WIDTH
}

/// Returns the place of a time in seconds.
fn y(seconds: f64) -> f64 {
    let (from, to) = TIMES;
    TOP + HEIGHT - ((seconds * 1e3).log10() - from) / (to - from) * HEIGHT
}
