// SPDX-License-Identifier: MIT OR Apache-2.0

//! Draws the boot from top to bottom: in the middle what happens if all is well, on the right what
//! happens if not.

use purgatory_test_harness::svg::Svg;

/// What of `src/main.rs` is in the picture, by function and in the order there.
pub const STEPS: &[(&str, &[&str])] = &[
    ("", &["entry!(main)"]),
    (
        "main",
        &[
            "registers::cpu",
            "symbols::raw",
            "Uart::new",
            "registers::settle",
            "Request::new",
            "report::refusal",
            "request.waive",
            "handover::halt",
            "handover::hand_over",
        ],
    ),
    (
        "verify",
        &[
            "part.follow",
            "report::progress",
            "cache::flush",
            "Window::new",
            "window.with",
            "hash.add",
            "hash.verdict",
            "report::mismatch",
        ],
    ),
    ("way", &["report::no_window", "loader::check"]),
    ("address_map", &["table::build"]),
];

/// The columns: where they begin, and how wide they are.
const MIDDLE: (f64, f64) = (110.0, 420.0);
const RIGHT: (f64, f64) = (580.0, 245.0);
const HALT: (f64, f64) = (850.0, 140.0);

const BOX: f64 = 56.0;
const STEP: f64 = BOX + 28.0;
const TOP: f64 = 20.0;

/// A box with a title, what it does, and what it is in the source, at the right.
struct Step {
    title: &'static str,
    words: &'static str,
    names: &'static [&'static str],
    class: &'static str,
}

/// In the middle, in order.
const MAIN: [Step; 14] = [
    step(
        "old kernel",
        "MMU and D-cache off, EL1 or EL2",
        &[],
        "plain",
    ),
    step(
        "entry",
        "interrupts masked; own vectors, stack, I-cache",
        &["entry!(main)"],
        "cold",
    ),
    step(
        "the CPU",
        "level, instructions, cache line",
        &["registers::cpu"],
        "cold",
    ),
    step(
        "what the loader set",
        "the console begins",
        &["symbols::raw", "Uart::new"],
        "cold",
    ),
    step(
        "values checked",
        "old leftovers off; each address, each region",
        &["registers::settle", "Request::new"],
        "cold",
    ),
    step(
        "whose page tables",
        "the loader's if they are good, or our own",
        &["loader::check"],
        "cold",
    ),
    step(
        "the next part",
        "a second's worth; says how far it is",
        &["part.follow", "report::progress"],
        "cold",
    ),
    step(
        "page tables",
        "of image and regions, or of this part",
        &["table::build"],
        "cold",
    ),
    step(
        "window open",
        "stale lines dropped; MMU and D-cache on",
        &["Window::new"],
        "warm",
    ),
    step(
        "SHA-256",
        "over the part, which is written back",
        &["hash.add"],
        "warm",
    ),
    step(
        "window closed",
        "MMU and D-cache off, image written back",
        &["window.with"],
        "warm",
    ),
    step("verdict", "all 256 bits", &["hash.verdict"], "cold"),
    step(
        "hand-over",
        "registers as found, x0 = dtb",
        &["handover::hand_over"],
        "cold",
    ),
    step(
        "new kernel",
        "MMU and D-cache off, the same level",
        &[],
        "plain",
    ),
];

/// The rows of some of these.
const CHECKED: usize = 4;
const TABLES: usize = 5;
const PART: usize = 6;
const OPEN: usize = 8;
const CLOSED: usize = 10;
const VERDICT: usize = 11;
const HAND_OVER: usize = 12;

const REFUSED: Step = step(
    "a bad value",
    "symbol and value are named",
    &["report::refusal"],
    "red",
);
const UNCACHED: Step = step(
    "no tables",
    "says why; slowly",
    &["report::no_window", "cache::flush"],
    "warm",
);
const DIFFERENT: Step = step(
    "another digest",
    "both are shown",
    &["report::mismatch"],
    "red",
);

const fn step(
    title: &'static str,
    words: &'static str,
    names: &'static [&'static str],
    class: &'static str,
) -> Step {
    Step {
        title,
        words,
        names,
        class,
    }
}

/// Returns the picture.
pub fn svg() -> String {
    let end = top(MAIN.len() - 1) + BOX;
    let mut svg = Svg::new(HALT.0 + HALT.1 + 20.0, end + 40.0);
    let around = 10.0;
    svg.rect(
        MIDDLE.0 - around,
        top(OPEN) - around,
        MIDDLE.1 + 2.0 * around,
        top(CLOSED) + BOX - top(OPEN) + 2.0 * around,
        "none",
    );
    for (row, step) in MAIN.iter().enumerate() {
        draw(&mut svg, step, MIDDLE, top(row));
        if row + 1 < MAIN.len() {
            let x = MIDDLE.0 + MIDDLE.1 / 2.0;
            svg.arrow(&[(x, top(row) + BOX), (x, top(row + 1))], "");
        }
    }

    // What is not well, to the right.
    let middle = |row| top(row) + BOX / 2.0;
    let (from, right_end) = (MIDDLE.0 + MIDDLE.1, RIGHT.0 + RIGHT.1);
    for (row, step) in [
        (CHECKED, &REFUSED),
        (TABLES, &UNCACHED),
        (VERDICT, &DIFFERENT),
    ] {
        draw(&mut svg, step, RIGHT, top(row));
        svg.arrow(&[(from, middle(row)), (RIGHT.0, middle(row))], "");
    }
    for row in [CHECKED, VERDICT] {
        svg.arrow(&[(right_end, middle(row)), (HALT.0, middle(row))], "");
    }
    svg.rect(
        HALT.0,
        top(CHECKED),
        HALT.1,
        top(VERDICT) + BOX - top(CHECKED),
        "red",
    );
    let halt = [
        ("strong middle", "halt"),
        ("soft middle", "or a reset, where"),
        ("soft middle", "it is asked for"),
        ("mono small middle", "handover::halt"),
    ];
    for (line, (class, words)) in halt.into_iter().enumerate() {
        let y = (top(CHECKED) + top(VERDICT) + BOX) / 2.0 + 18.0 * (line as f64 - 1.5);
        svg.text(HALT.0 + HALT.1 / 2.0, y, class, words);
    }

    // Without tables the hash is computed anyway.
    let x = RIGHT.0 + 40.0;
    let y = top(VERDICT) - 9.0;
    let into = MIDDLE.0 + MIDDLE.1 - 40.0;
    svg.line(&[(x, top(TABLES) + BOX), (x, y)], "");
    svg.arrow(&[(x, y), (into, y), (into, top(VERDICT))], "");
    svg.text(
        x + 8.0,
        top(OPEN + 1) + BOX / 2.0,
        "soft",
        "the same parts,",
    );
    svg.text(
        x + 8.0,
        top(OPEN + 1) + BOX / 2.0 + 17.0,
        "soft",
        "with the D-cache off",
    );

    // Each part has a window of its own, and tables if those for all do not fit.
    let x = MIDDLE.0 - 30.0;
    svg.line(&[(MIDDLE.0, middle(CLOSED)), (x, middle(CLOSED))], "");
    svg.arrow(
        &[
            (x, middle(CLOSED)),
            (x, middle(PART)),
            (MIDDLE.0, middle(PART)),
        ],
        "",
    );

    // Without checks there is none.
    let x = MIDDLE.0 - 60.0;
    svg.line(
        &[
            (MIDDLE.0, middle(CHECKED)),
            (x, middle(CHECKED)),
            (x, middle(HAND_OVER)),
        ],
        "dashed",
    );
    svg.arrow(
        &[(x, middle(HAND_OVER)), (MIDDLE.0, middle(HAND_OVER))],
        "dashed",
    );
    svg.text(14.0, middle(CHECKED) - 24.0, "soft", "--no-checks");
    svg.text(14.0, middle(CHECKED) - 8.0, "mono small", "request.waive");

    let note = "An exception, from anywhere: MMU off, a report, and the halt. There is no way from \
                there to a kernel.";
    svg.text(MIDDLE.0, end + 26.0, "soft", note);
    svg.finish()
}

fn top(row: usize) -> f64 {
    TOP + row as f64 * STEP
}

fn draw(svg: &mut Svg, step: &Step, (x, width): (f64, f64), y: f64) {
    svg.rect(x, y, width, BOX, step.class);
    svg.text(x + 12.0, y + 22.0, "strong", step.title);
    svg.text(x + 12.0, y + 42.0, "soft", step.words);
    for (name, y) in step.names.iter().zip([y + 22.0, y + 42.0]) {
        svg.text(x + width - 10.0, y, "mono small end", name);
    }
}
