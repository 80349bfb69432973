//! Runs a boot under the plugin and has the model judge it.

use purgatory_test_cache_model::{Model, Setup, Violations};
use purgatory_test_harness::Regime;
use purgatory_test_harness::boot::{Boot, HALTED, Place};
use purgatory_test_tracer::recording::{Detail, Recording};
use std::fs;
use std::path::{Path, PathBuf};

/// The length of the initrd, in bytes.
const INITRD: u64 = 4000;

/// A CPU of each regime.
pub const fn usual_cpu(regime: Regime) -> &'static str {
    match regime {
        Regime::El1And0 => "cortex-a53",
        Regime::El2 => "cortex-a72",
        Regime::El2And0 => "neoverse-n1",
    }
}

/// A small boot, in which one region has an odd number of lines, and the last not to its end.
pub fn boot(cpu: &str, regime: Regime, place: Place) -> Boot {
    let boot = Boot::new(cpu, regime, place, INITRD);
    let mut boot = boot.unwrap_or_else(|error| panic!("{error}"));
    boot.load.unlike_kexec = true;
    let initrd = boot.segment("initrd");
    initrd.len = INITRD;
    boot
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
    /// Runs a boot up to the kernel.
    pub fn new(name: &str, boot: &Boot) -> Self {
        Self::with_lines(name, boot, None)
    }

    /// The same with cache lines of so many bytes, whatever the CPU says.
    pub fn with_lines(name: &str, boot: &Boot, line: Option<u64>) -> Self {
        let judged = Self::run(name, boot, line);
        if !judged.recording.trace.complete() {
            judged.fail("the kernel is not reached");
        }
        judged
    }

    /// Runs a boot up to where the purgatory halts.
    pub fn halted(name: &str, boot: &Boot) -> Self {
        let judged = Self::run(name, boot, None);
        let said = judged.recording.outcome.console.contains(HALTED);
        if !said || judged.recording.trace.complete() {
            judged.fail("the purgatory does not halt");
        }
        judged
    }

    fn run(name: &str, boot: &Boot, line: Option<u64>) -> Self {
        // The module path begins with the crate.
        let name = name.trim_start_matches("coherence::").to_string();
        let file = name.replace("::", "-");
        let path = Path::new(env!("CARGO_TARGET_TMPDIR"))
            .join("coherence")
            .join(file);
        let recording = Recording::new(boot, &path, Detail::Everything);
        let recording = recording.unwrap_or_else(|error| panic!("{name}: {error}"));
        let setup = Setup::of(boot, &recording);
        let mut setup = setup.unwrap_or_else(|error| panic!("{name}: {error}"));
        setup.line = line.unwrap_or(setup.line);
        let violations = Model::judge(setup, &recording.trace.events);
        Self {
            name,
            recording,
            violations,
            path,
        }
    }

    /// Fails, with all that is known.
    pub fn fail(&self, what: &str) -> ! {
        let name = &self.name;
        let symbols = self.recording.symbols().expect("it is our image");
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

/// Defines one test in each regime for each `name: case;`, which a function `run` of the module gets
/// with the test's name and the regime.
macro_rules! in_each_regime {
    ($($cases:tt)*) => {
        $crate::harness::in_regimes! {
            [el1 El1And0, el2 El2, el2_vhe El2And0] { $($cases)* }
        }
    };
}
pub(crate) use in_each_regime;

/// The same in some of the regimes.
macro_rules! in_regimes {
    ([$($module:ident $regime:ident),*] $cases:tt) => {
        $($crate::harness::in_regimes!(@regime $module $regime $cases);)*
    };
    (@regime $module:ident $regime:ident { $($name:ident: $case:expr;)* }) => {
        mod $module {
            use super::*;
            $(
                #[test]
                fn $name() {
                    let regime = purgatory_test_harness::Regime::$regime;
                    let name = concat!(module_path!(), "::", stringify!($name));
                    run(name, regime, $case);
                }
            )*
        }
    };
}
pub(crate) use in_regimes;
