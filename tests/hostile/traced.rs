// SPDX-License-Identifier: MIT OR Apache-2.0

//! Some of the flips once more, each in a boot of its own under the tracer: there every store is
//! seen, wherever it goes.

use std::fs;
use std::path::Path;

use purgatory_test_cache_model::{Model, Rule, Setup};
use purgatory_test_harness::boot::{Boot, HALTED, Place, REACHED, usual_cpu};
use purgatory_test_harness::flips::Random;
use purgatory_test_harness::{Regime, this_test};
use purgatory_test_tracer::recording::{Detail, Recording};

use crate::run;

/// Boots for each regime.
const BOOTS: u64 = 70;

/// The symbols whose bits are tried, and how many bytes of each: those that the image decides by.
/// Not the entry, where the tracer ends, and not the sink, the one place outside to store to.
const SYMBOLS: [(&str, u64); 7] = [
    ("sha256_regions", 3 * 16),
    ("sha256_digest", 32),
    ("arm64_dtb_addr", 8),
    ("pgtble_base", 8),
    ("purgatory_base", 8),
    ("purgatory_len", 8),
    ("skip_checks", 4),
];

/// Nothing is stored outside of the image, and nothing to its code; and it comes to an end.
pub fn nothing_is_stored_outside(regime: Regime) {
    let mut random = Random::new(run::seed(regime));
    for number in 0..BOOTS {
        let (symbol, bytes) = SYMBOLS[number as usize % SYMBOLS.len()];
        let bit = random.below(8 * bytes);
        let boot = flipped(regime, symbol, bit).unwrap_or_else(|error| panic!("{error}"));
        let path = Path::new(env!("CARGO_TARGET_TMPDIR"))
            .join("hostile")
            .join(this_test::file_name());
        let recording = Recording::new(&boot, &path, Detail::Everything);
        let judged = recording.and_then(|recording| {
            let setup = Setup::of(&boot, &recording)?;
            Ok((Model::judge(setup, &recording.trace.events), recording))
        });
        let what = format!("bit {bit} of {symbol}");
        let (violations, recording) =
            judged.unwrap_or_else(|error| panic!("{what}: {error}\n{}", this_test::alone()));
        let rules = [Rule::StoreOutside, Rule::StoreToCode];
        let broken = rules.iter().any(|&rule| violations.get(rule).is_some());
        let console = &recording.outcome.console;
        let ended = console.contains(HALTED) || console.contains(REACHED);
        assert!(
            ended && !broken,
            "{what}\n{}\n{}\n{}",
            violations.report(|offset| format!("image+{offset:#x}")),
            this_test::alone(),
            recording.outcome
        );
        for extension in ["elf", "trace"] {
            // What cannot be removed is overwritten by the next run.
            let _ = fs::remove_file(path.with_extension(extension));
        }
    }
}

/// Returns a boot with one bit flipped.
fn flipped(regime: Regime, symbol: &str, bit: u64) -> Result<Boot, String> {
    let mut boot = Boot::new(usual_cpu(regime), regime, Place::Low, 4096)?;
    boot.make_tables(|_| {});
    let loaded = boot.load.finish().map_err(|refusal| refusal.to_string())?;
    let image = loaded.segments.last().ok_or("no image")?;
    let at = boot.load.image.offset(symbol);
    let at = at.map_err(|refusal| refusal.to_string())? as usize;
    let (_, len) = purgatory_test_harness::abi::VARIABLES
        .into_iter()
        .find(|(name, _)| *name == symbol)
        .ok_or("no such symbol")?;
    let mut value = image.bytes[at..at + len as usize].to_vec();
    value[bit as usize / 8] ^= 1 << (bit % 8);
    boot.load.pokes.push((symbol.into(), value));
    Ok(boot)
}
