// SPDX-License-Identifier: MIT OR Apache-2.0

//! Lines that are not maintained, or not as they should be.

use purgatory_test_tracer::system::{Dc, Register, System};

use super::Case;
use super::script::*;
use crate::Rule::*;

const TOP: u64 = STACK + 0xff8;

const FLUSHES: [&str; 3] = ["flush: piece", "flush: last piece", "flush: next"];

/// Returns the same with another instruction for the regions.
fn flushed_by(script: Script, instruction: System) -> Script {
    FLUSHES.into_iter().fold(script, |script, flush| {
        script.with_instruction(flush, instruction)
    })
}

/// Returns the same with nothing of the regions cleaned.
fn not_flushed(script: Script) -> Script {
    FLUSHES.into_iter().fold(script, Script::without)
}

/// What lines go through.
pub const CASES: &[Case] = &cases! {
    "the stack is not invalidated, and loaded from":
        |s| s.without_lines("open: dc", STACK + 0xfc0, STACK + 0x1000)
        => [StaleRead, StaleWrite, ImageNotInvalidated];
    "relocated data are not invalidated, and loaded":
        |s| s.without_lines("open: dc", RODATA, RODATA + 64) => [StaleRead, ImageNotInvalidated];
    "the same, but cleaned, which leaves the cache as it is": |s| {
        s.without_lines("open: dc", RODATA, RODATA + 64)
            .before("open: dsb after dc", [dc(Dc::Cvac, RODATA)])
    } => [StaleRead, ImageNotInvalidated, CleanedOnly];
    "a table is not invalidated":
        |s| s.without_lines("open: dc", TABLES[2], TABLES[2] + 64)
        => [StaleWalk, ImageNotInvalidated];
    "the same, but walks go past the cache": |s| {
        s.without_lines("open: dc", TABLES[2], TABLES[2] + 64)
            .with_value("open: tcr", |tcr| tcr & !(0xf << 8))
    } => [ImageNotInvalidated];
    "a table that is dirty in the cache is walked past it": |s| {
        let line = TABLES[0] + 0x800;
        let second = s
            .empty_window()
            .with_value("open: tcr", |tcr| tcr & !(0xf << 8))
            .without_lines("open: dc", line, line + 64);
        s.before("close: dsb", [store(line, 0)])
            .without_lines("close: dc", line, line + 64)
            .before("leave: stack", second.events())
    } => [DirtyWalk, TableWritten, NotMapped];
    "a line that was stored to and nobody uses is not invalidated":
        |s| s.without_lines("open: dc", HOLE, HOLE + 64) => [ImageNotInvalidated];
    "a line that nobody stored to is not invalidated, which is as good":
        |s| s.without_lines("open: dc", POOL - 128, POOL - 64) => [];
    "nothing is invalidated":
        |s| s.without("open: dc") => [StaleRead, StaleWrite, StaleWalk, ImageNotInvalidated];
    "the stack is loaded from before it was written back":
        |s| s.before("close: dc", [load(TOP)]) => [DirtyRead, AccessBeforeFlush];
    "the stack is stored to before it was written back":
        |s| s.before("close: dc", [store(TOP, 0)])
        => [DirtyOverwritten, AccessBeforeFlush, MaintenanceUnordered];
    "a region is loaded from before the image was written back":
        |s| s.before("close: dc", [load(REGION)]) => [AccessBeforeFlush];
    "the image is invalidated on the way out":
        |s| s.with_instruction("close: dc", System::Dc(Dc::Ivac))
        => [DirtyDiscarded, ImageNotFlushed, AccessBeforeFlush];
    "the image is cleaned only":
        |s| s.with_instruction("close: dc", System::Dc(Dc::Cvac))
        => [CleanedOnly, ImageNotFlushed, AccessBeforeFlush];
    "a dirty line of the stack stays behind":
        |s| s.without_lines("close: dc", TOP & !63, STACK + 0x1000)
        => [DirtyAtKernel, ImageNotFlushed, AccessBeforeFlush];
    "a clean line of the image stays behind":
        |s| s.without_lines("close: dc", POOL - 128, POOL - 64)
        => [ImageNotFlushed, AccessBeforeFlush];
    "a table stays behind":
        |s| s.without_lines("close: dc", TABLES[3], TABLES[3] + 0x1000) => [ImageNotFlushed];
    "the line behind the last table stays behind":
        |s| s.without_lines("close: dc", HOLE, HOLE + 64) => [ImageNotFlushed];
    "the regions are not cleaned":
        not_flushed => [DirtyAtKernel, ElsewhereAtKernel, RegionNotCleaned, RegionResident];
    "a piece of a region is not cleaned":
        |s| s.without("flush: piece")
        => [DirtyAtKernel, ElsewhereAtKernel, RegionNotCleaned, RegionResident];
    "a line in the middle of a piece is not cleaned":
        |s| s.without_lines("flush: piece", 0x5000_0400, 0x5000_0440)
        => [DirtyAtKernel, ElsewhereAtKernel, RegionNotCleaned];
    "the ragged end of a region is not cleaned, but its last line with the next region":
        |s| s.without("flush: last piece")
        => [DirtyAtKernel, ElsewhereAtKernel, RegionNotCleaned, RegionResident];
    "a line that two regions share is cleaned behind the second alone, which is as good":
        |s| s.without_lines("flush: last piece", REGION_END & !63, REGION_END) => [];
    "the same behind the first alone": |s| s.without("flush: next") => [RegionResident];
    "the regions are invalidated":
        |s| flushed_by(s, System::Dc(Dc::Ivac)) => [RegionNotCleaned, DirtyDiscarded];
    "the regions are cleaned only":
        |s| flushed_by(s, System::Dc(Dc::Cvac)) => [CleanedOnly, RegionResident];
    "the regions are cleaned by set and way":
        |s| flushed_by(s, System::Dc(Dc::SetWay))
        => [DirtyAtKernel, ElsewhereAtKernel, RegionNotCleaned, RegionResident, SetWay];
    "the regions are cleaned before the window": |s| {
        let lines = s.maintenance(Dc::Civac, REGION, NEXT_END);
        not_flushed(s).before("open: dsb before dc", lines)
    } => [RegionNotCleaned, RegionResident];
    "a piece is cleaned before it is hashed": |s| {
        let lines = s.maintenance(Dc::Civac, REGION, SECOND_PIECE);
        s.without("flush: piece").before("hash: piece", lines)
    } => [RegionResident];
    "something of a piece is loaded again when it is clean":
        |s| s.before("hash: next", [load(REGION)]) => [RegionResident];
    "the first bytes of a line that is cleaned are loaded with its neighbour's last":
        |s| s.before("hash: last piece", [load(SECOND_PIECE - 4)]) => [RegionResident];
    "the regions are cleaned behind all of the hash, which is as good": |s| {
        let lines = s.maintenance(Dc::Civac, REGION, NEXT_END);
        not_flushed(s).before("close: dsb", lines)
    } => [];
    "the regions are cleaned when the window is closed, which is as good": |s| {
        let lines = s.maintenance(Dc::Civac, REGION, NEXT_END);
        not_flushed(s)
            .before("leave: console", lines)
            .before("leave: console", [DSB_SY])
    } => [];
    "one line too many is cleaned with a region":
        |s| s.before("hash: next", [dc(Dc::Civac, NEXT_END.next_multiple_of(64))])
        => [MaintenanceOutside];
    "what is cleaned in the window is not mapped":
        |s| s.before("hash: next", [dc(Dc::Civac, TABLES[0])]) => [NotMapped];
    "somebody else's line is invalidated":
        |s| s.before("open: dsb after dc", [dc(Dc::Ivac, END)]) => [MaintenanceOutside];
    "memory is zeroed by DC ZVA with the MMU off":
        |s| s.before("tables: level 0", [dc(Dc::Zva, TABLES[0])]) => [ZvaUncached];
    "memory is zeroed by DC ZVA in the window, and not written back": |s| {
        s.before("close: dsb", [dc(Dc::Zva, STACK + 0x800)])
            .without_lines("close: dc", STACK + 0x800, STACK + 0x840)
    } => [DirtyAtKernel, ImageNotFlushed, AccessBeforeFlush];
    "the D-cache goes off first, the MMU a little later": |s| {
        let late = s.msr(Register::Sctlr, 1 << 12);
        s.with_value("close: sctlr", |sctlr| sctlr | 1)
            .before("close: dc", [ISB, late, ISB])
    } => [];
};
