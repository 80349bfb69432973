// SPDX-License-Identifier: MIT OR Apache-2.0

//! What was counted or measured elsewhere: neither those images nor that core are here.

use crate::cost::{BLOCK, BLOCKS, Counts, Layout, MIB, PIECE};
use crate::model::{Hash, Work};

/// The commit whose image is "before": it flushed the regions after the window, and all of its pool
/// thrice.
pub const COMMIT: &str = "27480d7";

/// Bytes of that image's pool.
pub const POOL: u64 = 512 << 10;

/// A purgatory with a window of the series of 2017 (v3) for kexec-tools, which hashes by C's
/// software: ns a byte on the timing model, on kexec-tools 2.0.32. 43 MiB took it 0.47 s.
pub const V3: f64 = 10.4;

/// The fixed part of 1.0.0, where a kernel of 16 KiB and a device tree were measured.
pub const RELEASE_1_0_0: Counts = Counts {
    instructions: 20_982,
    device: 1_747,
    normal: 0,
    dc_outside: 1_862,
    dc_inside: 0,
};

/// What that image cost in all, by MiB and with or without SHA2 instructions, in the ordinary
/// layout (`Layout::default()`), counted by this program: what is hashed, instructions, Device
/// accesses, cached accesses, `dc` outside of the window. Inside there was none.
const BEFORE: [(u64, bool, [u64; 4]); 10] = [
    (1, true, [1_831_026, 7_544, 65_961, 43_072]),
    (8, true, [13_683_547, 17_379, 524_713, 157_760]),
    (43, true, [72_735_483, 14_228, 2_818_473, 731_200]),
    (256, true, [432_204_061, 18_877, 16_777_641, 4_220_992]),
    (4096, true, [6_912_460_449, 30_253, 268_435_881, 67_135_552]),
    (1, false, [28_261_681, 7_548, 442_788, 43_072]),
    (8, false, [225_105_946, 17_383, 3_539_364, 157_760]),
    (43, false, [1_209_116_575, 14_227, 19_022_244, 731_200]),
    (256, false, [7_197_619_649, 18_876, 113_246_628, 4_220_992]),
    (
        4096,
        false,
        [115_159_061_317, 30_252, 1_811_939_748, 67_135_552],
    ),
];

/// A run of that image.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Before {
    /// Bytes of all regions.
    pub size: u64,
    /// What it had to do.
    pub work: Work,
    /// What each [`PIECE`] costs.
    pub piece: Counts,
}

impl Before {
    /// Returns what was recorded for this size, if it was. With a pool of another size, it is as if
    /// the image had been built with that: each of its lines was maintained three times, by loops
    /// of four instructions.
    pub fn new(size: u64, sha2: bool, pool: u64) -> Option<Self> {
        const LINE: u64 = 64;
        let found = |&&(mib, with, _): &&(u64, bool, _)| mib * MIB == size && with == sha2;
        let (_, _, [instructions, device, normal, dc_outside]) = *BEFORE.iter().find(found)?;
        let counts = Counts {
            instructions: instructions + 12 * pool / LINE - 12 * POOL / LINE,
            device,
            normal,
            dc_outside: dc_outside + 3 * pool / LINE - 3 * POOL / LINE,
            dc_inside: 0,
        };
        let (hash, of_loop, accesses) = if sha2 {
            (Hash::Sha2, 100, 4)
        } else {
            (Hash::Software, 1713, 27)
        };
        let work = Work {
            hash,
            blocks: size / BLOCK,
            of_loop,
            counts,
            pages: Layout::default().pages(size),
        };
        let piece = Counts {
            // Three for each line that is flushed.
            instructions: (of_loop + 3) * BLOCKS,
            device: 0,
            normal: accesses * BLOCKS,
            dc_outside: PIECE / LINE,
            dc_inside: 0,
        };
        Some(Self { size, work, piece })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_recorded_grows_by_the_piece_alone() {
        for sha2 in [true, false] {
            let fixed = [1, 8, 43, 256, 4096].map(|mib| {
                let before = Before::new(mib * MIB, sha2, POOL).expect("it is recorded");
                before.work.parted(before.piece).1.counts
            });
            for fixed in fixed {
                assert_eq!(fixed.dc_outside, 26_688);
                assert!(
                    (140_000..270_000).contains(&fixed.instructions),
                    "{fixed:?}"
                );
                assert!(fixed.normal < 500, "{fixed:?}");
            }
        }
    }

    #[test]
    fn a_smaller_pool_is_maintained_thrice_less() {
        let [large, small] =
            [512, 64].map(|kib| Before::new(MIB, true, kib << 10).expect("it is recorded"));
        let less = large.work.counts - small.work.counts;
        assert_eq!((less.dc_outside, less.instructions), (21_504, 86_016));
    }
}
