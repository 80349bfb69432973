// SPDX-License-Identifier: MIT OR Apache-2.0

//! The loader's page tables, in memory that holds anything.

use std::cell::{Cell, RefCell};
use std::collections::{BTreeMap, BTreeSet};

use purgatory::paging::layout::Layout;
use purgatory::paging::loader::{self, Unusable};
use purgatory::paging::walk::Tables;
use purgatory::region::{PaRange, Region};
use purgatory::request::TableOffer;

use crate::input::Input;
use crate::machine::{self, REGIMES};
use crate::random::{digest, mix};
use crate::second_opinion::{self, Judge, Page};

const PAGE: u64 = 4096;
const BLOCK: u64 = 2 << 20;
/// AF, a block, attribute index 0.
const GOOD_BLOCK: u64 = 0x401;

/// Accepted exactly if a second walk finds all that is needed and nothing far from it; nothing read
/// outside of the region that the first table lies in, and nothing often without need.
pub fn loader_tables(bytes: &[u8]) -> u64 {
    let input = &mut Input::new(bytes);
    let regime = input.one_of(&REGIMES);
    let pa_range = PaRange::new(5);
    let image = machine::image(input, 40);
    let ours = image.region(pa_range).expect("an image that runs");
    let regions: Vec<Region> = machine::regions(input, &image)
        .iter()
        .filter_map(|raw| Region::new(raw.start, raw.len, pa_range).ok())
        .filter(|region| !region.overlaps(&ours))
        .collect();
    let bounds: Vec<_> = regions.iter().map(|one| (one.start(), one.end())).collect();
    let pages = second_opinion::wanted(&image, &bounds);
    let mut memory = Memory::new(input, &bounds, &pages);
    let root = if input.byte() % 16 == 0 {
        input.number(&[memory.root])
    } else {
        memory.root
    };
    memory.admit(root);
    let for_us = input.byte() % 32 != 31;

    let layout = Layout::new(&image, regions.iter().copied());
    let offer = TableOffer { root, for_us };
    let made = loader::check(regime, &layout, &offer, &memory);

    let reads = memory.reads.get();
    // Of each run of entries four on the way, all of them, and the one after.
    let enough = 6 * (memory.read.borrow().len() + 1);
    assert!(reads <= enough, "{reads} reads, {enough} are enough");
    let judge = Judge {
        regime,
        read: &|at| memory.is_table(at / PAGE * PAGE).then(|| memory.entry(at)),
        wanted: &pages,
        touched: &|start, end| second_opinion::touched(start, end, &image, &bounds),
        shared: Cell::new(true),
    };
    let good = for_us && judge.is_good(root, 39, 0);
    assert_eq!(made.is_ok(), good, "{made:x?}");
    match made {
        Ok(map) => {
            let shared = judge.shared.get();
            assert_eq!(map.is_inner_shareable(), shared);
            let map = (map.root(), map.va_bits(), *map.image());
            assert_eq!(map, (root, 48, image));
            digest([1, regime as u64, pages.len().min(5) as u64, shared.into()])
        }
        Err(why) => {
            assert_eq!(why == Unusable::NotOurs, !for_us);
            digest([2, why as u64, bits(reads)])
        }
    }
}

/// Returns whether all bytes of a page that begins there are the region's.
fn is_page_of((start, end): (u64, u64), at: u64) -> bool {
    start <= at && at < end && end - at >= PAGE
}

/// Returns how many bits a number has.
fn bits(number: usize) -> u64 {
    number.checked_ilog2().map_or(0, |bit| 1 + u64::from(bit))
}

/// Memory of which only one region may be read.
struct Memory<'a> {
    regions: &'a [(u64, u64)],
    /// The one that the first table lies in.
    region: Option<(u64, u64)>,
    words: BTreeMap<u64, u64>,
    /// What all other words are made of; 0: they are 0.
    noise: u64,
    root: u64,
    /// The words that were read, and how often one was.
    read: RefCell<BTreeSet<u64>>,
    reads: Cell<usize>,
}

impl<'a> Memory<'a> {
    /// Fills it: with noise, or with tables as a loader makes them, of which the input then changes
    /// words.
    fn new(input: &mut Input<'_>, regions: &'a [(u64, u64)], pages: &[Page]) -> Self {
        let kind = input.byte();
        let mut memory = Self {
            regions,
            region: None,
            words: BTreeMap::new(),
            noise: if kind % 8 == 0 { input.word() } else { 0 },
            root: 0,
            read: RefCell::default(),
            reads: Cell::new(0),
        };
        // The first region's pages, and then those of others, where no table may be.
        let mut places = regions.iter().flat_map(|&(start, end)| {
            let pages = (start.next_multiple_of(PAGE)..end).step_by(PAGE as usize);
            pages.filter(move |at| end - at >= PAGE).take(48)
        });
        memory.root = places.next().unwrap_or(0);
        let mut tables = vec![memory.root];
        let mut blocks: Vec<u64> = Vec::new();
        for pages in pages {
            let few = (pages.start / BLOCK..pages.end.div_ceil(BLOCK)).take(64);
            blocks.extend(few.map(|block| block * BLOCK));
        }
        for block in blocks {
            let mut table = memory.root;
            for shift in [39, 30] {
                let at = table + (block >> shift & 0x1ff) * 8;
                let there = memory.words.get(&at).map(|entry| entry & 0xffff_ffff_f000);
                let next = there.or_else(|| places.next());
                let Some(next) = next else { return memory };
                if there.is_none() {
                    memory.words.insert(at, next | 3);
                    tables.push(next);
                }
                table = next;
            }
            memory
                .words
                .insert(table + (block >> 21 & 0x1ff) * 8, block | GOOD_BLOCK);
        }
        memory.spoil(input, &tables);
        memory
    }

    fn spoil(&mut self, input: &mut Input<'_>, tables: &[u64]) {
        let known: Vec<u64> = self.words.keys().copied().collect();
        // One change alone most often: a second would hide that the first is not minded.
        for _ in 0..input.one_of(&[0, 1, 1, 1, 1, 2, 4, 8]) {
            let at = match input.byte() % 8 {
                0..3 if !known.is_empty() => input.one_of(&known),
                3..6 if !known.is_empty() => {
                    known[known.len() - 1 - usize::from(input.byte()) % known.len()]
                }
                6 => input.one_of(tables) + u64::from(input.byte()) * 16 % PAGE,
                _ => input.number(tables) & !7,
            };
            let old = self.entry(at);
            let new = match input.byte() % 8 {
                0..5 => old ^ 1 << (input.byte() % 64),
                5 => input.one_of(tables) | 3,
                6 => old & 0xffff_ffff_f000 | input.number(&[]) & 0xfff,
                _ => input.number(tables),
            };
            self.words.insert(at, new);
        }
    }

    fn entry(&self, at: u64) -> u64 {
        let noise = || match self.noise {
            0 => 0,
            // Often a table, or a block, in the regions' neighbourhood.
            noise => {
                mix(noise ^ at) & 0x0060_ffff_ffff_ffff & (u64::MAX << 48 | mix(noise) | 0xfff)
            }
        };
        self.words.get(&at).copied().unwrap_or_else(noise)
    }

    /// Lets tables be read in the region that this one lies in.
    fn admit(&mut self, root: u64) {
        let mut regions = self.regions.iter().copied();
        self.region = regions.find(|&region| is_page_of(region, root));
    }

    fn is_table(&self, at: u64) -> bool {
        at % PAGE == 0 && self.region.is_some_and(|region| is_page_of(region, at))
    }
}

/// As `arch::memory::LoaderMemory`.
impl Tables for Memory<'_> {
    fn read(&self, table: u64, index: u64) -> Option<u64> {
        assert!(index < 512, "entry {index}");
        if !self.is_table(table) {
            return None;
        }
        let at = table + index * 8;
        self.reads.set(self.reads.get() + 1);
        self.read.borrow_mut().insert(at);
        Some(self.entry(at))
    }
}
