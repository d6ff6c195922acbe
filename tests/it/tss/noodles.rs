//! noodles' readers of GTF and GFF3 as the oracle: the genes that they read are the genes that we read.

use std::collections::BTreeMap;
use std::fmt::Write;
use std::io::Read;
use std::ops::Range;
use std::path::{Path, PathBuf};

use attentrack::io::annotation::{self, Format, ReadOptions};
use flate2::read::MultiGzDecoder;
use noodles_gff::feature::RecordBuf;
use noodles_gff::feature::record::Strand;
use rand::{RngExt, SeedableRng};
use rand_chacha::ChaCha8Rng;

use crate::support::{Workdir, shared_data};

/// Id, chromosome and strand of a gene, and the bases that its lines span.
type Genes = BTreeMap<(String, String, char), Range<u64>>;

/// Every record, or noodles' first complaint.
fn records(text: &[u8], format: Format) -> std::io::Result<Vec<RecordBuf>> {
    match format {
        Format::Gtf => noodles_gtf::io::Reader::new(text).record_bufs().collect(),
        _ => noodles_gff::io::Reader::new(text).record_bufs().collect(),
    }
}

/// The genes by their own lines, where there is one; in GTF else by all lines that name them.
fn genes_of_noodles(records: &[RecordBuf], format: Format) -> Genes {
    let text = |record: &RecordBuf, key: &str| {
        record.attributes().get(key.as_bytes()).and_then(|value| value.iter().next()).map(ToString::to_string)
    };
    let has_gene_lines = records.iter().any(|record| record.ty() == "gene");
    let mut genes = Genes::new();
    for record in records {
        let is_gene = record.ty() == "gene" || format == Format::Gtf && !has_gene_lines;
        let id = text(record, "gene_id").or_else(|| {
            let id = text(record, "ID")?;
            Some(id.trim_start_matches("gene:").trim_start_matches("gene-").to_owned())
        });
        let strand = match record.strand() {
            Strand::Forward => '+',
            Strand::Reverse => '-',
            _ => continue,
        };
        if let (true, Some(id)) = (is_gene, id) {
            let here = usize::from(record.start()) as u64 - 1..usize::from(record.end()) as u64;
            let span = genes.entry((id, record.reference_sequence_name().to_string(), strand)).or_insert(here.clone());
            *span = span.start.min(here.start)..span.end.max(here.end);
        }
    }
    genes
}

/// Asserts that both read the same genes; how many, or `None` where noodles reads no gene of the file.
fn agree(path: &Path) -> Option<usize> {
    let bytes = std::fs::read(path).unwrap();
    let mut text = Vec::new();
    match bytes.starts_with(&[0x1f, 0x8b]) {
        true => drop(MultiGzDecoder::new(&bytes[..]).read_to_end(&mut text).unwrap()),
        false => text = bytes,
    }
    let read = annotation::read(path, &ReadOptions::default()).unwrap_or_else(|error| panic!("{error}"));
    let theirs = genes_of_noodles(&records(&text, read.format).ok()?, read.format);
    let mut ours = Genes::new();
    for gene in &read.genes {
        if let Some(strand) = gene.strand {
            let span = ours.entry((gene.id.clone(), gene.chrom.clone(), strand.symbol())).or_insert(gene.span.clone());
            *span = span.start.min(gene.span.start)..span.end.max(gene.span.end);
        }
    }
    for (gene, span) in &theirs {
        assert_eq!(ours.get(gene), Some(span), "{}: {gene:?}", path.display());
    }
    (!theirs.is_empty()).then_some(theirs.len())
}

/// One gene of one transcript and two exons, as each dialect writes it.
fn gene(dialect: &str, number: usize, random: &mut ChaCha8Rng) -> String {
    let start = random.random_range(1..5_000_000_u64);
    let end = start + random.random_range(1000..90_000_u64);
    let strand = if random.random() { '+' } else { '-' };
    let chrom = random.random_range(1..4_u8);
    let (id, transcript) = (format!("ENSG{number:011}.{}", number % 9), format!("ENST{number:011}"));
    let mut text = String::new();
    let mut line = |kind: &str, start: u64, end: u64, attributes: String| {
        let _ = writeln!(text, "chr{chrom}\tx\t{kind}\t{start}\t{end}\t.\t{strand}\t.\t{attributes}");
    };
    let exons = [(start, start + 200), (end - 300, end)];
    match dialect {
        "ensembl.gtf" | "stringtie.gtf" => {
            let own = format!("gene_id \"{id}\"; gene_name \"A; {number}\"; gene_biotype \"protein_coding\";");
            if dialect == "ensembl.gtf" {
                line("gene", start, end, own.clone());
            }
            line(
                "transcript",
                start,
                end,
                format!("{own} transcript_id \"{transcript}\"; tag \"basic\"; tag \"MANE\";"),
            );
            for (start, end) in exons {
                line("exon", start, end, format!("{own} transcript_id \"{transcript}\"; exon_number 1;"));
            }
        }
        "gencode.gff3" => {
            line("gene", start, end, format!("ID={id};gene_id={id};gene_type=lncRNA;gene_name=A%2C{number}"));
            line("transcript", start, end, format!("ID={transcript};Parent={id};gene_id={id}"));
            for (start, end) in exons {
                line("exon", start, end, format!("ID=exon:{transcript};Parent={transcript};gene_id={id}"));
            }
        }
        _ => {
            let prefix = if dialect == "refseq.gff3" { ["gene-", "rna-"] } else { ["gene:", "transcript:"] };
            line("gene", start, end, format!("ID={}{id};Name=A%3B{number};Dbxref=GeneID:{number},HGNC:1", prefix[0]));
            line("mRNA", start, end, format!("ID={}{transcript};Parent={}{id}", prefix[1], prefix[0]));
            for (start, end) in exons {
                line("exon", start, end, format!("Parent={}{transcript}", prefix[1]));
            }
        }
    }
    text
}

#[test]
fn generated_annotations_of_each_dialect() {
    let work = Workdir::new();
    for dialect in ["ensembl.gtf", "stringtie.gtf", "gencode.gff3", "ensembl.gff3", "refseq.gff3"] {
        let mut random = ChaCha8Rng::seed_from_u64(7);
        let head = if dialect.ends_with("gff3") { "##gff-version 3\n#!genome-build x\n" } else { "#!genome-build x\n" };
        let genes: String = (0..500).map(|number| gene(dialect, number, &mut random)).collect();
        work.write(dialect, format!("{head}{genes}"));
        assert_eq!(agree(&work.path(dialect)), Some(500), "{dialect}");
    }
}

#[test]
fn real_annotations() {
    let Some(data) = shared_data("tss::noodles::real_annotations") else { return };
    let files = [
        "fixture_chr21/genes.gtf",
        "coolbox_chr9/gtf_chr9_4000000_6000000.gtf",
        "../cases/signals/F01/chr21.ncbi.gff3.gz",
    ];
    let found: Vec<PathBuf> = files.iter().map(|file| data.join(file)).filter(|path| path.is_file()).collect();
    for path in &found {
        let genes = agree(path).unwrap_or_else(|| panic!("{}: noodles reads no gene", path.display()));
        assert!(genes > 50, "{}: {genes}", path.display());
    }
}
