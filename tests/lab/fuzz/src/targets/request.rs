// SPDX-License-Identifier: MIT OR Apache-2.0

//! What a loader sets, and what is made of it.

use purgatory::abi::RawSymbols;
use purgatory::digest::{Digest, Digests};
use purgatory::region::{PaRange, Region};
use purgatory::report::{self, Console};
use purgatory::request::{Check, Refusal, Request};
use purgatory::sink::usable_sink;

use crate::input::Input;
use crate::machine;
use crate::random::digest;
use crate::second_opinion;

/// The name of each symbol, by its number.
const NAMES: [&str; 4] = [
    "sha256_regions",
    "arm64_kernel_entry",
    "arm64_dtb_addr",
    "skip_checks",
];

/// Accepted: all that was promised is true. Refused: rightly, and the sentence names symbol and
/// value.
pub fn request(bytes: &[u8]) -> u64 {
    let input = &mut Input::new(bytes);
    let pa_range = PaRange::new((input.byte() % 8).into());
    let parts = machine::image(input, pa_range.bits());
    let raw = machine::symbols(input, &parts);
    let image = parts.region(pa_range).expect("an image that runs");

    let made = Request::new(&raw, &image, pa_range);
    let right = second_opinion::refusal(&raw, (image.start(), image.end()), pa_range.bits());
    assert_eq!(made.err(), right);
    sink(&raw, &image, pa_range);
    match made {
        Ok(request) => accepted(&request, &raw, &image),
        Err(refusal) => refused(&refusal, &raw),
    }
}

fn accepted(request: &Request<'_>, raw: &RawSymbols, image: &Region) -> u64 {
    let (entry, dtb) = (request.kernel_entry, request.dtb);
    assert_eq!((entry, dtb), (raw.arm64_kernel_entry, raw.arm64_dtb_addr));
    assert_eq!(request.waive().is_some(), raw.skip_checks == 1);
    let offer = request.tables.map(|offer| (offer.root, offer.for_us));
    let for_us = raw.purgatory_base == image.start() && raw.purgatory_len >= image.len();
    let right = (raw.pgtble_base != 0).then_some((raw.pgtble_base, for_us));
    assert_eq!(offer, right);
    if let Some(check) = &request.check {
        regions(check, raw, image);
        digests(check, raw);
        for (at, len) in [(entry, 4), (dtb, 8)] {
            let found = check.find(at, len).expect("both lie in a region");
            assert!(found.start() <= at && at + len <= found.end(), "{found:x?}");
        }
    }
    let said = said(|text| report::request(text, request));
    let lines = format!("purgatory: entry={entry:#018x}\r\npurgatory: dtb={dtb:#018x}\r\n");
    assert_eq!(said, lines);
    let count = request.check.map_or(0, |check| check.regions().count());
    digest([1, count.min(3) as u64, request.tables.is_some().into()])
}

/// Those that are used, in their order, and nothing else.
fn regions(check: &Check<'_>, raw: &RawSymbols, image: &Region) {
    let used = raw.sha256_regions.iter().filter(|region| region.len != 0);
    let used: Vec<_> = used.map(|region| (region.start, region.len)).collect();
    let known: Vec<_> = check
        .regions()
        .map(|one| (one.start(), one.len()))
        .collect();
    assert_eq!(known, used);
    assert!(!check.regions().any(|region| region.overlaps(image)));
    let bytes: u64 = used.iter().map(|region| region.1).sum();
    assert_eq!(check.count_and_bytes(), (used.len() as u64, bytes));
    // What kexec-tools loses is carries, multiples of 4 GiB.
    let lost = bytes - check.kexec_tools_bytes();
    assert_eq!(lost % (1 << 32), 0, "{lost:#x} bytes are lost");
}

/// One digest or the other, all of it.
fn digests(check: &Check<'_>, raw: &RawSymbols) {
    let words = |flip: Option<usize>| {
        let mut bytes = raw.sha256_digest;
        if let Some(bit) = flip {
            bytes[bit / 8] ^= 1 << (bit % 8);
        }
        let word = |at: usize| u32::from_be_bytes([0, 1, 2, 3].map(|index| bytes[4 * at + index]));
        Digest([0, 1, 2, 3, 4, 5, 6, 7].map(word))
    };
    let right = words(None);
    // Another bit for each input.
    let wrong = words(Some(raw.arm64_kernel_entry as usize / 4 % 256));
    let clear = |sha256, kexec_tools| {
        let computed = Digests {
            sha256,
            kexec_tools,
        };
        check.clear(&computed).map(|cleared| cleared.miscounted())
    };
    assert_eq!(clear(right, wrong), Some(false));
    assert_eq!(clear(wrong, right), Some(true));
    assert_eq!(clear(wrong, wrong), None);
}

fn refused(refusal: &Refusal, raw: &RawSymbols) -> u64 {
    let said = said(|text| report::refusal(text, refusal, &raw.sha256_regions));
    let line = said.lines().next().unwrap_or_default();
    let index = refusal
        .index
        .map_or(String::new(), |index| format!("[{index}]"));
    let begin = format!("purgatory: {}{index}: ", NAMES[refusal.symbol as usize]);
    let len = refusal
        .len
        .map_or(String::new(), |len| format!(" + {len:#018x}"));
    let end = format!(": {:#018x}{len}", refusal.value);
    assert!(line.starts_with(&begin) && line.ends_with(&end), "{line}");
    let index = refusal.index.map_or(0, |index| 1 + index.min(1) as u64);
    digest([2, refusal.symbol as u64, refusal.problem as u64, index])
}

/// What is sent goes where nothing minds, or nowhere.
fn sink(raw: &RawSymbols, image: &Region, pa_range: PaRange) {
    const BLOCK: u64 = 2 << 20;
    let Some(sink) = usable_sink(raw, image, pa_range) else {
        return;
    };
    assert_eq!(sink, raw.arm64_sink);
    assert!(sink != 0 && sink >> pa_range.bits() == 0 && !image.contains(sink));
    for region in &raw.sha256_regions {
        let (start, len) = (region.start, region.len);
        assert!(sink < start || sink - start >= len, "{region:x?}");
    }
    if raw.skip_checks == 1 {
        assert!(sink / BLOCK < raw.arm64_kernel_entry / BLOCK);
        assert_ne!(sink / BLOCK, raw.arm64_dtb_addr / BLOCK);
    }
}

/// What goes to the console.
struct Text(String);

impl Console for Text {
    fn byte(&mut self, byte: u8) {
        assert!(byte.is_ascii(), "{byte:#x}");
        self.0.push(byte.into());
    }
}

fn said(say: impl FnOnce(&mut Text)) -> String {
    let mut text = Text(String::new());
    say(&mut text);
    assert!(text.0.ends_with("\r\n"), "{:?}", text.0);
    text.0
}
