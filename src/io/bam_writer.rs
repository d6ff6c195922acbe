//! Writes reads as a sorted BAM file with its BAI index.

use std::io;
use std::num::NonZero;
use std::path::{Path, PathBuf};

use noodles::bam::{self, bai};
use noodles::core::Position;
use noodles::sam;
use noodles::sam::alignment::io::Write as _;
use noodles::sam::alignment::record::cigar::{Op, op::Kind};
use noodles::sam::alignment::record::{Flags, MappingQuality};
use noodles::sam::alignment::record_buf::{Cigar, RecordBuf};
use noodles::sam::header::record::value::map::header::{sort_order::COORDINATE, tag::SORT_ORDER};
use noodles::sam::header::record::value::{Map, map};
use noodles_bgzf::io::writer::{Builder, CompressionLevel};

use super::{FileError, PendingFile, Result};
use crate::genome::{Chroms, Strand};
use crate::matrix::simulation::Read;

/// Writes `path` and `path.bai`. `reads` holds one list a chromosome of `chroms`, sorted by start.
///
/// Reads are named r1, r2 … in file order and carry no sequence, as in a BAM made from tagAlign; one
/// thread compresses, so that the bytes depend on the reads alone.
pub fn write(path: &Path, chroms: &Chroms, reads: &[Vec<Read>]) -> Result<()> {
    let (bam, index) = (PendingFile::create(path)?, PendingFile::create(&index_path(path))?);
    let os = |error| FileError::os(path, "write", &error);
    write_bam(&bam, chroms, reads)?.map_err(os)?;
    match bam::fs::index(bam.path()).map_err(os)? {
        bam::Index::Bai(bai) => {
            let mut writer = bai::io::Writer::new(io::BufWriter::new(index.open()?));
            writer.write_index(&bai).and_then(|()| io::Write::flush(writer.get_mut())).map_err(os)?;
        }
        bam::Index::Csi(_) => {
            return Err(FileError::new(path, "has a chromosome too long for a BAI index, 512 Mb")
                .remedy("Simulate fewer genes or more chromosomes"));
        }
    }
    index.commit()?;
    bam.commit()
}

/// The index's name, `PATH.bai`.
pub fn index_path(path: &Path) -> PathBuf {
    let mut name = path.as_os_str().to_owned();
    name.push(".bai");
    name.into()
}

fn write_bam(bam: &PendingFile, chroms: &Chroms, reads: &[Vec<Read>]) -> Result<io::Result<()>> {
    let file = io::BufWriter::new(bam.open()?);
    let bgzf = Builder::default().set_compression_level(CompressionLevel::BEST).build_from_writer(file);
    Ok(write_records(bam::io::Writer::from(bgzf), chroms, reads))
}

fn write_records<W: io::Write>(
    mut writer: bam::io::Writer<noodles_bgzf::io::Writer<W>>,
    chroms: &Chroms,
    reads: &[Vec<Read>],
) -> io::Result<()> {
    let header = header(chroms)?;
    writer.write_header(&header)?;
    let mut number = 0;
    for (chrom, reads) in reads.iter().enumerate() {
        for read in reads {
            number += 1;
            writer.write_alignment_record(&header, &record(chrom, read, number)?)?;
        }
    }
    writer.into_inner().finish()?.flush()
}

fn header(chroms: &Chroms) -> io::Result<sam::Header> {
    let invalid = |error: &dyn std::fmt::Display| io::Error::other(error.to_string());
    let order = Map::<map::Header>::builder().insert(SORT_ORDER, COORDINATE).build().map_err(|e| invalid(&e))?;
    let mut header = sam::Header::builder().set_header(order);
    for chrom in chroms.as_slice() {
        let length = NonZero::try_from(chrom.length.unwrap_or(0) as usize).map_err(|e| invalid(&e))?;
        header = header.add_reference_sequence(chrom.name.as_str(), Map::<map::ReferenceSequence>::new(length));
    }
    Ok(header.build())
}

fn record(chrom: usize, read: &Read, number: usize) -> io::Result<RecordBuf> {
    let mut flags = Flags::empty();
    flags.set(Flags::REVERSE_COMPLEMENTED, read.strand == Strand::Reverse);
    flags.set(Flags::DUPLICATE, read.is_duplicate);
    flags.set(Flags::QC_FAIL, read.failed_qc);
    // BAM's position is 1-based in this interface
    let start = Position::try_from(read.start as usize + 1).map_err(io::Error::other)?;
    let mapping_quality = MappingQuality::new(read.mapping_quality).unwrap_or(MappingQuality::MIN);
    let cigar: Cigar = [Op::new(Kind::Match, (read.end - read.start) as usize)].into_iter().collect();
    Ok(RecordBuf::builder()
        .set_name(format!("r{number}"))
        .set_flags(flags)
        .set_reference_sequence_id(chrom)
        .set_alignment_start(start)
        .set_mapping_quality(mapping_quality)
        .set_cigar(cigar)
        .build())
}
