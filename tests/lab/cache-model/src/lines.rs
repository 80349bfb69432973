// SPDX-License-Identifier: MIT OR Apache-2.0

//! What may be in the cache of each line.

use std::collections::{HashMap, HashSet};
use std::ops::Range;

use purgatory_test_tracer::system::Dc;

use super::Rule;

/// How an access reaches memory.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// Through the caches of all CPUs: Inner or Outer Shareable memory.
    Cached,
    /// Through this CPU's alone: Non-shareable memory.
    Alone,
    /// Past them.
    Uncached,
}

/// The worst that may be in the cache. Lines that nothing is noted of are [`State::Clean`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum State {
    /// The cache may hold what memory holds, or nothing.
    Clean,
    /// The cache may hold what memory held before.
    Stale,
    /// The cache holds what memory may not hold yet.
    Dirty,
}

/// All lines.
#[derive(Clone, Debug)]
pub struct Lines {
    size: u64,
    states: HashMap<u64, State>,
    /// Dirty in the cache of another CPU, and not written back yet.
    elsewhere: HashSet<u64>,
    /// Cleaned since the MMU was on for the first time.
    cleaned: HashSet<u64>,
    /// Loaded or stored through the cache, and not thrown out of it since.
    resident: HashSet<u64>,
}

impl Lines {
    /// Starts with the lines as they are at entry: those with a byte in these ranges are dirty, here
    /// or in the cache of another CPU. Both are followed at once.
    pub fn new(size: u64, dirty: &[Range<u64>]) -> Self {
        assert!(size.is_power_of_two(), "a cache line of {size} bytes");
        let mut lines = Self {
            size,
            states: HashMap::new(),
            elsewhere: HashSet::new(),
            cleaned: HashSet::new(),
            resident: HashSet::new(),
        };
        lines.elsewhere = dirty.iter().flat_map(|range| lines.of(range)).collect();
        let all = lines.elsewhere.iter();
        lines.states = all.map(|&line| (line, State::Dirty)).collect();
        lines
    }

    /// Returns the line that an address lies in.
    pub const fn line(&self, address: u64) -> u64 {
        address & !(self.size - 1)
    }

    /// Returns the lines that a range has a byte in.
    pub fn of(&self, range: &Range<u64>) -> impl Iterator<Item = u64> + use<> {
        (self.line(range.start)..range.end).step_by(self.size as usize)
    }

    /// Returns whether the cache may hold what memory held before.
    pub fn is_stale(&self, line: u64) -> bool {
        self.state(line) == State::Stale
    }

    /// Returns whether the cache holds what memory may not hold yet.
    pub fn is_dirty(&self, line: u64) -> bool {
        self.state(line) == State::Dirty
    }

    /// Returns whether the line was cleaned, and memory holds what was hashed.
    pub fn cleaned(&self, line: u64) -> bool {
        self.cleaned.contains(&line)
    }

    /// Returns whether an access has brought the line into the cache, and nothing has thrown it
    /// out.
    pub fn resident(&self, line: u64) -> bool {
        self.resident.contains(&line)
    }

    /// Returns the lines that are dirty, in order.
    pub fn dirty(&self) -> Vec<u64> {
        let states = self.states.iter();
        let mut dirty: Vec<_> = states
            .filter(|&(_, &state)| state == State::Dirty)
            .map(|(&line, _)| line)
            .collect();
        dirty.sort_unstable();
        dirty
    }

    /// Returns the lines that are dirty in the cache of another CPU, in order.
    pub fn elsewhere(&self) -> Vec<u64> {
        let mut elsewhere: Vec<_> = self.elsewhere.iter().copied().collect();
        elsewhere.sort_unstable();
        elsewhere
    }

    /// Does a load or store for other CPUs' caches; returns the rule that it breaks.
    pub fn meets_others(&mut self, line: u64, kind: Kind, store: bool) -> Option<Rule> {
        match kind {
            Kind::Cached if store => {
                // The line comes here, and is dirty here from now on.
                self.elsewhere.remove(&line);
                None
            }
            Kind::Cached => None,
            Kind::Alone | Kind::Uncached => {
                let unseen = self.elsewhere.contains(&line);
                unseen.then_some(Rule::ElsewhereUnseen)
            }
        }
    }

    /// Does a load; the rule that it breaks.
    pub fn load(&mut self, line: u64, kind: Kind) -> Option<Rule> {
        self.comes(line, kind);
        match (kind, self.state(line)) {
            (Kind::Cached | Kind::Alone, State::Stale) => Some(Rule::StaleRead),
            (Kind::Uncached, State::Dirty) => Some(Rule::DirtyRead),
            (_, State::Clean | State::Stale | State::Dirty) => None,
        }
    }

    /// Does a store; the rule that it breaks.
    pub fn store(&mut self, line: u64, kind: Kind) -> Option<Rule> {
        self.comes(line, kind);
        self.cleaned.remove(&line);
        match (kind, self.state(line)) {
            (Kind::Cached | Kind::Alone, State::Clean | State::Dirty) => {
                self.becomes(line, State::Dirty)
            }
            (Kind::Cached | Kind::Alone, State::Stale) => Some(Rule::StaleWrite),
            (Kind::Uncached, State::Clean) => self.becomes(line, State::Stale),
            (Kind::Uncached, State::Stale) => None,
            (Kind::Uncached, State::Dirty) => Some(Rule::DirtyOverwritten),
        }
    }

    /// Returns the rule that is broken if the MMU may read this line at any time.
    pub fn walk(&self, line: u64, cached: bool) -> Option<Rule> {
        match self.state(line) {
            State::Stale if cached => Some(Rule::StaleWalk),
            State::Dirty if !cached => Some(Rule::DirtyWalk),
            _ => None,
        }
    }

    /// Does maintenance by address to the Point of Coherency; of Non-shareable memory it reaches this
    /// CPU's cache alone (Arm ARM D7.5, on the shareability domain of a `DC`).
    pub fn maintain(&mut self, line: u64, dc: Dc, opened: bool, kind: Kind) -> Option<Rule> {
        if kind != Kind::Alone && matches!(dc, Dc::Civac | Dc::Cvac | Dc::Ivac) {
            self.elsewhere.remove(&line);
        }
        if matches!(dc, Dc::Civac | Dc::Cvac) && opened {
            self.cleaned.insert(line);
        }
        if matches!(dc, Dc::Civac | Dc::Ivac) {
            self.resident.remove(&line);
        }
        match (dc, self.state(line)) {
            (Dc::Ivac, State::Dirty) => {
                self.becomes(line, State::Clean);
                Some(Rule::DirtyDiscarded)
            }
            // What has just been thrown out may be fetched again.
            (Dc::Ivac | Dc::Civac, _) => self.becomes(line, State::Clean),
            // A line that is clean to the cache is not written back, stale as it may be.
            (Dc::Cvac, State::Dirty) => self.becomes(line, State::Clean),
            (Dc::Cvac | Dc::Zva | Dc::SetWay | Dc::Other, _) => None,
        }
    }

    fn comes(&mut self, line: u64, kind: Kind) {
        if kind != Kind::Uncached {
            self.resident.insert(line);
        }
    }

    fn state(&self, line: u64) -> State {
        self.states.get(&line).copied().unwrap_or(State::Clean)
    }

    fn becomes(&mut self, line: u64, state: State) -> Option<Rule> {
        if state == State::Clean {
            self.states.remove(&line);
        } else {
            self.states.insert(line, state);
        }
        None
    }
}
