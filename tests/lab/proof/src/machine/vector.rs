// SPDX-License-Identifier: MIT OR Apache-2.0

//! The vector registers (Arm ARM C7.2). None of these accesses memory, and all have a meaning.

use std::array::from_fn;

use super::Machine;
use crate::encoding::Encoded;
use crate::word::Word;

impl<W: Word> Machine<W> {
    pub(super) fn vector(&mut self, code: Encoded) {
        let d = code.register(b'd');
        let [of_d, of_n, of_m] = [b'd', b'n', b'm'].map(|letter| self.v[code.register(letter)]);
        let lanes = match code.name {
            "add v" => from_fn(|lane| of_n[lane] + of_m[lane]),
            // ORR.
            "mov v" => from_fn(|lane| of_n[lane].or(of_m[lane])),
            "rev32 v" => of_n.map(W::swapped),
            "sha256h" => hash(of_d, of_n, of_m).0,
            "sha256h2" => hash(of_n, of_d, of_m).1,
            "sha256su0" => schedule_0(of_d, of_n),
            "sha256su1" => schedule_1(of_d, of_n, of_m),
            _ => [W::of(0); 4],
        };
        self.set_vector(d, lanes);
    }
}

/// `SHA256hash`: X and Y after four rounds.
fn hash<W: Word>(mut x: [W; 4], mut y: [W; 4], w: [W; 4]) -> ([W; 4], [W; 4]) {
    for w in w {
        let choose = ((y[1] ^ y[2]) & y[0]) ^ y[2];
        let majority = (x[0] & x[1]).or(x[0].or(x[1]) & x[2]);
        let t = y[3] + (y[0].ror(6) ^ y[0].ror(11) ^ y[0].ror(25)) + choose + w;
        x[3] = t + x[3];
        y[3] = t + (x[0].ror(2) ^ x[0].ror(13) ^ x[0].ror(22)) + majority;
        // <Y, X> = ROL(Y : X, 32).
        (x, y) = ([y[3], x[0], x[1], x[2]], [x[3], y[0], y[1], y[2]]);
    }
    (x, y)
}

/// `SHA256SU0`.
fn schedule_0<W: Word>(d: [W; 4], n: [W; 4]) -> [W; 4] {
    let t = [d[1], d[2], d[3], n[0]];
    from_fn(|e| (t[e].ror(7) ^ t[e].ror(18) ^ t[e].lsr(3)) + d[e])
}

/// `SHA256SU1`.
fn schedule_1<W: Word>(d: [W; 4], n: [W; 4], m: [W; 4]) -> [W; 4] {
    let t0 = [n[1], n[2], n[3], m[0]];
    let word = |t1: W, e: usize| (t1.ror(17) ^ t1.ror(19) ^ t1.lsr(10)) + d[e] + t0[e];
    let [e0, e1] = [word(m[2], 0), word(m[3], 1)];
    [e0, e1, word(e0, 2), word(e1, 3)]
}
