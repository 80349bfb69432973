// SPDX-License-Identifier: MIT OR Apache-2.0

//! Does work for many, as many at once as there are CPUs.

use std::env;
use std::fs;
use std::path::{Path, PathBuf};
use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread;

use purgatory_test_harness::root;

/// Does the work for each, with a file of its own, and returns what came of it in the same order.
pub fn each<'a, T: Sync, R: Send>(
    all: &'a [T],
    work: impl Fn(&'a T, &Path) -> Result<R, String> + Sync,
) -> Result<Vec<R>, String> {
    let next = AtomicUsize::new(0);
    let done = Mutex::new(Vec::new());
    thread::scope(|scope| {
        for worker in 0..workers() {
            let (next, done, work) = (&next, &done, &work);
            scope.spawn(move || {
                let path = folder(worker).join("boot.elf");
                loop {
                    let index = next.fetch_add(1, Ordering::Relaxed);
                    let Some(one) = all.get(index) else { break };
                    let result = work(one, &path);
                    done.lock()
                        .expect("nobody panics with it")
                        .push((index, result));
                }
            });
        }
    });
    for worker in 0..workers() {
        // What cannot be removed is overwritten by the next run.
        let _ = fs::remove_dir_all(folder(worker));
    }
    let mut done = done.into_inner().map_err(|error| error.to_string())?;
    done.sort_by_key(|(index, _)| *index);
    done.into_iter().map(|(_, result)| result).collect()
}

/// Where a worker has its files.
fn folder(worker: usize) -> PathBuf {
    root().join(format!("target/mutants/{worker}"))
}

/// As many as there are CPUs, or as `MUTANTS_JOBS` says.
fn workers() -> usize {
    let asked = env::var("MUTANTS_JOBS").ok();
    let asked = asked.and_then(|jobs| jobs.parse().ok());
    asked.unwrap_or_else(|| thread::available_parallelism().map_or(1, usize::from))
}
