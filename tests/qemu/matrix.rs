// SPDX-License-Identifier: MIT OR Apache-2.0

//! Each regime on each CPU that has it, with the segments low, above 4 GiB, and above 512 GiB.

use purgatory_test_harness::Regime::{self, El1And0, El2, El2And0};
use purgatory_test_harness::boot::Place::{self, Above4GiB, Above512GiB, Low};
use rstest::rstest;

use crate::expect::Expect;
use crate::harness::case;

#[rstest]
fn without_vhe(
    #[values(El1And0, El2)] regime: Regime,
    #[values("cortex-a53", "cortex-a72", "neoverse-n1", "max")] cpu: &str,
    #[values(Low, Above4GiB, Above512GiB)] place: Place,
) {
    case(cpu, regime, place, |_| Expect::Boots);
}

/// FEAT_VHE came with Armv8.1.
#[rstest]
fn with_vhe(
    #[values("neoverse-n1", "max")] cpu: &str,
    #[values(Low, Above4GiB, Above512GiB)] place: Place,
) {
    case(cpu, El2And0, place, |_| Expect::Boots);
}
