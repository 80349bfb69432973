// SPDX-License-Identifier: MIT OR Apache-2.0

//! FIPS 180-4: what SHA-256 does with a block, written as it stands there.

use crate::word::Word;

/// A value on the way, and what the standard calls it.
pub type Step<W> = (String, W);

/// Returns the constants (4.2.2): the first 32 bits of the fractional parts of the cube roots of
/// the first 64 primes.
pub fn constants() -> [u32; 64] {
    // The root of 2^96 times a prime, whose lower 32 bits are those.
    of_primes(|prime| root(prime << 96, |root| root * root * root))
}

/// Returns the initial hash value (5.3.3): those of the square roots of the first eight.
pub fn initial() -> [u32; 8] {
    of_primes(|prime| root(prime << 64, |root| root * root))
}

fn of_primes<const N: usize>(word: impl Fn(u128) -> u32) -> [u32; N] {
    let is_prime = |n: &u128| (2..*n).all(|d| n % d != 0);
    let mut primes = (2..).filter(is_prime);
    std::array::from_fn(|_| word(primes.next().expect("primes never end")))
}

/// Returns the lower 32 bits of the largest number whose power is not more.
fn root(of: u128, power: impl Fn(u128) -> u128) -> u32 {
    let root = (0..40).rev().fold(0, |root, bit| {
        let more = root | 1 << bit;
        if power(more) <= of { more } else { root }
    });
    root as u32
}

// 4.1.2, (4.2) to (4.7).

fn ch<W: Word>(x: W, y: W, z: W) -> W {
    (x & y) ^ ((x ^ W::of(u32::MAX)) & z)
}

fn maj<W: Word>(x: W, y: W, z: W) -> W {
    (x & y) ^ (x & z) ^ (y & z)
}

fn big_sigma_0<W: Word>(x: W) -> W {
    x.ror(2) ^ x.ror(13) ^ x.ror(22)
}

fn big_sigma_1<W: Word>(x: W) -> W {
    x.ror(6) ^ x.ror(11) ^ x.ror(25)
}

fn small_sigma_0<W: Word>(x: W) -> W {
    x.ror(7) ^ x.ror(18) ^ x.lsr(3)
}

fn small_sigma_1<W: Word>(x: W) -> W {
    x.ror(17) ^ x.ror(19) ^ x.lsr(10)
}

/// Returns the hash value after a block (6.2.2), whose words are as the standard has them,
/// big-endian; and tells each value on the way, in an order in which they can be computed.
pub fn compress<W: Word>(
    hash: [W; 8],
    block: [W; 16],
    mut tell: impl FnMut(&dyn Fn() -> String, W),
) -> [W; 8] {
    let mut w = block.to_vec();
    let [mut a, mut b, mut c, mut d, mut e, mut f, mut g, mut h] = hash;
    for (t, k) in constants().into_iter().enumerate() {
        if t >= 16 {
            w.push(small_sigma_1(w[t - 2]) + w[t - 7] + small_sigma_0(w[t - 15]) + w[t - 16]);
        }
        tell(&|| format!("word {t} of the message schedule"), w[t]);
        let t1 = h + big_sigma_1(e) + ch(e, f, g) + W::of(k) + w[t];
        let t2 = big_sigma_0(a) + maj(a, b, c);
        (h, g, f, e, d, c, b, a) = (g, f, e, d + t1, c, b, a, t1 + t2);
        tell(&|| format!("e after round {t}"), e);
        tell(&|| format!("a after round {t}"), a);
    }
    let after = [a, b, c, d, e, f, g, h];
    std::array::from_fn(|i| after[i] + hash[i])
}
