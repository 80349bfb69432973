// SPDX-License-Identifier: MIT OR Apache-2.0

//! Sentences with numbers in them, without `core::fmt`.

/// Takes the characters of the console, one by one.
pub trait Console {
    /// Sends one byte as it is.
    fn byte(&mut self, byte: u8);

    /// Returns whether output is discarded, so that no sentence has to be composed.
    fn is_silent(&self) -> bool {
        false
    }
}

/// Writes `template` with the numbers in their places, in order:
///
/// | | |
/// |-|-|
/// | `%x` | `0x` and 16 digits |
/// | `%d` | decimal |
/// | `%m` | bytes as mebibytes, rounded to one digit after the point |
/// | `%[a\|b]` | `a` for 0, `b` for 1 and so on |
///
/// A line feed goes out after a carriage return. A missing number counts as 0.
#[inline(never)]
pub fn say<C: Console>(console: &mut C, template: &str, numbers: &[u64]) {
    if console.is_silent() {
        return;
    }
    let mut numbers = numbers.iter().copied();
    let mut number = || numbers.next().unwrap_or(0);
    // Inside a choice: how many alternatives come before the one that is written.
    let mut choice: Option<u64> = None;
    let mut bytes = template.bytes();
    while let Some(byte) = bytes.next() {
        match (byte, &mut choice) {
            (b']', Some(_)) => choice = None,
            // After the one that is written the count wraps and stays far from 0.
            (b'|', Some(before)) => *before = before.wrapping_sub(1),
            (_, Some(1..)) => {}
            (b'%', _) => match bytes.next() {
                Some(b'[') => choice = Some(number()),
                Some(b'x') => {
                    console.byte(b'0');
                    console.byte(b'x');
                    hex(console, number(), 16);
                }
                Some(b'm') => {
                    // 16 regions below 2^52 bytes each: far from overflow.
                    let tenths = (number() * 10 + (1 << 19)) >> 20;
                    decimal(console, tenths / 10);
                    console.byte(b'.');
                    decimal(console, tenths % 10);
                }
                _ => decimal(console, number()),
            },
            _ => {
                if byte == b'\n' {
                    console.byte(b'\r');
                }
                console.byte(byte);
            }
        }
    }
}

/// Writes the lowest `digits` hexadecimal digits of `value`.
pub fn hex(console: &mut impl Console, value: u64, digits: u32) {
    for place in (0..digits).rev() {
        let nibble = (value >> (4 * place)) as u8 & 0xf;
        console.byte(if nibble < 10 {
            b'0' + nibble
        } else {
            b'a' + nibble - 10
        });
    }
}

/// Writes `value` in decimal.
fn decimal(console: &mut impl Console, value: u64) {
    // As many digits as the largest value has. 0 marks a place without a digit.
    let mut digits = [0; 20];
    let mut rest = value;
    for digit in digits.iter_mut().rev() {
        *digit = b'0' + (rest % 10) as u8;
        rest /= 10;
        if rest == 0 {
            break;
        }
    }
    let digits = digits.iter().filter(|&&digit| digit != 0);
    digits.for_each(|&digit| console.byte(digit));
}
