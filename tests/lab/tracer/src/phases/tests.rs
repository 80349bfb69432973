// SPDX-License-Identifier: MIT OR Apache-2.0

use purgatory_test_trace_format as wire;

use super::*;

const OPEN: u64 = 0x100;
const CLOSE: u64 = 0x200;
const CLOSED: u64 = 0x280;

fn marks() -> Marks {
    Marks {
        open: vec![OPEN],
        close: vec![CLOSE],
        closed: vec![CLOSED],
        tables: 0x8000..0x9000,
    }
}

/// Returns a trace whose counters grow by ten for each step, accesses by two, maintenance by
/// one. `SCTLR` is written with M set first, then clear.
fn trace(steps: &[(Reason, u64, usize)]) -> Trace {
    let mut trace = Trace::default();
    for (step, &(reason, pc, watched)) in (0..).zip(steps) {
        let mut accesses = [0; wire::ACCESSES];
        accesses[3] = 2 * step;
        trace.snapshots.push(Snapshot {
            reason,
            pc,
            watched,
            after: trace.events.len(),
            instructions: 10 * step,
            accesses,
            dc: step,
        });
        if reason == Reason::Sctlr {
            trace.events.push(Event::System {
                pc,
                count: 0,
                what: System::Msr(Register::Sctlr(2)),
                value: if trace.events.is_empty() { sctlr::M } else { 0 },
            });
        }
    }
    trace
}

/// Instructions, Device and Normal accesses, maintenance outside and inside.
fn costs(steps: &[(Reason, u64, usize)]) -> Vec<(Name, [u64; 5])> {
    let phases = Phases::new(&trace(steps), &marks());
    let cost = |phase: &Phase| {
        let (device, normal) = (phase.device.total(), phase.normal.total());
        let (outside, inside) = (phase.dc_outside, phase.dc_inside);
        (
            phase.name,
            [phase.instructions, device, normal, outside, inside],
        )
    };
    let all = phases.iter().map(cost);
    all.filter(|(_, cost)| *cost != [0; 5]).collect()
}

#[test]
fn maintenance_in_the_window_is_of_the_hash() {
    let steps = [
        (Reason::Entry, 0, 0),
        // Before its first access, memory for tables is cleaned.
        (Reason::Maintained, 0x40, 0),
        (Reason::Accessed, 0x44, 0),
        (Reason::Marked, OPEN, 0),
        (Reason::Sctlr, 0x140, 0),
        (Reason::Accessed, 0x180, 1),
        (Reason::Marked, CLOSE, 0),
        (Reason::Sctlr, 0x240, 0),
        (Reason::Marked, CLOSED, 0),
        (Reason::Kernel, 0, 0),
    ];
    let expected = [
        (Name::Before, [10, 2, 0, 1, 0]),
        (Name::Tables, [20, 4, 0, 2, 0]),
        (Name::Open, [10, 2, 0, 1, 0]),
        (Name::Hash, [20, 0, 4, 0, 2]),
        (Name::Close, [20, 2, 2, 1, 1]),
        (Name::After, [10, 2, 0, 1, 0]),
    ];
    assert_eq!(costs(&steps), expected);
}

#[test]
fn without_a_window_maintenance_of_regions_is_the_flush() {
    let steps = [
        (Reason::Entry, 0, 0),
        (Reason::Maintained, 0x40, 1),
        (Reason::Accessed, 0x44, 1),
        (Reason::Kernel, 0, 0),
    ];
    let expected = [
        (Name::Before, [10, 2, 0, 1, 0]),
        (Name::Hash, [10, 2, 0, 1, 0]),
        (Name::Flush, [10, 2, 0, 1, 0]),
    ];
    assert_eq!(costs(&steps), expected);
}
