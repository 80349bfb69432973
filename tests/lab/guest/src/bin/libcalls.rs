// SPDX-License-Identifier: MIT OR Apache-2.0

//! Calls what the compiler may call: each length up to some bytes, at each place, whether what is
//! read and what is written overlap or not, with the MMU off.

#![no_std]
#![no_main]

use core::fmt::Write;
use core::hint::black_box;

use purgatory_test_guest::guest_entry;
use purgatory_test_guest::machine::{self, Exit, Uart, exit};

/// The longest, and the last place.
const LONGEST: usize = 18;
const PLACES: usize = 24;
/// With room after it.
const BYTES: usize = PLACES + LONGEST + 1;

type Memory = [u8; BYTES];

unsafe extern "C" {
    fn memcpy(to: *mut u8, from: *const u8, len: usize) -> *mut u8;
    fn memmove(to: *mut u8, from: *const u8, len: usize) -> *mut u8;
    fn memset(to: *mut u8, byte: i32, len: usize) -> *mut u8;
    fn memcmp(one: *const u8, other: *const u8, len: usize) -> i32;
    fn bcmp(one: *const u8, other: *const u8, len: usize) -> i32;
}

guest_entry!(main);

extern "C" fn main() -> ! {
    let mut uart = Uart::new(machine::briefing().uart);
    uart.enable();
    let mut calls = 0;
    for len in 0..=LONGEST {
        for at in 0..PLACES {
            for from in 0..PLACES {
                let apart = at.abs_diff(from) >= len;
                let good = copies(memmove, at, from, len)
                    && (!apart || copies(memcpy, at, from, len))
                    && compares(at, from, len);
                report(
                    &mut uart,
                    good,
                    "memmove, memcpy, memcmp or bcmp",
                    at,
                    from,
                    len,
                );
                calls += 1;
            }
            report(&mut uart, fills(at, len), "memset", at, at, len);
        }
    }
    let _ = writeln!(uart, "libcalls: {calls} places and lengths are right");
    exit(Exit::Passed)
}

fn report(uart: &mut Uart, good: bool, name: &str, at: usize, from: usize, len: usize) {
    if !good {
        let _ = writeln!(uart, "libcalls: {name}({at}, {from}, {len}) is wrong");
        exit(Exit::Failed)
    }
}

/// Bytes of which no two are the same.
fn pattern() -> Memory {
    let mut memory = [0; BYTES];
    for (index, byte) in memory.iter_mut().enumerate() {
        *byte = black_box(index as u8 ^ 0xa5);
    }
    memory
}

/// Returns whether each byte is what it should be, without a call of what is tested.
fn holds(memory: &Memory, expected: impl Fn(usize) -> u8) -> bool {
    let mut bytes = memory.iter().enumerate();
    bytes.all(|(index, byte)| *black_box(byte) == expected(index))
}

fn copies(
    copy: unsafe extern "C" fn(*mut u8, *const u8, usize) -> *mut u8,
    at: usize,
    from: usize,
    len: usize,
) -> bool {
    let mut memory = pattern();
    let start = (&raw mut memory).cast::<u8>();
    // SAFETY: all of it is in `memory`, which no other code uses.
    let same = unsafe { black_box(copy)(start.add(at), start.add(from), len) == start.add(at) };
    let expected = |index: usize| match index.checked_sub(at) {
        Some(offset) if offset < len => (from + offset) as u8 ^ 0xa5,
        _ => index as u8 ^ 0xa5,
    };
    same && holds(black_box(&memory), expected)
}

fn fills(at: usize, len: usize) -> bool {
    let mut memory = pattern();
    let start = (&raw mut memory).cast::<u8>();
    // SAFETY: as above. Of the number the lowest byte counts.
    let same = unsafe {
        black_box(memset as unsafe extern "C" fn(_, _, _) -> _)(start.add(at), 0x1_5a, len)
    };
    let expected = |index: usize| match (at..at + len).contains(&index) {
        true => 0x5a,
        false => index as u8 ^ 0xa5,
    };
    same == start.wrapping_add(at) && holds(black_box(&memory), expected)
}

/// Two that are equal up to `len` and differ after it; and with a differing byte at each place.
fn compares(at: usize, from: usize, len: usize) -> bool {
    let (mut one, other) = (pattern(), pattern());
    for offset in 0..len {
        one[at + offset] = black_box((from + offset) as u8 ^ 0xa5);
    }
    one[at + len] = !other[from + len];
    let results = |one: &Memory| {
        // SAFETY: as above; only read.
        let call = |compare: unsafe extern "C" fn(_, _, _) -> i32| unsafe {
            black_box(compare)(one.as_ptr().add(at), other.as_ptr().add(from), len)
        };
        [call(memcmp), call(bcmp)]
    };
    let mut right = results(black_box(&one)) == [0, 0];
    for offset in 0..len {
        let was = one[at + offset];
        // As unsigned numbers.
        one[at + offset] = was.wrapping_add(0x80);
        let [order, differs] = results(black_box(&one));
        right &= differs != 0 && order.signum() == if was < 0x80 { 1 } else { -1 };
        one[at + offset] = was;
    }
    right
}
