// SPDX-License-Identifier: MIT OR Apache-2.0

//! The image's `memcpy` and the like, which stand beside the hash in that they run alone.

use std::fs;

use purgatory_test_harness::Regime::El1And0;
use purgatory_test_harness::a64::calls::Calls;
use purgatory_test_harness::qemu::Stopped;
use purgatory_test_harness::{artifact, this_test};

use crate::boot::{Files, boot};

/// With the MMU off every access has to be aligned.
#[test]
fn they_copy_fill_and_compare_all_lengths_and_places() {
    let outcome = boot(&Files::new(), "libcalls", El1And0, &[], &[]);
    let outcome = outcome.unwrap_or_else(|error| panic!("{error}\n{}", this_test::alone()));
    assert!(
        matches!(outcome.stopped_by, Stopped::Exit(status) if status.code() == Some(0)),
        "{}\n{outcome}",
        this_test::alone()
    );
}

/// A compiler that recognises a copying loop turns it into a call of `memcpy`.
#[test]
fn none_calls_itself_or_another() {
    let elf = fs::read(artifact("guests/libcalls.elf").unwrap()).unwrap();
    let calls = Calls::read(&elf).unwrap();
    // Two of them have two names, of which one is listed.
    let names = ["memcpy", "memmove", "memset", "memcmp", "bcmp"];
    let functions = calls.functions().iter();
    let functions: Vec<_> = functions.filter(|f| names.contains(&&*f.name)).collect();
    assert_eq!(functions.len(), 3, "{functions:?}");
    for function in functions {
        let callees = calls.callees(function.range.start).unwrap();
        assert!(callees.is_empty(), "{}: {callees:x?}", function.name);
    }
}
