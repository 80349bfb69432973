// SPDX-License-Identifier: MIT OR Apache-2.0

//! A boot of the probe, and what it says.

use std::fmt::{Debug, Display};
use std::fs;
use std::path::PathBuf;

use object::read::elf::ElfFile64;
use object::{Object, ObjectSymbol};
use purgatory_test_harness::Regime;
use purgatory_test_harness::boot::{Boot, Place};
use purgatory_test_harness::pace::clock;
use purgatory_test_harness::qemu::{Outcome, Qemu};
use purgatory_test_harness::{artifact, root, this_test};

use crate::tree::Tree;

/// What it says where it stays.
pub const STOPPED: &str = "probe: stopped; probe-wait=10 would reset the machine\r\n";

/// What it says in the end.
pub const END: &str = "probe: end of the report";

/// Instructions after which a boot has not come to its end: five times as many as it takes.
pub const MOST: u64 = 1 << 30;

/// The probe as it was built.
pub fn image() -> Vec<u8> {
    let path = artifact("probe.Image").unwrap_or_else(|error| panic!("{error}"));
    fs::read(path).expect("it has just been there")
}

/// Where this is in it.
pub fn offset(symbol: &str) -> u64 {
    let path = artifact("probe.elf").unwrap_or_else(|error| panic!("{error}"));
    let data = fs::read(path).expect("it has just been there");
    let elf: ElfFile64 = ElfFile64::parse(&*data).expect("an ELF file");
    let found = elf.symbols().find(|found| found.name() == Ok(symbol));
    found
        .unwrap_or_else(|| panic!("the probe has no {symbol}"))
        .address()
}

/// The memory that it takes, as its header says.
pub fn memory(image: &[u8]) -> u64 {
    u64::from_le_bytes(image[16..24].try_into().expect("8 bytes"))
}

/// A boot whose new kernel is the probe, with this device tree.
pub fn boot(cpu: &str, regime: Regime, place: Place, tree: &Tree) -> Boot {
    let boot = Boot::new(cpu, regime, place, 50_001);
    let mut boot = boot.unwrap_or_else(|error| panic!("{error}"));
    let image = image();
    let kernel = boot.segment("kernel");
    kernel.len = memory(&image);
    kernel.bytes = image;
    boot.segment("dtb").bytes = tree.bytes();
    boot
}

/// What came of it.
pub struct Run(pub Outcome);

impl Run {
    /// Runs a boot, until the probe stops or the machine ends.
    pub fn new(boot: &Boot) -> Self {
        Self::with(boot, |qemu| qemu.at_most(MOST))
    }

    /// The same with a clock on which an instruction takes a nanosecond.
    pub fn by_instructions(boot: &Boot) -> Self {
        Self::with(boot, |qemu| qemu.args(clock(0)))
    }

    /// The same of another machine.
    pub fn with(boot: &Boot, change: impl FnOnce(Qemu) -> Qemu) -> Self {
        let file = file("elf");
        let built = boot.build_at(&file);
        built.unwrap_or_else(|error| panic!("{error}\n{}", this_test::alone()));
        let run = Self::of(&change(boot.qemu(&file)), boot.load.entry);
        let _ = fs::remove_file(&file);
        run
    }

    /// The same of a machine on which the probe lies there.
    pub fn of(qemu: &Qemu, at: u64) -> Self {
        let park = at + offset("probe_park");
        let outcome = qemu.clone().parks_at([park, park + 4]).run(&[STOPPED]);
        Self(outcome.unwrap_or_else(|error| panic!("{error}\n{}", this_test::alone())))
    }

    /// The lines of the probe.
    pub fn lines(&self) -> Vec<&str> {
        let lines = self.0.console.lines();
        lines.filter(|line| line.starts_with("probe: ")).collect()
    }

    /// Each of these texts is all or the beginning of a line, in this order, with others between them.
    #[track_caller]
    pub fn says(&self, expected: &[&str]) {
        let mut lines = self.lines().into_iter();
        for words in expected {
            let found = lines.any(|line| line.starts_with(words));
            assert!(found, "{}", self.told("a line", words, "none"));
        }
    }

    /// Nowhere.
    #[track_caller]
    pub fn never_says(&self, unwanted: &str) {
        let found = self.0.console.contains(unwanted);
        assert!(!found, "{}", self.told("never", unwanted, "it"));
    }

    /// The terms that were not kept.
    pub fn broken(&self) -> Vec<&str> {
        let lines = self.lines().into_iter();
        let broken = lines.filter_map(|line| line.strip_prefix("probe:   NOT "));
        broken
            .map(|line| line.rsplit_once(" 0x").map_or(line, |at| at.0.trim_end()))
            .collect()
    }

    /// Fails unless both are the same.
    #[track_caller]
    pub fn equal<T: Debug + PartialEq<U>, U: Debug>(&self, what: &str, expected: &T, got: &U) {
        let (is, was) = (format!("{expected:?}"), format!("{got:?}"));
        assert!(expected == got, "{}", self.told(what, is, was));
    }

    /// For the message of a claim that fails.
    pub fn told(&self, what: &str, expected: impl Display, got: impl Display) -> String {
        let Self(outcome) = self;
        format!(
            "{what}\n  expected: {expected}\n  got:      {got}\n{}\n{outcome}",
            this_test::alone()
        )
    }
}

/// A machine that starts the probe itself, and gives it this command line.
pub fn without_purgatory(machine: &str, options: &str) -> Qemu {
    let image = artifact("probe.Image").unwrap_or_else(|error| panic!("{error}"));
    Qemu::new(machine).args(["-kernel", &image.to_string_lossy(), "-append", options])
}

/// A file of this test's.
pub fn file(extension: &str) -> PathBuf {
    let folder = root().join("target/probe");
    fs::create_dir_all(&folder).expect("target/ can be written to");
    folder.join(format!("{}.{extension}", this_test::file_name()))
}
