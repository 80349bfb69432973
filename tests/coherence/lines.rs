//! Cache lines of all lengths that `CTR_EL0` can name, 16 to 2048 bytes: the image keeps to what
//! it says, and what it says counts.

use crate::harness::{Judged, boot, in_each_regime, usual_cpu};
use purgatory_test_cache_model::Rule;
use purgatory_test_harness::Regime;
use purgatory_test_harness::boot::{Boot, Place};
use purgatory_test_harness::patch::{Lie, Patch};

/// A boot of an image that takes cache lines to be of this length.
fn told(regime: Regime, bytes: u32) -> Boot {
    let mut boot = boot(usual_cpu(regime), regime, Place::Low);
    let mut patch = Patch::new(&boot).unwrap_or_else(|error| panic!("{error}"));
    patch.lie(Lie::Lines(bytes));
    boot.load.image = patch.finish();
    boot
}

mod as_told {
    use super::*;

    fn run(name: &str, regime: Regime, bytes: u32) {
        let boot = told(regime, bytes);
        Judged::with_lines(name, &boot, Some(bytes.into())).clean();
    }

    in_each_regime! {
        of_16_bytes: 16;
        of_32_bytes: 32;
        of_64_bytes: 64;
        of_128_bytes: 128;
        of_256_bytes: 256;
        of_512_bytes: 512;
        of_1024_bytes: 1024;
        of_2048_bytes: 2048;
    }
}

mod shorter_than_told {
    use super::*;

    fn run(name: &str, regime: Regime, bytes: u32) {
        let boot = told(regime, bytes);
        let judged = Judged::with_lines(name, &boot, Some(u64::from(bytes) / 2));
        for rule in [
            Rule::StaleRead,
            Rule::ImageNotInvalidated,
            Rule::ImageNotFlushed,
        ] {
            if judged.violations.get(rule).is_none() {
                judged.fail(&format!("lines of {} bytes survive {rule:?}", bytes / 2));
            }
        }
        if judged.violations.get(Rule::RegionNotCleaned).is_none() {
            judged.fail("the regions are clean");
        }
    }

    in_each_regime! {
        of_32_bytes: 64;
        of_64_bytes: 128;
        of_1024_bytes: 2048;
    }
}
