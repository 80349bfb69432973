// SPDX-License-Identifier: MIT OR Apache-2.0

//! Mutants of the code that no test on the host has: what is compiled from `src/arch/` and
//! `src/main.rs`, and the assembly there.

use std::collections::BTreeMap;

use purgatory_test_harness::purgatory_ro::PurgatoryRo;
use purgatory_test_harness::symbols::Symbols;

use crate::change::changes;
use crate::mutant::{Mutant, Of};
use crate::source::{self, Origin, short};

/// `make proof` changes each bit of these, or proves them.
const PROVEN: [&str; 4] = [
    "sha256_instructions",
    "sha256_software",
    "sha256_constants",
    "clear_vectors",
];

/// What LLVM names a piece of code that it has made a function of, since several places have it.
const OUTLINED: &str = "OUTLINED_FUNCTION_";

/// Returns all.
pub fn mutants(image: &PurgatoryRo) -> Result<Vec<Mutant>, String> {
    let symbols = Symbols::read(image)?;
    let origins = source::origins()?;
    let word = |at: u64| {
        let bytes = image.bytes[at as usize..].first_chunk();
        u32::from_le_bytes(*bytes.expect("inside the image"))
    };
    let shared = shared(&origins, &symbols, word);
    let mut all = Vec::new();
    for (&at, origin) in &origins {
        let symbol = symbols.at(at);
        let symbol = symbol.split('+').next().unwrap_or_default();
        let routine = match origin {
            Origin::Ours(line) => format!("{}: {}: {}", line.file, line.function, line.text),
            Origin::Others => continue,
            Origin::Nothing if symbol == "image" || PROVEN.contains(&symbol) => continue,
            Origin::Nothing if symbol.starts_with(OUTLINED) => match shared.get(symbol) {
                Some(callers) => format!("{OUTLINED}n of {callers}"),
                None => continue,
            },
            // A routine in assembly, or what the compiler has added to one of ours.
            Origin::Nothing if is_ours(symbol) => short(symbol),
            Origin::Nothing => continue,
        };
        for change in changes(word(at)) {
            if disarm64::decoder::decode(change.word).is_none() {
                return Err(format!("{at:#x}: {}: no instruction", change.what));
            }
            all.push(Mutant {
                routine: routine.clone(),
                what: change.what,
                number: 0,
                at,
                words: vec![change.word],
                of: Of::Code,
            });
        }
    }
    Ok(Mutant::numbered(all))
}

/// Whether a symbol is of the assembly, or of a function that is looked at.
fn is_ours(symbol: &str) -> bool {
    let name = rustc_demangle::demangle(symbol).to_string();
    name == symbol || name.contains("purgatory::arch::") || name.starts_with("purgatory::main")
}

/// The outlined functions that code of ours branches to, with the functions that do so.
fn shared(
    origins: &BTreeMap<u64, Origin>,
    symbols: &Symbols,
    word: impl Fn(u64) -> u32,
) -> BTreeMap<String, String> {
    let mut shared: BTreeMap<String, Vec<String>> = BTreeMap::new();
    for (&at, origin) in origins {
        let Origin::Ours(line) = origin else { continue };
        let word = word(at);
        // B and BL.
        if word & 0x7c00_0000 != 0x1400_0000 {
            continue;
        }
        let distance = i64::from((word << 6) as i32 >> 6) * 4;
        let symbol = symbols.at(at.wrapping_add_signed(distance));
        let symbol = symbol.split('+').next().unwrap_or_default();
        if symbol.starts_with(OUTLINED) {
            let callers = shared.entry(symbol.into()).or_default();
            if !callers.contains(&line.function) {
                callers.push(line.function.clone());
            }
        }
    }
    let text = |(symbol, callers): (String, Vec<String>)| (symbol, callers.join(", "));
    shared.into_iter().map(text).collect()
}
