// SPDX-License-Identifier: MIT OR Apache-2.0

//! What has to be completed, or come right before or after something else.

use purgatory_test_tracer::system::{Dc, Domain, System};

use super::Case;
use super::script::*;
use crate::Rule::*;

/// Barriers, and what they wait for.
pub const CASES: &[Case] = &cases! {
    "no barrier between the stores past the cache and their maintenance":
        |s| s.without("open: dsb before dc") => [MaintenanceUnordered];
    "a DMB there is enough": |s| s.with_instruction("open: dsb before dc", System::Dmb) => [];
    "a DMB for stores alone is not":
        |s| s.with_instruction("open: dsb before dc", System::LesserBarrier)
        => [MaintenanceUnordered];
    "the invalidation is not completed":
        |s| s.without("open: dsb after dc") => [MaintenanceIncomplete];
    "the invalidation is completed for this CPU alone":
        |s| s.with_instruction("open: dsb after dc", System::Dsb(Domain::Less))
        => [MaintenanceIncomplete];
    "a store is on its way when the MMU goes on":
        |s| s.before("open: ic", [store(STACK, 1)])
        => [StorePending, ImageNotInvalidated, StaleWrite];
    "a store is on its way when the MMU goes off":
        |s| s.before("close: isb", [store(STACK, 1)]) => [StorePending];
    "the regions are being cleaned when the MMU goes off":
        |s| s.without("close: dsb") => [StorePending, MaintenancePending];
    "the regions' way out is completed for this CPU alone":
        |s| s.with_instruction("close: dsb", System::Dsb(Domain::Less))
        => [StorePending, MaintenancePending];
    "the regions are being cleaned when the MMU goes off, and all stores are done":
        |s| s.before("flush: next", [DSB_SY]).without("work: stack again").without("close: dsb")
        => [MaintenancePending];
    "the regions are being cleaned when the kernel starts":
        |s| s.before("leave: sctlr", [dc(Dc::Civac, REGION)])
        => [MaintenanceIncomplete, InstructionCacheStale];
    "the way out is not completed":
        |s| s.without("close: dsb after dc") => [AccessBeforeFlush, MaintenanceIncomplete];
    "the I-cache is not invalidated before it goes on":
        |s| s.without("entry: ic") => [InstructionCacheStale];
    "the same, completed by nothing": |s| s.without("entry: dsb") => [MaintenanceIncomplete];
    "the same, without an ISB": |s| s.without("entry: isb after ic") => [NoIsbAfterMaintenance];
    "the I-cache is not invalidated after the D-cache was":
        |s| s.without("open: ic") => [InstructionCacheStale];
    "the I-cache is not invalidated before the kernel":
        |s| s.without("leave: ic") => [InstructionCacheStale];
    "the same, completed by nothing":
        |s| s.without("leave: dsb after ic") => [MaintenanceIncomplete];
    "no ISB at the end": |s| s.without("leave: isb after sctlr") => [NoIsbAfterSctlr];
    "no ISB before the MMU goes on": |s| s.without("open: isb") => [NoIsbBeforeEnabling];
    "no ISB at all before the MMU goes on":
        |s| s.without("open: isb after tlbi").without("open: isb")
        => [NoIsbAfterMaintenance, NoIsbBeforeEnabling];
    "no ISB after the MMU went on": |s| s.without("open: isb after sctlr") => [NoIsbAfterSctlr];
    "no ISB right before the MMU goes off": |s| s.without("close: isb") => [NoIsbBeforeDisabling];
    "an ISB somewhat before the MMU goes off":
        |s| s.before("close: sctlr", [DSB_NSH]) => [NoIsbBeforeDisabling];
    "no ISB after the MMU went off": |s| s.without("close: isb after sctlr") => [NoIsbAfterSctlr];
};
