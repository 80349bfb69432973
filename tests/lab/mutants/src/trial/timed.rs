// SPDX-License-Identifier: MIT OR Apache-2.0

//! Boots on a clock of a nanosecond for each instruction, or a microsecond.

use std::ops::RangeInclusive;
use std::path::Path;

use purgatory_test_harness::Regime;
use purgatory_test_harness::a64::{RET, UDF, movz_16};
use purgatory_test_harness::boot::{Boot, Place};
use purgatory_test_harness::pace::{self, Pace};
use purgatory_test_harness::patch::Patch;

use super::boots::{patched, usual};
use super::ways::{fails, regions};
use super::{Kind, Shows, Timing, Trial};
use crate::seen::Seen;

/// What is shown where all is right.
const RIGHT: &str = "timed: right";

/// `SUBS X4, X4, #1`; `B.NE` to it: 2^23 turns take 16.8 ms.
const COUNT_DOWN: [u32; 2] = [0xf100_0484, 0x54ff_ffe1];

/// Ticks, by a clock on which an instruction takes 2^10 ns.
const SECOND: RangeInclusive<u64> = 62_500_000..=63_500_000;
const SHIFT: u32 = 10;

/// Makes all of them.
pub fn all(all: &mut Vec<Trial>, regime: Regime) -> Result<(), String> {
    let mut add = |name, boot, timing: Timing| {
        all.push(Trial {
            name,
            kind: Kind::Timed(Box::new(boot), timing.clone()),
            says: RIGHT,
            shows: match timing {
                Timing::Printed(_) => Shows::Code,
                Timing::Wait => Shows::Words(&["src/arch/reset.rs", "src/arch/timer.rs"]),
                Timing::Pace(_) => Shows::Words(&["src/arch/console.rs", "src/arch/timer.rs"]),
            },
        });
    };
    // The console's pauses do not count, and hashing takes less than a millisecond.
    let boot = || usual(regime, Place::Low);
    add("time printed", boot()?, Timing::Printed(0..=0));
    // All else does.
    let slow = patched(boot()?, |patch| {
        let mut place = patch.first("clean_and_invalidate_image");
        let [subtract, back] = COUNT_DOWN;
        for word in [movz_16(4, 1 << 7), subtract, back, RET.word()] {
            patch.replace(place, word);
            place.at += 4;
        }
    })?;
    add("16 ms", slow, Timing::Printed(16..=18));

    let mut resets = boot()?;
    fails(&mut resets, 1);
    let calls = Patch::new(&resets)?;
    let calls = ["psci_hvc", "psci_smc"].map(|call| calls.first(call).at as usize);
    pace::watch(&mut resets)?;
    for at in calls {
        resets.load.image.bytes[at..at + 4].copy_from_slice(&UDF.to_le_bytes());
    }
    add("a second", resets, Timing::Wait);

    let mut paced = boot()?;
    pace::watch(&mut paced)?;
    add("pace", paced, Timing::Pace(0));
    // The FIFO is full before the counter has moved.
    let mut slow = boot()?;
    slow.cpu += ",cntfrq=100000";
    pace::watch(&mut slow)?;
    add("pace by a slow counter", slow, Timing::Pace(0));
    // As much as can be said, where reading the counter takes no more than 20 ns.
    let mut long = regions(boot()?);
    let nowhere = 0_u64.to_le_bytes().into();
    long.load.pokes.push(("arm64_dtb_addr".into(), nowhere));
    pace::watch(&mut long)?;
    add("pace of a long refusal", long, Timing::Pace(1));
    Ok(())
}

/// Runs one, and puts what is wrong into words.
pub fn run(boot: &Boot, timing: &Timing, path: &Path) -> Result<Seen, String> {
    let result = match timing {
        Timing::Printed(range) => {
            boot.build_at(path)?;
            let outcome = boot.qemu(path).at_most_at(0, pace::ENDLESS).run(&[]);
            let console = outcome.map_err(|error| error.to_string())?.console;
            match pace::milliseconds(&console) {
                Some(time) if range.contains(&time) => Ok(()),
                Some(time) => Err(format!("{time} ms")),
                None => Err("no time".into()),
            }
        }
        Timing::Wait => {
            let sent = Pace::new(boot, path, SHIFT)?.sent;
            let gaps = sent.windows(2).map(|pair| pair[1] - pair[0]);
            match gaps.max() {
                Some(longest) if SECOND.contains(&longest) => Ok(()),
                longest => Err(format!("{longest:?} ticks")),
            }
        }
        Timing::Pace(shift) => Pace::new(boot, path, *shift)?.judge(),
    };
    Ok(Seen::line(match result {
        Ok(()) => RIGHT.into(),
        Err(why) => format!("timed: {why}"),
    }))
}
