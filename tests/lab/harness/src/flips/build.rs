// SPDX-License-Identifier: MIT OR Apache-2.0

//! The file for QEMU.

use std::ops::Range;

use purgatory_test_guest::flips::{Area, Case, ORDERS, Orders};
use zerocopy::IntoBytes;

use super::{CASES_AT, Flips, GUARD, IMAGE_AT, MEMORY_END, PRISTINE_AT, TABLES_AT};
use crate::boot::RAM;
use crate::executable::executable;
use crate::loader::Segment;
use crate::ordered::{BRIEFING_AT, GUEST_AT, ordered};
use crate::purgatory_ro::PAGE;

impl Flips {
    /// Returns it, with these cases.
    pub(super) fn build(&self, cases: &[Case]) -> Result<Vec<u8>, String> {
        let mut copies = Copies::default();
        let mut image = self.loaded.bytes.clone();
        image.resize(self.pool as usize, 0);
        let image_area = copies.of(IMAGE_AT, &image);
        let mut areas = [Area::default(); 8];
        areas[0] = Area {
            len: self.text,
            ..image_area
        };
        let guards = [self.image.start - GUARD, self.image.end].map(|at| (at, GUARD as usize));
        let spare = (self.spare.start, PAGE as usize);
        let zeros = [guards[0], guards[1], spare].map(|(at, len)| (at, vec![0; len]));
        let segments = self.segments.iter().map(|segment| {
            let mut bytes = segment.bytes.clone();
            bytes.resize(segment.len as usize, 0);
            (segment.at, bytes)
        });
        for (place, (at, bytes)) in areas[1..].iter_mut().zip(segments.chain(zeros)) {
            *place = copies.of(at, &bytes);
        }
        let tables = areas.iter().find(|area| area.at == TABLES_AT);
        let rest = |range: Range<u64>| Area {
            at: range.start,
            len: range.end - range.start,
            pristine: 0,
        };
        let orders = Orders {
            image: image_area,
            start: self.start,
            symbols: IMAGE_AT + self.symbols,
            spare: rest(self.spare.clone()),
            tables: *tables.ok_or("no tables")?,
            cases: CASES_AT,
            count: cases.len() as u64,
            areas,
            rest: [
                rest(RAM..BRIEFING_AT),
                rest(CASES_AT..self.image.start),
                rest(self.image.end..MEMORY_END),
                Area::default(),
            ],
        };
        let guest = ordered("flip-sweep", self.regime, ORDERS, orders.as_bytes())?;
        let segment = |name, at, bytes: &[u8]| Segment::ragged(name, at, bytes.to_vec());
        let cases = segment("cases", CASES_AT, cases.as_bytes());
        if cases.end() > PRISTINE_AT {
            return Err("so many cases do not fit".into());
        }
        let mut segments = vec![
            cases,
            segment("pristine", PRISTINE_AT, &copies.0),
            self.loaded.clone(),
        ];
        segments.extend(guest);
        segments.extend(self.segments.iter().cloned());
        Ok(executable(&segments, GUEST_AT))
    }
}

/// Copies of memory, one after the other.
#[derive(Default)]
struct Copies(Vec<u8>);

impl Copies {
    fn of(&mut self, at: u64, bytes: &[u8]) -> Area {
        let pristine = PRISTINE_AT + self.0.len() as u64;
        self.0.extend(bytes);
        self.0.resize(self.0.len().next_multiple_of(8), 0);
        Area {
            at,
            len: (bytes.len() as u64).next_multiple_of(8),
            pristine,
        }
    }
}
