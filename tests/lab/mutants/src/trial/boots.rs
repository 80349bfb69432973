// SPDX-License-Identifier: MIT OR Apache-2.0

//! Boots.

use purgatory_test_harness::Regime::{self, El1And0, El2, El2And0};
use purgatory_test_harness::a64::{adr, load, movz};
use purgatory_test_harness::boot::{Boot, Place, RAM, noise, usual_cpu};
use purgatory_test_harness::briefing::{
    FIRMWARE_GIVES_BACK, FIRMWARE_KEEPS, FLAG_PAN, HASH_RAISES_SERROR, SERROR_PENDING, SINK_ABORTS,
    SINK_RAISES_SERROR,
};
use purgatory_test_harness::loader::Segment;
use purgatory_test_harness::patch::{Lie, Patch};
use purgatory_test_harness::purgatory_ro::PAGE;
use purgatory_test_harness::rule::FAR_EL1;
use purgatory_test_harness::sctlr::{A, E0E, EE, EN_POINTER_AUTH, I, N_TWE, N_TWI, SA, SPAN, WXN};
use purgatory_test_harness::v3_tables::BLOCK;
use purgatory_test_harness::{IdRegister, Register};

use super::{Kind, Shows, Trial};

/// The length of the initrd, in bytes: an odd number of lines, and the last not to its end.
const INITRD: u64 = 4000;

/// Nothing answers here, on QEMU's `virt`.
const HOLE: u64 = 0x0f00_0000;

const VERIFIED: &str = "D-cache on";

/// Makes a trial of a boot.
pub fn boot_trial(name: &'static str, shows: Shows, boot: Boot, says: &'static str) -> Trial {
    Trial {
        name,
        kind: Kind::Boot(Box::new(boot)),
        says,
        shows,
    }
}

/// Changes the image of a boot.
pub fn patched(mut boot: Boot, change: impl FnOnce(&mut Patch)) -> Result<Boot, String> {
    let mut patch = Patch::new(&boot)?;
    change(&mut patch);
    boot.load.image = patch.finish();
    Ok(boot)
}

pub fn usual(regime: Regime, place: Place) -> Result<Boot, String> {
    let mut boot = Boot::new(usual_cpu(regime), regime, place, INITRD)?;
    boot.load.unlike_kexec = true;
    boot.segment("initrd").len = INITRD;
    // A word that is not written is not taken for one that is 0.
    boot.paint_stack()?;
    Ok(boot)
}

/// Without a shim, in each regime.
pub fn usual_ones(all: &mut Vec<Trial>, regime: Regime) -> Result<(), String> {
    let mut add = |name, shows, boot, says| all.push(boot_trial(name, shows, boot, says));
    let boot = || usual(regime, Place::Low);
    add("usual", Shows::All, boot()?, VERIFIED);
    add(
        "odd state at entry",
        Shows::Registers,
        odd_state(boot()?),
        VERIFIED,
    );

    let told = |lie| patched(boot()?, |patch| patch.lie(lie));
    add(
        "no window",
        Shows::All,
        told(Lie::NoGranule)?,
        "D-cache off",
    );
    add(
        "software",
        Shows::Registers,
        told(Lie::NoSha2)?,
        "software SHA-256",
    );
    let mut with_tables = boot()?;
    with_tables.make_tables(|_| ());
    add(
        "loader's tables",
        Shows::All,
        with_tables,
        "loader's page tables",
    );

    let mut unchecked = boot()?;
    unchecked.load.skip_checks = true;
    add("no checks", Shows::All, unchecked, "skip_checks=1");

    // After the hash something loads from the one page of the image that is not mapped.
    let faulting = patched(boot()?, |patch| {
        let place = patch.first("window_close");
        let guard = patch.symbol("stack_guard");
        patch.insert(place, |at| vec![adr(9, at, guard), load(9, 9)]);
    })?;
    add(
        "exception in the window",
        Shows::All,
        faulting,
        "exception: data abort",
    );

    let mut silent = boot()?;
    silent.load.sink = HOLE;
    add("no UART", Shows::Registers, silent, "new kernel: all");

    let mut failing = boot()?;
    failing.load.digest_flips.push(0);
    let seconds = 1_u32.to_le_bytes().into();
    failing.load.pokes.push(("on_failure".into(), seconds));
    add("reset", Shows::All, failing, "reset in 1 second");

    let lied_to = patched(boot()?, |patch| patch.lie(Lie::HasTcr2))?;
    add("TCR2 that is undefined", Shows::Code, lied_to, VERIFIED);
    for (name, firmware, says) in [
        (
            "firmware that gives traps back",
            FIRMWARE_GIVES_BACK,
            VERIFIED,
        ),
        (
            "firmware that keeps traps",
            FIRMWARE_KEEPS,
            "firmware: trapped",
        ),
    ] {
        let mut boot = boot()?;
        boot.cpu = "max".into();
        let untrapped = if regime == El2 {
            0x23ff
        } else {
            3 << 24 | 3 << 20
        };
        boot.leave(Register::Cpacr, untrapped);
        boot.put_firmware(firmware);
        add(name, Shows::Code, boot, says);
    }

    if regime == El2 {
        // With EL2 alone this is another register than FAR_EL2, whatever is in it; and tables with
        // the other regime's layout of TCR would not reach so far.
        let mut far = usual(regime, Place::Above512GiB)?;
        far.cpu = "max".into();
        let far = patched(far, |patch| {
            let place = patch.first("purgatory_start");
            patch.insert(place, |_| vec![movz(9, 2), FAR_EL1.msr() | 9]);
        })?;
        add("2 in FAR_EL1", Shows::Registers, far, VERIFIED);
    }
    if regime != El1And0 {
        let mut far = usual(regime, Place::Above512GiB)?;
        far.cpu = "max".into();
        let far = patched(far, |patch| patch.lie(Lie::HcrReadsZero))?;
        add("E2H reads as 0", Shows::Registers, far, VERIFIED);
    }
    Ok(())
}

/// Everything that tests/qemu/entry_state.rs has, at once.
fn odd_state(mut boot: Boot) -> Boot {
    boot.cpu = "max".into();
    boot.briefing.flags |= FLAG_PAN;
    boot.briefing.sctlr_set |= A | SA | I | WXN | EE | E0E | EN_POINTER_AUTH;
    boot.briefing.sctlr_clear |= SPAN | N_TWI | N_TWE;
    let trapped = match boot.regime {
        El1And0 | El2And0 => 0,
        El2 => 0x37ff,
    };
    boot.leave(Register::Cpacr, trapped);
    boot
}

/// Entries in the second half of the loader's tables, and their root in the last page of its region.
pub fn ends(mut boot: Boot) -> Boot {
    let late = Segment::ragged("late", RAM + 320 * BLOCK, noise(PAGE));
    boot.load.segments.push(late);
    boot.memory = 1024;
    boot.make_tables(|_| ());
    let tables = boot.segment("tables");
    let root = tables.bytes[..PAGE as usize].to_vec();
    tables.bytes.extend(root);
    let last = tables.at + tables.len;
    tables.len += PAGE;
    boot.load.pgtble_base = Some(last);
    boot
}

/// At EL1, with a shim below that plays a register or a bus.
pub fn shims(all: &mut Vec<Trial>) -> Result<(), String> {
    let boot = || {
        let mut boot = usual(El1And0, Place::Low)?;
        boot.cpu = "max".into();
        Ok::<_, String>(boot)
    };
    let mut tcr2 = boot()?;
    tcr2.override_id(IdRegister::Mmfr3, 0..4, 1);
    let mut aborts = boot()?;
    aborts.break_sink(SINK_ABORTS);
    let mut serror = boot()?;
    serror.break_sink(SINK_RAISES_SERROR);
    let mut pending = boot()?;
    pending.break_sink(SERROR_PENDING);
    let mut late = boot()?;
    late.break_sink(HASH_RAISES_SERROR);
    // What is found is told by another path through the compiled code.
    let wrong = |boot: &Boot| {
        let mut boot = boot.clone();
        boot.load.digest_flips.push(0);
        boot
    };
    let (pending_wrong, late_wrong) = (wrong(&pending), wrong(&late));
    for (name, boot, says) in [
        ("TCR2", tcr2, "TCR2=0x0"),
        ("UART that aborts", aborts, "new kernel: all"),
        ("UART that raises an SError", serror, "new kernel: all"),
        ("SError before", pending, "new kernel: 1 of"),
        ("SError while hashing", late, "bad memory?"),
    ] {
        let shows = if name.starts_with("SError ") {
            Shows::Code
        } else {
            Shows::All
        };
        all.push(boot_trial(name, shows, boot, says));
    }
    for (name, boot) in [
        ("SError before, wrong digest", pending_wrong),
        ("SError while hashing, wrong digest", late_wrong),
    ] {
        all.push(Trial {
            name,
            kind: Kind::Untraced(Box::new(boot)),
            says: "do not match",
            shows: Shows::Code,
        });
    }
    Ok(())
}
