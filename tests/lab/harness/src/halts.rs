// SPDX-License-Identifier: MIT OR Apache-2.0

//! Where an image halts: in a loop of one `WFE`.

use crate::a64::branch;
use crate::purgatory_ro::PurgatoryRo;

/// `WFE`.
const WFE: u32 = 0xd503_205f;

/// Returns the offsets of all such loops: of each `WFE` with a branch back to it right after it.
pub fn halts(image: &PurgatoryRo) -> Vec<u64> {
    let halt = [WFE, branch(4, 0)].map(u32::to_le_bytes).concat();
    let words = (0..).step_by(4);
    let found = words.zip(image.bytes.windows(8).step_by(4));
    found
        .filter_map(|(at, bytes)| (bytes == halt).then_some(at))
        .collect()
}
