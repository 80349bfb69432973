// SPDX-License-Identifier: MIT OR Apache-2.0

//! Bytes, taken for numbers one after the other.

/// What is left of the bytes. Behind their end there are zeros.
#[derive(Clone, Debug)]
pub struct Input<'a>(&'a [u8]);

impl<'a> Input<'a> {
    /// Begins with the first of them.
    pub const fn new(bytes: &'a [u8]) -> Self {
        Self(bytes)
    }

    /// Returns whether nothing is left.
    pub const fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Takes a byte.
    pub fn byte(&mut self) -> u8 {
        let Some((&first, rest)) = self.0.split_first() else {
            return 0;
        };
        self.0 = rest;
        first
    }

    /// Takes this many bytes.
    pub fn bytes<const COUNT: usize>(&mut self) -> [u8; COUNT] {
        [(); COUNT].map(|()| self.byte())
    }

    /// Takes eight bytes.
    pub fn word(&mut self) -> u64 {
        u64::from_le_bytes(self.bytes())
    }

    /// Takes a byte for one of these.
    pub fn one_of<T: Copy>(&mut self, all: &[T]) -> T {
        all[usize::from(self.byte()) % all.len()]
    }

    /// Takes an address or a length: any number, one with few bits, one beside a power of two, or
    /// one beside these landmarks. Random bytes alone would hardly ever meet one.
    pub fn number(&mut self, landmarks: &[u64]) -> u64 {
        let kind = self.byte();
        match kind % 8 {
            0 => self.word(),
            1 => self.word() >> (self.byte() % 64),
            2 => (1_u64 << (self.byte() % 64)).wrapping_add_signed(self.offset()),
            3 => self.byte().into(),
            _ if landmarks.is_empty() => self.word(),
            _ => self.one_of(landmarks).wrapping_add_signed(self.offset()),
        }
    }

    /// Takes a small number, of either sign, in bytes, words, pages or blocks.
    fn offset(&mut self) -> i64 {
        let unit = 1 << self.one_of(&[0, 0, 3, 12, 12, 16, 21, 30]);
        i64::from(self.byte() as i8) * unit
    }
}
