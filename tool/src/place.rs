// SPDX-License-Identifier: MIT OR Apache-2.0

//! Where a purgatory lies in a file, and how many bytes may be written there.
//!
//! kexec carries its purgatory as one ELF object among its constants, with other constants right
//! after it. A shorter object in its place leaves a gap. The gap's last bytes say how long the
//! place was, because a later object may be longer.

use super::purgatory::Purgatory;
use anyhow::{Context, Result, bail, ensure};
use object::LittleEndian as LE;
use object::elf::*;
use object::read::elf::{FileHeader as _, ProgramHeader as _};
use std::ops::Range;

/// The first bytes of an AArch64 object: class, byte order, version, ABI, padding, ET_REL and the
/// machine.
const OBJECT: &[u8; 20] = b"\x7fELF\x02\x01\x01\0\0\0\0\0\0\0\0\0\x01\0\xb7\0";

/// The mark at the end of a gap, if it has room for it: this, and the length of the place in 4
/// bytes.
const MARK: &[u8; 8] = b"place of";

/// A file with a purgatory in it, or a purgatory alone.
pub struct Carrier<'a> {
    /// The range for the purgatory, and nothing else.
    pub place: Range<usize>,
    /// The purgatory there now.
    pub purgatory: Purgatory<'a>,
}

/// Finds the purgatory in a `purgatory.ro` or in a kexec.
pub fn find(file: &[u8]) -> Result<Carrier<'_>> {
    let header = FileHeader64::<LE>::parse(file);
    let header = header.ok().filter(|header| header.is_little_endian());
    let header =
        header.context("neither a kexec nor a purgatory.ro: no 64-bit little-endian ELF file")?;
    let (kind, machine) = (header.e_type(LE), header.e_machine(LE));
    ensure!(
        machine == EM_AARCH64,
        "for another machine (e_machine {machine}), not for arm64"
    );
    match kind {
        ET_REL => alone(file),
        ET_EXEC | ET_DYN => in_kexec(file, header),
        _ => bail!("neither a program nor an object (e_type {kind})"),
    }
}

fn alone(file: &[u8]) -> Result<Carrier<'_>> {
    let purgatory = Purgatory::read(file)?;
    let behind = file.len() - purgatory.bytes.len();
    ensure!(behind == 0, "{behind} bytes behind its end");
    Ok(Carrier {
        place: 0..file.len(),
        purgatory,
    })
}

fn in_kexec<'a>(file: &'a [u8], header: &FileHeader64<LE>) -> Result<Carrier<'a>> {
    let starts = file.windows(OBJECT.len()).enumerate();
    let starts = starts
        .filter(|(_, window)| window == OBJECT)
        .map(|(at, _)| at);
    let at = match *starts.collect::<Vec<_>>() {
        [at] => at,
        [] => bail!("no arm64 purgatory in it"),
        ref several => bail!("{} arm64 objects in it, at {several:?}", several.len()),
    };
    let mut end = None;
    for segment in header
        .program_headers(LE, file)
        .context("its program headers")?
    {
        let (start, size) = segment.file_range(LE);
        let (reaches, len) = (start.saturating_add(size), file.len() as u64);
        ensure!(
            reaches <= len,
            "cut off: a segment ends at {reaches}, the file at {len}"
        );
        if segment.p_type(LE) == PT_LOAD && (start..reaches).contains(&(at as u64)) {
            end = Some(reaches as usize);
        }
    }
    let end = end.with_context(|| format!("the object at {at} is in no segment that is loaded"))?;
    let described = || format!("the object at {at}");
    let purgatory = Purgatory::read(&file[at..end]).with_context(described)?;
    let size = purgatory.bytes.len();
    let place = at..at + marked(&file[at..end], size).unwrap_or(size);
    Ok(Carrier { place, purgatory })
}

/// Returns the length of a place whose first `used` bytes are an object, if the gap after it says
/// so.
fn marked(bytes: &[u8], used: usize) -> Option<usize> {
    let zeros = bytes[used..].iter().take_while(|byte| **byte == 0).count();
    let (mark, rest) = bytes[used + zeros..].split_first_chunk()?;
    let size = u32::from_le_bytes(*rest.first_chunk()?) as usize;
    (mark == MARK && size == used + zeros + MARK.len() + 4).then_some(size)
}

/// Fills a place with a purgatory, which must not be longer, and the gap after it.
pub fn fill(place: &mut [u8], purgatory: &[u8]) {
    let size = (place.len() as u32).to_le_bytes();
    let (used, gap) = place.split_at_mut(purgatory.len());
    used.copy_from_slice(purgatory);
    gap.fill(0);
    let mark = [&MARK[..], &size].concat();
    if let Some(zeros) = gap.len().checked_sub(mark.len()) {
        gap[zeros..].copy_from_slice(&mark);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_gap_tells_how_long_the_place_was_as_soon_as_it_has_room() {
        for (used, expected) in [(40, Some(60)), (48, Some(60)), (49, None), (60, None)] {
            let mut file = [0xff; 80];
            fill(&mut file[..60], &vec![0xee; used]);
            assert_eq!(marked(&file, used), expected, "{used}");
            assert!(file[..used].iter().all(|byte| *byte == 0xee));
            assert!(file[60..].iter().all(|byte| *byte == 0xff));
        }
    }

    #[test]
    fn a_length_that_is_not_that_of_the_place_is_not_believed() {
        let mut file = [0; 80];
        fill(&mut file[..60], &[0xee; 40]);
        file[56] += 1;
        assert_eq!(marked(&file, 40), None);
        assert_eq!(marked(&file[..58], 40), None);
    }
}
