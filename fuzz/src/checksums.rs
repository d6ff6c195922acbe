//! Sets right what guards a file's bytes against damage by chance: whoever makes a file to do harm sets it right too,
//! and a fuzzer's changes would end there.

use std::io::Write;

use flate2::Crc;
use noodles::bgzf;

/// Bytes of a BGZF block before it is compressed.
const BLOCK: usize = 1000;

/// What begins as a BAM or CSI file does when it is unpacked becomes BGZF, of several blocks.
pub fn packed(bytes: &[u8]) -> Vec<u8> {
    if !bytes.starts_with(b"BAM\x01") && !bytes.starts_with(b"CSI\x01") {
        return bytes.to_vec();
    }
    let mut writer = bgzf::io::Writer::new(Vec::new());
    for block in bytes.chunks(BLOCK) {
        writer.write_all(block).and_then(|()| writer.flush()).expect("writing to memory");
    }
    writer.finish().expect("writing to memory")
}

/// The checksums of a CRAM file's containers and blocks (specification 3.1, sections 7 and 8), as far as its lengths
/// make sense.
pub fn cram(bytes: &[u8]) -> Vec<u8> {
    let mut bytes = bytes.to_vec();
    let mut at = 26;
    while let Some(next) = container(&mut bytes, at) {
        at = next;
    }
    bytes
}

fn container(bytes: &mut [u8], start: usize) -> Option<usize> {
    let length = u32::from_le_bytes(bytes.get(start..start + 4)?.try_into().ok()?) as usize;
    let mut at = start + 4;
    // the reference, its interval and the records; two counters; the blocks
    for longest in [4, 4, 4, 4, 8, 8, 4] {
        number(bytes, &mut at, longest)?;
    }
    for _ in 0..number(bytes, &mut at, 4)? {
        number(bytes, &mut at, 4)?;
    }
    sign(bytes, start, &mut at)?;
    let end = at.checked_add(length)?.min(bytes.len());
    while at < end {
        let start = at;
        at += 2;
        number(bytes, &mut at, 4)?;
        let data = number(bytes, &mut at, 4)?;
        number(bytes, &mut at, 4)?;
        at = at.checked_add(data)?;
        sign(bytes, start, &mut at)?;
    }
    Some(end).filter(|end| *end < bytes.len())
}

/// Puts the checksum of `start..at` at `at`.
fn sign(bytes: &mut [u8], start: usize, at: &mut usize) -> Option<()> {
    let mut sum = Crc::new();
    sum.update(bytes.get(start..*at)?);
    bytes.get_mut(*at..*at + 4)?.copy_from_slice(&sum.sum().to_le_bytes());
    *at += 4;
    Some(())
}

/// An ITF8 number, after whose first byte at most 4 follow; of an LTF8 one (8) only the length is right.
fn number(bytes: &[u8], at: &mut usize, longest: usize) -> Option<usize> {
    let first = usize::from(*bytes.get(*at)?);
    let more = ((first as u8).leading_ones() as usize).min(longest);
    let rest = bytes.get(*at + 1..*at + 1 + more)?;
    *at += 1 + more;
    let high = first & (0xff >> (more + 1));
    let number = rest.iter().fold(high, |number, &byte| (number << 8) | usize::from(byte));
    // the last of five bytes holds four bits
    Some(if more < 4 {
        number
    } else {
        (((first & 15) << 28) | (number >> 4 & 0x0fff_fff0) | (number & 15)) & 0xffff_ffff
    })
}
