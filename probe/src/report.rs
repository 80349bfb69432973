// SPDX-License-Identifier: MIT OR Apache-2.0

//! The report: one block of lines that all begin alike, so that it can be told from what else is on a
//! console, and pasted. What a line means is in docs/hardware.md.

use core::fmt::{Result, Write};

use crate::machine::{self, Machine};
use crate::midr::Midr;
use crate::speed::{Figure, RUNS, Sample};
use crate::{Arrival, Term};

const MIB: u64 = 1 << 20;

/// The kernels whose time is told: bytes, and their name.
const KERNELS: [(u64, &str); 3] = [
    (43 * MIB, "  43 MiB"),
    (256 * MIB, " 256 MiB"),
    (1024 * MIB, "1024 MiB"),
];

/// Says what this is.
pub fn heading(to: &mut impl Write) -> Result {
    let commit = option_env!("PURGATORY_COMMIT").unwrap_or("unknown");
    let version = env!("CARGO_PKG_VERSION");
    writeln!(to, "probe: report of purgatory {version}")?;
    writeln!(
        to,
        "probe:   probe, and the image's routines in it: commit {commit}"
    )
}

/// Says which of booting.rst's terms were kept.
pub fn hand_over(to: &mut impl Write, terms: impl Iterator<Item = Term> + Clone) -> Result {
    writeln!(to, "probe: hand-over, by booting.rst")?;
    for term in terms.clone() {
        let how = if term.kept { "ok " } else { "NOT" };
        writeln!(to, "probe:   {how} {:<17} {:#018x}", term.what, term.value)?;
    }
    let broken = terms.clone().filter(|term| !term.kept).count();
    match broken {
        0 => writeln!(to, "probe:   all {} kept", terms.count()),
        _ => writeln!(to, "probe:   {broken} of {} not kept", terms.count()),
    }
}

/// Says what machine this is.
pub fn machine(to: &mut impl Write, machine: &Machine) -> Result {
    let Machine { cpu, midr, .. } = machine;
    let yes = |has: bool| if has { "yes" } else { "no" };
    writeln!(to, "probe: machine")?;
    writeln!(
        to,
        "probe:   CPU      {}, MIDR_EL1={midr:#018x}",
        Midr(*midr)
    )?;
    let regime = machine::regime(cpu.regime);
    writeln!(to, "probe:   level    {regime}")?;
    write!(
        to,
        "probe:   memory   {} bits of address, granules of",
        cpu.pa_range.bits()
    )?;
    machine
        .granules()
        .try_for_each(|size| write!(to, " {size}"))?;
    writeln!(to, " KiB")?;
    write!(to, "probe:   caches  ")?;
    for (level, kind, bytes) in machine.caches.iter().flatten() {
        write!(to, " L{level} {} {} KiB,", kind.name(), bytes >> 10)?;
    }
    writeln!(to, " lines of {} bytes", cpu.dcache_line)?;
    let (idc, dic) = (machine.idc(), machine.dic());
    writeln!(to, "probe:   CTR_EL0  IDC={idc} DIC={dic}")?;
    let (sha2, vhe) = (yes(cpu.has_sha2), yes(machine.has_vhe()));
    let (sme, tcr2) = (yes(cpu.has_sme), yes(cpu.has_tcr2));
    writeln!(
        to,
        "probe:   has      SHA2 {sha2}, VHE {vhe}, SME {sme}, TCR2_ELx {tcr2}"
    )?;
    writeln!(to, "probe:   timer    CNTFRQ_EL0={} Hz", machine.frequency)?;
    match machine.psci {
        Some((version, how)) => {
            let (major, minor) = (version >> 16, version & 0xffff);
            writeln!(to, "probe:   PSCI     {major}.{minor} by {how}")
        }
        None => writeln!(to, "probe:   PSCI     nobody answers"),
    }
}

/// Says what memory there is.
pub fn memory(to: &mut impl Write, memory: impl Iterator<Item = (u64, u64)>) -> Result {
    let mut none = true;
    for (start, len) in memory {
        none = false;
        writeln!(to, "probe:   RAM      {start:#018x}, {} MiB", len / MIB)?;
    }
    if none {
        writeln!(to, "probe:   RAM      the device tree has none")?;
    }
    Ok(())
}

/// What was measured; `None` where the CPU cannot do it.
#[derive(Clone, Copy, Debug, Default)]
pub struct Speed {
    /// SHA2 instructions in a window, and past the cache.
    pub instructions: [Option<Sample>; 2],
    /// The same in software.
    pub software: [Option<Sample>; 2],
    /// Lines cleaned and invalidated in a window, and outside.
    pub lines: [Option<Sample>; 2],
    /// Tables built, a window opened and closed again.
    pub window: Option<Sample>,
    /// Whether both ways came to the same digest each time.
    pub agree: bool,
}

/// Says why there is no window, in the image's words, if there is none.
pub fn no_window(to: &mut impl Write, why: &str) -> Result {
    writeln!(to, "probe:   no window: {why}")
}

/// Says how fast all that is.
pub fn speed(to: &mut impl Write, speed: &Speed, frequency: u64) -> Result {
    writeln!(
        to,
        "probe: speed, the fastest of {RUNS} runs; how much longer the slowest took"
    )?;
    let mut row = |what, sample: Option<Sample>, unit| {
        let figure = sample.and_then(|sample| sample.figure(frequency));
        match (figure, sample) {
            (
                Some(Figure {
                    picoseconds,
                    spread,
                }),
                _,
            ) => writeln!(
                to,
                "probe:   {what} {:>7}.{:03} ns {unit}  +{}.{} %",
                picoseconds / 1000,
                picoseconds % 1000,
                spread / 10,
                spread % 10
            ),
            (None, Some(_)) => writeln!(to, "probe:   {what} the timer does not count"),
            (None, None) => writeln!(to, "probe:   {what} not on this CPU"),
        }
    };
    let Speed {
        instructions,
        software,
        lines,
        window,
        ..
    } = speed;
    row("SHA2 instructions, window    ", instructions[0], "a byte")?;
    row("SHA2 instructions, no D-cache", instructions[1], "a byte")?;
    row("software, window             ", software[0], "a byte")?;
    row("software, no D-cache         ", software[1], "a byte")?;
    row("dc civac, window             ", lines[0], "a line")?;
    row("dc civac, MMU off            ", lines[1], "a line")?;
    row("tables, window open and close", *window, "a time")?;
    if !speed.agree {
        writeln!(to, "probe:   WRONG: the digests are not the same each time")?;
    }
    let figure = |sample: Option<Sample>| sample.and_then(|sample| sample.figure(frequency));
    // As the image chooses.
    let this = figure(instructions[0]).or(figure(software[0]));
    let this = this.or(figure(instructions[1])).or(figure(software[1]));
    let (Some(this), Some(old)) = (this, figure(software[1])) else {
        return Ok(());
    };
    for (bytes, kernel) in KERNELS {
        let (this, old) = (this.milliseconds(bytes), old.milliseconds(bytes));
        writeln!(
            to,
            "probe:   {kernel} in {this:>8} ms, the C purgatory's way in {old:>8} ms"
        )?;
    }
    let ratio = old.picoseconds * 10 / this.picoseconds.max(1);
    writeln!(to, "probe:   {}.{} times as fast", ratio / 10, ratio % 10)
}

/// Says what was verified, as far as that can be known here.
pub fn verified(to: &mut impl Write, arrival: &Arrival) -> Result {
    writeln!(to, "probe: verified")?;
    if arrival.is_by_purgatory() {
        writeln!(
            to,
            "probe:   the purgatory has started this, and has said before what it has verified:"
        )?;
        writeln!(
            to,
            "probe:   in the line above 'purgatory: booting kernel now'"
        )
    } else {
        writeln!(to, "probe:   nothing: this purgatory has not started this")
    }
}

/// Says that this was all.
pub fn end(to: &mut impl Write) -> Result {
    writeln!(to, "probe: end of the report")
}

/// Says what comes now, after so many seconds if there is a reset.
pub fn last_words(to: &mut impl Write, wait: Option<u32>) -> Result {
    match wait {
        Some(seconds) => writeln!(to, "probe: reset in {seconds} seconds"),
        None => writeln!(to, "probe: stopped; probe-wait=10 would reset the machine"),
    }
}

/// Says that the machine's firmware did not reset it.
pub fn not_reset(to: &mut impl Write) -> Result {
    writeln!(
        to,
        "probe: PSCI has not reset the machine; reset it by hand"
    )
}

/// Says that an exception was taken, `offset` bytes into the probe.
pub fn exception(to: &mut impl Write, esr: u64, elr: u64, far: u64, offset: u64) -> Result {
    writeln!(
        to,
        "probe: exception: ESR={esr:#018x} ELR={elr:#018x} FAR={far:#018x} offset={offset:#x}"
    )
}
