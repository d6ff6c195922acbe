//! Writes a simulated genome as a gene annotation in GENCODE's dialect of GTF, gzip.

use std::fmt::Write as _;
use std::io::Write as _;
use std::path::Path;

use flate2::{Compression, GzBuilder};

use super::{FileError, Output, Result};
use crate::genome::Strand;
use crate::matrix::simulation::{SimulatedGene, SimulatedGenome};

/// Writes gene, transcript and exon lines, sorted by chromosome and start, gzip without a timestamp.
///
/// `gene_id` carries its version, as GENCODE has it (`ENSSIMG00000000017.3`).
pub fn write(path: &Path, genome: &SimulatedGenome) -> Result<()> {
    let mut text = String::from("##description: simulated genes, by attentrack-simulate\n##format: gtf\n");
    for gene in &genome.genes {
        push_gene(&mut text, &genome.chroms.as_slice()[gene.chrom].name, gene);
    }
    let os = |error| FileError::os(path, "write", &error);
    let mut gzip = GzBuilder::new().mtime(0).write(Vec::new(), Compression::best());
    gzip.write_all(text.as_bytes()).map_err(os)?;
    let mut output = Output::create(path)?;
    output.put(&gzip.finish().map_err(os)?)?;
    output.commit()
}

fn push_gene(text: &mut String, chrom: &str, gene: &SimulatedGene) {
    let (id, name, biotype) = (format!("{}.{}", gene.id, gene.version), &gene.name, gene.biotype.name());
    let mut line = |feature: &str, span: &std::ops::Range<u64>, attributes: &str| {
        // GTF is 1-based with an inclusive end
        let (start, end) = (span.start + 1, span.end);
        let strand = gene.strand;
        // writing to a String cannot fail
        let _ = writeln!(text, "{chrom}\tSIMULATED\t{feature}\t{start}\t{end}\t.\t{strand}\t.\t{attributes}");
    };
    line("gene", &gene.span, &format!("gene_id \"{id}\"; gene_type \"{biotype}\"; gene_name \"{name}\"; level 2;"));
    for (number, transcript) in gene.transcripts.iter().enumerate() {
        let (Some(first), Some(last)) = (transcript.exons.first(), transcript.exons.last()) else { continue };
        let attributes = transcript_attributes(gene, &id, number + 1);
        line("transcript", &(first.start..last.end), &attributes);
        // exons are listed and counted 5′ to 3′
        let mut exons: Vec<_> = transcript.exons.iter().collect();
        if gene.strand == Strand::Reverse {
            exons.reverse();
        }
        for (i, exon) in exons.into_iter().enumerate() {
            line("exon", exon, &format!("{attributes} exon_number {};", i + 1));
        }
    }
}

fn transcript_attributes(gene: &SimulatedGene, id: &str, number: usize) -> String {
    let (name, biotype) = (&gene.name, gene.biotype.name());
    let transcript_id = format!("{}{number:02}.1", gene.id.replacen("SIMG", "SIMT", 1));
    format!(
        "gene_id \"{id}\"; transcript_id \"{transcript_id}\"; gene_type \"{biotype}\"; gene_name \"{name}\"; \
         transcript_type \"{biotype}\"; transcript_name \"{name}-{number:03}\"; level 2;"
    )
}
