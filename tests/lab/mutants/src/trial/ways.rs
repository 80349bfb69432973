// SPDX-License-Identifier: MIT OR Apache-2.0

//! Boots that go ways through the code on which no barrier depends, and at addresses of more than
//! 32 bits.

use purgatory_test_harness::Regime::{self, El1And0, El2};
use purgatory_test_harness::a64::{HVC, UDF, adr, load};
use purgatory_test_harness::boot::{Boot, Place, noise};
use purgatory_test_harness::loader::Segment;
use purgatory_test_harness::patch::{Lie, Patch};
use purgatory_test_harness::purgatory_ro::PAGE;
use purgatory_test_harness::{Piece, Register};

use super::boots::{ends, patched, usual};
use super::{Kind, Shows, Trial};

const REACHED: &str = "new kernel: all";
/// Those that the tracer looks at.
const TRACED: [&str; 8] = [
    "far",
    "far, no window",
    "far, loader's tables",
    "loader's tables for all CPUs",
    "parts",
    "16 regions",
    "lines of 16 bytes",
    "lines of 2048 bytes",
];
const INNER_SHAREABLE: u64 = 3 << 8;

/// Makes those of each regime.
pub fn all(all: &mut Vec<Trial>, regime: Regime) -> Result<(), String> {
    // What each does to caches, others do as well.
    let mut add = |name, boot: Boot, says| {
        let traced = TRACED.contains(&name);
        let boot = Box::new(boot);
        all.push(Trial {
            name,
            kind: if traced {
                Kind::Boot(boot)
            } else {
                Kind::Untraced(boot)
            },
            says,
            // It is waited for as long as there is patience.
            shows: if name == "a counter that stands" {
                Shows::Words(&["src/arch/console.rs", "src/arch/timer.rs"])
            } else {
                Shows::Code
            },
        });
    };
    let far = || usual(regime, Place::Above512GiB);
    let near = || usual(regime, Place::Low);
    let told = |boot: Boot, lie| patched(boot, |patch| patch.lie(lie));

    add("far", far()?, "D-cache on");
    add(
        "far, no window",
        told(far()?, Lie::NoGranule)?,
        "D-cache off",
    );
    let mut tables = far()?;
    tables.make_tables(|_| ());
    add("far, loader's tables", tables, "loader's page tables");
    add(
        "loader's tables, the ends of tables and region",
        ends(near()?),
        "loader's page tables",
    );
    let mut bad = far()?;
    bad.make_tables(|tables| tables.entries().fill(0));
    add("far, the loader's tables are bad", bad, "ignored");
    let mut unchecked = far()?;
    unchecked.load.skip_checks = true;
    add("far, no checks", unchecked, "skip_checks=1");
    add("far, exception", faulting(far()?)?, "exception: data abort");

    let mut shareable = far()?;
    shareable.make_tables(|tables| {
        let blocks = tables.entries().iter_mut();
        for entry in blocks.filter(|entry| **entry & 3 == 1) {
            *entry |= INNER_SHAREABLE;
        }
    });
    add(
        "loader's tables for all CPUs",
        shareable,
        "loader's page tables",
    );
    add("parts", parts(near()?), "purgatory: hashed");
    add("exceptions", twice(near()?, false)?, "purgatory: dtb");
    if regime == El1And0 {
        add("exceptions, SMC", twice(near()?, true)?, "purgatory: dtb");
    }

    let mut failing = near()?;
    failing.load.digest_flips.push(255);
    add("wrong digest", failing, "halted");
    let mut refused = near()?;
    let nowhere = 0_u64.to_le_bytes().into();
    refused.load.pokes.push(("arm64_dtb_addr".into(), nowhere));
    add(
        "refusal",
        refused,
        "arm64_dtb_addr: lies outside every region",
    );
    let mut moved = usual(regime, Place::Above4GiB)?;
    moved.add_relocations()?;
    add("relocations", moved, REACHED);
    let mut silent = near()?;
    silent.load.sink = 0;
    add("no console", silent, REACHED);
    add("16 regions", regions(near()?), "16 regions verified");
    let slow = patched(regions(near()?), |patch| {
        patch.lie(Lie::NoGranule);
        patch.lie(Lie::NoSha2);
    })?;
    add("16 regions, slowly", slow, "D-cache off, software");
    add(
        "lines of 16 bytes",
        told(near()?, Lie::Lines(16))?,
        "D-cache on",
    );
    add(
        "lines of 2048 bytes",
        told(near()?, Lie::Lines(2048))?,
        "D-cache on",
    );
    let mut untouched = told(near()?, Lie::NoSha2)?;
    let trapped = match regime {
        El1And0 | Regime::El2And0 => 0,
        El2 => 0x37ff,
    };
    untouched.leave(Register::Cpacr, trapped);
    add("software, where FP/SIMD traps", untouched, "software");
    let mut unheard = told(near()?, Lie::CounterStopped)?;
    unheard.load.sink = 0;
    fails(&mut unheard, 1);
    add("a reset without a clock", unheard, "old kernel");
    let mut large = told(near()?, Lie::NoGranule)?;
    large.segment("initrd").len = 3 * PAGE + 1;
    add("no window, more than a page", large, "D-cache off");
    let mut long = told(near()?, Lie::NoFrequency)?;
    fails(&mut long, 0x1_0000);
    add("65536 seconds", long, "reset in 65536 seconds");
    add("no reset", without_psci(near()?)?, "PSCI reset failed");
    if regime == El2 {
        let fast = told(near()?, Lie::FrequencyOfAllOnes)?;
        add("a counter that says it is fast", fast, REACHED);
    }
    for (name, sink) in [
        ("the kernel for a console", near()?.load.entry + 0x1_0000),
        ("the device tree for a console", near()?.load.dtb + 4),
    ] {
        let mut boot = near()?;
        boot.load.skip_checks = true;
        boot.load.sink = sink;
        // What a kernel would have there; this one is shorter.
        boot.pieces.push(Piece::new("a console", sink & !7, &[], 0));
        add(name, boot, REACHED);
    }
    if regime == El1And0 {
        let stopped = told(near()?, Lie::CounterStopped)?;
        add("a counter that stands", stopped, REACHED);
    }
    Ok(())
}

/// After the hash it loads from the one page of the image that is not mapped.
fn faulting(boot: Boot) -> Result<Boot, String> {
    patched(boot, |patch| {
        let place = patch.first("window_close");
        let guard = patch.symbol("stack_guard");
        patch.insert(place, |at| vec![adr(9, at, guard), load(9, 9)]);
    })
}

/// Adds regions over borders of 1 GiB: their tables do not fit the pool at once.
fn parts(mut boot: Boot) -> Boot {
    let mut at = boot.load.purgatory_at >> 30 << 30;
    for index in boot.load.segments.len() as u64..16 {
        at += 1 << 30;
        let segment = Segment::ragged("far", at - PAGE, noise(2 * PAGE - index));
        boot.load.segments.push(segment);
    }
    boot.memory = (at >> 20) + 1;
    boot
}

/// An exception, and one in the call of its report; a reset is asked for. QEMU's PSCI answers to one
/// of two calls, at EL1 to HVC.
fn twice(mut boot: Boot, smc: bool) -> Result<Boot, String> {
    // More than 16 bits are looked at.
    let seconds = 0x1_0000_u32.to_le_bytes().into();
    boot.load.pokes.push(("on_failure".into(), seconds));
    patched(boot, |patch| {
        let report = patch.all("exception_entry").last();
        let hash = patch.first("sha256_instructions");
        patch.replace(hash, UDF);
        patch.replace(report.expect("it is not empty"), UDF);
        if smc {
            let [first, second] = ["psci_hvc", "psci_smc"].map(|call| patch.first(call));
            patch.replace(first, UDF);
            patch.replace(second, HVC);
        }
    })
}

/// A wrong digest, and so many seconds to wait.
pub fn fails(boot: &mut Boot, seconds: u32) {
    boot.load.digest_flips.push(0);
    let seconds = seconds.to_le_bytes().into();
    boot.load.pokes.push(("on_failure".into(), seconds));
}

/// A wrong digest, and a second to wait, but neither call of PSCI is known.
fn without_psci(mut boot: Boot) -> Result<Boot, String> {
    fails(&mut boot, 1);
    let undefined = |patch: &mut Patch| {
        for call in ["psci_hvc", "psci_smc"] {
            let place = patch.first(call);
            patch.replace(place, UDF);
        }
    };
    patched(boot, undefined)
}

/// As many regions as there can be, which begin and end anywhere.
pub fn regions(mut boot: Boot) -> Boot {
    for index in boot.load.segments.len()..16 {
        let at = boot.load.purgatory_at + 7;
        // The last one ends with the first byte of a line.
        let bytes = vec![1; if index == 15 { 0x53a } else { 100 * index + 1 }];
        boot.load
            .segments
            .push(Segment::ragged("ragged", at, bytes));
        boot.load.purgatory_at += 0x20_0000;
    }
    boot
}
