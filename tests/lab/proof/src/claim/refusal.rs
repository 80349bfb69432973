// SPDX-License-Identifier: MIT OR Apache-2.0

//! Why a claim does not follow.

use std::collections::HashMap;
use std::fmt;

use crate::image::Image;
use crate::term::Term;

/// Why a claim does not follow, for people.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Refusal(String);

impl Refusal {
    /// At this instruction, on the way that `name` says.
    pub(super) fn new(image: &Image, at: u64, name: &str, why: String) -> Self {
        Self(format!("{}, {name}: {why}", image.place(at)))
    }

    pub(super) const fn of_image(why: String) -> Self {
        Self(why)
    }

    /// Adds up to where the values were right that FIPS 180-4 has on the way.
    pub(super) fn with_last_right(
        self,
        image: &Image,
        computed: &[(u64, Term)],
        steps: &[(String, Term)],
    ) -> Self {
        // Where each word came up first.
        let mut first = HashMap::new();
        for (at, term) in computed {
            first.entry(term).or_insert(at);
        }
        let Some(missing) = steps.iter().position(|(_, term)| !first.contains_key(term)) else {
            return self;
        };
        let (name, _) = &steps[missing];
        let before = steps[..missing].last();
        let before = before.map(|(name, term)| {
            let at = image.place(*first[term]);
            format!(", {name} does, at {at}")
        });
        let before = before.unwrap_or_default();
        Self(format!("{}; {name} comes up nowhere{before}", self.0))
    }
}

impl fmt::Display for Refusal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl std::error::Error for Refusal {}
