//! What a CRAM container may ask for, checked before noodles decodes it.
//!
//! noodles 0.102 allocates what the headers of blocks and codecs say: 6 GB for a file of 9 kB. Here they
//! are held against the length of the container that they are in. The layouts are those of the CRAM
//! specification 3.1 (sections 6 to 8) and of its codecs.

use std::io::{Error, ErrorKind, Read, Result};

use flate2::read::GzDecoder;

use super::cram_numbers::{byte, itf8, ltf8, size, uint7, word};

/// What the blocks of a container may decode to: this many times its length and [`DECODED_BASE`]. samtools puts
/// at most 5 Mb of bases into one, 50 Mb with its archive profile.
const DECODED_RATIO: usize = 64;
/// Bytes.
const DECODED_BASE: usize = 1 << 25;
/// Records of a container beyond one a byte: samtools' archive profile puts so many into one, and they take
/// half a byte each where they have no bases.
const RECORDS_BASE: usize = 100_000;
/// Features (differences from the reference) of a container's records beyond eight a byte.
const FEATURES_BASE: usize = 500_000;

const RAW: u8 = 0;
const GZIP: u8 = 1;
const RANS_4X8: u8 = 4;
const RANS_NX16: u8 = 5;
const ARITHMETIC: u8 = 6;
const FQZCOMP: u8 = 7;
const NAMES: u8 = 8;

const COMPRESSION_HEADER: u8 = 1;
const SLICE_HEADER: u8 = 2;

/// What stands for the chromosome of a slice whose reads are on several.
const SEVERAL_CHROMS: i32 = -2;

/// A container that keeps within the bounds.
#[derive(Debug)]
pub(super) struct Container {
    length: usize,
    feature_counts: Series,
    /// Whether every slice holds reads of several chromosomes.
    pub(super) is_mixed: bool,
}

/// How a series of whole numbers is stored, as far as it matters here.
#[derive(Debug)]
enum Series {
    /// In the block of this id, one ITF8 number after the other.
    External(i32),
    /// In bits, none above this.
    AtMost(usize),
}

/// Reads the next container off `reader`, of which at most `left` bytes are left; `None` at the end of the
/// file. `is_first` is the one that holds the SAM header.
pub(super) fn next(reader: &mut impl Read, left: u64, is_first: bool) -> Result<Option<(Container, u64)>> {
    let mut header = Counted { inner: reader.take(left), read: 0 };
    let mut word = [0; 4];
    if header.read(&mut word[..1])? == 0 {
        return Ok(None);
    }
    header.read_exact(&mut word[1..])?;
    let length = u32::from_le_bytes(word) as usize;
    let _context = (itf8(&mut header)?, itf8(&mut header)?, itf8(&mut header)?);
    let _records = itf8(&mut header)?;
    let _counters = (ltf8(&mut header)?, ltf8(&mut header)?);
    let _blocks = itf8(&mut header)?;
    let mut before = 0;
    for _ in 0..size(&mut header)? {
        let landmark = size(&mut header)?;
        if landmark < before || landmark > length {
            return Err(damaged("a slice lies outside its container"));
        }
        before = landmark;
    }
    let mut checksum = [0; 4];
    header.read_exact(&mut checksum)?;
    let mut body = Vec::new();
    header.by_ref().take(length as u64).read_to_end(&mut body)?;
    if body.len() < length {
        return Err(damaged("the last container is cut off"));
    }
    let container = if is_first { check_sam_header(&body)? } else { check_blocks(&body)? };
    Ok(Some((container, header.read)))
}

/// The SAM header is inflated without regard to the size that its block declares.
fn check_sam_header(body: &[u8]) -> Result<Container> {
    let block = RawBlock::split(&mut &body[..])?;
    block.small()?;
    Ok(Container { length: body.len(), feature_counts: Series::AtMost(0), is_mixed: false })
}

fn check_blocks(body: &[u8]) -> Result<Container> {
    let mut container = Container { length: body.len(), feature_counts: Series::AtMost(0), is_mixed: true };
    let (mut rest, mut decoded, mut records) = (body, 0_usize, 0);
    while !rest.is_empty() {
        let block = RawBlock::split(&mut rest)?;
        decoded = decoded.saturating_add(block.decoded);
        if decoded > container.most_decoded() {
            return Err(damaged(&format!("blocks of {decoded} bytes in a container of {}", body.len())));
        }
        match block.kind {
            COMPRESSION_HEADER => container.feature_counts = feature_counts(&block.small()?)?,
            SLICE_HEADER => {
                let header = block.small()?;
                container.is_mixed &= itf8(&mut &header[..])? == SEVERAL_CHROMS;
                records = slice_records(&header)?;
                let constant = match container.feature_counts {
                    Series::AtMost(most) => most,
                    Series::External(_) => 0,
                };
                if records > RECORDS_BASE + body.len() || constant.saturating_mul(records) > container.most_features() {
                    return Err(damaged(&format!("{records} records in a container of {} bytes", body.len())));
                }
            }
            _ => block.check_codec(records)?,
        }
    }
    Ok(container)
}

impl Container {
    fn most_decoded(&self) -> usize {
        DECODED_BASE + DECODED_RATIO * self.length
    }

    fn most_features(&self) -> usize {
        FEATURES_BASE + 8 * self.length
    }

    /// Checks how many features the records of a slice claim to have, of its decoded external blocks.
    pub(super) fn check_features<'a>(&self, blocks: impl Iterator<Item = (i32, &'a [u8])>) -> Result<()> {
        let Series::External(id) = self.feature_counts else { return Ok(()) };
        for (_, mut bytes) in blocks.filter(|&(other, _)| other == id) {
            let mut sum = 0_usize;
            while !bytes.is_empty() {
                sum = sum.saturating_add(size(&mut bytes)?);
            }
            if sum > self.most_features() {
                return Err(damaged(&format!("{sum} differences in a container of {} bytes", self.length)));
            }
        }
        Ok(())
    }
}

/// One block, not decoded.
struct RawBlock<'a> {
    method: u8,
    kind: u8,
    /// Bytes that it says it decodes to.
    decoded: usize,
    data: &'a [u8],
}

impl<'a> RawBlock<'a> {
    fn split(bytes: &mut &'a [u8]) -> Result<Self> {
        let (method, kind) = (byte(bytes)?, byte(bytes)?);
        let _id = itf8(bytes)?;
        let (length, decoded) = (size(bytes)?, size(bytes)?);
        let data = bytes.split_off(..length).ok_or_else(|| damaged("a block is cut off"))?;
        bytes.split_off(..4).ok_or_else(|| damaged("a block is cut off"))?;
        Ok(RawBlock { method, kind, decoded, data })
    }

    /// The content of a header block: these are kept raw or as gzip.
    fn small(&self) -> Result<Vec<u8>> {
        let most = DECODED_BASE + DECODED_RATIO * self.data.len();
        let mut content = Vec::new();
        match self.method {
            RAW => content.extend_from_slice(self.data),
            GZIP => {
                GzDecoder::new(self.data).take(most as u64 + 1).read_to_end(&mut content)?;
            }
            method => return Err(damaged(&format!("a header block is compressed by method {method}, not gzip"))),
        }
        if content.len() > most { Err(damaged("a header block inflates to too much")) } else { Ok(content) }
    }

    /// Codecs with a size of their own must not exceed the block's.
    fn check_codec(&self, records: usize) -> Result<()> {
        let mut data = self.data;
        if self.decoded == 0 {
            return Ok(());
        }
        match self.method {
            RANS_4X8 => {
                let _order = byte(&mut data)?;
                let _length = word(&mut data)?;
                within(word(&mut data)?, self.decoded)
            }
            RANS_NX16 | ARITHMETIC => check_stream(data, self.decoded, self.method == RANS_NX16, true),
            FQZCOMP => within(uint7(&mut data)?, self.decoded),
            NAMES => {
                within(word(&mut data)?, self.decoded)?;
                within(word(&mut data)?, records)?;
                let is_rans = byte(&mut data)? == 0;
                let most = 4 * self.decoded + 64;
                while !data.is_empty() {
                    // 64: the stream is a copy of an earlier one
                    if byte(&mut data)? & 64 != 0 {
                        data.split_off(..2).ok_or_else(|| damaged("a block is cut off"))?;
                        continue;
                    }
                    let length = uint7(&mut data)?;
                    let stream = data.split_off(..length).ok_or_else(|| damaged("a block is cut off"))?;
                    check_stream(stream, most, is_rans, true)?;
                }
                Ok(())
            }
            _ => Ok(()),
        }
    }
}

/// A stream of the rANS Nx16 or the arithmetic codec, that is to decode to at most `most` bytes.
fn check_stream(mut data: &[u8], most: usize, is_rans: bool, may_stripe: bool) -> Result<()> {
    let flags = byte(&mut data)?;
    let (stripe, no_size, rle, pack) = (flags & 8 != 0, flags & 16 != 0, flags & 64 != 0, flags & 128 != 0);
    let mut most = most;
    if !no_size {
        let size = uint7(&mut data)?;
        within(size, most)?;
        most = size;
    }
    if stripe {
        if !may_stripe {
            return Err(damaged("a striped stream inside another"));
        }
        let lengths: Vec<usize> = (0..byte(&mut data)?).map(|_| uint7(&mut data)).collect::<Result<_>>()?;
        for length in lengths {
            let stream = data.split_off(..length).ok_or_else(|| damaged("a block is cut off"))?;
            check_stream(stream, most, is_rans, false)?;
        }
        return Ok(());
    }
    if pack {
        let symbols = usize::from(byte(&mut data)?);
        data.split_off(..symbols).ok_or_else(|| damaged("a block is cut off"))?;
        within(uint7(&mut data)?, most)?;
    }
    if rle && is_rans {
        // an alphabet, then a run of up to five bytes for each symbol
        within(uint7(&mut data)? / 2, 5 * most + 257)?;
        within(uint7(&mut data)?, most)?;
    }
    Ok(())
}

/// Number of records that a slice's header states.
fn slice_records(mut header: &[u8]) -> Result<usize> {
    let _context = (itf8(&mut header)?, itf8(&mut header)?, itf8(&mut header)?);
    size(&mut header)
}

/// How the compression header says that the numbers of features (FN) are stored.
fn feature_counts(mut header: &[u8]) -> Result<Series> {
    let preservation = size(&mut header)?;
    header.split_off(..preservation).ok_or_else(|| damaged("a compression header is cut off"))?;
    let _length = size(&mut header)?;
    let mut found = Series::AtMost(0);
    for _ in 0..size(&mut header)? {
        let key = [byte(&mut header)?, byte(&mut header)?];
        let (codec, length) = (itf8(&mut header)?, size(&mut header)?);
        let mut parameters = header.split_off(..length).ok_or_else(|| damaged("a compression header is cut off"))?;
        if key != *b"FN" {
            continue;
        }
        found = match codec {
            1 => Series::External(itf8(&mut parameters)?),
            // Huffman: its alphabet
            3 => {
                let symbols = (0..size(&mut parameters)?).map(|_| size(&mut parameters));
                Series::AtMost(symbols.collect::<Result<Vec<_>>>()?.into_iter().max().unwrap_or(0))
            }
            // beta: bits of a number
            6 => {
                let _offset = itf8(&mut parameters)?;
                Series::AtMost(1_usize.checked_shl(itf8(&mut parameters)?.unsigned_abs()).unwrap_or(usize::MAX))
            }
            codec => return Err(damaged(&format!("numbers of differences in the unusual encoding {codec}"))),
        };
    }
    Ok(found)
}

fn within(size: usize, most: usize) -> Result<()> {
    if size <= most { Ok(()) } else { Err(damaged(&format!("a size of {size} where at most {most} is possible"))) }
}

fn damaged(problem: &str) -> Error {
    Error::new(ErrorKind::InvalidData, problem)
}

/// Counts the bytes that are read.
struct Counted<R> {
    inner: R,
    read: u64,
}

impl<R: Read> Read for Counted<R> {
    fn read(&mut self, buffer: &mut [u8]) -> Result<usize> {
        let read = self.inner.read(buffer)?;
        self.read += read as u64;
        Ok(read)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn block(method: u8, kind: u8, decoded: u8, data: &[u8]) -> Vec<u8> {
        [&[method, kind, 0, data.len() as u8, decoded], data, &[0; 4]].concat()
    }

    #[test]
    fn a_codec_must_not_decode_to_more_than_its_block() {
        let rans = |size: u32| [&[0][..], &[9, 0, 0, 0], &size.to_le_bytes(), &[0; 9]].concat();
        assert!(check_blocks(&block(RANS_4X8, 4, 90, &rans(90))).is_ok());
        assert!(check_blocks(&block(RANS_4X8, 4, 90, &rans(u32::MAX))).is_err());
        assert!(check_blocks(&block(RANS_NX16, 4, 90, &[0, 90, 0])).is_ok());
        assert!(check_blocks(&block(RANS_NX16, 4, 90, &[0, 0xff, 0xff, 0x7f])).is_err());
        assert!(check_blocks(&block(NAMES, 4, 90, &[90, 0, 0, 0, 255, 255, 255, 255, 0])).is_err());
        assert!(check_blocks(&block(RAW, 4, 90, &[0; 90])[..50]).is_err());
        // a slice of 0x0fffffff records
        assert!(check_blocks(&block(RAW, SLICE_HEADER, 7, &[0, 1, 1, 0xef, 0xff, 0xff, 0xff])).is_err());
    }
}
