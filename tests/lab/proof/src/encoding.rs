// SPDX-License-Identifier: MIT OR Apache-2.0

//! The instructions that the routines are made of, as they are encoded (Arm ARM C4.1). There are no
//! others.

/// A name, and the bits from the highest on: 0 and 1 have to be there; letters are fields, the same
/// ones everywhere: `d`, `n`, `m`, `t` and `u` registers, `i` and `j` an immediate, `s` for 64
/// bits, `l` for a load, `k` the kind of a shift, `a` how an address is made, `p` which of two.
#[rustfmt::skip]
pub const ENCODINGS: [(&str, &str); 28] = [
    ("add",        "s0001011kk0mmmmmiiiiiinnnnnddddd"),
    ("and",        "s0001010kk0mmmmmiiiiiinnnnnddddd"),
    ("orr",        "s0101010kk0mmmmmiiiiiinnnnnddddd"),
    ("eor",        "s1001010kk0mmmmmiiiiiinnnnnddddd"),
    ("add x, #",   "1001000100iiiiiiiiiiiinnnnnddddd"),
    ("ror w, #",   "00010011100mmmmm0iiiiinnnnnddddd"),
    ("lsr x, #",   "1101001101iiiiii111111nnnnnddddd"),
    ("rev32 x",    "1101101011000000000010nnnnnddddd"),
    ("adr",        "0jj10000iiiiiiiiiiiiiiiiiiiddddd"),
    ("cmp x",      "11101011000mmmmm000000nnnnn11111"),
    ("csel x, lo", "10011010100mmmmm001100nnnnnddddd"),
    ("b.lo",       "01010100iiiiiiiiiiiiiiiiiii00011"),
    ("tbnz w",     "00110111jjjjjiiiiiiiiiiiiiittttt"),
    ("ret",        "11010110010111110000001111000000"),
    ("nop",        "11010101000000110010000000011111"),
    ("ldp/stp",    "s010100aaliiiiiiiuuuuunnnnnttttt"),
    ("ldr/str x",  "111110010liiiiiiiiiiiinnnnnttttt"),
    ("prfm",       "1111100110iiiiiiiiiiiinnnnn00001"),
    ("ld1/st1",    "010011000l000000p01010nnnnnttttt"),
    ("ld1/st1, #", "010011001l011111p01010nnnnnttttt"),
    ("add v",      "01001110101mmmmm100001nnnnnddddd"),
    ("mov v",      "01001110101mmmmm000111nnnnnddddd"),
    ("rev32 v",    "0110111000100000000010nnnnnddddd"),
    ("movi v, #0", "011011110000000011100100000ddddd"),
    ("sha256h",    "01011110000mmmmm010000nnnnnddddd"),
    ("sha256h2",   "01011110000mmmmm010100nnnnnddddd"),
    ("sha256su0",  "0101111000101000001010nnnnnddddd"),
    ("sha256su1",  "01011110000mmmmm011000nnnnnddddd"),
];

/// Which bits have to be there, and their values.
const FIXED: [(u32, u32); ENCODINGS.len()] = {
    let mut fixed = [(0, 0); ENCODINGS.len()];
    let mut number = 0;
    while number < fixed.len() {
        let bits = ENCODINGS[number].1.as_bytes();
        let mut at = 0;
        while at < bits.len() {
            let is_fixed = bits[at].is_ascii_digit() as u32;
            let is_one = (bits[at] == b'1') as u32;
            let (mask, value) = fixed[number];
            fixed[number] = (mask << 1 | is_fixed, value << 1 | is_one);
            at += 1;
        }
        number += 1;
    }
    fixed
};

/// An instruction.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Encoded {
    /// Its name in [`ENCODINGS`].
    pub name: &'static str,
    /// Value and width of each letter's field, from `a` on.
    fields: [(u32, u32); 26],
}

impl Encoded {
    /// Returns the instruction, if it is one that is known.
    pub fn new(word: u32) -> Option<Self> {
        let number = FIXED
            .iter()
            .position(|(mask, value)| word & mask == *value)?;
        let (name, encoding) = ENCODINGS[number];
        let mut fields = [(0, 0); 26];
        for (letter, at) in encoding.bytes().zip((0..32).rev()) {
            if letter.is_ascii_lowercase() {
                let (value, width) = &mut fields[usize::from(letter - b'a')];
                (*value, *width) = (*value << 1 | word >> at & 1, *width + 1);
            }
        }
        Some(Self { name, fields })
    }

    /// Returns a field's value; 0 if there is none.
    pub const fn field(self, letter: u8) -> u32 {
        self.fields[(letter - b'a') as usize].0
    }

    /// Returns a register's number.
    pub const fn register(self, letter: u8) -> usize {
        self.field(letter) as usize
    }

    /// Returns the value of a field with a sign.
    pub const fn signed(self, letter: u8) -> i64 {
        let (value, width) = self.fields[(letter - b'a') as usize];
        let unused = 64 - width;
        ((value as u64) << unused) as i64 >> unused
    }
}
