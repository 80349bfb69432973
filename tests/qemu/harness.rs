//! Boots a case and compares what came of it with what was expected.

use crate::expect::{Expect, checks, words};
use crate::run::Run;
use purgatory_test_harness::boot::{Boot, Place, REACHED};
use purgatory_test_harness::qemu::{Outcome, Stopped};
use purgatory_test_harness::{Regime, console};
use std::time::Duration;

/// A boot takes well below a second. A host with much else to do gets all the time it needs.
const TIMEOUT: Duration = Duration::from_secs(60);

/// How long a boot that may not say anything is watched.
const SILENCE: Duration = Duration::from_secs(3);

/// The initrd of a case that does not need a certain one: small, and not of whole pages.
pub const INITRD: u64 = 50_001;

/// A CPU of each regime, for what has to be tried in each but not on each.
pub const fn usual_cpu(regime: Regime) -> &'static str {
    match regime {
        Regime::El1And0 => "cortex-a53",
        Regime::El2 => "cortex-a72",
        Regime::El2And0 => "neoverse-n1",
    }
}

/// Defines one test in each regime for each `name: |boot| { change it; Expect::… }`. The changes are
/// made to a boot of three segments, low in memory, on the regime's usual CPU. What they come to, and
/// how it is tried, may be another: `in_each_regime! { function; … }`.
macro_rules! in_each_regime {
    ($($(#[doc = $doc:literal])* $name:ident: $case:expr;)*) => {
        in_each_regime!(@all $crate::harness::usual, $($name: $case;)*);
    };
    ($how:ident; $($name:ident: $case:expr;)*) => {
        in_each_regime!(@all $how, $($name: $case;)*);
    };
    (@all $how:path, $($name:ident: $case:expr;)*) => {
        in_each_regime!(@regime el1 El1And0, $how, $($name: $case;)*);
        in_each_regime!(@regime el2 El2, $how, $($name: $case;)*);
        in_each_regime!(@regime el2_vhe El2And0, $how, $($name: $case;)*);
    };
    (@regime $module:ident $regime:ident, $how:path, $($name:ident: $case:expr;)*) => {
        mod $module {
            use super::*;
            $(
                #[test]
                fn $name() {
                    let regime = purgatory_test_harness::Regime::$regime;
                    let name = concat!(module_path!(), "::", stringify!($name));
                    $how(name, regime, $case);
                }
            )*
        }
    };
}
pub(crate) use in_each_regime;

/// Changes a boot on the regime's usual CPU, and runs it.
pub fn usual(name: &str, regime: Regime, change: impl FnOnce(&mut Boot) -> Expect) {
    case(name, usual_cpu(regime), regime, Place::Low, change);
}

/// A boot on the regime's usual CPU.
pub fn usual_boot(regime: Regime) -> Boot {
    Boot::new(usual_cpu(regime), regime, Place::Low, INITRD)
        .unwrap_or_else(|error| panic!("{error}"))
}

/// Changes a boot, and runs it.
pub fn case(
    name: &str,
    cpu: &str,
    regime: Regime,
    place: Place,
    change: impl FnOnce(&mut Boot) -> Expect,
) -> Outcome {
    let mut boot = Boot::new(cpu, regime, place, INITRD).unwrap_or_else(|error| panic!("{error}"));
    let expect = change(&mut boot);
    check(name, &boot, &expect)
}

/// Runs a boot and compares.
pub fn check(name: &str, boot: &Boot, expect: &Expect) -> Outcome {
    let timeout = if matches!(expect, Expect::HaltsSilently) {
        SILENCE
    } else {
        TIMEOUT
    };
    let run = Run::new(name, boot, timeout);
    let kernel = console::new_kernel(&run.outcome.console);
    match expect {
        Expect::Boots | Expect::BootsThus(..) | Expect::BootsSilently | Expect::BootsUnchecked => {
            run.purgatory_says(&words(boot, expect));
            let found = kernel.unwrap_or_else(|| run.fail("the new kernel", REACHED, "nothing"));
            run.equal("failed checks", &Vec::<&str>::new(), &found.failed);
            run.equal(
                "the new kernel's report is complete",
                &true,
                &found.complete,
            );
            for name in checks(boot) {
                run.equal(
                    &format!("the check {name}"),
                    &true,
                    &found.passed.contains(&&*name),
                );
            }
            run.ended(0);
        }
        Expect::DigestsDiffer | Expect::Refuses(_) => {
            run.purgatory_says(&words(boot, expect));
            run.equal("the new kernel", &None, &kernel);
            run.equal(
                "what ended it",
                &Stopped::Pattern(0),
                &run.outcome.stopped_by,
            );
        }
        Expect::HaltsSilently => {
            run.purgatory_says(&words(boot, expect));
            run.equal("the new kernel", &None, &kernel);
            run.equal("what ended it", &Stopped::Timeout, &run.outcome.stopped_by);
        }
    }
    run.passed()
}
