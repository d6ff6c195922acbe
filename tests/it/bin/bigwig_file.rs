//! A bigWig writer for tests: one level of everything, any kind of section, either byte order.

use std::io::Write;

/// Sections are (chromosome, start, span, values of adjoining spans); one block each.
pub fn bytes(
    chroms: &[(&str, u32)],
    sections: &[(u32, u32, u32, Vec<f32>)],
    kind: u8,
    big_endian: bool,
    compressed: bool,
) -> Vec<u8> {
    let mut file = Numbers { bytes: Vec::new(), big_endian };
    let summary = 64;
    let chrom_tree = summary + 40;
    let data = chrom_tree + 32 + 4 + chroms.len() as u64 * 16;
    let blocks: Vec<Vec<u8>> = sections.iter().map(|section| block(section, kind, big_endian, compressed)).collect();
    let index = data + 8 + blocks.iter().map(|block| block.len() as u64).sum::<u64>();

    file.word(0x888F_FC26).half(4).half(0).long(chrom_tree).long(data).long(index).half(0).half(0);
    file.long(0).long(summary).word(if compressed { 1 << 16 } else { 0 }).long(0);
    let total: f64 = sections
        .iter()
        .map(|(_, _, span, values)| values.iter().map(|v| f64::from(*v) * f64::from(*span)).sum::<f64>())
        .sum();
    file.long(0).double(0.0).double(0.0).double(total).double(0.0);
    file.word(0x78CA_8C91).word(chroms.len() as u32).word(8).word(8).long(chroms.len() as u64).long(0);
    file.raw(&[1, 0]).half(chroms.len() as u16);
    for (id, (name, length)) in chroms.iter().enumerate() {
        let mut key = name.as_bytes().to_vec();
        key.resize(8, 0);
        file.raw(&key).word(id as u32).word(*length);
    }
    assert_eq!(file.bytes.len() as u64, data);
    file.long(blocks.len() as u64);
    for block in &blocks {
        file.raw(block);
    }
    assert_eq!(file.bytes.len() as u64, index);
    file.word(0x2468_ACE0)
        .word(256)
        .long(blocks.len() as u64)
        .word(0)
        .word(0)
        .word(0)
        .word(0)
        .long(index)
        .word(1)
        .word(0);
    file.raw(&[1, 0]).half(blocks.len() as u16);
    let mut offset = data + 8;
    for ((chrom, start, span, values), block) in sections.iter().zip(&blocks) {
        file.word(*chrom).word(*start).word(*chrom).word(start + span * values.len() as u32);
        file.long(offset).long(block.len() as u64);
        offset += block.len() as u64;
    }
    file.word(0x888F_FC26);
    file.bytes
}

fn block(
    (chrom, start, span, values): &(u32, u32, u32, Vec<f32>),
    kind: u8,
    big_endian: bool,
    compressed: bool,
) -> Vec<u8> {
    let mut block = Numbers { bytes: Vec::new(), big_endian };
    block.word(*chrom).word(*start).word(start + span * values.len() as u32).word(*span).word(*span);
    block.raw(&[kind, 0]).half(values.len() as u16);
    for (at, value) in values.iter().enumerate() {
        let start = start + span * at as u32;
        match kind {
            1 => block.word(start).word(start + span).word(value.to_bits()),
            2 => block.word(start).word(value.to_bits()),
            _ => block.word(value.to_bits()),
        };
    }
    if !compressed {
        return block.bytes;
    }
    let mut zlib = flate2::write::ZlibEncoder::new(Vec::new(), flate2::Compression::default());
    zlib.write_all(&block.bytes).unwrap();
    zlib.finish().unwrap()
}

struct Numbers {
    bytes: Vec<u8>,
    big_endian: bool,
}

impl Numbers {
    fn raw(&mut self, bytes: &[u8]) -> &mut Self {
        self.bytes.extend_from_slice(bytes);
        self
    }

    fn half(&mut self, number: u16) -> &mut Self {
        let bytes = if self.big_endian { number.to_be_bytes() } else { number.to_le_bytes() };
        self.raw(&bytes)
    }

    fn word(&mut self, number: u32) -> &mut Self {
        let bytes = if self.big_endian { number.to_be_bytes() } else { number.to_le_bytes() };
        self.raw(&bytes)
    }

    fn long(&mut self, number: u64) -> &mut Self {
        let bytes = if self.big_endian { number.to_be_bytes() } else { number.to_le_bytes() };
        self.raw(&bytes)
    }

    fn double(&mut self, number: f64) -> &mut Self {
        self.long(number.to_bits())
    }
}
