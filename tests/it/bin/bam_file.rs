//! BAM files and their indices byte by byte, in the styles of the programs that write them.

use std::collections::BTreeMap;

/// xorshift64*: one number decides a whole case.
pub struct Random(pub u64);

impl Random {
    pub fn below(&mut self, end: u64) -> u64 {
        self.0 ^= self.0 >> 12;
        self.0 ^= self.0 << 25;
        self.0 ^= self.0 >> 27;
        (self.0.wrapping_mul(0x2545_f491_4f6c_dd1d) >> 16) % end
    }

    pub fn one_in(&mut self, n: u64) -> bool {
        self.below(n) == 0
    }

    pub fn of<T: Copy>(&mut self, choice: &[T]) -> T {
        choice[self.below(choice.len() as u64) as usize]
    }
}

#[derive(Clone, Debug)]
pub struct Read {
    pub chrom: i32,
    pub start: i32,
    pub flags: u16,
    pub mapq: u8,
    /// (length, operation), operations numbered as in MIDNSHP=X.
    pub cigar: Vec<(u32, u32)>,
    pub name: usize,
    pub bases: usize,
    pub tags: usize,
}

impl Read {
    /// Bases from first to last; one for a read without any, and for an unmapped one.
    pub fn end(&self) -> i64 {
        let span: i64 =
            self.cigar.iter().filter(|(_, op)| [0, 2, 3, 7, 8].contains(op)).map(|(n, _)| i64::from(*n)).sum();
        i64::from(self.start) + if self.flags & 4 != 0 { 1 } else { span.max(1) }
    }

    fn bytes(&self) -> Vec<u8> {
        let mut bytes = Vec::new();
        bytes.extend(self.chrom.to_le_bytes());
        bytes.extend(self.start.to_le_bytes());
        bytes.extend([self.name as u8, self.mapq]);
        bytes.extend(0_u16.to_le_bytes());
        bytes.extend((self.cigar.len() as u16).to_le_bytes());
        bytes.extend(self.flags.to_le_bytes());
        bytes.extend((self.bases as u32).to_le_bytes());
        bytes.extend((-1_i32).to_le_bytes());
        bytes.extend((-1_i32).to_le_bytes());
        bytes.extend(0_i32.to_le_bytes());
        bytes.extend((0..self.name).map(|at| if at + 1 == self.name { 0 } else { b'r' }));
        bytes.extend(self.cigar.iter().flat_map(|(n, op)| (n << 4 | op).to_le_bytes()));
        bytes.extend(std::iter::repeat_n(0x11, self.bases.div_ceil(2)));
        bytes.extend(std::iter::repeat_n(0xff, self.bases));
        bytes.extend(std::iter::repeat_n(b'x', self.tags));
        [(bytes.len() as u32).to_le_bytes().to_vec(), bytes].concat()
    }
}

/// A BAM file and where its reads lie.
pub struct BamFile {
    pub bytes: Vec<u8>,
    /// Virtual offsets of start and end of each read.
    pub places: Vec<(u64, u64)>,
}

fn block(data: &[u8]) -> Vec<u8> {
    // deflate's stored form, which is quick to write
    let length = data.len() as u16;
    let deflated = [&[1][..], &length.to_le_bytes(), &(!length).to_le_bytes(), data].concat();
    let mut crc = flate2::Crc::new();
    crc.update(data);
    let mut block = vec![31, 139, 8, 4, 0, 0, 0, 0, 0, 255, 6, 0, 66, 67, 2, 0];
    block.extend((deflated.len() as u16 + 25).to_le_bytes());
    block.extend(deflated);
    block.extend(crc.sum().to_le_bytes());
    block.extend((data.len() as u32).to_le_bytes());
    block
}

/// BGZF of `parts` in blocks of random sizes, some of them empty; the virtual offset of each part's start,
/// and of the end. A part may span blocks.
fn compress(parts: &[Vec<u8>], random: &mut Random) -> (Vec<u8>, Vec<u64>) {
    let most = random.of(&[60, 300, 4000, 60_000]);
    let (mut bytes, mut data, mut places) = (Vec::new(), Vec::new(), Vec::new());
    let mut size = 1 + random.below(most) as usize;
    for part in parts {
        places.push((bytes.len() as u64) << 16 | data.len() as u64);
        let mut rest = &part[..];
        while !rest.is_empty() {
            let (now, later) = rest.split_at(rest.len().min(size - data.len()));
            data.extend_from_slice(now);
            rest = later;
            if data.len() == size {
                bytes.extend(block(&data));
                data.clear();
                size = 1 + random.below(most) as usize;
                if random.one_in(8) {
                    bytes.extend(block(&[]));
                }
            }
        }
    }
    places.push((bytes.len() as u64) << 16 | data.len() as u64);
    if !data.is_empty() {
        bytes.extend(block(&data));
    }
    bytes.extend([31, 139, 8, 4, 0, 0, 0, 0, 0, 255, 6, 0, 66, 67, 2, 0, 27, 0, 3, 0, 0, 0, 0, 0, 0, 0, 0, 0]);
    (bytes, places)
}

/// The file of `reads`; chromosomes are called c0, c1 …
pub fn bam(lengths: &[u32], text: &str, reads: &[Read], random: &mut Random) -> BamFile {
    let mut header = b"BAM\x01".to_vec();
    header.extend((text.len() as u32).to_le_bytes());
    header.extend(text.as_bytes());
    header.extend((lengths.len() as u32).to_le_bytes());
    for (at, length) in lengths.iter().enumerate() {
        let name = format!("c{at}\0");
        header.extend((name.len() as u32).to_le_bytes());
        header.extend(name.as_bytes());
        header.extend(length.to_le_bytes());
    }
    let parts: Vec<Vec<u8>> = std::iter::once(header).chain(reads.iter().map(Read::bytes)).collect();
    let (bytes, places) = compress(&parts, random);
    BamFile { bytes, places: places.windows(2).skip(1).map(|pair| (pair[0], pair[1])).collect() }
}

/// How programs differ in their indices.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Style {
    /// samtools since 1.11: holes of the linear index hold the offset behind them; a bin of counts.
    SamtoolsBai,
    /// htsjdk, older samtools: holes repeat the offset before.
    HtsjdkBai,
    /// Only tiles that a read enters from before have an offset; nothing but bins and tiles.
    BamtoolsBai,
    /// No linear index at all.
    BareBai,
    SamtoolsCsi,
    /// A bin's smallest offset is that of the first read in it, or in one below it.
    NoodlesCsi,
}

pub const STYLES: [Style; 6] =
    [Style::SamtoolsBai, Style::HtsjdkBai, Style::BamtoolsBai, Style::BareBai, Style::SamtoolsCsi, Style::NoodlesCsi];

impl Style {
    pub fn is_csi(self) -> bool {
        matches!(self, Style::SamtoolsCsi | Style::NoodlesCsi)
    }
}

/// First bin of a level.
fn level_start(level: u32) -> u32 {
    ((1 << (3 * level)) - 1) / 7
}

fn bin_of(start: i64, end: i64, min_shift: u32, depth: u32) -> u32 {
    for level in (1..=depth).rev() {
        let shift = min_shift + 3 * (depth - level);
        if start >> shift == (end - 1) >> shift {
            return level_start(level) + (start >> shift) as u32;
        }
    }
    0
}

/// The index of sorted reads, not compressed.
pub fn index(style: Style, n_chroms: usize, reads: &[Read], file: &BamFile, min_shift: u32, depth: u32) -> Vec<u8> {
    let (min_shift, depth) = if style.is_csi() { (min_shift, depth) } else { (14, 5) };
    let mut bytes = if style.is_csi() { b"CSI\x01".to_vec() } else { b"BAI\x01".to_vec() };
    if style.is_csi() {
        bytes.extend([min_shift, depth, 0].map(u32::to_le_bytes).concat());
    }
    bytes.extend((n_chroms as u32).to_le_bytes());
    for chrom in 0..n_chroms as i32 {
        let mut bins: BTreeMap<u32, Vec<(u64, u64)>> = BTreeMap::new();
        let (mut tiles, mut last_bin): (Vec<u64>, u32) = (Vec::new(), u32::MAX);
        let of_chrom = || reads.iter().zip(&file.places).filter(|(read, _)| read.chrom == chrom);
        for (read, &(from, to)) in of_chrom() {
            let bin = bin_of(read.start.into(), read.end(), min_shift, depth);
            let chunks = bins.entry(bin).or_default();
            match chunks.last_mut() {
                Some(last) if bin == last_bin || (style == Style::SamtoolsBai && last.1 >> 16 == from >> 16) => {
                    last.1 = to
                }
                _ => chunks.push((from, to)),
            }
            last_bin = bin;
            let (first, last) = ((read.start >> min_shift) as usize, ((read.end() - 1) >> min_shift) as usize);
            tiles.resize(tiles.len().max(last + 1), 0);
            let first = if style == Style::BamtoolsBai { first + 1 } else { first };
            for tile in tiles.iter_mut().take(last + 1).skip(first) {
                *tile = if *tile == 0 { from } else { *tile };
            }
        }
        match style {
            Style::SamtoolsBai | Style::SamtoolsCsi => {
                for at in (1..tiles.len()).rev() {
                    tiles[at - 1] = if tiles[at - 1] == 0 { tiles[at] } else { tiles[at - 1] };
                }
            }
            Style::HtsjdkBai => {
                for at in 1..tiles.len() {
                    tiles[at] = if tiles[at] == 0 { tiles[at - 1] } else { tiles[at] };
                }
            }
            Style::BareBai => tiles.clear(),
            Style::BamtoolsBai | Style::NoodlesCsi => {}
        }
        let counts = matches!(style, Style::SamtoolsBai | Style::HtsjdkBai | Style::SamtoolsCsi) && !bins.is_empty();
        bytes.extend((bins.len() as u32 + u32::from(counts)).to_le_bytes());
        for (&bin, chunks) in &bins {
            bytes.extend(bin.to_le_bytes());
            let level = (0..=depth).rev().find(|&level| bin >= level_start(level)).unwrap();
            let tile = ((bin - level_start(level)) << (3 * (depth - level))) as usize;
            if style == Style::SamtoolsCsi {
                bytes.extend(tiles.get(tile).copied().unwrap_or(0).to_le_bytes());
            } else if style == Style::NoodlesCsi {
                let inside = |&(&other, _): &(&u32, &Vec<(u64, u64)>)| {
                    let mut other = other;
                    while other > bin {
                        other = (other - 1) / 8;
                    }
                    other == bin
                };
                let first = bins.iter().filter(inside).map(|(_, chunks)| chunks[0].0).min().unwrap();
                bytes.extend(if bin == 0 { 0 } else { first }.to_le_bytes());
            }
            bytes.extend((chunks.len() as u32).to_le_bytes());
            bytes.extend(chunks.iter().flat_map(|(from, to)| [from.to_le_bytes(), to.to_le_bytes()].concat()));
        }
        if counts {
            bytes.extend((level_start(depth + 1) + 1).to_le_bytes());
            if style.is_csi() {
                bytes.extend(0_u64.to_le_bytes());
            }
            bytes.extend(2_u32.to_le_bytes());
            let (from, to) = (of_chrom().next().unwrap().1.0, of_chrom().next_back().unwrap().1.1);
            bytes.extend([from, to, of_chrom().count() as u64, 0].map(u64::to_le_bytes).concat());
        }
        if !style.is_csi() {
            bytes.extend((tiles.len() as u32).to_le_bytes());
            bytes.extend(tiles.iter().flat_map(|tile| tile.to_le_bytes()));
        }
    }
    if style != Style::BamtoolsBai {
        bytes.extend((reads.iter().filter(|read| read.chrom < 0).count() as u64).to_le_bytes());
    }
    bytes
}

/// As CSI files are.
pub fn gzip(bytes: &[u8]) -> Vec<u8> {
    bytes.chunks(1000).flat_map(block).chain(block(&[])).collect()
}
