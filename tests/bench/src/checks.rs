// SPDX-License-Identifier: MIT OR Apache-2.0

//! The bars.

use crate::cost::{BLOCK, Case, LINE, MIB, Measured, Window};
use crate::model::Loops;

/// A bar.
pub struct Check {
    /// What must not be more.
    pub what: &'static str,
    /// Than this.
    pub most: f64,
    /// What it is.
    pub is: f64,
    /// Whether it is not more.
    pub met: bool,
}

/// Compares what was measured with each bar.
pub fn all(all: &[Measured], loops: &Loops) -> Vec<Check> {
    let find = |window, sha2, size| {
        let case = Case::ours(window, sha2);
        let mut all = all.iter();
        all.find(|one| one.case == case && one.size == size)
            .expect("every case is measured at every size")
    };
    let usual = find(Window::Own, true, 43 * MIB);
    let [_, software, sha2] = &loops.all;
    // The difference of two sizes: what is there once for all does not count.
    let device = |sha2| {
        let large = find(Window::None, sha2, 8 * MIB).hash.device.total();
        let small = find(Window::None, sha2, MIB).hash.device.total();
        (large - small) as f64 / (7 * MIB / BLOCK) as f64
    };
    let flush = {
        let small = find(Window::Own, true, MIB);
        let lines = (usual.size - small.size) / LINE;
        (usual.flush.instructions - small.flush.instructions) as f64 / lines as f64
    };
    let check = |what, most, is| Check {
        what,
        most,
        is,
        met: is <= most,
    };
    vec![
        check(
            "SHA2 loop, cycles per byte, neoverse-n1",
            1.35,
            sha2.cycles[3],
        ),
        check(
            "SHA2 loop, cycles per byte, cortex-a72",
            2.2,
            sha2.cycles[2],
        ),
        check("SHA2 loop, instructions", 104.0, sha2.instructions as f64),
        check("SHA2 loop, accesses", 4.0, sha2.accesses as f64),
        check(
            "software loop, instructions",
            1720.0,
            software.instructions as f64,
        ),
        check("software loop, accesses", 27.0, software.accesses as f64),
        check(
            "no window, Device accesses a block, no SHA2",
            28.0,
            device(false),
        ),
        check(
            "no window, Device accesses a block, SHA2",
            9.0,
            device(true),
        ),
        check(
            "everything else, % of hashing 43 MiB with SHA2",
            3.0,
            usual.rest.instructions as f64 * 100.0 / usual.hash.instructions as f64,
        ),
        check("flush, instructions a line", 3.0, flush),
    ]
}
