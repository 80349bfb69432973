// SPDX-License-Identifier: MIT OR Apache-2.0

//! What takes minutes: `make test-long`.

use purgatory_test_harness::boot::{Boot, Place, usual_cpu};
use purgatory_test_harness::loader::Segment;
use purgatory_test_harness::{Regime, console};
use rstest::rstest;
use sha2::compress256;
use sha2::digest::generic_array::GenericArray;

use crate::harness::INITRD;
use crate::run::Run;

const GIB: u64 = 1 << 30;
/// Untouched memory after everything that is loaded: zeros.
const ZEROS: (u64, u64) = (0x8000_0000, 8 * GIB);

/// Returns the SHA-256 of the segments and the zeros, with the length field of a message that lacks
/// this many bytes.
fn digest(segments: &[Segment], lacking: u64) -> Vec<u8> {
    const BLOCK: usize = 64;
    let mut message = Vec::new();
    for segment in segments {
        message.extend(&segment.bytes);
        message.resize(
            message.len() + segment.len as usize - segment.bytes.len(),
            0,
        );
    }
    assert_eq!(message.len() % BLOCK, 0, "segments are whole pages");
    let len = message.len() as u64 + ZEROS.1 - lacking;
    let mut state = [
        0x6a09_e667,
        0xbb67_ae85,
        0x3c6e_f372,
        0xa54f_f53a,
        0x510e_527f,
        0x9b05_688c,
        0x1f83_d9ab,
        0x5be0_cd19,
    ];
    let mut last = [0; BLOCK];
    last[0] = 0x80;
    last[BLOCK - 8..].copy_from_slice(&(len * 8).to_be_bytes());
    let zeros = vec![GenericArray::from([0; BLOCK]); 1 << 14];
    for block in message.chunks_exact(BLOCK) {
        compress256(&mut state, &[*GenericArray::from_slice(block)]);
    }
    for _ in 0..ZEROS.1 / (BLOCK * zeros.len()) as u64 {
        compress256(&mut state, &zeros);
    }
    compress256(&mut state, &[last.into()]);
    state
        .iter()
        .flat_map(|word: &u32| word.to_be_bytes())
        .collect()
}

/// Its SHA-256 is right as ever, and as kexec-tools counts its length.
#[rstest]
#[case::by_its_length(0, "SHA2 instructions)")]
#[case::by_kexec_tools_length(4 * GIB, "SHA2 instructions, length as kexec-tools counts it)")]
#[ignore = "hashes 8 GiB: make test-long"]
fn a_segment_of_8_gib(#[case] lacking: u64, #[case] how: &str) {
    let regime = Regime::El2;
    let boot = Boot::new(usual_cpu(regime), regime, Place::Low, INITRD);
    let mut boot = boot.unwrap_or_else(|error| panic!("{error}"));
    boot.memory = 10 << 10;
    boot.load.region_pokes.push((3, ZEROS.0, ZEROS.1));
    let digest = digest(&boot.load.segments, lacking);
    boot.load.pokes.push(("sha256_digest".into(), digest));
    let run = Run::new(&boot);
    let verified =
        format!("purgatory: 8192.1 MiB in 4 regions verified in * ms (EL2, D-cache on, {how}");
    let (entry, dtb) = (boot.load.entry, boot.load.dtb);
    let mut lines = vec![
        "I'm in purgatory".into(),
        format!("purgatory: entry={entry:#018x}"),
        format!("purgatory: dtb={dtb:#018x}"),
    ];
    // A part has 1 GiB, and the last what the three segments have.
    let parts = (0..=8).map(|gib| {
        let done = gib * 1024;
        format!("purgatory: hashed {done}.0 of 8192.1 MiB (EL2, D-cache on, SHA2 instructions)")
    });
    lines.extend(parts);
    lines.extend([verified, "purgatory: booting kernel now".into()]);
    run.purgatory_says(&lines);
    assert!(console::new_kernel(&run.outcome.console).is_some());
    run.passed();
}
