// SPDX-License-Identifier: MIT OR Apache-2.0

//! `make bench`: what verifying costs, against the C purgatory of kexec-tools.
//!
//! Both run in QEMU under the plugin that counts; the loops are judged by `llvm-mca`; what that
//! means in time is a model, whose constants are printed with what they were fitted to.

pub mod cost;
pub mod growth;
pub mod options;
pub mod plot;

mod checks;
mod fit;
mod mca;
mod model;
mod recorded;
mod relocated;
mod table;

use std::fs;
use std::path::Path;

use purgatory_test_harness::{artifact, root};

use self::cost::{Case, Lab, Layout, MIB, Measured, Window};
use self::growth::USUAL;
pub use self::model::seconds_outside;
use self::model::{Core, Loops};
use self::options::Options;
use self::relocated::in_kexec;

/// What is run in full to see that it is what was computed.
const IN_FULL: u64 = 256 * MIB;

/// All that was measured.
struct Results {
    options: Options,
    /// The version of kexec-tools that C is of.
    c: String,
    loops: Loops,
    /// Each case in each size.
    all: Vec<Measured>,
    /// Each case in the size that the fixed part is shown of.
    usual: Vec<Measured>,
    growth: Vec<Measured>,
    /// The same, run and computed.
    in_full: Measured,
    computed: Measured,
}

/// Counts, models and prints everything, and draws the plot. Returns whether all bars are met.
///
/// # Errors
/// When something that is needed is missing, or a purgatory did not do what it should.
pub fn bench(options: Options) -> Result<bool, String> {
    let (version, c) = c_purgatory()?;
    let elf = artifact("purgatory.elf")?;
    let elf = fs::read(&elf).map_err(|error| format!("{}: {error}", elf.display()))?;
    let loops = Loops::new(&elf, &c)?;
    let lab = Lab::new(root().join("target/bench/run")).with(c);
    let results = Results::new(options, version, loops, &lab)?;

    println!("{}\n", table::loops(&results));
    println!("{}\n", table::counts(&results));
    println!("{}\n", table::parts(&results));
    println!("{}\n", model::words(&results.loops));
    println!("{}\n", table::fit(&results));
    println!("{}\n", table::growth(&results));
    let path = root().join("target/bench.svg");
    fs::write(&path, plot::svg(&results))
        .map_err(|error| format!("{}: {error}", path.display()))?;
    if results.options.layout != Layout::default() {
        println!(
            "The bars are for the ordinary layout.\n\n{}",
            path.display()
        );
        return Ok(true);
    }
    let checks = checks::all(&results);
    println!("{}\n\n{}", table::checks(&checks), path.display());
    Ok(checks.iter().all(checks::Check::met))
}

/// Finds the C purgatory of the newest kexec-tools that was built, and its version.
fn c_purgatory() -> Result<(String, Vec<u8>), String> {
    let suites = ["sid", "bookworm"].map(|suite| root().join("target/kexec").join(suite));
    let built = |suite: &&std::path::PathBuf| suite.join("kexec-c").is_file();
    let suite = suites
        .iter()
        .find(built)
        .ok_or("no kexec-tools: run `scripts/fetch.sh && scripts/kexec-tools.sh`")?;
    let read = |path: &Path| fs::read(path).map_err(|error| format!("{}: {error}", path.display()));
    let kexec = read(&suite.join("kexec-c"))?;
    // kexec-tools_2.0.32.orig.tar.xz
    let version = read(&suite.join("version"))?;
    let version = String::from_utf8_lossy(&version);
    let version = version.trim().trim_start_matches("kexec-tools_");
    let version = version.split(".orig").next().unwrap_or(version);
    Ok((version.into(), in_kexec(&kexec)?.to_vec()))
}

impl Results {
    fn new(options: Options, c: String, loops: Loops, lab: &Lab) -> Result<Self, String> {
        let measure = |case, size| {
            eprintln!("{case}, {} MiB", size / MIB);
            lab.measure(case, options.layout, size)
        };
        let cases = |size| {
            let cases = [Case::C].into_iter().chain(Case::OURS);
            let cases = cases.filter(move |&case| Lab::fits(case, options.layout, size));
            cases.map(move |case| measure(case, size))
        };
        let all = options.sizes.iter().flat_map(|&size| cases(size));
        let all = all.collect::<Result<_, _>>()?;
        let usual = cases(USUAL).collect::<Result<_, _>>()?;
        eprintln!("growth");
        let growth = growth::all(lab, options.layout)?;
        let ours = Case::ours(Window::Own, true);
        let computed = measure(ours, IN_FULL)?;
        eprintln!("the same in full");
        let in_full = lab.run(ours, options.layout, IN_FULL)?;
        Ok(Self {
            options,
            c,
            loops,
            all,
            usual,
            growth,
            in_full,
            computed,
        })
    }

    /// Returns what a case costs at the size that the fixed part is shown of.
    fn usual(&self, case: Case) -> Measured {
        let found = self.usual.iter().find(|one| one.case == case);
        *found.expect("each case is measured")
    }

    /// Returns the time of a piece and that of the fixed part, on the CPU that is judged, in seconds.
    fn parted(&self, measured: &Measured) -> (f64, f64) {
        let (each, once) = self.loops.work(measured).parted(measured.piece);
        let seconds = |work| self.loops.seconds(Core::InOrder, &work);
        (seconds(each), seconds(once))
    }
}
