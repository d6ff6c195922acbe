//! Chromosomes and genes: how they lie, which windows overlap.

use std::ops::Range;

use rand::RngExt;
use rand_chacha::ChaCha8Rng;

use super::draw::{Stream, exponential, log_normal};
use super::{Design, Planted};
use crate::genome::{Chrom, Chroms, Strand, Tss};

/// Chromosomes and genes, sorted by chromosome and start.
#[derive(Clone, Debug)]
pub struct SimulatedGenome {
    /// chr1 … and chrY, with lengths.
    pub chroms: Chroms,
    /// Genes in the order of chromosomes and starts.
    pub genes: Vec<SimulatedGene>,
}

/// What a gene is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Biotype {
    /// Makes a protein.
    ProteinCoding,
    /// A long non-coding RNA; hardly expressed.
    LncRna,
}

impl Biotype {
    /// The name that annotations use.
    pub fn name(self) -> &'static str {
        match self {
            Biotype::ProteinCoding => "protein_coding",
            Biotype::LncRna => "lncRNA",
        }
    }
}

/// A gene.
#[derive(Clone, Debug)]
pub struct SimulatedGene {
    /// Id without its version.
    pub id: String,
    /// Version of the id, as in GENCODE's `ID.VERSION`.
    pub version: u32,
    /// Symbol.
    pub name: String,
    /// What it is for.
    pub biotype: Biotype,
    /// Chromosome, as an index into [`SimulatedGenome::chroms`].
    pub chrom: usize,
    /// Strand.
    pub strand: Strand,
    /// 0-based half-open.
    pub span: Range<u64>,
    /// At least one; the first spans the gene.
    pub transcripts: Vec<Transcript>,
}

/// A transcript.
#[derive(Clone, Debug)]
pub struct Transcript {
    /// Exons by ascending start, 0-based half-open.
    pub exons: Vec<Range<u64>>,
}

impl SimulatedGene {
    /// The gene's first transcribed base.
    pub fn tss(&self, chroms: &Chroms) -> Tss {
        Tss { chrom: chroms.as_slice()[self.chrom].name.clone(), position: self.tss_position(), strand: self.strand }
    }

    /// 0-based position of the first transcribed base.
    pub fn tss_position(&self) -> u64 {
        match self.strand {
            Strand::Forward => self.span.start,
            Strand::Reverse => self.span.end - 1,
        }
    }

    /// The position `offset_bp` downstream of the TSS.
    pub(super) fn downstream(&self, offset_bp: f64) -> f64 {
        match self.strand {
            Strand::Forward => self.tss_position() as f64 + offset_bp,
            Strand::Reverse => self.tss_position() as f64 - offset_bp,
        }
    }
}

/// The first gene starts so close to the end of chr1 that its ±5 kb window leaves the chromosome.
const FIRST_TSS_BP: u64 = 2_100;
/// Sequence after the last gene of a chromosome.
const TELOMERE_BP: u64 = 8_000;
/// Genes on chrY.
const N_ON_Y: usize = 2;

impl SimulatedGenome {
    /// Lays out the genes: lengths log-normal, gaps exponential, one gene in six the partner of a
    /// divergent (bidirectional) promoter.
    pub(super) fn new(design: &Design) -> Self {
        let mut rng = Stream::Genome.rng(design.seed);
        let n_genes = design.n_genes + design.n_genes / 10;
        let on_y = N_ON_Y.min(n_genes);
        let (mut chroms, mut genes) = (Chroms::default(), Vec::with_capacity(n_genes));
        for chrom in 0..=design.n_chroms {
            let (name, n) = if chrom == design.n_chroms {
                ("chrY".to_owned(), on_y)
            } else {
                let share = |upto: usize| (n_genes - on_y) * upto / design.n_chroms;
                (format!("chr{}", chrom + 1), share(chrom + 1) - share(chrom))
            };
            let end = lay_out_chrom(chrom, n, design.planted, &mut genes, &mut rng);
            chroms.push(Chrom { name, length: Some(end + TELOMERE_BP) });
        }
        name_genes(&mut genes);
        SimulatedGenome { chroms, genes }
    }

    /// Length of a chromosome given by its index.
    pub fn chrom_length(&self, chrom: usize) -> u64 {
        self.chroms.as_slice()[chrom].length.unwrap_or(0)
    }
}

/// Appends `n` genes; returns the end of the last.
fn lay_out_chrom(
    chrom: usize,
    n: usize,
    planted: Planted,
    genes: &mut Vec<SimulatedGene>,
    rng: &mut ChaCha8Rng,
) -> u64 {
    let (median_bp, shortest_bp, longest_bp) = planted.gene_lengths_bp();
    let mut cursor = FIRST_TSS_BP;
    for i in 0..n {
        let first = chrom == 0 && i == 0;
        let previous = if i == 0 { None } else { genes.last() };
        let divergent = previous.is_some_and(|gene| gene.strand == Strand::Reverse) && rng.random_bool(0.15);
        let strand = if first || divergent || rng.random_bool(0.5) { Strand::Forward } else { Strand::Reverse };
        let gap = match (first, divergent) {
            (true, _) => 0,
            (_, true) => rng.random_range(200..900),
            _ => 2_000 + exponential(rng, 11_000.0) as u64,
        };
        let start = cursor + gap;
        let end = start + (log_normal(rng, median_bp, 0.6) as u64).clamp(shortest_bp, longest_bp);
        let is_lncrna = !first && genes.len() % 11 == 10;
        let mut transcripts = vec![Transcript { exons: exons(start..end, rng) }];
        if rng.random_bool(0.3) {
            // an alternative promoter inside the gene
            let cut = (end - start) / 5;
            let span = if strand == Strand::Forward { start + cut..end } else { start..end - cut };
            transcripts.push(Transcript { exons: exons(span, rng) });
        }
        genes.push(SimulatedGene {
            id: String::new(),
            version: rng.random_range(1..9),
            name: String::new(),
            biotype: if is_lncrna { Biotype::LncRna } else { Biotype::ProteinCoding },
            chrom,
            strand,
            span: start..end,
            transcripts,
        });
        cursor = end;
    }
    cursor
}

/// One exon for about every 1.5 kb; the outer ends are those of the span.
fn exons(span: Range<u64>, rng: &mut ChaCha8Rng) -> Vec<Range<u64>> {
    let n = ((span.end - span.start) / 1_500).clamp(1, 8);
    let share = (span.end - span.start) / n;
    (0..n)
        .map(|i| {
            let (start, end) = (span.start + i * share, span.start + (i + 1) * share);
            let length = rng.random_range(90..400).min(share - 60);
            match i {
                _ if n == 1 => span.clone(),
                0 => start..start + length,
                _ if i == n - 1 => span.end - length..span.end,
                _ => {
                    let start = start + rng.random_range(0..end - start - length);
                    start..start + length
                }
            }
        })
        .collect()
}

fn name_genes(genes: &mut [SimulatedGene]) {
    for (i, gene) in genes.iter_mut().enumerate() {
        gene.id = format!("ENSSIMG{:011}", 17 * (i + 1));
        gene.name = match gene.biotype {
            Biotype::ProteinCoding => format!("SIM{}", i + 1),
            Biotype::LncRna => format!("LINC{:05}", i + 1),
        };
    }
}
