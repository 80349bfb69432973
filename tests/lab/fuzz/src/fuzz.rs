// SPDX-License-Identifier: MIT OR Apache-2.0

//! Runs a target on many inputs.

use std::collections::BTreeSet;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};
use std::thread;
use std::time::{Duration, Instant};

use crate::corpus;
use crate::coverage::Seen;
use crate::mutate::mutate;
use crate::random::Random;
use crate::targets::Target;

/// An input that takes longer than this hangs: the slowest takes some milliseconds.
const PATIENCE: Duration = Duration::from_secs(600);

/// How long it goes on.
#[derive(Clone, Copy, Debug)]
pub enum Until {
    /// So many inputs have been tried.
    Cases(u64),
    /// So much time has passed.
    Time(Duration),
}

/// What came of it.
#[derive(Clone, Debug)]
pub struct Run {
    /// Inputs tried.
    pub cases: u64,
    /// Kinds of answers.
    pub kinds: usize,
    /// Edges of the code that ran; 0 if the build is not instrumented.
    pub edges: usize,
    /// The corpus at the end: each of these has been new in some way.
    pub corpus: Vec<Vec<u8>>,
    /// The input that failed, if one did.
    pub failed: Option<Vec<u8>>,
}

/// Tries all of the corpus, and then what is made of it.
pub fn run(target: &Target, corpus: Vec<Vec<u8>>, seed: u64, until: Until) -> Run {
    let start = Instant::now();
    let mut random = Random::new(seed);
    let mut seen = Seen::default();
    let mut kinds = BTreeSet::new();
    let watch = Watch::new(*target);
    let mut run = Run {
        cases: 0,
        kinds: 0,
        edges: 0,
        corpus: Vec::new(),
        failed: None,
    };
    let mut given = corpus.into_iter();
    while run.failed.is_none() {
        let next = given.next();
        let is_over = match until {
            // The clock is asked rarely.
            Until::Time(time) => run.cases % 64 == 0 && start.elapsed() >= time,
            Until::Cases(cases) => run.cases >= cases,
        };
        if next.is_none() && is_over {
            break;
        }
        let input = next.unwrap_or_else(|| made_of(&run.corpus, &mut random));
        watch.begin(&input);
        seen.begin();
        let answer = catch_unwind(AssertUnwindSafe(|| (target.run)(&input)));
        let new_code = seen.add();
        run.cases += 1;
        match answer {
            Ok(kind) if kinds.insert(kind) || new_code => run.corpus.push(input),
            Ok(_) => {}
            Err(_) => run.failed = Some(input),
        }
    }
    run.kinds = kinds.len();
    run.edges = seen.edges();
    run
}

fn made_of(corpus: &[Vec<u8>], random: &mut Random) -> Vec<u8> {
    let mut any = || match corpus.len() {
        0 => Vec::new(),
        count => corpus[random.below(count)].clone(),
    };
    let (mut input, other) = (any(), any());
    mutate(&mut input, &other, random);
    input
}

/// Ends the program when an input hangs, and says which.
struct Watch {
    current: Arc<Mutex<(Vec<u8>, Instant)>>,
    over: Arc<AtomicBool>,
}

impl Watch {
    fn new(target: Target) -> Self {
        let current = Arc::new(Mutex::new((Vec::new(), Instant::now())));
        let over = Arc::new(AtomicBool::new(false));
        let (watched, ended) = (Arc::clone(&current), Arc::clone(&over));
        thread::spawn(move || {
            while !ended.load(Ordering::Relaxed) {
                thread::sleep(Duration::from_millis(200));
                let current = watched.lock().expect("nobody panics with it").clone();
                if current.1.elapsed() > PATIENCE && !ended.load(Ordering::Relaxed) {
                    eprintln!("{}", failure(&target, &current.0, "hangs"));
                    std::process::exit(1);
                }
            }
        });
        Self { current, over }
    }

    fn begin(&self, input: &[u8]) {
        let mut current = self.current.lock().expect("nobody panics with it");
        current.0.clear();
        current.0.extend_from_slice(input);
        current.1 = Instant::now();
    }
}

impl Drop for Watch {
    fn drop(&mut self) {
        self.over.store(true, Ordering::Relaxed);
    }
}

/// Writes an input that failed into a file, and says how to try it again.
pub fn failure(target: &Target, input: &[u8], how: &str) -> String {
    let path = corpus::failed(target.name, input);
    let written = match corpus::write(&path, input) {
        Ok(()) => format!("the input is in {}", path.display()),
        Err(error) => format!("{}: {error}\nthe input: {input:?}", path.display()),
    };
    let name = target.name;
    format!(
        "{name} {how}: {written}\nagain:   cargo run -p purgatory-test-fuzz -- {name} {}",
        path.display()
    )
}
