// SPDX-License-Identifier: MIT OR Apache-2.0

//! Loads a kernel as `kexec` does: segments, digest, and the symbols of the purgatory.
//!
//! What kexec would never make is refused, unless a test asks for it; and then a test can spoil
//! what kexec has made right.

mod refusal;
mod segment;

pub use self::refusal::Refusal;
pub use self::segment::Segment;
use self::segment::{corrupt, digest};
use crate::abi::{ENTRY_POINT, REGIONS};
use crate::purgatory_ro::{PAGE, PurgatoryRo};

/// How the purgatory is called among the segments.
pub const PURGATORY: &str = "purgatory";

/// What is to be loaded, and what is to be spoilt about it.
#[derive(Clone, Debug)]
pub struct Load {
    /// The purgatory.
    pub image: PurgatoryRo,
    /// All other segments.
    pub segments: Vec<Segment>,
    /// Where the purgatory goes.
    pub purgatory_at: u64,
    /// `arm64_kernel_entry`.
    pub entry: u64,
    /// `arm64_dtb_addr`.
    pub dtb: u64,
    /// `arm64_sink`; 0: silent.
    pub sink: u64,
    /// `skip_checks`: then neither regions nor a digest are set.
    pub skip_checks: bool,
    /// What a loader sets that makes page tables: `pgtble_base`, with `purgatory_base` and
    /// `purgatory_len`. All others leave the three at 0.
    pub pgtble_base: Option<u64>,
    /// Allows layouts that kexec would not make: ragged, the purgatory not the last, 16 regions.
    pub unlike_kexec: bool,
    /// Symbols that get another value in the end.
    pub pokes: Vec<(String, Vec<u8>)>,
    /// Entries of `sha256_regions` that get another start and length in the end.
    pub region_pokes: Vec<(usize, u64, u64)>,
    /// Bytes, by segment and offset, that change after they were hashed.
    pub corrupt: Vec<(String, u64)>,
    /// Bits of `sha256_digest`, 0 to 255, that are flipped.
    pub digest_flips: Vec<usize>,
}

/// What is in memory when the old kernel leaves.
#[derive(Clone, Debug)]
pub struct Loaded {
    /// All segments, the purgatory last.
    pub segments: Vec<Segment>,
    /// The first instruction of the purgatory.
    pub start: u64,
    /// What was hashed: address and length.
    pub regions: Vec<(u64, u64)>,
    /// The right digest.
    pub digest: [u8; 32],
    /// What `sha256_digest` holds in the end.
    pub told_digest: Vec<u8>,
    /// What `sha256_regions` holds in the end.
    told_regions: Vec<u8>,
}

impl Loaded {
    /// Returns one past the last byte of all.
    pub fn end(&self) -> u64 {
        self.segments.iter().map(Segment::end).max().unwrap_or(0)
    }

    /// Returns what a purgatory must find: the digest of what is in memory where it is told to
    /// look. `None` where nothing was loaded there.
    pub fn digest_in_memory(&self) -> Option<[u8; 32]> {
        let words: Vec<_> = self
            .told_regions
            .chunks_exact(8)
            .map(|word| u64::from_le_bytes(word.try_into().expect("8 bytes")))
            .collect();
        let mut found = Vec::new();
        for region in words.chunks_exact(2).filter(|region| region[1] != 0) {
            let (start, len) = (region[0], region[1]);
            let all = &mut self.segments.iter();
            found.push(all.find(|segment| segment.at == start && segment.len == len)?);
        }
        Some(digest(found))
    }
}

impl Load {
    /// Takes segments, the purgatory above them, and the two addresses that it needs to go on.
    pub fn new(
        image: PurgatoryRo,
        segments: Vec<Segment>,
        purgatory_at: u64,
        entry: u64,
        dtb: u64,
    ) -> Self {
        Self {
            image,
            segments,
            purgatory_at,
            entry,
            dtb,
            sink: 0,
            skip_checks: false,
            pgtble_base: None,
            unlike_kexec: false,
            pokes: Vec::new(),
            region_pokes: Vec::new(),
            corrupt: Vec::new(),
            digest_flips: Vec::new(),
        }
    }

    /// Loads as kexec does, and then spoils what was asked for.
    ///
    /// # Errors
    /// When kexec would not, or the purgatory is not fit for it.
    pub fn finish(&self) -> Result<Loaded, Refusal> {
        self.check_layout()?;
        let regions: Vec<_> = self
            .segments
            .iter()
            .map(|segment| (segment.at, segment.len))
            .collect();
        let digest = digest(&self.segments);
        let image = self.poked(&regions, digest)?;
        let told = |symbol, len| {
            let at = image.offset(symbol)? as usize;
            Ok::<_, Refusal>(image.bytes[at..at + len].to_vec())
        };
        let told_regions = told("sha256_regions", 16 * REGIONS)?;
        let told_digest = told("sha256_digest", 32)?;
        let start = self.purgatory_at + image.offset(ENTRY_POINT)?;
        let mut segments = self.segments.clone();
        segments.push(self.purgatory(image.bytes, image.memsz));
        for (name, offset) in &self.corrupt {
            corrupt(&mut segments, name, *offset)?;
        }
        Ok(Loaded {
            segments,
            start,
            regions,
            digest,
            told_digest,
            told_regions,
        })
    }

    fn purgatory(&self, bytes: Vec<u8>, len: u64) -> Segment {
        Segment {
            name: PURGATORY.into(),
            at: self.purgatory_at,
            bytes,
            len,
        }
    }

    /// The image with all its symbols set.
    fn poked(&self, regions: &[(u64, u64)], digest: [u8; 32]) -> Result<PurgatoryRo, Refusal> {
        let mut image = self.image.clone();
        let mut words = [(0, 0); REGIONS];
        if !self.skip_checks {
            words[..regions.len()].copy_from_slice(regions);
        }
        for &(index, start, len) in &self.region_pokes {
            words[index] = (start, len);
        }
        let table: Vec<u8> = words
            .iter()
            .flat_map(|(a, b)| [a.to_le_bytes(), b.to_le_bytes()])
            .flatten()
            .collect();

        let mut digest = if self.skip_checks { [0; 32] } else { digest };
        for bit in &self.digest_flips {
            digest[bit / 8] ^= 1 << (bit % 8);
        }

        image.set("sha256_regions", &table)?;
        image.set("sha256_digest", &digest)?;
        image.set("skip_checks", &u32::from(self.skip_checks).to_le_bytes())?;
        image.set("arm64_kernel_entry", &self.entry.to_le_bytes())?;
        image.set("arm64_dtb_addr", &self.dtb.to_le_bytes())?;
        image.set("arm64_sink", &self.sink.to_le_bytes())?;
        if let Some(base) = self.pgtble_base {
            image.set("pgtble_base", &base.to_le_bytes())?;
            image.set("purgatory_base", &self.purgatory_at.to_le_bytes())?;
            image.set("purgatory_len", &image.memsz.to_le_bytes())?;
        }
        for (symbol, value) in &self.pokes {
            image.set(symbol, value)?;
        }
        Ok(image)
    }

    fn check_layout(&self) -> Result<(), Refusal> {
        let most = if self.unlike_kexec {
            REGIONS
        } else {
            REGIONS - 1
        };
        if self.segments.len() > most {
            return Err(Refusal::TooMany(self.segments.len()));
        }
        if self.purgatory_at % self.image.align != 0 {
            return Err(Refusal::Unaligned(PURGATORY.into()));
        }
        if !self.unlike_kexec {
            for segment in &self.segments {
                if segment.at % PAGE != 0 || segment.len % PAGE != 0 || segment.len == 0 {
                    return Err(Refusal::Unaligned(segment.name.clone()));
                }
                if segment.at >= self.purgatory_at {
                    return Err(Refusal::AbovePurgatory(segment.name.clone()));
                }
            }
        }
        let purgatory = self.purgatory(Vec::new(), self.image.memsz);
        let all: Vec<_> = self.segments.iter().chain([&purgatory]).collect();
        for (index, a) in all.iter().enumerate() {
            if let Some(b) = all[..index]
                .iter()
                .find(|b| a.at < b.end() && b.at < a.end())
            {
                return Err(Refusal::Overlap(b.name.clone(), a.name.clone()));
            }
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests;
