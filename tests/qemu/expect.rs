// SPDX-License-Identifier: MIT OR Apache-2.0

//! What must come of a boot, and which words of the purgatory and checks of the new kernel that
//! means.

use purgatory_test_harness::Regime;
use purgatory_test_harness::boot::{Boot, HALTED};
use purgatory_test_harness::loader::Load;

/// What must come of a boot.
pub enum Expect {
    /// Everything is verified, and the new kernel finds all as it should be.
    Boots,
    /// The same, with these lines before all is verified, and these words on how it was.
    BootsThus(Vec<String>, &'static str),
    /// The same, with not a word from the purgatory.
    BootsSilently,
    /// The purgatory says that it checks nothing; the new kernel finds all as it should be.
    BootsUnchecked,
    /// The purgatory shows both digests, and halts.
    DigestsDiffer,
    /// The purgatory says this and halts.
    Refuses(String),
    /// The same with more lines than one.
    RefusesThus(Vec<String>),
    /// No word, and no new kernel.
    HaltsSilently,
}

/// Returns the purgatory's lines, in order; `*` stands for anything.
pub fn words(boot: &Boot, expect: &Expect) -> Vec<String> {
    let Load { entry, dtb, .. } = boot.load;
    let mut words = vec!["I'm in purgatory".to_string()];
    let request = [
        format!("purgatory: entry={entry:#018x}"),
        format!("purgatory: dtb={dtb:#018x}"),
    ];
    let booting = "purgatory: booting kernel now".to_string();
    let halted = HALTED.to_string();
    match expect {
        Expect::Boots => {
            words.extend(request);
            words.extend([verified(boot, "D-cache on, *"), booting]);
        }
        Expect::BootsThus(lines, how) => {
            words.extend(request);
            words.extend(lines.iter().cloned());
            words.extend([verified(boot, how), booting]);
        }
        Expect::BootsUnchecked => {
            words.extend(request);
            words.extend([
                "purgatory: sha256 not checked (skip_checks=1)".into(),
                booting,
            ]);
        }
        Expect::DigestsDiffer => {
            let loaded = boot.load.finish().expect("it has just been loaded");
            let in_memory = loaded.digest_in_memory().expect("the regions are segments");
            words.extend(request);
            words.extend([
                "purgatory: sha256 digests do not match".into(),
                format!("purgatory:        digest: {}", hex(&in_memory)),
                format!("purgatory: sha256_digest: {}", hex(&loaded.told_digest)),
                halted,
            ]);
        }
        Expect::Refuses(line) => words.extend([line.clone(), halted]),
        Expect::RefusesThus(lines) => {
            words.extend(lines.iter().cloned());
            words.push(halted);
        }
        Expect::BootsSilently | Expect::HaltsSilently => words.clear(),
    }
    words
}

fn verified(boot: &Boot, how: &str) -> String {
    let regions: Vec<_> = boot
        .load
        .segments
        .iter()
        .filter(|segment| segment.len != 0)
        .collect();
    let bytes: u64 = regions.iter().map(|segment| segment.len).sum();
    format!(
        "purgatory: {:.1} MiB in {} region{} verified in * ms ({}, {how})",
        bytes as f64 / f64::from(1 << 20),
        regions.len(),
        if regions.len() == 1 { "" } else { "s" },
        boot.regime.name(),
    )
}

/// Checks that a report without would not be worth much.
pub fn checks(boot: &Boot) -> Vec<String> {
    let el = boot.regime.el();
    let arguments = [
        "pc=arm64_kernel_entry",
        "x0=dtb",
        "x1=0",
        "x2=0",
        "x3=0",
        "x4 to x30=0, but x16",
        "DAIF masked",
        "no SError pending",
    ];
    let mut checks: Vec<_> = arguments.map(String::from).into();
    checks.push("CurrentEL as entered".into());
    checks.extend(["M=0", "C=0"].map(|bit| format!("SCTLR_EL{el}.{bit}")));
    checks.push(format!("SCTLR_EL{el} otherwise as found"));
    let registers = ["MAIR", "TCR", "TTBR0", "VBAR", "TPIDR"];
    checks.extend(registers.map(|register| format!("{register}_EL{el} as found")));
    match boot.regime {
        Regime::El1And0 => checks.push("CPACR_EL1 as found".into()),
        Regime::El2 | Regime::El2And0 => {
            let registers = ["HCR_EL2", "CPTR_EL2", "SCTLR_EL1", "MAIR_EL1", "TCR_EL1"];
            checks.extend(registers.map(|register| format!("{register} as found")));
        }
    }
    if boot.regime != Regime::El2 {
        checks.push(format!("TTBR1_EL{el} as found"));
    }
    let segments = boot.load.segments.iter().filter(|segment| segment.len != 0);
    checks.extend(segments.map(|segment| format!("{} intact", segment.name)));
    checks.push("purgatory code intact".into());
    checks
}

fn hex(bytes: &[u8]) -> String {
    let digits: Vec<String> = bytes.iter().map(|byte| format!("{byte:02x}")).collect();
    digits.concat()
}
