// SPDX-License-Identifier: MIT OR Apache-2.0

use purgatory_test_trace_format::{self as wire, Kind, Reason, Record};

use super::system::{Dc, Domain, Ic, Register, System, Tlbi};
use super::{Event, Trace};

fn record(kind: Kind, detail: u8, instruction: u32, words: [u64; 4]) -> Record {
    Record {
        kind,
        detail,
        instruction,
        words,
    }
}

fn file(records: &[Record]) -> Vec<u8> {
    let mut file = wire::MAGIC.to_le_bytes().to_vec();
    records
        .iter()
        .for_each(|record| file.extend_from_slice(&record.to_bytes()));
    file
}

#[test]
fn what_the_plugin_writes_is_read() {
    let trace = Trace::parse(&file(&[
        record(Kind::Entry, 0, 0, [0x1000, 1, 0, 0]),
        record(Kind::Snapshot, Reason::Entry as u8, 0, [0x1000, 7, 0, 0]),
        record(Kind::Counter, wire::access(3, true), 0, [0, 0, 5, 0]),
        record(Kind::Counter, wire::DC, 0, [0, 0, 6, 0]),
        record(Kind::System, 0, 0xd503_3fdf, [0x1004, 9, 0, 0]),
        record(
            Kind::Access,
            wire::access(4, true),
            0,
            [0x1008, 0x8000, 1, 2],
        ),
        record(Kind::Read, 0, 0xd53b_0020, [0x100c, 10, 0x8444_c004, 0]),
        record(Kind::Kernel, 0, 0, [0x2000, 12, 0, 0]),
    ]))
    .unwrap();
    assert_eq!(
        trace.events,
        [
            Event::Entry { pc: 0x1000 },
            Event::System {
                pc: 0x1004,
                count: 9,
                what: System::Isb,
                value: 0
            },
            Event::Access {
                pc: 0x1008,
                address: 0x8000,
                size: 16,
                store: true,
                value: [1, 2]
            },
            Event::CacheType { value: 0x8444_c004 },
            Event::Kernel { pc: 0x2000 },
        ]
    );
    assert!(trace.complete());
    assert_eq!(trace.cache_type(), Some(0x8444_c004));
    let [snapshot] = &trace.snapshots[..] else {
        panic!("one snapshot")
    };
    assert_eq!((snapshot.instructions, snapshot.after), (7, 1));
    assert_eq!(
        snapshot.accesses[usize::from(wire::access(3, true))],
        5,
        "{snapshot:?}"
    );
    assert_eq!(snapshot.dc, 6, "{snapshot:?}");
}

#[test]
fn a_trace_that_is_not_whole_is_noticed() {
    let whole = file(&[
        record(Kind::Entry, 0, 0, [0; 4]),
        record(Kind::Kernel, 0, 0, [0; 4]),
    ]);
    assert!(Trace::parse(&whole).unwrap().complete());
    let cut = Trace::parse(&whole[..whole.len() - 1]).unwrap();
    assert_eq!((cut.events.len(), cut.complete()), (1, false));
    assert!(Trace::parse(&whole[1..]).is_err());
    let mut odd = whole;
    odd[8] = 0xff;
    assert!(Trace::parse(&odd).is_err());
}

/// Encodings as the assembler makes them.
#[test]
fn system_instructions_are_known() {
    let cases = [
        (0xd503_3fdf, System::Isb),
        (0xd503_3fbf, System::Dmb),
        (0xd503_3bbf, System::LesserBarrier),
        (0xd503_3f9f, System::Dsb(Domain::FullSystem)),
        (0xd503_379f, System::Dsb(Domain::Less)),
        (0xd503_3b9f, System::Dsb(Domain::Less)),
        (0xd503_3e9f, System::LesserBarrier),
        (0xd503_41df, System::Pstate),
        (0xd508_751f, System::Ic(Ic::Iallu)),
        (0xd508_711f, System::Ic(Ic::Other)),
        (0xd50b_7520, System::Ic(Ic::Other)),
        (0xd508_7625, System::Dc(Dc::Ivac)),
        (0xd508_7645, System::Dc(Dc::SetWay)),
        (0xd508_7a45, System::Dc(Dc::SetWay)),
        (0xd508_7e45, System::Dc(Dc::SetWay)),
        (0xd50b_7a25, System::Dc(Dc::Cvac)),
        (0xd50b_7b25, System::Dc(Dc::Other)),
        (0xd50b_7e25, System::Dc(Dc::Civac)),
        (0xd50b_7425, System::Dc(Dc::Zva)),
        (0xd508_871f, System::Tlbi(Tlbi::Vmalle1)),
        (0xd508_831f, System::Tlbi(Tlbi::Broadcast)),
        (0xd50c_871f, System::Tlbi(Tlbi::Alle2)),
        (0xd50c_831f, System::Tlbi(Tlbi::Broadcast)),
        (0xd50c_879f, System::Tlbi(Tlbi::Other)),
        (0xd518_1004, System::Msr(Register::Sctlr(1))),
        (0xd51c_1004, System::Msr(Register::Sctlr(2))),
        (0xd518_2003, System::Msr(Register::Ttbr0(1))),
        (0xd51c_2003, System::Msr(Register::Ttbr0(2))),
        (0xd51c_2023, System::Msr(Register::Ttbr1(2))),
        (0xd518_2042, System::Msr(Register::Tcr(1))),
        (0xd51c_2042, System::Msr(Register::Tcr(2))),
        (0xd518_207f, System::Msr(Register::Tcr2(1))),
        (0xd51c_a201, System::Msr(Register::Mair(2))),
        (0xd51c_1100, System::Msr(Register::Hcr)),
    ];
    for (word, what) in cases {
        assert_eq!(System::decode(word), what, "{word:#010x}");
    }
    assert!(matches!(
        System::decode(0xd518_c003),
        System::Msr(Register::Other(_))
    ));
}
