// SPDX-License-Identifier: MIT OR Apache-2.0

//! What the guest says on the console, and the image with it.

/// The console of a sweep, read.
#[derive(Debug, Default)]
pub struct Report<'a> {
    /// The registers that the guest has found: encoding, and name where there is one.
    pub registers: Vec<&'a str>,
    /// Those of them that it writes.
    pub written: Vec<&'a str>,
    /// The calls: what was in the registers.
    pub calls: Vec<&'a str>,
    /// How many of them were with one register.
    pub alone: usize,
    /// How often the image has said that all is verified, with MMU and caches on.
    pub verified: usize,
    /// How often it has said that it starts the kernel.
    pub booted: usize,
    /// What was not as it should be, each with its call.
    pub failures: Vec<(&'a str, &'a str)>,
    /// Registers that could not be put back.
    pub stays: Vec<&'a str>,
    /// The lines since the last call.
    pub last: Vec<&'a str>,
    /// It came to its end, and says that all was well.
    pub passed: bool,
}

impl<'a> Report<'a> {
    /// Reads it.
    pub fn new(console: &'a str) -> Self {
        let mut report = Self::default();
        for line in console.lines() {
            report.last.push(line);
            if let Some((register, access)) = line
                .strip_prefix("register: ")
                .and_then(|rest| rest.split_once(": "))
            {
                report.registers.push(register);
                if access.ends_with("written") {
                    report.written.push(register);
                }
            } else if let Some(call) = line.strip_prefix("call ") {
                report.calls.push(call);
                report.last = vec![line];
            } else if let Some(failure) = line.strip_prefix("FAIL: ") {
                let call = report.calls.last().copied().unwrap_or("no call");
                report.failures.push((call, failure));
            } else if let Some(register) = line.strip_prefix("stays: ") {
                report.stays.push(register);
            } else if line.ends_with(" calls with one register") {
                report.alone = report.calls.len();
            } else if line.starts_with("purgatory: ") {
                let verified = line.contains(" 2 regions verified in ");
                report.verified += usize::from(verified && line.contains("D-cache on, SHA2"));
                report.booted += usize::from(line == "purgatory: booting kernel now");
            }
            report.passed = line == "sweep: passed";
        }
        report
    }

    /// Returns whether the guest has found the register of this name.
    pub fn has(&self, name: &str) -> bool {
        self.registers.iter().any(|register| is(register, name))
    }

    /// Returns whether it writes it.
    pub fn writes(&self, name: &str) -> bool {
        self.written.iter().any(|register| is(register, name))
    }
}

/// Returns whether that is the name of the encoding.
fn is(register: &str, name: &str) -> bool {
    register
        .split_once(' ')
        .is_some_and(|(_, known)| known == name)
}

#[test]
fn a_console_is_read() {
    let report = Report::new(
        "register: S3_0_C1_C0_0 SCTLR_EL1: read and written\n\
         register: S3_0_C0_C0_0: read\n\
         call 1: S3_0_C1_C0_0 SCTLR_EL1 = 0x0\n\
         purgatory: 0.0 MiB in 2 regions verified in 7 ms (EL1, D-cache on, SHA2 instructions)\n\
         purgatory: booting kernel now\n\
         FAIL: x0: expected Some(1), found Some(2)\n\
         sweep: 1 calls with one register\n\
         call 2: seed 0x1, 60 registers\n\
         purgatory: halted\n",
    );
    assert!(report.has("SCTLR_EL1") && report.writes("SCTLR_EL1"));
    assert_eq!((report.registers.len(), report.written.len()), (2, 1));
    assert_eq!((report.calls.len(), report.alone), (2, 1));
    assert_eq!((report.verified, report.booted), (1, 1));
    let failure = "x0: expected Some(1), found Some(2)";
    assert_eq!(
        report.failures,
        [("1: S3_0_C1_C0_0 SCTLR_EL1 = 0x0", failure)]
    );
    assert_eq!(
        report.last,
        ["call 2: seed 0x1, 60 registers", "purgatory: halted"]
    );
    assert!(!report.passed);
}
