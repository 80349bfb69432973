// SPDX-License-Identifier: MIT OR Apache-2.0

//! The vector registers are cleared where they were used.

use purgatory_test_proof::Image;
use purgatory_test_proof::calls::{Walk, vectors_are_cleared};
use rstest::rstest;

use crate::{CRATE, OWN, image};

fn walk(image: &Image) -> Walk {
    vectors_are_cleared(image).unwrap_or_else(|error| panic!("{error}"))
}

#[rstest]
fn vectors_are_cleared_before_the_next_kernel(#[values(OWN, CRATE)] name: &str) {
    let image = image(name);
    let walk = walk(&image);
    println!("{name}: {walk:x?}");
    assert!(!walk.uses.is_empty() && !walk.clears.is_empty());
    assert_eq!(
        walk.guards.len(),
        1,
        "one branch asks whether they were used"
    );
    // The two hand-overs end in one branch, or in one each.
    assert!((1..=2).contains(&walk.exits.len()));
}

#[test]
fn without_the_call_they_are_not() {
    let mut image = image(OWN);
    for at in walk(&image).clears {
        image.patch(at, 0xd503_201f);
    }
    let error = vectors_are_cleared(&image).expect_err("nothing clears them");
    assert!(
        error.ends_with("the vector registers are not cleared"),
        "{error}"
    );
}

/// A branch that goes around the call, and that no question is asked for.
#[test]
fn where_a_branch_goes_around_the_call_they_are_not() {
    let mut image = image(OWN);
    for at in walk(&image).clears {
        // B to the next instruction.
        image.patch(at, 0x1400_0001);
    }
    assert!(vectors_are_cleared(&image).is_err());
}
