// SPDX-License-Identifier: MIT OR Apache-2.0

//! Puts loaded segments into one ELF file, for `qemu-system-aarch64 -kernel`.

use std::fs;
use std::path::Path;

use object::Endianness;
use object::elf::{ELFOSABI_NONE, EM_AARCH64, ET_EXEC, PF_R, PF_W, PF_X, PT_LOAD};
use object::write::elf::{FileHeader, ProgramHeader, Writer};

use crate::Regime;
use crate::loader::Segment;
use crate::qemu::Qemu;

/// Returns an executable with one `PT_LOAD` for each segment, at its physical address.
pub fn executable(segments: &[Segment], entry: u64) -> Vec<u8> {
    // QEMU has no use for a segment without bytes.
    let segments: Vec<_> = segments.iter().filter(|segment| segment.len != 0).collect();
    let mut file = Vec::new();
    let mut writer = Writer::new(Endianness::Little, true, &mut file);
    writer.reserve_file_header();
    writer.reserve_program_headers(segments.len() as u32);
    let offsets: Vec<_> = segments
        .iter()
        .map(|segment| writer.reserve(segment.bytes.len(), 1))
        .collect();

    let header = FileHeader {
        os_abi: ELFOSABI_NONE,
        abi_version: 0,
        e_type: ET_EXEC,
        e_machine: EM_AARCH64,
        e_entry: entry,
        e_flags: 0,
    };
    writer
        .write_file_header(&header)
        .expect("there is room for one header");
    writer.write_align_program_headers();
    for (segment, offset) in segments.iter().zip(offsets) {
        writer.write_program_header(&ProgramHeader {
            p_type: PT_LOAD,
            p_flags: PF_R | PF_W | PF_X,
            p_offset: offset as u64,
            p_vaddr: segment.at,
            p_paddr: segment.at,
            p_filesz: segment.bytes.len() as u64,
            p_memsz: segment.len,
            p_align: 1,
        });
    }
    for segment in &segments {
        writer.write(&segment.bytes);
    }
    file
}

/// Writes a guest's file to `path`, and returns a machine that boots it: `virt` with these options,
/// with EL2 if the regime needs it.
///
/// # Errors
/// When the file cannot be written.
pub(crate) fn machine(
    path: &Path,
    file: &[u8],
    options: &str,
    regime: Regime,
) -> Result<Qemu, String> {
    let text = |error: std::io::Error| format!("{}: {error}", path.display());
    if let Some(folder) = path.parent() {
        fs::create_dir_all(folder).map_err(text)?;
    }
    fs::write(path, file).map_err(text)?;
    let virtualization = match regime {
        Regime::El1And0 => "",
        Regime::El2 | Regime::El2And0 => ",virtualization=on",
    };
    Ok(Qemu::new(&format!("virt,{options}{virtualization}"))
        .args(["-semihosting-config", "enable=on,target=native"])
        .args(["-kernel", &path.display().to_string()]))
}
