// SPDX-License-Identifier: MIT OR Apache-2.0

//! Faults with a name, most of which do right by many inputs. Each is refused, and told why.

use purgatory_test_proof::Image;
use purgatory_test_proof::claim::{self, Instructions, Refusal, Software};
use purgatory_test_proof::encoding::Encoded;
use rstest::rstest;

use crate::{OWN, image};

type Claim = fn(&Image) -> Result<(), Refusal>;

const SOFTWARE: Claim = |image| claim::prove::<Software>(image).map(drop);
const INSTRUCTIONS: Claim = |image| claim::prove::<Instructions>(image).map(drop);

const NOP: u32 = 0xd503_201f;

/// Returns the place of the first instruction of a routine that is this one, wherever it branches
/// to.
fn find(image: &Image, routine: &str, word: u32) -> u64 {
    let range = image
        .symbol(routine)
        .unwrap_or_else(|error| panic!("{error}"));
    let to = match Encoded::new(word).map(|code| code.name) {
        Some("b.lo") => 0x00ff_ffe0,
        Some("tbnz w") => 0x0007_ffe0,
        _ => 0,
    };
    let is_it = |found: u32| found & !to == word & !to;
    let place = range
        .step_by(4)
        .find(|&at| image.word(at).is_some_and(is_it));
    place.unwrap_or_else(|| panic!("{routine} has no {word:#010x}"))
}

#[rstest]
#[case::a_wrong_rotation(
    SOFTWARE, "sha256_software", 0x4ac7_2f9c, |word| word + (1 << 10),
    "e after round 0 comes up nowhere, word 0 of the message schedule does, at sha256_software+0x",
)]
#[case::state_words_swapped(
    SOFTWARE, "sha256_software", 0x2941_1805, |_| 0x2941_1406,
    "`ldp x11, x13, [x1], #64`, from the entry to the loop: x5 does not hold its word of the hash",
)]
#[case::a_register_that_the_caller_needs(
    SOFTWARE, "sha256_software", 0xa941_53f3, |_| 0xa941_57f3,
    "`ret x30`, from the last block to the return: x20 does not hold what the caller had in it",
)]
#[case::a_store_outside(
    SOFTWARE, "sha256_software", 0xa901_46cf, |word| word + (1 << 15),
    "`stp x15, x17, [x22, #24]`, from one block to the next: stores to what is neither state nor",
)]
#[case::the_state_is_left_as_it_was(
    SOFTWARE, "sha256_software", 0xa901_46cf, |_| NOP,
    "from one block to the next: State+16 does not hold the hash value",
)]
#[case::a_frame_that_is_too_small(
    SOFTWARE, "sha256_software", 0xa9b8_7bfd, |_| 0xa9b9_7bfd,
    "`stp x2, x0, [sp, #112]`, from the entry to the loop: stores to what is neither state nor",
)]
#[case::below_the_stack_pointer(
    SOFTWARE, "sha256_software", 0xa9b8_7bfd, |_| 0xa938_7bfd,
    "from the entry to the loop: accesses what is below the stack pointer",
)]
#[case::a_comparison_the_other_way(
    SOFTWARE, "sha256_software", 0xeb14_003f, |_| 0xeb01_029f,
    "from one block to the next: asks for the order of what has none",
)]
#[case::rounds_are_left_out(
    SOFTWARE, "sha256_software", 0x3707_c780, |word| word + (1 << 19),
    "word 32 of the message schedule comes up nowhere, a after round 31 does",
)]
#[case::a_carry_into_the_next_word(
    SOFTWARE, "sha256_software", 0x0b0b_0063, |word| word | 1 << 31,
    "from one block to the next: State+4 does not hold the hash value",
)]
#[case::the_state_before_all_blocks(
    INSTRUCTIONS, "sha256_instructions", 0x4ea1_1c23, |_| 0x4c40_a802,
    "from one block to the next: v1 does not hold its words of the hash value",
)]
#[case::the_first_block_again_and_again(
    INSTRUCTIONS, "sha256_instructions", 0x9a84_3024, |_| 0x9a84_3084,
    "from one block to the next: x4 does not hold where the block is",
)]
#[case::a_block_behind_the_last_one(
    INSTRUCTIONS, "sha256_instructions", 0x9a84_3024, |_| 0xaa01_03e4,
    "`ld1 { v10.4s, v11.4s, v12.4s, v13.4s }, [x4]`, from the last block to the return: loads what is neither state, block, constant nor frame",
)]
#[case::the_last_blocks_are_missing(
    INSTRUCTIONS, "sha256_instructions", 0xeb02_003f, |_| 0xeb02_00bf,
    "from one block to the next: asks for the order of what may come in either",
)]
#[case::blocks_above_4_gib(
    INSTRUCTIONS, "sha256_instructions", 0xaa01_03e4, |_| 0x2a01_03e4,
    "`orr w4, wzr, w1`, from the entry to the loop: computes with an address",
)]
#[case::a_prefetch_beyond_the_end(
    INSTRUCTIONS, "sha256_instructions", 0x9a84_30a5, |_| NOP,
    "`prfm pldl1strm, [x5]`, from one block to the next: asks the cache for what is neither",
)]
#[case::the_state_is_never_stored(
    INSTRUCTIONS, "sha256_instructions", 0x4c00_a800, |_| NOP,
    "`ret x30`, from the last block to the return: State+0 does not hold the hash value",
)]
#[case::a_vector_register_twice(
    claim::clears_vectors, "clear_vectors", 0x6f00_e41f, |word| word - 1,
    "`ret x30`, at the return: v31 does not hold zero",
)]
fn is_refused(
    #[case] claim: Claim,
    #[case] routine: &str,
    #[case] word: u32,
    #[case] change: fn(u32) -> u32,
    #[case] why: &str,
) {
    let mut image = image(OWN);
    assert_eq!(claim(&image), Ok(()));
    let at = find(&image, routine, word);
    let word = image.word(at).expect("an instruction");
    image.patch(at, change(word));
    let refusal = claim(&image).expect_err("it is wrong").to_string();
    println!("{refusal}");
    assert!(refusal.contains(why), "{refusal}");
    assert!(refusal.starts_with(&format!("{routine}+0x")), "{refusal}");
}

/// Each of the 64, by either routine and by the table itself.
#[test]
fn a_wrong_constant_is_refused() {
    for number in (0..64).step_by(9) {
        let mut image = image(OWN);
        let at = image.constants.start + 4 * number;
        let word = image.word(at).expect("a constant");
        image.patch(at, word ^ 1 << (number % 32));
        for claim in [SOFTWARE, INSTRUCTIONS, claim::has_constants] {
            let refusal = claim(&image).expect_err("a constant is wrong");
            println!("{refusal}");
        }
    }
}
