// SPDX-License-Identifier: MIT OR Apache-2.0

//! Which instructions of the image a boot executes, as QEMU logs what it translates: all of a block
//! up to its branch, even if an exception ends it before.

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;

use purgatory_test_harness::boot::Boot;
use purgatory_test_harness::qemu::option_value;

use crate::seen::ENDLESS;

/// Returns their offsets.
pub fn of(boot: &Boot, path: &Path) -> Result<BTreeSet<u64>, String> {
    boot.build_at(path)?;
    let log = path.with_extension("log");
    let (start, len) = (boot.load.purgatory_at, boot.load.image.memsz);
    let qemu = boot.qemu(path).at_most(ENDLESS);
    let qemu = qemu.args(["-d", "in_asm", "-D"]);
    let qemu = qemu.args([
        option_value(&log),
        "-dfilter".into(),
        format!("{start:#x}+{len:#x}"),
    ]);
    let outcome = qemu.run(&[]);
    outcome.map_err(|error| error.to_string())?;
    let text = fs::read_to_string(&log).map_err(|error| format!("{}: {error}", log.display()))?;
    let address = |line: &str| {
        let digits = line.strip_prefix("0x")?.split_once(':')?.0;
        u64::from_str_radix(digits, 16).ok()
    };
    let image = start..start + len;
    let addresses = text.lines().filter_map(address);
    let executed: BTreeSet<_> = addresses
        .filter(|at| image.contains(at))
        .map(|at| at - start)
        .collect();
    if executed.is_empty() {
        return Err(format!(
            "{}: the log has nothing of the image",
            log.display()
        ));
    }
    Ok(executed)
}
