// SPDX-License-Identifier: MIT OR Apache-2.0

//! Boots a case and compares what came of it with what was expected.

use purgatory_test_harness::boot::{Boot, Place, REACHED, usual_cpu};
use purgatory_test_harness::qemu::{Outcome, Stopped};
use purgatory_test_harness::symbols::Symbols;
use purgatory_test_harness::{Regime, console};

use crate::expect::{Expect, checks, words};
use crate::run::Run;

/// The initrd of a case that does not need a certain one: small, and not of whole pages.
pub const INITRD: u64 = 50_001;

/// Changes a boot on the regime's usual CPU, and runs it.
pub fn usual(regime: Regime, change: impl FnOnce(&mut Boot) -> Expect) {
    case(usual_cpu(regime), regime, Place::Low, change);
}

/// Makes a boot on the regime's usual CPU.
pub fn usual_boot(regime: Regime) -> Boot {
    Boot::new(usual_cpu(regime), regime, Place::Low, INITRD)
        .unwrap_or_else(|error| panic!("{error}"))
}

/// Changes a boot, and runs it.
pub fn case(
    cpu: &str,
    regime: Regime,
    place: Place,
    change: impl FnOnce(&mut Boot) -> Expect,
) -> Outcome {
    let mut boot = Boot::new(cpu, regime, place, INITRD).unwrap_or_else(|error| panic!("{error}"));
    let expect = change(&mut boot);
    check(&boot, &expect)
}

/// Runs a boot and compares.
pub fn check(boot: &Boot, expect: &Expect) -> Outcome {
    let run = Run::new(boot);
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
        Expect::DigestsDiffer
        | Expect::Refuses(_)
        | Expect::RefusesThus(_)
        | Expect::HaltsSilently => {
            run.purgatory_says(&words(boot, expect));
            run.equal("the new kernel", &None, &kernel);
            run.equal("what ended it", &Stopped::Parked, &run.outcome.stopped_by);
        }
    }
    run.passed()
}

/// Returns where this is in the image: its offset.
pub fn symbol(boot: &Boot, name: &str) -> u64 {
    let symbols = Symbols::read(&boot.load.image).unwrap_or_else(|error| panic!("{error}"));
    let found = symbols.get(name).unwrap_or_else(|error| panic!("{error}"));
    found.start
}
