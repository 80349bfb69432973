// SPDX-License-Identifier: MIT OR Apache-2.0

//! What was said on the console of a boot.

/// Returns the lines of the purgatory.
pub fn purgatory(console: &str) -> Vec<&str> {
    let ours = |line: &&str| line.starts_with("purgatory: ") || *line == "I'm in purgatory";
    console.lines().filter(ours).collect()
}

/// Returns what follows in the line that starts so.
pub fn after<'a>(console: &'a str, start: &str) -> Option<&'a str> {
    console.lines().find_map(|line| line.strip_prefix(start))
}

/// What the new kernel found.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Checks<'a> {
    /// Names of checks that passed.
    pub passed: Vec<&'a str>,
    /// Checks that failed: name, and what was expected and found.
    pub failed: Vec<&'a str>,
    /// The new kernel came to its end, and counted the same.
    pub complete: bool,
}

/// Returns the report of the new kernel; `None` where it was not reached.
pub fn new_kernel(console: &str) -> Option<Checks<'_>> {
    let mut lines = console.lines();
    lines.find(|line| *line == crate::boot::REACHED)?;
    let mut checks = Checks::default();
    for line in lines {
        if let Some(check) = line.strip_prefix("state: ") {
            match check.strip_suffix(" ok") {
                Some(name) => checks.passed.push(name),
                None => checks.failed.push(check),
            }
        } else {
            let failed = checks.failed.len();
            let all = failed + checks.passed.len();
            let last = match failed {
                0 => format!("new kernel: all {all} checks passed"),
                _ => format!("new kernel: {failed} of {all} checks failed"),
            };
            checks.complete = all > 0 && line == last;
        }
    }
    Some(checks)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_report_of_the_new_kernel_is_read() {
        let console = "purgatory: x\nnew kernel: reached\nstate: x0=dtb ok\n\
                       state: x1=0 FAIL: expected 0x0, got 0x1\nnew kernel: 1 of 2 checks failed\n";
        let checks = new_kernel(console).unwrap();
        assert_eq!(checks.passed, ["x0=dtb"]);
        assert_eq!(checks.failed, ["x1=0 FAIL: expected 0x0, got 0x1"]);
        assert!(checks.complete);
    }

    #[test]
    fn a_report_that_is_cut_short_is_not_complete() {
        let console = "new kernel: reached\nstate: x0=dtb ok\nguest: exception: ESR=0x1\n";
        assert!(!new_kernel(console).unwrap().complete);
        assert!(!new_kernel("new kernel: reached\n").unwrap().complete);
        let console = "new kernel: reached\nstate: x ok\nnew kernel: all 2 checks passed\n";
        assert!(!new_kernel(console).unwrap().complete);
    }

    #[test]
    fn no_kernel_no_report() {
        assert_eq!(new_kernel("purgatory: halted\n"), None);
    }
}
