// SPDX-License-Identifier: MIT OR Apache-2.0

//! Pictures as SVG that can be read on a light and on a dark page.

use std::fmt::{Display, Write};

/// The classes that shapes and words may have. Each has a colour for either kind of page.
const STYLE: &str = "\
text { fill: #1f2328 } .soft { fill: #59636e } .title { font-size: 15px } .small { font-size: 11px }
.strong { font-weight: bold } .mono { font-family: monospace }
.end { text-anchor: end } .middle { text-anchor: middle }
rect { stroke: #818b98 } .page { fill: #ffffff; stroke: none } .plain { fill: #f3f5f8 }
.none { fill: #ffffff; stroke-dasharray: 3 3 } .warm { fill: #ffe3c2 } .cold { fill: #d3e5ff }
.green { fill: #d2f0d6 } .violet { fill: #e6dcfa } .red { fill: #ffd9d6 }
.line { stroke: #818b98; fill: none } .head { fill: #818b98 } .grid { stroke: #d1d9e0 }
.curve { stroke-width: 2 } .dashed { stroke-dasharray: 5 4 }
polyline.hot { stroke: #b5442e } text.hot { fill: #b5442e }
polyline.sand { stroke: #8a6d1d } text.sand { fill: #8a6d1d }
polyline.pale { stroke: #6496c8 } text.pale { fill: #4377aa }
polyline.deep { stroke: #1d4a7d } text.deep { fill: #1d4a7d }
@media (prefers-color-scheme: dark) {
text { fill: #f0f6fc } .soft { fill: #b8c0c9 }
rect { stroke: #767f8a } .page { fill: #0d1117 } .plain { fill: #21272f }
.none { fill: #0d1117 } .warm { fill: #6b4310 } .cold { fill: #1b4378 }
.green { fill: #1d5229 } .violet { fill: #4b3a80 } .red { fill: #782420 }
.line { stroke: #767f8a } .head { fill: #767f8a } .grid { stroke: #30363d }
polyline.hot { stroke: #ff8f75 } text.hot { fill: #ff8f75 }
polyline.sand { stroke: #e0bd55 } text.sand { fill: #e0bd55 }
polyline.pale { stroke: #7fa8d1 } text.pale { fill: #9dbfe2 }
polyline.deep { stroke: #58a6ff } text.deep { fill: #58a6ff }
}
";

/// A picture in the making.
pub struct Svg {
    width: f64,
    height: f64,
    body: String,
}

impl Svg {
    /// Begins with an empty page.
    pub fn new(width: f64, height: f64) -> Self {
        let mut svg = Self {
            width,
            height,
            body: String::new(),
        };
        svg.rect(0.0, 0.0, width, height, "page");
        svg
    }

    /// Says what is drawn, for those who read it otherwise.
    pub fn describe(&mut self, words: &str) {
        self.element(format_args!("<desc>{}</desc>", escaped(words)));
    }

    /// Draws a box of these classes.
    pub fn rect(&mut self, x: f64, y: f64, width: f64, height: f64, class: &str) {
        let (x, y, width, height) = (short(x), short(y), short(width), short(height));
        self.element(format_args!(
            "<rect x=\"{x}\" y=\"{y}\" width=\"{width}\" height=\"{height}\" class=\"{class}\"/>"
        ));
    }

    /// Draws a line through these points.
    pub fn line(&mut self, points: &[(f64, f64)], class: &str) {
        let points = listed(points);
        self.element(format_args!(
            "<polyline points=\"{points}\" class=\"line {class}\"/>"
        ));
    }

    /// Writes words.
    pub fn text(&mut self, x: f64, y: f64, class: &str, words: &str) {
        let words = escaped(words);
        let (x, y) = (short(x), short(y));
        self.element(format_args!(
            "<text x=\"{x}\" y=\"{y}\" class=\"{class}\">{words}</text>"
        ));
    }

    fn element(&mut self, element: impl Display) {
        // A string takes whatever is written.
        let _ = writeln!(self.body, "{element}");
    }

    /// Ends it.
    pub fn finish(self) -> String {
        let (width, height) = (short(self.width), short(self.height));
        format!(
            "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 {width} {height}\" \
             font-family=\"sans-serif\" font-size=\"13\">\n<style>\n{STYLE}</style>\n{}</svg>\n",
            self.body
        )
    }
}

fn escaped(words: &str) -> String {
    words.replace('&', "&amp;").replace('<', "&lt;")
}

fn listed(points: &[(f64, f64)]) -> String {
    let point = |&(x, y): &(f64, f64)| format!("{},{}", short(x), short(y));
    points.iter().map(point).collect::<Vec<_>>().join(" ")
}

/// A tenth of a pixel is enough.
fn short(value: f64) -> f64 {
    (value * 10.0).round() / 10.0
}
