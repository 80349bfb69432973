//! sweep
use crate::harness::{Judged, boot, usual_cpu};
use crate::instruction::*;
use crate::patch::Patch;
use purgatory_test_support::Regime;
use purgatory_test_support::boot::Place;

#[test]
fn sweep() {
    let regime = Regime::El2;
    for routine in ["purgatory_start","cache_fetches","window_open","window_close","clean_and_invalidate","hand_over"] {
        for (name, kind) in [("dc ivac",DC_IVAC),("dc civac",DC_CIVAC),("ic",IC_IALLU),("tlbi",TLBI),("isb",ISB),("dsb sy",DSB_SY),("dsb nsh",DSB_NSH)] {
            for n in 0..9 {
                let mut b = boot(usual_cpu(regime), regime, Place::Low);
                let mut p = Patch::new(&b);
                let Some(place) = p.all(routine).filter(|x| kind.is(x.word)).nth(n) else { break };
                p.replace(place, NOP);
                b.load.image = p.finish();
                let j = Judged::new("sweep", &b);
                println!("SWEEP {routine} {name} {n}: {:?}", j.violations.rules());
            }
        }
    }
}
