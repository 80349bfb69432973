// SPDX-License-Identifier: MIT OR Apache-2.0

//! How much memory the image takes, as documents say.

use purgatory_test_harness::boot::built_image;

use crate::document::read;

#[test]
fn it_takes_as_much_as_is_said() {
    let image = built_image("purgatory.ro").unwrap_or_else(|error| panic!("{error}"));
    let (thousands, rest) = (image.memsz / 1000, image.memsz % 1000);
    let words = format!("takes {thousands} {rest:03} bytes");
    for page in ["README.md", "docs/operators.md"] {
        assert!(read(page).contains(&words), "{page} does not say: {words}");
    }
}
