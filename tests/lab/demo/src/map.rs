// SPDX-License-Identifier: MIT OR Apache-2.0

//! Memory and its translation, as a run of the image has left both: what lies where, what of it the
//! tables in the image's pool map, and how.

mod draw;
mod tables;

use std::fmt;
use std::fs::File;
use std::os::unix::fs::FileExt;

use purgatory::paging::pool;
use purgatory::translation::LAST_LEVEL;
use purgatory_test_harness::boot::{Boot, RAM, built_image};
use purgatory_test_harness::qemu::Outcome;
use purgatory_test_harness::root;
use purgatory_test_harness::symbols::Symbols;

use self::tables::{Run, Tables};

/// What lies somewhere.
#[derive(Clone, Debug)]
struct Part {
    start: u64,
    end: u64,
    name: String,
    class: &'static str,
}

/// A stretch of addresses that is one thing, if anything that matters, and mapped in one way, if it
/// is.
#[derive(Clone, Debug)]
struct Row {
    start: u64,
    end: u64,
    part: Option<Part>,
    run: Option<Run>,
}

/// What is drawn.
pub struct Map {
    title: String,
    rows: Vec<Row>,
    tables: Tables,
}

impl Map {
    /// Runs a boot and reads what its memory holds in the end.
    ///
    /// # Errors
    /// When nothing ran, or no tables were made.
    pub fn of(
        mut boot: Boot,
        run: impl FnOnce(&Boot) -> Result<Outcome, String>,
    ) -> Result<(Self, Outcome), String> {
        let memory = tempfile::NamedTempFile::new_in(root().join("target"));
        let memory = memory.map_err(|error| error.to_string())?;
        boot.memory_file = Some(memory.path().into());
        let outcome = run(&boot)?;
        let map = Self::new(&boot, memory.as_file(), &outcome.console)?;
        Ok((map, outcome))
    }

    fn new(boot: &Boot, memory: &File, console: &str) -> Result<Self, String> {
        if !console.contains(", D-cache on, ") {
            return Err("no tables were used".into());
        }
        // The boot's own may be patched, with everything where it was.
        let symbols = Symbols::read(&built_image("purgatory.ro")?)?;
        let at = |name| Ok::<_, String>(boot.load.purgatory_at + symbols.get(name)?.start);
        let pool_at = at("pool")?;
        let mut bytes = vec![0; pool::BYTES];
        memory
            .read_exact_at(&mut bytes, pool_at - RAM)
            .map_err(|error| error.to_string())?;
        let segments = boot.load.segments.iter();
        let highest = segments
            .clone()
            .map(|one| one.end())
            .fold(pool_at, u64::max);
        let tables = Tables::read(highest, pool_at, bytes)?;

        let part = |start, end, name: &str, class| Part {
            start,
            end,
            name: name.into(),
            class,
        };
        let is_mapped = |at| {
            tables
                .runs
                .iter()
                .any(|run| (run.start..run.end).contains(&at))
        };
        // Those of one window are written over by those of the next.
        let which = if segments.clone().all(|one| is_mapped(one.at)) {
            String::new()
        } else {
            let windows = console.matches("purgatory: hashed ").count();
            format!(", tables of window {windows} of {windows}")
        };
        let regions = segments.map(|one| part(one.at, one.end(), &one.name, "green"));
        let mut parts: Vec<_> = regions.collect();
        let image = [
            ("image_start", "code", "warm"),
            ("rodata_start", "constants, loader's symbols", "plain"),
            ("stack_guard", "guard page", "red"),
            ("stack_bottom", "stack, variables", "cold"),
        ];
        let ends = image.iter().skip(1).map(|one| one.0).chain(["pool"]);
        for ((start, name, class), end) in image.into_iter().zip(ends) {
            parts.push(part(at(start)?, at(end)?, name, class));
        }
        let used = tables.end();
        parts.push(part(pool_at, used, "page tables", "violet"));
        parts.push(part(used, at("image_end")?, "rest of the pool", "none"));

        let title = format!(
            "The memory and its translation: {}, {} bits of address{which}",
            boot.regime.name(),
            tables.va_bits
        );
        let rows = rows(&parts, &tables.runs);
        Ok(Self {
            title,
            rows,
            tables,
        })
    }

    /// Returns the picture.
    pub fn svg(&self) -> String {
        draw::svg(self)
    }
}

/// Cuts memory where anything begins or ends.
fn rows(parts: &[Part], runs: &[Run]) -> Vec<Row> {
    let of_parts = parts.iter().flat_map(|part| [part.start, part.end]);
    let of_runs = runs.iter().flat_map(|run| [run.start, run.end]);
    let mut borders: Vec<_> = of_parts.chain(of_runs).collect();
    borders.sort_unstable();
    borders.dedup();
    let row = |two: &[u64]| {
        let (start, end) = (two[0], two[1]);
        let part = parts
            .iter()
            .find(|part| part.start <= start && start < part.end);
        let run = runs
            .iter()
            .find(|run| run.start <= start && start < run.end);
        Row {
            start,
            end,
            part: part.cloned(),
            run: run.cloned(),
        }
    };
    borders.windows(2).map(row).collect()
}

impl Row {
    fn what(&self) -> String {
        let name = self.part.as_ref().map_or("other memory", |part| &part.name);
        format!("{name}, {}", size(self.end - self.start))
    }

    fn how(&self) -> String {
        let Some(run) = &self.run else {
            return "not mapped".into();
        };
        let kind = if run.level == LAST_LEVEL {
            "page"
        } else {
            "block"
        };
        let count = (self.end - 1) / run.size - self.start / run.size + 1;
        let whole = self.start % run.size == 0 && self.end % run.size == 0;
        let leaves = format!(
            "{}{count} {kind}{} of {}",
            if whole { "" } else { "in " },
            if count == 1 { "" } else { "s" },
            size(run.size)
        );
        format!("{}: {leaves}", run.rights)
    }
}

/// Puts a number of bytes into words.
fn size(bytes: u64) -> String {
    let units = [(30, "GiB"), (20, "MiB"), (10, "KiB")];
    let exact = units
        .iter()
        .find(|(bits, _)| bytes >= 1 << bits && bytes % (1 << bits) == 0);
    match exact {
        Some((bits, unit)) => format!("{} {unit}", bytes >> bits),
        None if bytes >= 1 << 20 => format!("{:.1} MiB", bytes as f64 / f64::from(1 << 20)),
        None => format!("{bytes} bytes"),
    }
}

impl fmt::Display for Map {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "{}", self.title)?;
        for row in &self.rows {
            writeln!(f, "{:#14x}  {:<40} {}", row.start, row.what(), row.how())?;
        }
        Ok(())
    }
}
