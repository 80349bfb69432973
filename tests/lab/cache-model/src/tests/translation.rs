// SPDX-License-Identifier: MIT OR Apache-2.0

//! Tables, the TLB, and memory that is none of ours.

use purgatory_test_tracer::system::{Dc, Ic, Register, System, Tlbi};

use super::Case;
use super::script::*;
use crate::Rule::*;

/// What the MMU is told, and what is touched.
pub const CASES: &[Case] = &cases! {
    "no TLBI before the MMU goes on": |s| s.without("open: tlbi") => [TlbNotInvalidated];
    "a TLBI of another regime":
        |s| s.with_instruction("open: tlbi", System::Tlbi(Tlbi::Other))
        => [TlbWrongRegime, TlbNotInvalidated];
    "a TLBI for everybody":
        |s| s.with_instruction("open: tlbi", System::Tlbi(Tlbi::Broadcast))
        => [TlbBroadcast, TlbNotInvalidated];
    "neither the TLBI nor the IC is completed":
        |s| s.without("open: dsb after tlbi") => [MaintenanceIncomplete];
    "an IC for everybody, which is another one":
        |s| s.with_instruction("open: ic", System::Ic(Ic::Other)) => [InstructionCacheStale];
    "no TLBI on the way out": |s| s.without("close: tlbi") => [TlbLeft];
    "MAIR is given back while the MMU is on": |s| {
        let mair = s.msr(Register::Mair, 0x44);
        s.before("close: dsb", [mair])
    } => [TranslationChanged];
    "TTBR1 is set while the MMU is on": |s| {
        let ttbr1 = s.msr(Register::Ttbr1, 0);
        s.before("close: dsb", [ttbr1])
    } => [TranslationChanged];
    "a table is written to in the window":
        |s| s.before("close: dsb", [store(TABLES[3] + 0xff8, 0)]) => [TableWritten, NotMapped];
    "the root lies elsewhere": |s| s.with_value("open: ttbr0", |_| 0x7000_0000) => [TablesUnknown];
    "a table lies elsewhere":
        |s| s.with("tables: level 2", |_| store(TABLES[2], 0x7000_0003)) => [TablesUnknown];
    "a page is mapped to its neighbour": |s| {
        let neighbour = (STACK + 0x1000) | 0x703;
        s.before("open: dsb before dc", [store(TABLES[3] + 24, neighbour)])
    } => [NotIdentity];
    "a region is not mapped": |s| s.without("tables: region") => [NotMapped];
    "addresses of more than 48 bits":
        |s| s.with_value("open: tcr", |tcr| tcr & !0x3f | 15) => [AddressSize];
    "addresses of less than 25 bits":
        |s| s.with_value("open: tcr", |tcr| tcr & !0x3f | 40)
        => [AddressSize, NotIdentity, NotMapped];
    "the granule is another one":
        |s| s.with_value("open: tcr", |tcr| tcr | 1 << 14) => [TablesUnknown];
    "the first table is not aligned":
        |s| s.with_value("open: ttbr0", |ttbr0| ttbr0 + 64) => [RootMisaligned];
    "a region is mapped past the cache, and the stack is not": |s| {
        let attribute_1 = REGION_BLOCK | 1 << 2;
        let clean = s.maintenance(Dc::Civac, REGION, NEXT_END);
        s.before("open: dsb before dc", [store(TABLES[2] + 128 * 8, attribute_1)])
            .before("open: dsb before dc", clean)
            .before("hash: next", [DSB_SY])
    } => [];
    "the MMU updates the tables":
        |s| s.with_value("open: tcr", |tcr| tcr | 1 << 39 | 1 << 21) => [HardwareUpdates];
    "the MMU shares the tables":
        |s| s.with_value("open: ttbr0", |ttbr0| ttbr0 | 1) => [CommonNotPrivate];
    "the old kernel's upper half is walked":
        |s| s.with_value("open: tcr", |tcr| tcr & !(1 << 23)) => [UpperHalfWalks];
    "TCR2 is as the old kernel has left it": |s| s.without("entry: tcr2") => [ExtendedTranslation];
    "TCR2 is set": |s| s.with_value("entry: tcr2", |_| 1) => [ExtendedTranslation];
    "HCR_EL2 is written":
        |s| s.before("tables: level 0", [system(System::Msr(Register::Hcr), 0), ISB])
        => [HcrWritten];
    "a store into a region":
        |s| s.before("leave: console", [store(REGION, 0), DSB_SY])
        => [StoreOutside, RegionNotCleaned];
    "a store behind the image": |s| s.before("tables: level 0", [store(END, 0)]) => [StoreOutside];
    "a store half in the image": |s| s.before("tables: level 0", [store(END - 4, 0)]) => [
        DirtyOverwritten, DirtyAtKernel, ElsewhereUnseen, ElsewhereAtKernel, ImageNotFlushed,
        StoreOutside
    ];
    "a store to an instruction":
        |s| s.before("tables: level 0", [store(TEXT + 8, 0)]) => [StoreToCode, ImageNotInvalidated];
    "a load from somewhere": |s| s.before("tables: level 0", [load(END)]) => [LoadOutside];
    "the page below the stack is touched":
        |s| s.before("tables: level 0", [store(STACK - 8, 0)]) => [GuardTouched];
    "a word in the window": |s| s.before("close: dsb", [store(UART, 0)]) => [UartInWindow];
    "the status of the UART is read in the window":
        |s| s.before("close: dsb", [load(UART)]) => [UartInWindow];
    "the kernel is started with C set, which does nothing until it sets M":
        |s| s.with_value("leave: sctlr", |_| 4) => [SctlrLeft];
    "the window is never closed": |s| {
        s.with_value("close: sctlr", |sctlr| sctlr | 5)
            .with_value("leave: sctlr", |sctlr| sctlr | 5)
    } => [DirtyAtKernel, TranslationChanged, NotMapped, UartInWindow, SctlrLeft];
};
