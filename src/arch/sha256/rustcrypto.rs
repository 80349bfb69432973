// SPDX-License-Identifier: MIT OR Apache-2.0

//! The block function of RustCrypto's `sha2`, for those who want the audited crate: it is larger,
//! and loads the message byte by byte.

use core::{ptr, slice};

use purgatory::digest::{BLOCK, Block};
use sha2::compress256;
use sha2::digest::generic_array::GenericArray;

/// Compresses the blocks from the physical address `at` up to `end`, at least one, into `state`.
///
/// # Safety
///
/// `state` and `at` must be 8-byte aligned, the blocks readable memory.
// Named as the assembly it replaces, so that tools that count or patch find it.
#[inline(never)]
#[unsafe(no_mangle)]
pub unsafe extern "C" fn sha256_software(state: *mut [u32; 8], at: u64, end: u64) {
    // SAFETY: by the contract; nothing else refers to it.
    let state = unsafe { &mut *state };
    let mut at = at;
    if at == 0 {
        // There may be memory at 0, but no slice begins there.
        let first = ptr::with_exposed_provenance::<[u8; BLOCK]>(0);
        // SAFETY: by the contract.
        let first = Block(unsafe { first.read_volatile() });
        compress256(state, slice::from_ref(GenericArray::from_slice(&first.0)));
        at = BLOCK as u64;
    }
    let blocks = ptr::with_exposed_provenance(at as usize);
    // SAFETY: by the contract, and not at 0; nothing writes there.
    let blocks = unsafe { slice::from_raw_parts(blocks, ((end - at) / BLOCK as u64) as usize) };
    compress256(state, blocks);
}
