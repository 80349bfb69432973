// SPDX-License-Identifier: MIT OR Apache-2.0

//! Words that are not known, as terms in a normal form: terms that look alike are equal for all
//! values of the unknowns.
//!
//! A term is one of two kinds of polynomial, whose atoms are unknowns and terms of the other kind:
//!
//! * a sum, modulo 2^32: a coefficient for each atom;
//! * the exclusive or of ands: a mask for each set of rotated atoms. Rotation and the masks
//!   distribute over both, so that this is the normal form of everything that is done bit by bit:
//!   all ways to write Ch, Maj, a shift or a change of the byte order come out the same.
//!
//! What is equal because of both at once, as `a + b == (a ^ b) + 2 * (a & b)`, is not found to be:
//! a right routine may be refused, a wrong one is not accepted.

mod parts;
mod value;

use std::cell::RefCell;
use std::collections::HashMap;
use std::fmt;
use std::marker::PhantomData;
use std::ops::{Add, BitAnd, BitXor};
use std::rc::Rc;

use self::parts::Parts;
pub use self::value::Values;
use crate::word::Word;

/// A term; equal ones are the same one. It cannot leave its thread: others have other terms.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Term(u32, PhantomData<*const ()>);

#[derive(Clone, PartialEq, Eq, Hash)]
enum Node {
    One,
    Unknown(u32),
    /// The constant term is the coefficient of [`ONE`].
    Sum(Sum),
    /// The constant is the mask of the empty set.
    Bits(Bits),
}

type Sum = Parts<Term>;
type Bits = Parts<Atoms>;
/// Each with its rotation, in order.
type Atoms = Vec<(Term, u32)>;

/// The atom that is 1: only sums have it.
const ONE: Term = Term(0, PhantomData);

/// More parts than any bits have that a right routine computes: the most has the sum of rotations
/// of a word whose bytes were in the other order. Sums grow by a few parts a round.
const MOST_PARTS: usize = 64;

thread_local! {
    static TERMS: RefCell<Terms> = RefCell::new(Terms::new());
}

struct Terms {
    nodes: Vec<Rc<Node>>,
    numbers: HashMap<Rc<Node>, Term>,
}

impl Terms {
    fn new() -> Self {
        let mut terms = Self {
            nodes: Vec::new(),
            numbers: HashMap::new(),
        };
        let one = terms.number(Node::One);
        assert_eq!(one.0, ONE.0);
        terms
    }

    fn number(&mut self, node: Node) -> Term {
        if let Some(&term) = self.numbers.get(&node) {
            return term;
        }
        let (term, node) = (Term(self.nodes.len() as u32, PhantomData), Rc::new(node));
        self.nodes.push(Rc::clone(&node));
        self.numbers.insert(node, term);
        term
    }
}

impl Term {
    /// Returns one that no other term has anything to do with.
    pub fn unknown() -> Self {
        TERMS.with_borrow_mut(|terms| terms.number(Node::Unknown(terms.nodes.len() as u32)))
    }

    /// Returns `N` of them.
    pub fn unknowns<const N: usize>() -> [Self; N] {
        std::array::from_fn(|_| Self::unknown())
    }

    /// Returns how many terms this thread has.
    pub fn count() -> usize {
        TERMS.with_borrow(|terms| terms.nodes.len())
    }

    /// Forgets all terms of this thread; none may be in use.
    pub fn forget_all() {
        TERMS.with_borrow_mut(|terms| *terms = Terms::new());
    }

    fn number(node: Node) -> Self {
        TERMS.with_borrow_mut(|terms| terms.number(node))
    }

    fn node(self) -> Rc<Node> {
        TERMS.with_borrow(|terms| Rc::clone(&terms.nodes[self.0 as usize]))
    }

    fn sum(self) -> Sum {
        match &*self.node() {
            Node::Sum(sum) => sum.clone(),
            _ => Parts::one(self, 1),
        }
    }

    fn of_sum(sum: Sum) -> Self {
        match sum.only() {
            Some((&atom, &1)) if atom != ONE => atom,
            _ => Self::number(Node::Sum(sum)),
        }
    }

    fn bits(self) -> Bits {
        match &*self.node() {
            Node::Bits(bits) => bits.clone(),
            _ => match self.known() {
                Some(mask) => Parts::one(vec![], mask),
                None => Parts::one(vec![(self, 0)], u32::MAX),
            },
        }
    }

    fn of_bits(bits: Bits) -> Self {
        if bits.is_empty() {
            return Self::of(0);
        }
        match bits.only() {
            Some((atoms, &mask)) if atoms.is_empty() => Self::of(mask),
            Some((atoms, &u32::MAX)) if atoms.len() == 1 && atoms[0].1 == 0 => atoms[0].0,
            _ => Self::number(Node::Bits(bits)),
        }
    }
}

impl Add for Term {
    type Output = Self;

    fn add(self, other: Self) -> Self {
        Self::of_sum(self.sum().with(&other.sum(), u32::wrapping_add))
    }
}

impl BitXor for Term {
    type Output = Self;

    fn bitxor(self, other: Self) -> Self {
        Self::of_bits(self.bits().with(&other.bits(), |a, b| a ^ b))
    }
}

impl BitAnd for Term {
    type Output = Self;

    fn bitand(self, other: Self) -> Self {
        let (bits, others) = (self.bits(), other.bits());
        let all = bits.iter().flat_map(|(atoms, mask)| {
            others.iter().map(move |(others, other)| {
                let mut both = [&atoms[..], others].concat();
                both.sort_unstable();
                both.dedup();
                (both, mask & other)
            })
        });
        Self::of_bits(Parts::collect(all.collect(), |a, b| a ^ b))
    }
}

impl Word for Term {
    fn of(value: u32) -> Self {
        Self::of_sum(Parts::one(ONE, value))
    }

    fn ror(self, by: u32) -> Self {
        let bits = self.bits();
        let rotated = bits.iter().map(|(atoms, mask)| {
            let atoms = atoms.iter().map(|&(atom, was)| (atom, (was + by) % 32));
            let mut atoms: Atoms = atoms.collect();
            atoms.sort_unstable();
            (atoms, mask.rotate_right(by))
        });
        Self::of_bits(Parts::collect(rotated.collect(), |a, b| a ^ b))
    }

    /// Anything: a result that depends on it is not a claim.
    fn upper_of_sum(_: [Self; 2], _: [Self; 2]) -> Self {
        Self::unknown()
    }

    fn known(self) -> Option<u32> {
        match &*self.node() {
            Node::Sum(sum) if sum.is_empty() => Some(0),
            Node::Sum(sum) => match sum.only() {
                Some((&ONE, &value)) => Some(value),
                _ => None,
            },
            _ => None,
        }
    }

    fn is_too_large(self) -> bool {
        match &*self.node() {
            Node::One | Node::Unknown(_) | Node::Sum(_) => false,
            Node::Bits(bits) => bits.len() > MOST_PARTS,
        }
    }
}

impl fmt::Debug for Term {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if let Some(value) = self.known() {
            return write!(f, "{value:#x}");
        }
        match &*self.node() {
            Node::One => f.write_str("one"),
            Node::Unknown(number) => write!(f, "unknown {number}"),
            Node::Sum(sum) => write!(f, "sum of {} (#{})", sum.len(), self.0),
            Node::Bits(bits) => write!(f, "bits of {} (#{})", bits.len(), self.0),
        }
    }
}
