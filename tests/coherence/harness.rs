//! Runs a boot under the plugin and has the model judge it.

use purgatory_test_support::Regime;
use purgatory_test_support::boot::{Boot, Place};
use purgatory_test_support::cache_model::{Model, Violations};
use purgatory_test_support::trace::recording::{Detail, Recording};
use std::fs;
use std::path::{Path, PathBuf};

/// Enough for the hash to run through a page, and for several regions.
const INITRD: u64 = 3000;

/// A CPU of each regime.
pub const fn usual_cpu(regime: Regime) -> &'static str {
    match regime {
        Regime::El1And0 => "cortex-a53",
        Regime::El2 => "cortex-a72",
        Regime::El2And0 => "neoverse-n1",
    }
}

/// A small boot.
pub fn boot(cpu: &str, regime: Regime, place: Place) -> Boot {
    Boot::new(cpu, regime, place, INITRD).unwrap_or_else(|error| panic!("{error}"))
}

/// A run and what is wrong with it. The files go away with it, unless the test fails.
pub struct Judged {
    name: String,
    /// What happened.
    pub recording: Recording,
    /// What is wrong with it.
    pub violations: Violations,
    path: PathBuf,
}

impl Judged {
    /// Runs a boot to its end.
    pub fn new(name: &str, boot: &Boot) -> Self {
        // The module path begins with the crate.
        let name = name.trim_start_matches("coherence::").to_string();
        let file = name.replace("::", "-");
        let path = Path::new(env!("CARGO_TARGET_TMPDIR"))
            .join("coherence")
            .join(file);
        let recording = Recording::new(boot, &path, Detail::Everything);
        let recording = recording.unwrap_or_else(|error| panic!("{name}: {error}"));
        let setup = recording
            .setup(boot)
            .unwrap_or_else(|error| panic!("{name}: {error}"));
        let violations = Model::judge(setup, &recording.trace.events);
        let judged = Self {
            name,
            recording,
            violations,
            path,
        };
        if !judged.recording.trace.complete() {
            judged.fail("the kernel is not reached");
        }
        judged
    }

    /// Fails, with all that is known.
    pub fn fail(&self, what: &str) -> ! {
        let name = &self.name;
        let symbols = self.recording.symbols();
        panic!(
            "{name}: {what}\n{}\nalone:   cargo test --test coherence -- --exact {name}\n{}",
            self.violations.report(|offset| symbols.at(offset)),
            self.recording.outcome
        );
    }

    /// Fails if anything is wrong.
    pub fn clean(&self) {
        if !self.violations.is_empty() {
            self.fail("expected no rule broken, got");
        }
    }
}

impl Drop for Judged {
    fn drop(&mut self) {
        if !std::thread::panicking() {
            for extension in ["elf", "trace"] {
                // What cannot be removed is overwritten by the next run.
                let _ = fs::remove_file(self.path.with_extension(extension));
            }
        }
    }
}

/// Defines one test in each regime for each `name: |boot| change it;`.
macro_rules! in_each_regime {
    ($($name:ident: $case:expr;)*) => {
        in_each_regime!(@regime el1 El1And0, $($name: $case;)*);
        in_each_regime!(@regime el2 El2, $($name: $case;)*);
        in_each_regime!(@regime el2_vhe El2And0, $($name: $case;)*);
    };
    (@regime $module:ident $regime:ident, $($name:ident: $case:expr;)*) => {
        mod $module {
            use super::*;
            $(
                #[test]
                fn $name() {
                    let regime = purgatory_test_support::Regime::$regime;
                    let name = concat!(module_path!(), "::", stringify!($name));
                    run(name, regime, $case);
                }
            )*
        }
    };
}
pub(crate) use in_each_regime;
