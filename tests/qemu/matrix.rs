//! Each regime on each CPU that has it, with the segments low, above 4 GiB, and above 512 GiB.

use crate::expect::Expect;
use crate::harness::case;
use purgatory_test_harness::Regime;
use purgatory_test_harness::boot::Place;

macro_rules! matrix {
    ($($module:ident $regime:ident: $($name:ident $cpu:literal),*;)*) => {
        $(mod $module {
            use super::*;
            $(matrix!(@cpu $regime $name $cpu low Low, above_4_gib Above4GiB,
                above_512_gib Above512GiB);)*
        })*
    };
    (@cpu $regime:ident $name:ident $cpu:literal $($test:ident $place:ident),*) => {
        mod $name {
            use super::*;
            $(
                #[test]
                fn $test() {
                    let name = concat!(module_path!(), "::", stringify!($test));
                    case(name, $cpu, Regime::$regime, Place::$place, |_| Expect::Boots);
                }
            )*
        }
    };
}

matrix! {
    el1 El1And0: cortex_a53 "cortex-a53", cortex_a72 "cortex-a72", neoverse_n1 "neoverse-n1",
        max "max";
    el2 El2: cortex_a53 "cortex-a53", cortex_a72 "cortex-a72", neoverse_n1 "neoverse-n1",
        max "max";
    // FEAT_VHE came with Armv8.1.
    el2_vhe El2And0: neoverse_n1 "neoverse-n1", max "max";
}
