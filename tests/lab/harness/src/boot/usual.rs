// SPDX-License-Identifier: MIT OR Apache-2.0

//! What a test boots that does not ask for anything else.

use purgatory_test_guest::Regime;

/// Returns a CPU that has the regime, for what must be tried in each regime but not on each CPU.
pub const fn usual_cpu(regime: Regime) -> &'static str {
    match regime {
        Regime::El1And0 => "cortex-a53",
        Regime::El2 => "cortex-a72",
        // FEAT_VHE came with Armv8.1.
        Regime::El2And0 => "neoverse-n1",
    }
}
