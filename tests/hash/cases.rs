// SPDX-License-Identifier: MIT OR Apache-2.0

//! What is hashed: every length at every alignment, borders of regions everywhere, many regions.

use purgatory_test_harness::boot::noise;

use crate::messages::Messages;
use crate::nist;

/// Returns all cases, NIST's among them.
pub fn all() -> Messages {
    let mut memory = Messages::default();
    nist::add(&mut memory);
    let bytes = noise(1 << 16);
    let at = memory.put(&bytes);
    lengths(&mut memory, at);
    borders(&mut memory, at);
    many(&mut memory, at);
    let at = memory.end_with(&bytes[..4096]);
    last(&mut memory, at);
    memory
}

/// Lengths around every way that padding can go, at every place in 16 bytes.
fn lengths(memory: &mut Messages, at: u64) {
    for align in 0..16 {
        for len in 0..=260 {
            // Other bytes each time.
            let at = at + 16 * len + align;
            memory.regions(format!("{len} bytes at alignment {align}"), &[(at, len)]);
        }
    }
}

/// Regions that end with the memory: after the last block nothing may be loaded.
fn last(memory: &mut Messages, at: u64) {
    for len in [1, 8, 63, 64, 65, 128, 200, 256, 4096] {
        let at = at + 4096 - len;
        memory.regions(format!("the last {len} bytes of memory"), &[(at, len)]);
    }
}

/// Two and three regions that meet at every offset in a block; aligned as kexec does, or not.
fn borders(memory: &mut Messages, at: u64) {
    for border in 0..=130 {
        for align in [0, 1, 4, 8] {
            let regions = [(at, border), (at + 0x1000 + align, 150)];
            let name = format!("border at {border}, second region at alignment {align}");
            memory.regions(name, &regions);
            let regions = [(at + align, border), (at + 0x1000, 7), (at + 0x2000, 128)];
            let name = format!("borders at {border} and 7 on, first region at alignment {align}");
            memory.regions(name, &regions);
        }
    }
}

/// 1 to 16 regions of any length, aligned or not, one of them empty now and then.
fn many(memory: &mut Messages, at: u64) {
    let random = noise(20_000);
    let mut random = random.chunks_exact(2).map(|pair| {
        let pair = [pair[0], pair[1]];
        u64::from(u16::from_le_bytes(pair))
    });
    let mut next = |below: u64| random.next().expect("there is enough of it") % below;
    for count in 1..=16 {
        for turn in 0..20 {
            let mut region = |_| {
                let (start, len) = (next(0xf000), next(300));
                if turn % 2 == 0 {
                    (at + (start & !0xfff), len)
                } else {
                    (at + start, len)
                }
            };
            let regions: Vec<_> = (0..count).map(&mut region).collect();
            let whole: Vec<_> = regions
                .iter()
                .map(|&(at, len)| (at, if turn % 4 == 0 { len & !63 } else { len }))
                .collect();
            memory.regions(format!("{count} regions {whole:x?}"), &whole);
        }
    }
}
