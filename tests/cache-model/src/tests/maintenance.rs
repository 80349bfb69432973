// SPDX-License-Identifier: MIT OR Apache-2.0

//! Lines that are not maintained, or not as they should be.

use purgatory_test_tracer::system::{Dc, Register, System};

use super::Case;
use super::script::*;
use crate::Rule::*;

const TOP: u64 = STACK + 0xff8;

/// What lines go through.
pub const CASES: &[Case] = &[
    (
        "the stack is not invalidated, and loaded from",
        |s| s.without_lines("open: dc", STACK + 0xfc0, STACK + 0x1000),
        &[StaleRead, StaleWrite, ImageNotInvalidated],
    ),
    (
        "relocated data are not invalidated, and loaded",
        |s| s.without_lines("open: dc", RODATA, RODATA + 64),
        &[StaleRead, ImageNotInvalidated],
    ),
    (
        "the same, but cleaned, which leaves the cache as it is",
        |s| {
            s.without_lines("open: dc", RODATA, RODATA + 64)
                .before("open: dsb after dc", [dc(Dc::Cvac, RODATA)])
        },
        &[StaleRead, ImageNotInvalidated, CleanedOnly],
    ),
    (
        "a table is not invalidated",
        |s| s.without_lines("open: dc", TABLES[2], TABLES[2] + 64),
        &[StaleWalk, ImageNotInvalidated],
    ),
    (
        "the same, but walks go past the cache",
        |s| {
            s.without_lines("open: dc", TABLES[2], TABLES[2] + 64)
                .with_value("open: tcr", |tcr| tcr & !(0xf << 8))
        },
        &[ImageNotInvalidated],
    ),
    (
        "a table that is dirty in the cache is walked past it",
        |s| {
            let line = TABLES[0] + 0x800;
            let second = s
                .empty_window()
                .with_value("open: tcr", |tcr| tcr & !(0xf << 8))
                .without_lines("open: dc", line, line + 64);
            s.before("close: dsb", [store(line, 0)])
                .without_lines("close: dc", line, line + 64)
                .before("leave: stack", second.events())
        },
        &[DirtyWalk, ImageNotInvalidated, TableWritten],
    ),
    (
        "a line that nobody uses is not invalidated",
        |s| s.without_lines("open: dc", END - 64, END),
        &[ImageNotInvalidated],
    ),
    (
        "nothing is invalidated",
        |s| s.without("open: dc"),
        &[StaleRead, StaleWrite, StaleWalk, ImageNotInvalidated],
    ),
    (
        "the stack is loaded from before it was written back",
        |s| s.before("close: dc", [load(TOP)]),
        &[DirtyRead, AccessBeforeFlush],
    ),
    (
        "the stack is stored to before it was written back",
        |s| s.before("close: dc", [store(TOP, 0)]),
        &[DirtyOverwritten, AccessBeforeFlush, MaintenanceUnordered],
    ),
    (
        "a region is loaded from before the image was written back",
        |s| s.before("close: dc", [load(REGION)]),
        &[AccessBeforeFlush, DirtyRead],
    ),
    (
        "the image is invalidated on the way out",
        |s| s.with_instruction("close: dc", System::Dc(Dc::Ivac)),
        &[DirtyDiscarded, ImageNotFlushed, AccessBeforeFlush],
    ),
    (
        "the image is cleaned only",
        |s| s.with_instruction("close: dc", System::Dc(Dc::Cvac)),
        &[CleanedOnly, ImageNotFlushed, AccessBeforeFlush],
    ),
    (
        "a dirty line of the stack stays behind",
        |s| s.without_lines("close: dc", TOP & !63, STACK + 0x1000),
        &[DirtyAtKernel, ImageNotFlushed, AccessBeforeFlush],
    ),
    (
        "a clean line of the image stays behind",
        |s| s.without_lines("close: dc", END - 64, END),
        &[ImageNotFlushed, AccessBeforeFlush],
    ),
    (
        "a region is not cleaned",
        |s| s.without("leave: dc"),
        &[RegionNotCleaned, DirtyAtKernel],
    ),
    (
        "a region is invalidated",
        |s| s.with_instruction("leave: dc", System::Dc(Dc::Ivac)),
        &[RegionNotCleaned, DirtyDiscarded],
    ),
    (
        "a region is cleaned by set and way",
        |s| s.with_instruction("leave: dc", System::Dc(Dc::SetWay)),
        &[SetWay, RegionNotCleaned, DirtyAtKernel],
    ),
    (
        "a region is cleaned before the window",
        |s| {
            let lines = (REGION..REGION_END).step_by(64);
            let lines = lines.map(|line| dc(Dc::Civac, line)).collect::<Vec<_>>();
            s.without("leave: dc").before("open: dsb before dc", lines)
        },
        &[RegionNotCleaned],
    ),
    (
        "a region is cleaned behind the hash, which is as good",
        |s| {
            let lines = (REGION..REGION_END).step_by(64);
            let lines = lines.map(|line| dc(Dc::Civac, line)).collect::<Vec<_>>();
            s.without("leave: dc").before("close: dsb", lines)
        },
        &[],
    ),
    (
        "somebody else's line is invalidated",
        |s| s.before("open: dsb after dc", [dc(Dc::Ivac, END)]),
        &[MaintenanceOutside],
    ),
    (
        "memory is zeroed by DC ZVA with the MMU off",
        |s| s.before("tables: level 0", [dc(Dc::Zva, TABLES[0])]),
        &[ZvaUncached],
    ),
    (
        "memory is zeroed by DC ZVA in the window, and not written back",
        |s| {
            s.before("close: dsb", [dc(Dc::Zva, STACK + 0x800)])
                .without_lines("close: dc", STACK + 0x800, STACK + 0x840)
        },
        &[DirtyAtKernel, ImageNotFlushed, AccessBeforeFlush],
    ),
    (
        "the D-cache goes off first, the MMU a little later",
        |s| {
            let late = s.msr(Register::Sctlr, 1 << 12);
            s.with_value("close: sctlr", |sctlr| sctlr | 1)
                .before("close: dsb after dc", [ISB, late, ISB])
        },
        &[],
    ),
];
