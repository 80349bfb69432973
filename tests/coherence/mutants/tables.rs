// SPDX-License-Identifier: MIT OR Apache-2.0

//! The loader's tables, dirty at entry: they are looked at with the MMU off, and walked through the
//! cache. Without maintenance of what is looked at, that is what was in memory before
//! ([`Rule::DirtyRead`]); with no wait for it, it may be ([`Rule::MaintenanceIncomplete`]).

use purgatory_test_cache_model::Rule;
use purgatory_test_harness::Regime::{self, El1And0, El2, El2And0};
use purgatory_test_harness::a64::*;
use purgatory_test_harness::boot::{Place, usual_cpu};
use purgatory_test_harness::patch::{self, Patch};
use rstest::rstest;

use super::catch;
use crate::harness::{boot, instructions, symbols};
use crate::maintained::ROUTINES;

/// A `DC CIVAC` and the `DSB SY` right behind it.
struct Look {
    dc: patch::Place,
    dsb: patch::Place,
}

/// Has the image look at the loader's tables, and spoils each place where it does. The compiler may
/// put that into any function, so it is found by what it looks like.
fn run(regime: Regime, rule: Rule, spoil: fn(&mut Patch, &Look)) {
    let mut boot = boot(usual_cpu(regime), regime, Place::Low);
    boot.make_tables(|_| ());
    let symbols = symbols(&boot);
    let others = ROUTINES.map(|name| symbols.get(name).unwrap_or_else(|error| panic!("{error}")));
    let compiled = |place: patch::Place| !others.iter().any(|other| other.contains(&place.at));
    let instructions = instructions(&boot);
    let pairs = instructions.windows(2);
    let looks: Vec<_> = pairs
        .filter(|pair| DC_CIVAC.is(pair[0].word) && DSB_SY.is(pair[1].word) && compiled(pair[0]))
        .map(|pair| Look {
            dc: pair[0],
            dsb: pair[1],
        })
        .collect();
    assert!(!looks.is_empty(), "DC CIVAC, DSB SY: nowhere in the image");
    catch(boot, |patch| {
        looks.iter().for_each(|look| spoil(patch, look));
        rule
    });
}

#[rstest]
fn nothing_is_cleaned(#[values(El1And0, El2, El2And0)] regime: Regime) {
    run(regime, Rule::DirtyRead, |patch, look| {
        patch.replace(look.dc, NOP);
    });
}

#[rstest]
fn nobody_waits_for_it(#[values(El1And0, El2, El2And0)] regime: Regime) {
    run(regime, Rule::MaintenanceIncomplete, |patch, look| {
        patch.replace(look.dsb, NOP);
    });
}

#[rstest]
fn nobody_waits_for_memory(#[values(El1And0, El2, El2And0)] regime: Regime) {
    run(regime, Rule::MaintenanceIncomplete, |patch, look| {
        patch.replace(look.dsb, DSB_NSH.word());
    });
}

/// What the loader wrote is lost ([`Rule::DirtyDiscarded`]).
#[rstest]
fn a_table_is_invalidated(#[values(El1And0, El2, El2And0)] regime: Regime) {
    run(regime, Rule::DirtyDiscarded, |patch, look| {
        patch.replace(look.dc, dc_ivac(look.dc.word));
    });
}

#[rstest]
fn a_table_is_cleaned_only(#[values(El1And0, El2, El2And0)] regime: Regime) {
    run(regime, Rule::CleanedOnly, |patch, look| {
        patch.replace(look.dc, dc_cvac(look.dc.word));
    });
}
