// SPDX-License-Identifier: MIT OR Apache-2.0

//! A window as it should be, written down by hand, step by step, for tests that spoil one step.

mod spoil;

use purgatory_test_harness::Regime;
use purgatory_test_harness::sctlr::{C, I, M};
use purgatory_test_tracer::Event;
use purgatory_test_tracer::system::{Dc, Domain, Ic, Register, System, Tlbi};

pub const IMAGE: u64 = 0x4000_0000;
pub const TEXT: u64 = IMAGE;
pub const RODATA: u64 = IMAGE + 0x1000;
pub const GUARD: u64 = IMAGE + 0x2000;
pub const STACK: u64 = IMAGE + 0x3000;
/// The first of the pool, and the end of the image.
pub const POOL: u64 = IMAGE + 0x4000;
pub const END: u64 = IMAGE + 0xa000;
/// Tables of the levels 0 to 3.
pub const TABLES: [u64; 4] = [POOL, POOL + 0x1000, POOL + 0x2000, POOL + 0x3000];
/// Behind them the allocator stores what it has left. From the next line on nothing is touched.
pub const HOLE: u64 = POOL + 0x4000;
/// A region of two pieces, and another that shares a line with it.
pub const REGION: u64 = 0x5000_0010;
pub const SECOND_PIECE: u64 = 0x5000_1000;
pub const REGION_END: u64 = 0x5000_1908;
pub const NEXT: u64 = REGION_END;
pub const NEXT_END: u64 = NEXT + 8;
pub const UART: u64 = 0x0900_0000;
pub const KERNEL: u64 = REGION;

const TABLE: u64 = 3;
/// Maps the 2 MiB that the regions lie in.
pub const REGION_BLOCK: u64 = 0x5000_0000 | 0x701;
const PAGE: u64 = 0x703;

/// One step: the group it belongs to, and what happens.
type Step = (&'static str, Event);

/// The steps.
#[derive(Clone)]
pub struct Script {
    regime: Regime,
    line: u64,
    steps: Vec<Step>,
}

/// Returns a system instruction.
pub const fn system(what: System, value: u64) -> Event {
    Event::System {
        pc: TEXT,
        count: 0,
        what,
        value,
    }
}

/// One without operand.
pub const fn barrier(what: System) -> Event {
    system(what, 0)
}

/// Maintenance of a line.
pub const fn dc(what: Dc, address: u64) -> Event {
    system(System::Dc(what), address)
}

pub const ISB: Event = barrier(System::Isb);
pub const DSB_SY: Event = barrier(System::Dsb(Domain::FullSystem));
pub const DSB_NSH: Event = barrier(System::Dsb(Domain::Less));
pub const IC: Event = barrier(System::Ic(Ic::Iallu));

const fn access(address: u64, store: bool, value: u64) -> Event {
    Event::Access {
        pc: TEXT,
        address,
        size: 8,
        store,
        value: [value, 0],
    }
}

/// Returns a load of eight bytes.
pub const fn load(address: u64) -> Event {
    access(address, false, 0)
}

/// Returns a store of eight bytes.
pub const fn store(address: u64, value: u64) -> Event {
    access(address, true, value)
}

impl Script {
    /// Returns what a careful image does, for cache lines of 64 bytes.
    pub fn new(regime: Regime) -> Self {
        Self::with_line(regime, 64)
    }

    /// Returns the same for other cache lines.
    pub fn with_line(regime: Regime, line: u64) -> Self {
        let mut script = Self {
            regime,
            line,
            steps: Vec::new(),
        };
        script.enter();
        script.build_tables();
        script.open();
        script.work();
        script.close();
        script.leave();
        script
    }

    /// Returns a way into a window and out of it again, and nothing else.
    pub fn empty_window(&self) -> Self {
        let mut script = Self {
            steps: Vec::new(),
            ..self.clone()
        };
        script.open();
        script.close();
        script
    }

    /// Returns what happens in it.
    pub fn events(&self) -> Vec<Event> {
        self.steps.iter().map(|(_, event)| *event).collect()
    }

    /// Returns a write to a register of the exception level.
    pub fn msr(&self, register: fn(u64) -> Register, value: u64) -> Event {
        system(System::Msr(register(self.regime.el())), value)
    }

    /// Returns the `TLBI` that invalidates all of the regime.
    pub fn tlbi(&self) -> Event {
        barrier(System::Tlbi(match self.regime {
            Regime::El1And0 => Tlbi::Vmalle1,
            Regime::El2 | Regime::El2And0 => Tlbi::Alle2,
        }))
    }

    /// `TCR` for 48-bit addresses, pages of 4 KiB, cacheable walks, no upper half.
    pub fn tcr(&self) -> u64 {
        let lower = 16 | 1 << 8 | 1 << 10 | 3 << 12;
        match self.regime {
            Regime::El2 => lower,
            Regime::El1And0 | Regime::El2And0 => lower | 1 << 23,
        }
    }

    fn add(&mut self, group: &'static str, events: impl IntoIterator<Item = Event>) {
        self.steps
            .extend(events.into_iter().map(|event| (group, event)));
    }

    /// Maintenance of all lines that these bytes lie in.
    pub fn maintenance(&self, what: Dc, start: u64, end: u64) -> Vec<Event> {
        let lines = (start & !(self.line - 1)..end).step_by(self.line as usize);
        lines.map(|line| dc(what, line)).collect()
    }

    fn lines(&mut self, group: &'static str, what: Dc, start: u64, end: u64) {
        let lines = self.maintenance(what, start, end);
        self.add(group, lines);
    }

    fn enter(&mut self) {
        self.add("entry", [Event::Entry { pc: TEXT }]);
        self.add("entry: sctlr", [self.msr(Register::Sctlr, 0)]);
        self.add("entry: isb", [ISB]);
        self.add("entry: ic", [IC]);
        self.add("entry: dsb", [DSB_NSH]);
        self.add("entry: isb after ic", [ISB]);
        self.add("entry: sctlr.i", [self.msr(Register::Sctlr, I)]);
        self.add("entry: isb after sctlr.i", [ISB]);
        self.lines("entry: dc", Dc::Civac, IMAGE, POOL);
        self.add("entry: dsb after dc", [DSB_SY]);
        self.add("entry: relocation", [store(RODATA, 0)]);
        self.add(
            "entry: stack",
            [store(STACK + 0xff8, 1), load(STACK + 0xff8)],
        );
        self.add("entry: tcr2", [self.msr(Register::Tcr2, 0)]);
        self.add("entry: isb after tcr2", [ISB]);
        self.add("entry: console", [store(UART, u64::from(b'p'))]);
    }

    fn build_tables(&mut self) {
        let [level0, level1, level2, level3] = TABLES;
        self.lines("tables: dc", Dc::Civac, POOL, HOLE + 16);
        self.add("tables: dsb after dc", [DSB_SY]);
        self.add("tables: hole", [store(HOLE, 0), store(HOLE + 8, 0x1ff0)]);
        self.add("tables: level 0", [store(level0, level1 | TABLE)]);
        self.add("tables: level 1", [store(level1 + 8, level2 | TABLE)]);
        self.add("tables: level 2", [store(level2, level3 | TABLE)]);
        self.add("tables: region", [store(level2 + 128 * 8, REGION_BLOCK)]);
        for page in (IMAGE..POOL).step_by(0x1000).filter(|&page| page != GUARD) {
            let entry = level3 + (page - IMAGE) / 0x1000 * 8;
            self.add("tables: image", [store(entry, page | PAGE)]);
        }
    }

    fn open(&mut self) {
        self.add("open: dsb before dc", [DSB_SY]);
        self.lines("open: dc", Dc::Ivac, RODATA, HOLE + 16);
        self.add("open: dsb after dc", [DSB_SY]);
        self.add("open: ic", [IC]);
        self.add("open: tlbi", [self.tlbi()]);
        self.add("open: dsb after tlbi", [DSB_NSH]);
        self.add("open: isb after tlbi", [ISB]);
        self.add("open: mair", [self.msr(Register::Mair, 0xff)]);
        self.add("open: tcr", [self.msr(Register::Tcr, self.tcr())]);
        self.add("open: ttbr0", [self.msr(Register::Ttbr0, TABLES[0])]);
        self.add("open: isb", [ISB]);
        self.add("open: sctlr", [self.msr(Register::Sctlr, M | C | I)]);
        self.add("open: isb after sctlr", [ISB]);
    }

    fn work(&mut self) {
        let stack = STACK + 0xff8;
        self.add("work: stack", [load(stack), load(RODATA), store(stack, 2)]);
        // It straddles two lines, and the two pieces.
        let across = load(SECOND_PIECE - 4);
        self.add("hash: piece", [load(REGION), across]);
        self.lines("flush: piece", Dc::Civac, REGION, SECOND_PIECE);
        self.add("hash: last piece", [load(REGION_END - 8)]);
        self.lines("flush: last piece", Dc::Civac, SECOND_PIECE, REGION_END);
        self.add("hash: next", [load(NEXT)]);
        self.lines("flush: next", Dc::Civac, NEXT, NEXT_END);
        self.add("work: stack again", [load(stack), store(STACK, 3)]);
    }

    fn close(&mut self) {
        self.add("close: dsb", [DSB_SY]);
        self.add("close: isb", [ISB]);
        self.add("close: sctlr", [self.msr(Register::Sctlr, I)]);
        self.add("close: isb after sctlr", [ISB]);
        self.lines("close: dc", Dc::Civac, IMAGE, HOLE + 16);
        self.add("close: dsb after dc", [DSB_SY]);
        self.add("close: tlbi", [self.tlbi()]);
        self.add("close: dsb after tlbi", [DSB_NSH]);
        self.add("close: isb after tlbi", [ISB]);
        self.add("close: mair", [self.msr(Register::Mair, 0x44)]);
        self.add("close: isb after mair", [ISB]);
    }

    fn leave(&mut self) {
        self.add("leave: stack", [store(STACK, 4), load(STACK)]);
        self.add("leave: console", [store(UART, u64::from(b'.'))]);
        self.add("leave: ic", [IC]);
        self.add("leave: dsb after ic", [DSB_NSH]);
        self.add("leave: isb", [ISB]);
        self.add("leave: sctlr", [self.msr(Register::Sctlr, 0)]);
        self.add("leave: isb after sctlr", [ISB]);
        self.add("kernel", [Event::Kernel { pc: KERNEL }]);
    }
}
