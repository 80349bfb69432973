// SPDX-License-Identifier: MIT OR Apache-2.0

//! Mutants: the image with one thing spoilt, each caught by the rule that is there for it. One that
//! is not caught fails the test.
//!
//! Not here, since QEMU's CPU stops such an image by itself: what touches the UART in the window,
//! what the tables do not map, `DC ZVA` with the MMU off. The model's own tests have these. Nor
//! what cannot be seen there: a prefetch, which QEMU neither executes nor reports ([`harmless`]).

/// Writes a table of mutants as tests. A row has a name, the rule that has to catch it, or several,
/// each in a test of its own, and what is spoilt: `name => Rule: |patch| …;`. The module's `run` runs
/// it. `with name: Type in […];` before the rows is a parameter more, which `run` is given too.
macro_rules! mutants {
    (with $arg:ident: $type:ident in [$($value:tt)*]; $($rows:tt)*) => {
        mutants! { @[$arg: $type, $($value)*] $($rows)* }
    };
    (@[$($with:tt)*]) => {};
    (@[$($arg:ident: $type:ident, $($value:tt)*)?]
        $(#[$doc:meta])* $name:ident => $rule:ident: $spoil:expr; $($rows:tt)*
    ) => {
        $(#[$doc])*
        #[rstest]
        fn $name(
            #[values(El1And0, El2, El2And0)] regime: Regime,
            $(#[values($($value)*)] $arg: $type)?
        ) {
            run(regime, $($arg,)? Rule::$rule, $spoil);
        }
        mutants! { @[$($arg: $type, $($value)*)?] $($rows)* }
    };
    (@[$($arg:ident: $type:ident, $($value:tt)*)?]
        $(#[$doc:meta])* $name:ident => [$($rule:ident),+]: $spoil:expr; $($rows:tt)*
    ) => {
        $(#[$doc])*
        #[rstest]
        fn $name(
            #[values(El1And0, El2, El2And0)] regime: Regime,
            $(#[values($($value)*)] $arg: $type,)?
            #[values($(Rule::$rule),+)] rule: Rule,
        ) {
            run(regime, $($arg,)? rule, $spoil);
        }
        mutants! { @[$($arg: $type, $($value)*)?] $($rows)* }
    };
    ($($rows:tt)+) => {
        mutants! { @[] $($rows)+ }
    };
}

mod close;
mod dirty;
mod each_step;
mod entry;
mod frames;
mod harmless;
mod leave;
mod memory;
mod open;
mod regions;
pub mod shareability;
mod tables;
mod uncached;

use purgatory_test_cache_model::Rule;
use purgatory_test_harness::Regime;
use purgatory_test_harness::boot::Boot;
use purgatory_test_harness::patch::{Lie, Patch};

use crate::harness::{Judged, Through};
use crate::windows::catch_later;

/// Spoils the image in the usual boot, and says which rule has to catch that.
fn run(regime: Regime, rule: Rule, spoil: impl FnOnce(&mut Patch)) {
    catch(Through::Own, regime, rule, spoil);
}

/// Does the same, and has it caught after the first of many windows as well.
fn run_in_many_windows(regime: Regime, rule: Rule, spoil: impl Fn(&mut Patch)) {
    run(regime, rule, &spoil);
    catch_later(regime, rule, spoil);
}

/// Does the same with the regions read in another way.
fn catch(through: Through, regime: Regime, rule: Rule, spoil: impl FnOnce(&mut Patch)) {
    catch_in(through, through.boot(regime, |_| ()), None, rule, spoil);
}

/// Does the same in another boot, and with cache lines of this many bytes.
fn catch_in(
    through: Through,
    mut boot: Boot,
    line: Option<u32>,
    rule: Rule,
    spoil: impl FnOnce(&mut Patch),
) {
    through.patch(&mut boot, |patch| {
        line.into_iter()
            .for_each(|line| patch.lie(Lie::Lines(line)));
        spoil(patch);
    });
    let judged = Judged::with_lines(&boot, line.map(u64::from));
    if judged.violations.get(rule).is_none() {
        judged.fail(&format!("the mutant survives {rule:?}"));
    }
    println!("caught by {rule:?}; all: {:?}", judged.violations.rules());
}
