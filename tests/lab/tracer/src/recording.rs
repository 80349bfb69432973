// SPDX-License-Identifier: MIT OR Apache-2.0

//! Runs a boot under the plugin.

use std::fs;
use std::path::{Path, PathBuf};

use purgatory_test_harness::boot::Boot;
use purgatory_test_harness::loader::Loaded;
use purgatory_test_harness::purgatory_ro::PurgatoryRo;
use purgatory_test_harness::qemu::{Outcome, option_value};
use purgatory_test_harness::symbols::Symbols;
use purgatory_test_harness::{artifact, root};

use super::Trace;
use super::phases::{Marks, Phases};

const PLUGIN: &str = "libpurgatory_test_plugin.so";

/// Instructions of a run, more than any has that comes to an end.
const MOST: u64 = 1 << 40;

/// How much is written down.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Detail {
    /// Each load and store: tens of bytes each.
    Everything,
    /// Loads and stores are counted only.
    Counts,
    /// So is cache maintenance by address: for what is hashed by the gigabyte.
    Totals,
}

/// What came of a boot, and all that was seen on the way.
#[derive(Clone, Debug)]
pub struct Recording {
    /// What the image did.
    pub trace: Trace,
    /// What QEMU showed.
    pub outcome: Outcome,
    /// What was in memory.
    pub loaded: Loaded,
    /// `None` for another purgatory than ours.
    symbols: Option<Symbols>,
    image: u64,
}

impl Recording {
    /// Loads and runs. What is written stays at `path`, with `.elf` and `.trace` after it.
    ///
    /// # Errors
    /// When something that is needed is missing, or the plugin did not run.
    pub fn new(boot: &Boot, path: &Path, detail: Detail) -> Result<Self, String> {
        // A mutant of the image has the symbols of the image.
        let image = fs::read(artifact("purgatory.ro")?).map_err(|e| e.to_string())?;
        let image = PurgatoryRo::read(&image).map_err(|refusal| refusal.to_string())?;
        Self::with(boot, path, detail, Some(Symbols::read(&image)?))
    }

    /// Does the same for a purgatory that is not ours. It is only counted, up to the first access
    /// to a region and from there on.
    ///
    /// # Errors
    /// As [`Self::new`].
    pub fn of_another(boot: &Boot, path: &Path) -> Result<Self, String> {
        Self::with(boot, path, Detail::Totals, None)
    }

    fn with(
        boot: &Boot,
        path: &Path,
        detail: Detail,
        symbols: Option<Symbols>,
    ) -> Result<Self, String> {
        let (loaded, file) = boot.build()?;
        let (elf, trace) = (path.with_extension("elf"), path.with_extension("trace"));
        write(&elf, &file)?;
        // What an earlier run has left is not ours.
        write(&trace, &[])?;

        let plugin = options(boot, &loaded, symbols.as_ref(), &trace, detail)?;
        let outcome = boot
            .qemu(&elf)
            .args(["-plugin", &plugin])
            .at_most(MOST)
            .run(&[])
            .map_err(|error| error.to_string())?;
        let bytes = fs::read(&trace).map_err(|error| error.to_string())?;
        if bytes.is_empty() {
            return Err(format!(
                "the plugin has not run; a QEMU with TCG plugins, 10.0 or later, is needed, and the \
                 plugin that is built for it: run `make setup`, `make plugin`; for another QEMU \
                 `make plugin QEMU=…`, and set QEMU for the test as well\n{outcome}"
            ));
        }
        let trace = Trace::parse(&bytes).map_err(|error| format!("{error}\n{outcome}"))?;
        if trace.events.is_empty() {
            return Err(format!("the purgatory is not reached\n{outcome}"));
        }
        Ok(Self {
            trace,
            outcome,
            loaded,
            symbols,
            image: boot.load.purgatory_at,
        })
    }

    /// Returns where things are in the image.
    ///
    /// # Errors
    /// When it is not ours.
    pub fn symbols(&self) -> Result<&Symbols, String> {
        let symbols = self.symbols.as_ref();
        symbols.ok_or("nothing is known of this purgatory".into())
    }

    /// Returns what was counted, phase by phase.
    ///
    /// # Errors
    /// When the image has no routines by the names that the phases begin with.
    pub fn phases(&self) -> Result<Phases, String> {
        let marks = Marks::new(self.symbols.as_ref(), self.image)?;
        Ok(Phases::new(&self.trace, &marks))
    }
}

/// Returns the plugin with its options, for QEMU's `-plugin`.
fn options(
    boot: &Boot,
    loaded: &Loaded,
    symbols: Option<&Symbols>,
    trace: &Path,
    detail: Detail,
) -> Result<String, String> {
    let at = boot.load.purgatory_at;
    let marks = Marks::new(symbols, at)?;
    let mut options = vec![
        option_value(&plugin()?),
        format!("out={}", option_value(trace)),
        format!("image={at:x}-{:x}", at + boot.load.image.memsz),
        format!("entry={:x}", loaded.start),
        format!("kernel={:x}", boot.load.entry),
    ];
    options.extend(marks.all().map(|mark| format!("mark={mark:x}")));
    let tables = &marks.tables;
    options.push(format!("watch={:x}-{:x}", tables.start, tables.end));
    if let Some((start, len)) = loaded.regions.first() {
        options.push(format!("watch={start:x}-{:x}", start + len));
    }
    if detail == Detail::Everything {
        options.push("memory=on".into());
    }
    if detail != Detail::Totals {
        options.push("dc=on".into());
    }
    Ok(options.join(","))
}

/// The plugin is in a folder of profile `release`, beside the one that we run from or where `make`
/// leaves it.
fn plugin() -> Result<PathBuf, String> {
    let us = std::env::current_exe().map_err(|error| error.to_string())?;
    let default = root().join("target");
    let mut folders = us.ancestors().skip(1).chain([&*default]);
    folders
        .find_map(|folder| {
            let path = folder.join("release").join(PLUGIN);
            path.is_file().then_some(path)
        })
        .ok_or_else(|| {
            format!("{PLUGIN} is not there: run `cargo build --release -p purgatory-test-plugin`")
        })
}

fn write(path: &Path, bytes: &[u8]) -> Result<(), String> {
    let folder = path.parent().unwrap_or(Path::new("."));
    fs::create_dir_all(folder)
        .and_then(|()| fs::write(path, bytes))
        .map_err(|error| format!("{}: {error}", path.display()))
}
