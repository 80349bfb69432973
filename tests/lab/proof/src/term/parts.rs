// SPDX-License-Identifier: MIT OR Apache-2.0

//! The parts of a polynomial, each with a coefficient that is not 0.

use std::cmp::Ordering;

/// In order, so that equal ones look alike.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Parts<K>(Vec<(K, u32)>);

impl<K: Ord + Clone> Parts<K> {
    /// One part, or none.
    pub fn one(part: K, coefficient: u32) -> Self {
        Self::collect(vec![(part, coefficient)], |_, _| coefficient)
    }

    /// Puts parts in order; the coefficients of equal ones become one.
    pub fn collect(mut parts: Vec<(K, u32)>, both: impl Fn(u32, u32) -> u32) -> Self {
        parts.sort_unstable_by(|(a, _), (b, _)| a.cmp(b));
        parts.dedup_by(|(next, other), (part, coefficient)| {
            let equal = next == part;
            if equal {
                *coefficient = both(*coefficient, *other);
            }
            equal
        });
        parts.retain(|&(_, coefficient)| coefficient != 0);
        Self(parts)
    }

    /// Returns these and others together.
    pub fn with(&self, others: &Self, both: impl Fn(u32, u32) -> u32) -> Self {
        let (mut a, mut b) = (&*self.0, &*others.0);
        let mut all = Vec::with_capacity(a.len() + b.len());
        while let ([(of_a, coefficient), after_a @ ..], [(of_b, other), after_b @ ..]) = (a, b) {
            let (part, value) = match of_a.cmp(of_b) {
                Ordering::Less => {
                    a = after_a;
                    (of_a, *coefficient)
                }
                Ordering::Greater => {
                    b = after_b;
                    (of_b, *other)
                }
                Ordering::Equal => {
                    (a, b) = (after_a, after_b);
                    (of_a, both(*coefficient, *other))
                }
            };
            if value != 0 {
                all.push((part.clone(), value));
            }
        }
        all.extend_from_slice(a);
        all.extend_from_slice(b);
        Self(all)
    }

    /// Returns the part and its coefficient, if there is but one.
    pub fn only(&self) -> Option<(&K, &u32)> {
        match &*self.0 {
            [(part, coefficient)] => Some((part, coefficient)),
            _ => None,
        }
    }

    /// Returns all of them.
    pub fn iter(&self) -> impl Iterator<Item = (&K, &u32)> {
        self.0.iter().map(|(part, coefficient)| (part, coefficient))
    }

    /// Returns how many there are.
    pub fn len(&self) -> usize {
        self.0.len()
    }

    /// Returns whether there are none.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}
