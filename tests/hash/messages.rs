// SPDX-License-Identifier: MIT OR Apache-2.0

//! The messages in the guest's memory, and what each must hash to.

use purgatory_test_harness::jobs::{INSTRUCTIONS, Job, SOFTWARE};
use sha2::{Digest, Sha256};

/// Where the messages are.
pub const MESSAGES: u64 = 0x47e0_0000;
/// Where the memory of the machine ends: a read after the last message gets an abort.
pub const END: u64 = 0x4800_0000;

/// A message that is to be hashed, and how to call it.
pub struct Case {
    /// Which message, for people.
    pub name: String,
    /// Its regions: address and length.
    pub regions: Vec<(u64, u64)>,
    /// [`Job::steps`].
    pub steps: u64,
    /// The right digest.
    pub digest: [u8; 32],
}

/// Messages that is filled from its start on, and the cases that are in it.
#[derive(Default)]
pub struct Messages {
    /// What is at [`MESSAGES`].
    pub bytes: Vec<u8>,
    /// The cases.
    pub cases: Vec<Case>,
}

impl Messages {
    /// Puts bytes somewhere; where that is, a multiple of 64.
    pub fn put(&mut self, bytes: &[u8]) -> u64 {
        let len = self.bytes.len().next_multiple_of(64);
        self.bytes.resize(len, 0);
        self.bytes.extend_from_slice(bytes);
        MESSAGES + len as u64
    }

    /// Fills the memory up to its end. These are its last bytes; where they are.
    pub fn end_with(&mut self, bytes: &[u8]) -> u64 {
        let at = END - bytes.len() as u64;
        let free = (at - MESSAGES).checked_sub(self.bytes.len() as u64);
        assert!(free.is_some(), "the messages do not fit");
        self.bytes.resize((at - MESSAGES) as usize, 0);
        self.bytes.extend_from_slice(bytes);
        at
    }

    /// Adds a case whose digest is known.
    pub fn known(&mut self, name: String, message: &[u8], steps: u64, digest: [u8; 32]) {
        let regions = vec![(self.put(message), message.len() as u64)];
        self.cases.push(Case {
            name,
            regions,
            steps,
            digest,
        });
    }

    /// Adds a case of regions in memory that is filled already; `sha2` says what the digest is.
    pub fn regions(&mut self, name: String, regions: &[(u64, u64)]) {
        let mut hasher = Sha256::new();
        for &(at, len) in regions {
            hasher.update(&self.bytes[(at - MESSAGES) as usize..][..len as usize]);
        }
        self.cases.push(Case {
            name,
            regions: regions.to_vec(),
            steps: 0,
            digest: hasher.finalize().into(),
        });
    }
}

impl Case {
    /// Returns the case as the guest is told it, once for each path. `traps` is what traps FP/SIMD
    /// before.
    pub fn jobs(&self, traps: u64) -> [Job; 2] {
        [SOFTWARE, INSTRUCTIONS].map(|path| {
            let mut job = Job {
                path,
                traps,
                steps: self.steps,
                count: self.regions.len() as u64,
                ..Job::default()
            };
            for (place, &(at, len)) in job.regions.iter_mut().zip(&self.regions) {
                *place = [at, len];
            }
            job
        })
    }
}
