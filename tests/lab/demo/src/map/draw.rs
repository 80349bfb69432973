// SPDX-License-Identifier: MIT OR Apache-2.0

//! The map as a picture: from left to right addresses, what lies there, how it is mapped, and the
//! tables that do, the last level first.

use purgatory::translation::LAST_LEVEL;
use purgatory_test_harness::svg::Svg;

use super::{Map, Row};

const TOP: f64 = 78.0;
const BOTTOM: f64 = 62.0;
const ROW: f64 = 34.0;
/// What is neither ours nor mapped.
const GAP: f64 = 22.0;

/// Where the columns begin and how wide they are.
const ADDRESS: f64 = 112.0;
const WHAT: (f64, f64) = (120.0, 260.0);
const HOW: (f64, f64) = (388.0, 290.0);
const TABLE: (f64, f64) = (700.0, 180.0);
const BETWEEN: f64 = 18.0;

pub fn svg(map: &Map) -> String {
    let heights = map.rows.iter().map(height);
    let mut tops = vec![TOP];
    tops.extend(heights.scan(TOP, |y, height| {
        *y += height;
        Some(*y)
    }));
    let end = tops[map.rows.len()];
    let levels = map
        .tables
        .tables
        .values()
        .map(|table| LAST_LEVEL - table.level + 1);
    let columns = levels.max().unwrap_or(0);
    let mut svg = Svg::new(column(columns), end + BOTTOM);
    svg.text(20.0, 26.0, "title", &map.title);
    let heads = [
        (ADDRESS, "end", "address"),
        (WHAT.0, "", "what is there"),
        (HOW.0, "", "mapped"),
    ];
    for (x, class, head) in heads {
        svg.text(x, TOP - 12.0, &format!("soft {class}"), head);
    }
    for level in 0..columns {
        let head = format!("tables of level {}", LAST_LEVEL - level);
        svg.text(column(level), TOP - 12.0, "soft", &head);
    }

    for (row, &y) in map.rows.iter().zip(&tops) {
        draw_row(&mut svg, row, y);
    }
    svg.text(
        ADDRESS,
        end + 4.0,
        "mono small end",
        &hex(map.rows.last().map_or(0, |row| row.end)),
    );
    for (&at, table) in &map.tables.tables {
        let uses = |row: &Row| row.run.as_ref().is_some_and(|run| run.path.contains(&at));
        let Some(first) = map.rows.iter().position(uses) else {
            continue;
        };
        let last = map.rows.iter().rposition(uses).unwrap_or(first);
        let (from, to) = (tops[first] + 2.0, tops[last + 1] - 2.0);
        let (x, middle) = (column(LAST_LEVEL - table.level), (from + to) / 2.0);
        svg.rect(x, from, TABLE.1, to - from, "violet");
        let centre = x + TABLE.1 / 2.0;
        svg.text(centre, middle - 3.0, "mono small middle", &hex(at));
        let entries = format!("{} of {} entries", table.valid, table.entries);
        svg.text(centre, middle + 11.0, "small middle", &entries);
        if LAST_LEVEL - table.level + 1 < columns {
            svg.line(
                &[(x + TABLE.1, middle), (x + TABLE.1 + BETWEEN, middle)],
                "",
            );
        }
    }
    let notes = [
        "Drawn from the tables that a run of the image has left in its pool; heights are not to scale. \
         What is mapped is mapped to itself,",
        "as Normal memory, Inner and Outer Write-Back, Inner Shareable. The MMU reads tables by \
         physical address: they need no mapping.",
    ];
    for (y, note) in [28.0, 46.0].into_iter().zip(notes) {
        svg.text(20.0, end + y, "soft", note);
    }
    svg.finish()
}

fn draw_row(svg: &mut Svg, row: &Row, y: f64) {
    let height = height(row);
    svg.text(ADDRESS, y + 4.0, "mono small end", &hex(row.start));
    let base = y + height / 2.0 + 4.0;
    if let Some(part) = &row.part {
        svg.rect(WHAT.0, y, WHAT.1, height, part.class);
    }
    let soft = if row.part.is_none() { "soft" } else { "" };
    svg.text(WHAT.0 + 10.0, base, soft, &row.what());
    let Some(run) = &row.run else {
        svg.text(HOW.0 + 10.0, base, "soft", &row.how());
        return;
    };
    let class = row.part.as_ref().map_or("plain", |part| part.class);
    svg.rect(HOW.0, y + 2.0, HOW.1, height - 4.0, class);
    svg.text(HOW.0 + 10.0, base, "", &row.how());
    let middle = y + height / 2.0;
    svg.line(
        &[
            (HOW.0 + HOW.1, middle),
            (column(LAST_LEVEL - run.level), middle),
        ],
        "",
    );
}

fn height(row: &Row) -> f64 {
    if row.part.is_none() && row.run.is_none() {
        GAP
    } else {
        ROW
    }
}

/// Returns the place of the tables that are this many levels above the last.
fn column(above: u32) -> f64 {
    TABLE.0 + f64::from(above) * (TABLE.1 + BETWEEN)
}

fn hex(address: u64) -> String {
    format!("{address:#x}")
}
