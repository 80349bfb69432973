// SPDX-License-Identifier: MIT OR Apache-2.0

//! The runs that mutants go through, the cheapest first.

use std::path::Path;

use purgatory_test_harness::a64::{adr, load, movz};
use purgatory_test_harness::boot::{Boot, Place, usual_cpu};
use purgatory_test_harness::briefing::{FLAG_PAN, SINK_ABORTS, SINK_RAISES_SERROR};
use purgatory_test_harness::patch::{Lie, Patch};
use purgatory_test_harness::rule::{CPACR_EL1, CPTR_EL2, DAIF, FAR_EL1, SPSEL, SVCR};
use purgatory_test_harness::sctlr::{A, E0E, EE, EN_POINTER_AUTH, I, N_TWE, N_TWI, SA, SPAN, WXN};
use purgatory_test_harness::sweep::Sweep;
use purgatory_test_harness::{Encoding, IdRegister, Regime, Register};

use crate::mutant::Mutant;
use crate::seen::{ENDLESS, Seen};

/// The length of the initrd, in bytes: an odd number of lines, and the last not to its end.
const INITRD: u64 = 4000;

/// Nothing answers here, on QEMU's `virt`.
const HOLE: u64 = 0x0f00_0000;

/// A run.
pub struct Trial {
    /// What is unusual about it.
    pub name: &'static str,
    /// What runs.
    pub kind: Kind,
    /// Which mutants it may show.
    pub shows: Shows,
}

/// Which mutants a trial may show: others would only take their time.
#[derive(Clone, Copy, Debug)]
pub enum Shows {
    /// All.
    All,
    /// Those of registers: all else is done as in the usual boot.
    Registers,
    /// Those with one of these words in their line.
    Words(&'static [&'static str]),
}

impl Shows {
    /// Whether this mutant is among them.
    pub fn has(self, mutant: &Mutant) -> bool {
        match self {
            Self::All => true,
            Self::Registers => mutant.writes,
            Self::Words(words) => words.iter().any(|word| mutant.what.contains(word)),
        }
    }
}

/// What runs.
pub enum Kind {
    /// One boot, which must say this, and break these rules at most.
    Boot(Box<Boot>, &'static str),
    /// Calls with one register set to this and that, and all compared.
    Sweep(Box<Sweep>),
}

const VERIFIED: &str = "D-cache on";

impl Trial {
    /// Makes all of them.
    pub fn all() -> Result<Vec<Self>, String> {
        let regimes = [Regime::El1And0, Regime::El2, Regime::El2And0];
        let mut all = Vec::new();
        for regime in regimes {
            boots(&mut all, regime)?;
        }
        shims(&mut all)?;
        for regime in regimes {
            sweeps(&mut all, regime)?;
        }
        Ok(all)
    }
}

fn usual(regime: Regime, place: Place) -> Result<Boot, String> {
    let mut boot = Boot::new(usual_cpu(regime), regime, place, INITRD)?;
    boot.load.unlike_kexec = true;
    boot.segment("initrd").len = INITRD;
    Ok(boot)
}

/// Without a shim, in each regime.
fn boots(all: &mut Vec<Trial>, regime: Regime) -> Result<(), String> {
    let mut add = |name, shows, boot, says| {
        let kind = Kind::Boot(Box::new(boot), says);
        all.push(Trial { name, kind, shows });
    };
    let boot = || usual(regime, Place::Low);
    let patched = |mut boot: Boot, change: &dyn Fn(&mut Patch)| {
        let mut patch = Patch::new(&boot)?;
        change(&mut patch);
        boot.load.image = patch.finish();
        Ok::<_, String>(boot)
    };
    add("usual", Shows::All, boot()?, VERIFIED);
    add(
        "odd state at entry",
        Shows::Registers,
        odd_state(boot()?),
        VERIFIED,
    );

    let told = |lie| patched(boot()?, &|patch| patch.lie(lie));
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
    let faulting = patched(boot()?, &|patch| {
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

    if regime == Regime::El2 {
        // With EL2 alone this is another register than FAR_EL2, whatever is in it; and tables with
        // the other regime's layout of TCR would not reach so far.
        let mut far = usual(regime, Place::Above512GiB)?;
        far.cpu = "max".into();
        let far = patched(far, &|patch| {
            let place = patch.first("purgatory_start");
            patch.insert(place, |_| vec![movz(9, 2), FAR_EL1.msr() | 9]);
        })?;
        add("2 in FAR_EL1", Shows::Registers, far, VERIFIED);
    }
    if regime != Regime::El1And0 {
        let mut far = usual(regime, Place::Above512GiB)?;
        far.cpu = "max".into();
        let far = patched(far, &|patch| patch.lie(Lie::HcrReadsZero))?;
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
        Regime::El1And0 | Regime::El2And0 => 0,
        Regime::El2 => 0x37ff,
    };
    boot.leave(Register::Cpacr, trapped);
    boot
}

/// At EL1, with a shim below that plays a register or a bus.
fn shims(all: &mut Vec<Trial>) -> Result<(), String> {
    let boot = || {
        let mut boot = usual(Regime::El1And0, Place::Low)?;
        boot.cpu = "max".into();
        Ok::<_, String>(boot)
    };
    let mut tcr2 = boot()?;
    tcr2.override_id(IdRegister::Mmfr3, 0..4, 1);
    let mut aborts = boot()?;
    aborts.break_sink(SINK_ABORTS);
    let mut serror = boot()?;
    serror.break_sink(SINK_RAISES_SERROR);
    for (name, boot, says) in [
        ("TCR2", tcr2, "TCR2=0x0"),
        ("UART that aborts", aborts, "new kernel: all"),
        ("UART that raises an SError", serror, "new kernel: all"),
    ] {
        let (kind, shows) = (Kind::Boot(Box::new(boot), says), Shows::All);
        all.push(Trial { name, kind, shows });
    }
    Ok(())
}

fn sweeps(all: &mut Vec<Trial>, regime: Regime) -> Result<(), String> {
    let fp = if regime == Regime::El2 {
        CPTR_EL2
    } else {
        CPACR_EL1
    };
    let alone: [(&str, Encoding, bool, &[&str]); 5] = [
        ("sweep of SVCR", SVCR, false, &["smstop"]),
        ("sweep of SVCR without checks", SVCR, true, &["smstop"]),
        ("sweep of DAIF", DAIF, false, &["daif"]),
        ("sweep of SPSel", SPSEL, false, &["spsel"]),
        ("sweep of CPACR", fp, false, &["CPACR", "CPTR", "FAR"]),
    ];
    for (name, only, skip_checks, words) in alone {
        let mut sweep = Sweep::new("max,sme_fa64=off", regime, 1, 0)?;
        sweep.only = Some(only);
        sweep.skip_checks = skip_checks;
        let (kind, shows) = (Kind::Sweep(Box::new(sweep)), Shows::Words(words));
        all.push(Trial { name, kind, shows });
    }
    Ok(())
}

/// Runs a sweep.
pub fn sweep(sweep: &Sweep, path: &Path) -> Result<Seen, String> {
    let run = sweep.qemu(path)?.at_most(ENDLESS).run(&[]);
    Ok(Seen::of(&run.map_err(|error| error.to_string())?))
}
