// SPDX-License-Identifier: MIT OR Apache-2.0

//! The file as a loader of arm64 kernels reads it (booting.rst).

use crate::run::{image, memory};

#[test]
fn it_is_an_arm64_kernel_that_may_lie_at_any_multiple_of_2_mib() {
    let image = image();
    let word = |at: usize| u64::from_le_bytes(image[at..at + 8].try_into().expect("8 bytes"));
    assert_eq!(&image[56..60], b"ARM\x64");
    assert_eq!(word(8), 0, "text_offset");
    // Little-endian, any page size, anywhere.
    assert_eq!(word(24), 8, "flags");
    assert_eq!([word(32), word(40), word(48)], [0; 3], "what is reserved");
}

#[test]
fn it_takes_the_memory_that_it_measures_with() {
    let image = image();
    assert!(image.len() <= 256 << 10, "{} bytes", image.len());
    // A mebibyte of it, the pool for tables, and the stack.
    let least = image.len() as u64 + (1 << 20) + (52 << 10) + (16 << 10);
    let most = least + (16 << 10);
    assert!(
        (least..most).contains(&memory(&image)),
        "{:#x}",
        memory(&image)
    );
    assert_eq!(memory(&image) % 4096, 0);
}
