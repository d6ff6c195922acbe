//! gzip and bgzip, member by member, so that a file may hold both (`cat a.gz b.bgz`).

use std::io::{self, BufRead, Read};

use flate2::bufread::GzDecoder;
use libdeflater::Decompressor;

use super::source::Source;

/// First bytes of a gzip member.
pub(super) const MAGIC: [u8; 2] = [0x1f, 0x8b];
/// Bytes of a BGZF block's header (SAM specification, section 4.1).
const BLOCK_HEADER: usize = 18;
/// A BGZF block never holds more.
const LARGEST_BLOCK: usize = 1 << 16;

/// The text of a compressed file. BGZF blocks are inflated with libdeflate, other members as a stream.
///
/// Zeros after the last member, as tapes and some object stores pad, are skipped. Errors: anything
/// else there; a damaged or cut member; BGZF blocks without the empty one that ends a complete file.
pub(super) struct Gunzip {
    state: State,
    inflater: Decompressor,
    block: Vec<u8>,
    /// What of `block` was handed out.
    at: usize,
    /// Whether the last member was a BGZF block with data in it.
    unfinished: bool,
}

enum State {
    Between(Source),
    Member(Box<GzDecoder<Source>>),
    Ended,
    /// An error has been told; whoever reads on must not take it for the end.
    Failed,
}

fn damaged(problem: impl Into<String>) -> io::Error {
    io::Error::new(io::ErrorKind::InvalidData, problem.into())
}

impl Gunzip {
    /// `source` must stand at a member's first byte.
    pub(super) fn new(source: Source) -> Self {
        let state = State::Between(source);
        Gunzip { state, inflater: Decompressor::new(), block: Vec::new(), at: 0, unfinished: false }
    }

    /// Begins the next member.
    fn next_member(&mut self, mut source: Source) -> io::Result<State> {
        let head = source.peek(BLOCK_HEADER)?;
        if head.starts_with(&MAGIC) {
            let is_block = head.len() >= BLOCK_HEADER && head[3] & 4 != 0 && head[12..16] == *b"BC\x02\x00";
            if !is_block {
                self.unfinished = false;
                return Ok(State::Member(Box::new(GzDecoder::new(source))));
            }
            let size = usize::from(u16::from_le_bytes([head[16], head[17]])) + 1;
            self.inflate(source.peek(size)?, size)?;
            source.consume(size);
            return Ok(State::Between(source));
        }
        loop {
            let rest = source.fill_buf()?;
            if rest.is_empty() {
                break;
            }
            if rest.iter().any(|&byte| byte != 0) {
                return Err(damaged(
                    "something else follows the compressed data. If it does not belong there, gzip -dc FILE > TEXT leaves it out",
                ));
            }
            let size = rest.len();
            source.consume(size);
        }
        if self.unfinished {
            return Err(damaged(
                "truncated: the end-of-file block of bgzip is missing. If the file is known to be whole, gzip -dc FILE | bgzip > NEW adds it",
            ));
        }
        Ok(State::Ended)
    }

    fn inflate(&mut self, packed: &[u8], size: usize) -> io::Result<()> {
        let packed = packed.get(..size).ok_or(io::ErrorKind::UnexpectedEof)?;
        let inflated = packed.last_chunk::<4>().map_or(0, |size| u32::from_le_bytes(*size) as usize);
        if inflated > LARGEST_BLOCK {
            return Err(damaged("a block of bgzip is damaged"));
        }
        self.block.resize(inflated, 0);
        self.at = 0;
        self.unfinished = inflated > 0;
        let size = self.inflater.gzip_decompress(packed, &mut self.block);
        match size {
            Ok(size) if size == inflated => Ok(()),
            _ => Err(damaged("a block of bgzip is damaged")),
        }
    }
}

impl Read for Gunzip {
    fn read(&mut self, into: &mut [u8]) -> io::Result<usize> {
        loop {
            if self.at < self.block.len() {
                let size = into.len().min(self.block.len() - self.at);
                into[..size].copy_from_slice(&self.block[self.at..self.at + size]);
                self.at += size;
                return Ok(size);
            }
            self.state = match std::mem::replace(&mut self.state, State::Failed) {
                State::Failed => return Err(damaged("the compressed data are damaged")),
                State::Ended => {
                    self.state = State::Ended;
                    return Ok(0);
                }
                State::Between(source) => self.next_member(source)?,
                State::Member(mut member) => {
                    let size = member.read(into)?;
                    if size > 0 {
                        self.state = State::Member(member);
                        return Ok(size);
                    }
                    State::Between(member.into_inner())
                }
            };
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use flate2::{Compression, write::GzEncoder};
    use std::io::Write;

    fn gzip(text: &str) -> Vec<u8> {
        let mut encoder = GzEncoder::new(Vec::new(), Compression::default());
        encoder.write_all(text.as_bytes()).unwrap();
        encoder.finish().unwrap()
    }

    fn bgzip(text: &str) -> Vec<u8> {
        let mut writer = noodles_bgzf::io::Writer::new(Vec::new());
        writer.write_all(text.as_bytes()).unwrap();
        writer.finish().unwrap()
    }

    fn gunzip(bytes: Vec<u8>) -> io::Result<String> {
        let mut text = String::new();
        Gunzip::new(Source::new(Box::new(io::Cursor::new(bytes)))).read_to_string(&mut text)?;
        Ok(text)
    }

    #[test]
    fn members_of_either_kind_follow_one_another() {
        let long = "0123456789".repeat(50_000);
        let parts = [gzip("a\n"), bgzip(&long), gzip(""), gzip(&long), bgzip(""), bgzip("b\n"), vec![0; 700_000]];
        assert_eq!(gunzip(parts.concat()).unwrap(), format!("a\n{long}{long}b\n"));
        assert_eq!(gunzip([bgzip("a\n"), gzip("b\n")].concat()).unwrap(), "a\nb\n");
    }

    #[test]
    fn what_is_cut_or_added_is_named() {
        let whole = bgzip("a\n");
        let problem = |bytes: &[u8]| gunzip(bytes.to_vec()).unwrap_err().to_string();
        assert!(problem(&whole[..whole.len() - 28]).contains("end-of-file block"));
        assert!(problem(&[&gzip("a\n")[..], b"garbage"].concat()).contains("something else follows"));
        assert!(problem(&[&gzip("a\n")[..], &[0; 9], &gzip("b\n")].concat()).contains("something else follows"));
        for size in 3..gzip("a\n").len() {
            assert!(gunzip(gzip("a\n")[..size].to_vec()).is_err(), "{size}");
        }
        for size in 3..whole.len() - 28 {
            assert!(gunzip(whole[..size].to_vec()).is_err(), "{size}");
        }
        let mut damaged = whole.clone();
        damaged[20] ^= 0xff;
        assert!(problem(&damaged).contains("damaged"));
    }
}
