// SPDX-License-Identifier: MIT OR Apache-2.0

//! What the model is, in words.

use super::{
    AT_MOST, CLOCK, Core, DC_INSIDE, FETCH, FETCHED, Hash, Loops, OUTSIDE, PAGE_MAPPED,
    SHA2_IN_ORDER,
};
use crate::table::decimals;

/// Explains the model.
pub fn words(loops: &Loops) -> String {
    let ns = |seconds: f64| decimals(seconds * 1e9);
    format!(
        "Time is a model, since no such CPU is here: the sum of\n\n\
         - cycles of the loops at {} GHz, of each CPU by {}; in-order: of software those of \
         cortex-a53, of SHA2\n  {SHA2_IN_ORDER} a byte, which is 0.99 ns as measured (llvm-mca says \
         {:.2} of cortex-a53, published are 1.88)\n\
         - one cycle for each instruction that is not in the loop\n\
         - {} ns for each Device access, {} ns for each dc by address outside of the window: measured of \
         the fixed part\n\
         - {} ns for each dc in the window, up to one a block, {} for each more: fitted to pieces of \
         4 KiB\n\
         - {} ns for each page that is mapped as such, at the ends of what is mapped by 2 MiB: measured\n\
         - for C, which leaves the I-cache off, {} ns for {FETCHED} bytes of instructions: fitted to \
         its 150.6 ns a byte. On\n  hardware 444 ns a byte were measured of it: \"C / this\" is \
         rather more there\n\n\
         Cached loads and stores cost nothing of their own: 0.99 ns a byte was measured with memory \
         behind the cache.\n\
         What it was fitted to, and is judged by, is the timing model HPI of gem5 24.1, an in-order \
         core of 2 GHz with\nDDR3-1600 at EL2, which was made to fetch instructions through the I-cache \
         while the MMU is off, as the Arm ARM\nhas it. As it comes it does not: then a Device access takes \
         {} ns and a dc outside {} ns, the upper bound of what\nis done outside of the window. The other \
         CPUs differ by their cycles alone.",
        CLOCK / 1e9,
        loops.tool,
        loops.cycles(Hash::Sha2, Core::Mca("cortex-a53")),
        ns(OUTSIDE.device),
        ns(OUTSIDE.dc),
        ns(DC_INSIDE),
        ns(OUTSIDE.dc),
        ns(PAGE_MAPPED),
        ns(FETCH),
        ns(AT_MOST.device),
        ns(AT_MOST.dc),
    )
}
