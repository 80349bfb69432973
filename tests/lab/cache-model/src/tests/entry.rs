// SPDX-License-Identifier: MIT OR Apache-2.0

//! Lines that are dirty at entry, and lines that come back after they were invalidated.

use purgatory_test_tracer::Event;
use purgatory_test_tracer::system::{Dc, Domain, System};

use super::Case;
use super::script::*;
use crate::Rule::*;

/// Maps the regions, with this in `SH`.
fn regions_mapped(script: Script, sh: u64) -> Script {
    script.with("tables: region", |event| match event {
        Event::Access { address, .. } => store(address, REGION_BLOCK & !(3 << 8) | sh << 8),
        other => other,
    })
}

/// What the loader, and the image's first instructions, leave in the cache.
pub const CASES: &[Case] = &cases! {
    "the regions are Non-shareable, where other CPUs' caches are not looked at":
        |s| regions_mapped(s, 0b00) => [ElsewhereUnseen, ElsewhereAtKernel];
    "the same, and they are flushed before the window": |s| {
        let regions = s.maintenance(Dc::Civac, REGION, NEXT_END);
        let flush = regions.into_iter().chain([DSB_SY]);
        regions_mapped(s, 0b00).before("open: dsb before dc", flush)
    } => [];
    "the regions are Outer Shareable": |s| regions_mapped(s, 0b10) => [];
    "the image is not cleaned at entry":
        |s| s.without("entry: dc")
        => [DirtyRead, DirtyOverwritten, DirtyDiscarded, ElsewhereUnseen, CodeNotCleaned];
    "a line of it that is stored to is not":
        |s| s.without_lines("entry: dc", RODATA, RODATA + 64)
        => [DirtyOverwritten, DirtyDiscarded, ElsewhereUnseen];
    "a line of it that nobody uses is not":
        |s| s.without_lines("entry: dc", POOL - 128, POOL - 64) => [DirtyDiscarded];
    "the same, and the window throws nothing away": |s| {
        s.without_lines("entry: dc", POOL - 128, POOL - 64)
            .with_instruction("open: dc", System::Dc(Dc::Civac))
    } => [];
    "an instruction is not": |s| s.without_lines("entry: dc", TEXT, TEXT + 64) => [CodeNotCleaned];
    "the image is cleaned only":
        |s| s.with_instruction("entry: dc", System::Dc(Dc::Cvac)) => [CleanedOnly];
    "the image is invalidated":
        |s| s.with_instruction("entry: dc", System::Dc(Dc::Ivac)) => [DirtyDiscarded];
    "the pool is cleaned at entry as well, and not before it is used": |s| {
        let pool = s.maintenance(Dc::Civac, POOL, HOLE + 16);
        s.before("entry: dsb after dc", pool).without("tables: dc")
    } => [];
    "what is used of the pool is not cleaned before":
        |s| s.without("tables: dc") => [DirtyOverwritten, DirtyDiscarded, ElsewhereUnseen];
    "a line of a table is not":
        |s| s.without_lines("tables: dc", TABLES[1], TABLES[1] + 64)
        => [DirtyOverwritten, DirtyDiscarded, ElsewhereUnseen];
    "the line behind the last table is not":
        |s| s.without_lines("tables: dc", HOLE, HOLE + 64)
        => [DirtyOverwritten, DirtyDiscarded, ElsewhereUnseen];
    "what is used of the pool is cleaned only":
        |s| s.with_instruction("tables: dc", System::Dc(Dc::Cvac)) => [CleanedOnly];
    "what is used of the pool is invalidated":
        |s| s.with_instruction("tables: dc", System::Dc(Dc::Ivac)) => [DirtyDiscarded];
    "what is used of the pool is cleaned, and nobody waits for that":
        |s| s.without("tables: dsb after dc") => [MaintenanceIncomplete];
    "what is used of the pool is cleaned after it is stored to":
        |s| s.before("tables: dc", [store(TABLES[0], 0), DSB_SY])
        => [DirtyOverwritten, ElsewhereUnseen];
    "of what is not used of the pool something is stored to":
        |s| s.before("tables: hole", [store(END - 8, 0)])
        => [DirtyOverwritten, DirtyAtKernel, ElsewhereUnseen, ElsewhereAtKernel, ImageNotFlushed];
    "of what is not used of the pool something is loaded":
        |s| s.before("tables: hole", [load(END - 8)])
        => [DirtyRead, DirtyAtKernel, ElsewhereUnseen, ElsewhereAtKernel, ImageNotFlushed];
    "of what is not used of the pool something is loaded in the window": |s| {
        let mapped = (END - 0x1000) | 0x703;
        s.before("open: dsb before dc", [store(TABLES[3] + 9 * 8, mapped)])
            .before("close: dsb", [load(END - 8)])
    } => [DirtyAtKernel, ElsewhereAtKernel, ImageNotFlushed];
    "what is not used of the pool is invalidated with the rest":
        |s| s.before("open: dsb after dc", [dc(Dc::Ivac, END - 64)]) => [DirtyDiscarded];
    "what is not used of the pool is cleaned, which nobody needs":
        |s| s.before("tables: dc", [dc(Dc::Civac, END - 64)]) => [];
    "the image's cleaning is not completed":
        |s| s.without("entry: dsb after dc") => [MaintenanceIncomplete];
    "the image's cleaning is completed for this CPU alone":
        |s| s.with_instruction("entry: dsb after dc", System::Dsb(Domain::Less))
        => [MaintenanceIncomplete];
    "the image is loaded from before it is cleaned":
        |s| s.before("entry: dc", [load(RODATA)]) => [DirtyRead, ElsewhereUnseen];
    "the image is stored to before it is cleaned":
        |s| s.before("entry: dc", [store(RODATA, 0), DSB_SY])
        => [DirtyOverwritten, ElsewhereUnseen];
    "a region is loaded from with the MMU off":
        |s| s.before("tables: level 0", [load(REGION)]) => [DirtyRead, ElsewhereUnseen];
    "the same, and it is cleaned before": |s| {
        let clean = dc(Dc::Civac, REGION);
        s.before("tables: level 0", [clean, DSB_SY, load(REGION)])
    } => [];
    "the same, and nobody waits for that":
        |s| s.before("tables: level 0", [dc(Dc::Civac, REGION), load(REGION)])
        => [MaintenanceIncomplete];
    "the same, with its neighbour cleaned instead": |s| {
        let neighbour = dc(Dc::Civac, REGION + 64);
        s.before("tables: level 0", [neighbour, DSB_SY, load(REGION)])
    } => [DirtyRead, ElsewhereUnseen];
    "a region is invalidated before the window":
        |s| s.before("open: dsb before dc", [dc(Dc::Ivac, REGION_END - 64)]) => [DirtyDiscarded];
    "a region is mapped past the cache, which holds the loader's bytes": |s| {
        let attribute_1 = REGION_BLOCK | 1 << 2;
        s.before(
            "open: dsb before dc",
            [store(TABLES[2] + 128 * 8, attribute_1)],
        )
        .before("hash: next", [DSB_SY])
    } => [DirtyRead, ElsewhereUnseen];
    "the window relies on what was invalidated at entry, and nothing was stored there since":
        |s| s.without_lines("open: dc", STACK + 0x800, STACK + 0x840) => [];
    "the same of a line that was stored to: it had come back before":
        |s| s.without_lines("open: dc", RODATA, RODATA + 64) => [StaleRead, ImageNotInvalidated];
    "the image comes back between its invalidation and the MMU, with a load":
        |s| s.before("open: ic", [load(NEXT_END.next_multiple_of(64))]) => [LoadOutside];
    "the same with a look at the UART": |s| s.before("open: ic", [load(UART)]) => [];
};
