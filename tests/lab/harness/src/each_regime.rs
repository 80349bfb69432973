// SPDX-License-Identifier: MIT OR Apache-2.0

//! Tests that differ by one value, as a table.

/// Writes a test of each row, `name: value;`, which is run in each regime: `run(regime, value)`.
///
/// Where it is used there are `El1And0`, `El2`, `El2And0` and `rstest` in scope.
#[macro_export]
macro_rules! each_regime {
    ($run:ident; $($(#[$doc:meta])* $name:ident: $value:expr;)*) => {$(
        $(#[$doc])*
        #[rstest]
        fn $name(#[values(El1And0, El2, El2And0)] regime: $crate::Regime) {
            $run(regime, $value);
        }
    )*};
}
