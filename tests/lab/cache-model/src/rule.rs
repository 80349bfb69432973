// SPDX-License-Identifier: MIT OR Apache-2.0

//! What the model finds wrong.

use std::collections::BTreeMap;
use std::ops::Range;

/// Defines the rules, their names and what breaking them means.
macro_rules! rules {
    ($($rule:ident: $meaning:literal;)*) => {
        /// A rule that was broken.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
        pub enum Rule {
            $(#[doc = $meaning] $rule,)*
        }

        impl Rule {
            /// All of them.
            pub const ALL: &'static [Self] = &[$(Self::$rule),*];

            /// Explains what breaking it means.
            pub const fn meaning(self) -> &'static str {
                match self {
                    $(Self::$rule => $meaning,)*
                }
            }
        }
    };
}

rules! {
    // What single lines go through.
    StaleRead: "a cached load of a line that was stored past the cache: it may give what was there before";
    StaleWrite: "a cached store to a line that was stored past the cache: the old rest of the line becomes the new";
    StaleWalk: "a walk through tables in a line that was stored past the cache";
    DirtyRead: "a load past the cache of a line that is dirty in it";
    DirtyWalk: "a walk past the cache through tables in a line that is dirty in it";
    DirtyOverwritten: "a store past the cache to a line that is dirty in it: the line may be written back over it";
    DirtyDiscarded: "a dirty line is invalidated without being cleaned";
    DirtyAtKernel: "a dirty line when the kernel starts: it may be written over the kernel's memory at any time";

    // What other CPUs, which are parked, have left in their caches.
    ElsewhereUnseen: "a load or store of a line that is dirty in another CPU's cache, past it: it is not what that cache holds";
    ElsewhereAtKernel: "a line is dirty in another CPU's cache when the kernel starts: the kernel finds that, hashed or not";

    // What a range of lines has to go through.
    CodeNotCleaned: "the MMU goes on while an instruction of ours is dirty in the D-cache, where no fetch needs to look";
    ImageNotInvalidated: "the MMU goes on while the cache may hold what memory does not any more, of a line of the image";
    ImageNotFlushed: "a line of the image, or of the pool as far as it is used, was not cleaned and invalidated after the D-cache went off";
    AccessBeforeFlush: "a load or store after the D-cache went off, before all of the image but the pool was written back";
    RegionNotCleaned: "a hashed line that was never cleaned: the kernel may find something else than what was hashed";
    RegionResident: "a hashed line was loaded through the cache and not thrown out of it since: it is there when the kernel starts";
    CleanedOnly: "DC CVAC, which Cortex-A53 (826319, 827319, 824069, 819472) can do without cleaning: DC CIVAC is safe";
    SetWay: "maintenance by set and way, which other caches of the system do not see";
    MaintenanceOutside: "maintenance of a line that belongs neither to the image nor to a region";
    ZvaUncached: "DC ZVA with the MMU off: an alignment fault (Arm ARM, DC ZVA)";

    // Order.
    MaintenanceUnordered: "a line is maintained with no barrier after a store past the cache: either may come first";
    MaintenanceIncomplete: "maintenance that no DSB has completed where it is needed";
    StorePending: "the MMU goes on or off while a store that no DSB has completed may be on its way";
    MaintenancePending: "the D-cache goes off while maintenance that no DSB has completed may be under way";
    NoIsbAfterMaintenance: "maintenance of the I-cache or the TLB with no ISB after it";
    NoIsbBeforeEnabling: "the MMU goes on with no ISB after its other registers were written";
    NoIsbBeforeDisabling: "no ISB right before the MSR that clears SCTLR.M (Falkor erratum 1041)";
    NoIsbAfterSctlr: "system registers are written, and work goes on with no ISB";
    InstructionCacheStale: "no IC IALLU where the I-cache may hold what was there before";

    // Translation.
    TlbNotInvalidated: "the MMU goes on with the old kernel's translations in the TLB";
    TlbLeft: "our translations are in the TLB when the kernel starts";
    TlbWrongRegime: "a TLBI of another regime than the one in use";
    TlbBroadcast: "a TLBI that is sent to other CPUs, which are not ours (and on some of which it fails)";
    TranslationChanged: "TTBR, TCR or MAIR changes while the MMU is on";
    TableWritten: "a table changes while the MMU is on";
    TablesUnknown: "the tables lie where nothing was loaded";
    NotIdentity: "memory is mapped to another address than its own";
    NotMapped: "an access or maintenance of what the tables do not map";
    RootMisaligned: "the first table is not aligned to its size, or to 64 bytes if it is smaller";
    AddressSize: "TCR.T0SZ is not between 16 and 39: what the MMU makes of it, nobody knows";
    HardwareUpdates: "TCR.HA or TCR.HD: the MMU would write to the tables";
    CommonNotPrivate: "TTBR0.CnP: other CPUs could use our translations";
    UpperHalfWalks: "TCR.EPD1 = 0: what TTBR1 points to may be walked, and is not ours";
    ExtendedTranslation: "TCR2 is not 0: the descriptors mean something else";

    // What is none of ours.
    StoreOutside: "a store outside of the image and the UART";
    StoreToCode: "a store to the image's instructions";
    LoadOutside: "a load outside of the image and the regions";
    GuardTouched: "the page below the stack is touched";
    UartInWindow: "the UART is touched while the MMU is on";
    HcrWritten: "HCR_EL2 is written";
    SctlrLeft: "the kernel is started with the MMU or the D-cache on";
}

/// The first time that a rule was broken.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Violation {
    /// The instruction, counted from the start of the image.
    pub offset: u64,
    /// The address, line or value that it was about.
    pub address: u64,
    /// How often in all.
    pub times: u64,
}

/// Everything that is wrong with a trace, by rule.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Violations {
    image: Range<u64>,
    pc: u64,
    found: BTreeMap<Rule, Violation>,
}

impl Violations {
    /// Starts with nothing broken.
    pub const fn new(image: Range<u64>) -> Self {
        Self {
            image,
            pc: 0,
            found: BTreeMap::new(),
        }
    }

    /// Sets the instruction that is judged now.
    pub const fn at(&mut self, pc: u64) {
        self.pc = pc;
    }

    /// Notes that a rule is broken.
    pub fn add(&mut self, rule: Rule, address: u64) {
        let offset = self.pc.wrapping_sub(self.image.start);
        let violation = self.found.entry(rule).or_insert(Violation {
            offset,
            address,
            times: 0,
        });
        violation.times += 1;
    }

    /// Returns whether nothing is wrong.
    pub fn is_empty(&self) -> bool {
        self.found.is_empty()
    }

    /// Returns the rules that were broken.
    pub fn rules(&self) -> Vec<Rule> {
        self.found.keys().copied().collect()
    }

    /// Returns how this rule was broken.
    pub fn get(&self, rule: Rule) -> Option<&Violation> {
        self.found.get(&rule)
    }
}

impl Violations {
    /// Writes the message of a failing test: each rule, how often and where first. `place` finds
    /// words for an offset into the image.
    pub fn report(&self, place: impl Fn(u64) -> String) -> String {
        let mut text = String::new();
        for (rule, violation) in &self.found {
            let Violation {
                offset,
                address,
                times,
            } = violation;
            let len = self.image.end - self.image.start;
            let at = if *offset < len {
                place(*offset)
            } else {
                "the kernel's entry".into()
            };
            let about = if self.image.contains(address) {
                format!("{address:#x} (image+{:#x})", address - self.image.start)
            } else {
                format!("{address:#x}")
            };
            let meaning = rule.meaning();
            text +=
                &format!("{rule:?}: {meaning}\n    {times} times, first at {at}, about {about}\n");
        }
        text
    }
}
