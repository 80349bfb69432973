// SPDX-License-Identifier: MIT OR Apache-2.0

//! Many calls of the image in one boot.

use purgatory_test_harness::boot::usual_cpu;
use purgatory_test_harness::flips::{ENTRY, Flips, SKIP_CHECKS};
use purgatory_test_harness::rule::{CPACR_EL1, CPTR_EL2, DAIF, SPSEL, SVCR};
use purgatory_test_harness::sweep::Sweep;
use purgatory_test_harness::{Encoding, Regime};

use super::{Kind, Shows, Trial};

/// Of streaming mode.
const SME: [&str; 3] = ["smstop", "sme_is_trapped", "has_sme"];

/// With one register set alone.
pub fn sweeps(all: &mut Vec<Trial>, regime: Regime) -> Result<(), String> {
    let fp = if regime == Regime::El2 {
        CPTR_EL2
    } else {
        CPACR_EL1
    };
    let alone: [(&str, Encoding, bool, &[&str]); 6] = [
        ("sweep of SVCR", SVCR, false, &SME),
        ("sweep of SVCR without checks", SVCR, true, &["smstop"]),
        ("sweep of DAIF", DAIF, false, &["daif"]),
        ("sweep of DAIF without a console", DAIF, false, &["daif"]),
        ("sweep of SPSel", SPSEL, false, &["spsel"]),
        (
            "sweep of CPACR",
            fp,
            false,
            &["CPACR", "CPTR", "FAR", "_fp:", "sme", "has_sme"],
        ),
    ];
    for (name, only, skip_checks, words) in alone {
        let mut sweep = Sweep::new("max,sme_fa64=off", regime, 1, 0)?;
        sweep.only = Some(only);
        sweep.skip_checks = skip_checks;
        if name.ends_with("without a console") {
            sweep.sink = 0;
        }
        all.push(Trial {
            name,
            kind: Kind::Sweep(Box::new(sweep)),
            says: "sweep: passed",
            shows: Shows::Words(words),
        });
    }
    Ok(())
}

fn bits(number: usize) -> impl Iterator<Item = usize> {
    (0..13).chain((13 + number % 3..64).step_by(3))
}

/// Bits of the addresses, with checks and without, of the first two regions, and of the first entries
/// of the loader's tables: of each the lower ones and a third of the others, of neighbours others.
pub fn flips(all: &mut Vec<Trial>, regime: Regime) -> Result<(), String> {
    let flips = Flips::new(usual_cpu(regime), regime)?;
    let mut cases = vec![flips.good];
    for word in (0..4).chain(ENTRY..=SKIP_CHECKS) {
        for bit in bits(word) {
            let mut case = flips.good;
            case.symbols[word] ^= 1 << bit;
            cases.push(case);
            // Behind its page there is no kernel.
            if word > ENTRY || word == ENTRY && bit < 12 {
                case.symbols[SKIP_CHECKS] |= 1;
                cases.push(case);
            }
        }
    }
    let tables = &flips.segments[2];
    for (number, offset) in [0, 8, 0x1000, 0x1008, 0x2070, 0x2078]
        .into_iter()
        .enumerate()
    {
        let entry = tables.bytes[offset..].first_chunk();
        let entry = u64::from_le_bytes(*entry.ok_or("the tables are too short")?);
        for bit in bits(number) {
            let mut case = flips.good;
            case.pokes[0] = [tables.at + offset as u64, entry ^ 1 << bit];
            cases.push(case);
        }
    }
    for (number, case) in (1..).zip(&mut cases) {
        case.number = number;
    }
    all.push(Trial {
        name: "bits of what the loader left",
        kind: Kind::Flips(Box::new(flips), cases),
        says: "cases, 0 failures",
        shows: Shows::Code,
    });
    Ok(())
}
