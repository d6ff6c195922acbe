//! Any permutation of the lines of a random annotation gives the same genes, in each dialect.

use proptest::prelude::*;
use proptest::test_runner::RngSeed;

use super::*;

#[derive(Clone, Copy, Debug)]
enum Dialect {
    Ensembl,
    Ncbi,
    FlyBase,
    WormBase,
    ProkkaWithoutGenes,
    Gffread,
    Gencode,
    Ucsc,
    Augustus,
    Bed,
}

const DIALECTS: [Dialect; 10] = [
    Dialect::Ensembl,
    Dialect::Ncbi,
    Dialect::FlyBase,
    Dialect::WormBase,
    Dialect::ProkkaWithoutGenes,
    Dialect::Gffread,
    Dialect::Gencode,
    Dialect::Ucsc,
    Dialect::Augustus,
    Dialect::Bed,
];

const CHROMS: [&str; 6] = ["chr1", "chr10", "chr2", "chrX", "chr1_KQ1_alt", "NZ_1"];

#[derive(Clone, Debug)]
struct RandomGene {
    /// From a small pool, so that ids repeat.
    id: u8,
    chrom: usize,
    strand: char,
    start: u64,
    /// Starts, counted from the gene's, and lengths of the exons of each transcript.
    transcripts: Vec<Vec<(u64, u64)>>,
    biotype: &'static str,
    is_pseudogene: bool,
}

fn gene() -> impl Strategy<Value = RandomGene> {
    let exons = prop::collection::vec((0..80_u64, 1..40_u64), 1..4);
    let what = (0..6_u8, 0..CHROMS.len(), prop::sample::select(vec!['+', '-', '+', '-', '.']), 1..400_u64);
    let biotype = prop::sample::select(vec!["protein_coding", "lncRNA"]);
    (what, prop::collection::vec(exons, 1..4), biotype, any::<bool>()).prop_map(
        |((id, chrom, strand, start), transcripts, biotype, is_pseudogene)| RandomGene {
            id,
            chrom,
            strand,
            start,
            transcripts,
            biotype,
            is_pseudogene,
        },
    )
}

/// The first and last base, 1-based, of a transcript's exons.
fn ends(start: u64, exons: &[(u64, u64)]) -> (u64, u64) {
    let first = exons.iter().map(|(at, _)| start + at).min().unwrap();
    (first, exons.iter().map(|(at, length)| start + at + length).max().unwrap())
}

impl RandomGene {
    fn lines(&self, number: usize, dialect: Dialect) -> Vec<String> {
        let RandomGene { id, start, strand, biotype, .. } = self;
        let chrom = CHROMS[self.chrom];
        let all: Vec<(u64, u64)> = self.transcripts.concat();
        let (first, last) = ends(*start, &all);
        let line = |kind: &str, (first, last): (u64, u64), attributes: String| {
            format!("{chrom}\tx\t{kind}\t{first}\t{last}\t.\t{strand}\t.\t{attributes}")
        };
        let (gene_kind, transcript_kind) = match (dialect, self.is_pseudogene) {
            (Dialect::FlyBase, true) => ("gene", "pseudogene"),
            (Dialect::Ensembl, true) => ("pseudogene", "pseudogene"),
            _ => ("gene", "mRNA"),
        };
        // the number of the gene in the file makes some ids unique, and leaves others shared
        let gene = format!("G{id}");
        let mut lines = vec![match dialect {
            Dialect::Ensembl => {
                line(gene_kind, (first, last), format!("ID=gene:{gene};biotype={biotype};gene_id={gene}"))
            }
            Dialect::Ncbi => {
                line(gene_kind, (first, last), format!("ID=gene-{gene};gene={gene};gene_biotype={biotype}"))
            }
            Dialect::FlyBase => line(gene_kind, (first, last), format!("ID={gene};Name=n{id}")),
            Dialect::WormBase => line(gene_kind, (first, last), format!("ID=Gene:{gene};Name={gene}")),
            Dialect::Gencode => line("gene", (first, last), format!("gene_id \"{gene}.1\"; gene_type \"{biotype}\";")),
            Dialect::Augustus => line("gene", (first, last), gene.clone()),
            Dialect::Bed => format!("{chrom}\t{first}\t{last}\t{gene}\t0\t{strand}"),
            Dialect::ProkkaWithoutGenes | Dialect::Gffread | Dialect::Ucsc => String::new(),
        }];
        if matches!(dialect, Dialect::Bed) {
            return lines;
        }
        for (at, exons) in self.transcripts.iter().enumerate() {
            let span = ends(*start, exons);
            let transcript = format!("T{number}.{at}");
            lines.push(match dialect {
                Dialect::Ensembl => line(
                    transcript_kind,
                    span,
                    format!("ID=transcript:{transcript};Parent=gene:{gene};transcript_id={transcript};tag=basic"),
                ),
                Dialect::Ncbi => line(
                    transcript_kind,
                    span,
                    format!("ID=rna-{transcript};Parent=gene-{gene};gene={gene};tag=MANE Select"),
                ),
                Dialect::FlyBase => line(transcript_kind, span, format!("ID={transcript};Parent={gene}")),
                Dialect::WormBase => {
                    line(transcript_kind, span, format!("ID=Transcript:{transcript};Parent=Gene:{gene}"))
                }
                Dialect::Gffread => line(transcript_kind, span, format!("ID={transcript};geneID={gene}")),
                Dialect::Gencode => line(
                    "transcript",
                    span,
                    format!("gene_id \"{gene}.1\"; transcript_id \"{transcript}\"; tag \"Ensembl_canonical\";"),
                ),
                Dialect::Augustus => line("transcript", span, format!("{gene}.t{number}{at}")),
                _ => String::new(),
            });
            for &(from, length) in exons {
                let span = (start + from, start + from + length);
                let kind = if from % 3 == 0 { "CDS" } else { "exon" };
                lines.push(match dialect {
                    Dialect::Ensembl => line(kind, span, format!("Parent=transcript:{transcript}")),
                    Dialect::Ncbi => line(kind, span, format!("Parent=rna-{transcript};gene={gene}")),
                    Dialect::FlyBase => line(kind, span, format!("Parent={transcript},T{}.0", number + at % 2)),
                    Dialect::WormBase => line(kind, span, format!("Parent=Transcript:{transcript}")),
                    Dialect::ProkkaWithoutGenes => {
                        line("CDS", span, format!("ID=L{number};gene={gene};locus_tag=L{number}"))
                    }
                    Dialect::Gffread => line(kind, span, format!("Parent={transcript}")),
                    Dialect::Gencode => {
                        line(kind, span, format!("gene_id \"{gene}.1\"; transcript_id \"{transcript}\";"))
                    }
                    // the copies of one transcript are numbered
                    Dialect::Ucsc => {
                        let copy = if number.is_multiple_of(2) { String::new() } else { format!("_{}", number + 1) };
                        line(kind, span, format!("gene_id \"{gene}\"; transcript_id \"NM_{at}{copy}\";"))
                    }
                    _ => line(kind, span, format!("transcript_id \"{gene}.t{number}{at}\"; gene_id \"{gene}\";")),
                });
            }
        }
        lines.retain(|line| !line.is_empty());
        lines
    }
}

/// A file, some of whose lines are lost, doubled, or on the other strand.
fn file(genes: &[RandomGene], dialect: Dialect, faults: &[(usize, u8)]) -> Vec<String> {
    let mut lines: Vec<String> =
        genes.iter().enumerate().flat_map(|(number, gene)| gene.lines(number, dialect)).collect();
    for &(at, fault) in faults {
        let at = at % lines.len();
        match fault {
            0 if lines.len() > 1 => {
                lines.swap_remove(at);
            }
            1 => lines.push(lines[at].clone()),
            2 => lines[at] = lines[at].replace("\t+\t", "\t-\t"),
            _ => lines.push("chr1\tx\tstop_codon\t.\t.\t.\t+\t.\tbroken".to_owned()),
        }
    }
    if !matches!(dialect, Dialect::Bed | Dialect::Gencode | Dialect::Ucsc | Dialect::Augustus) {
        lines.push("##sequence-region NZ_1 1 300".to_owned());
        lines.push("NZ_1\tx\tregion\t1\t300\t.\t.\t.\tID=NZ_1;Is_circular=true".to_owned());
    }
    lines
}

proptest! {
    #![proptest_config(ProptestConfig { rng_seed: RngSeed::Fixed(12), failure_persistence: None, ..ProptestConfig::default() })]
    #[test]
    fn the_order_of_lines_does_not_matter(
        genes in prop::collection::vec(gene(), 1..6),
        dialect in prop::sample::select(DIALECTS.to_vec()),
        faults in prop::collection::vec((any::<usize>(), 0..4_u8), 0..5),
        seed in any::<u64>(),
    ) {
        let lines = file(&genes, dialect, &faults);
        let faulty_bed = matches!(dialect, Dialect::Bed) && lines.iter().any(|line| line.contains("broken"));
        prop_assume!(!faulty_bed);
        let mut shuffled = lines.clone();
        // Fisher and Yates, by a multiplicative generator
        let mut state = seed | 1;
        for at in (1..shuffled.len()).rev() {
            state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
            shuffled.swap(at, (state >> 33) as usize % (at + 1));
        }
        let (lines, shuffled) = (lines.join("\n"), shuffled.join("\n"));
        for policy in [TssPolicy::Gene, TssPolicy::Canonical, TssPolicy::Transcript] {
            prop_assert_eq!(outcome(&lines, policy), outcome(&shuffled, policy), "{:?} {:?}\n{}\n\n{}", dialect, policy, lines, shuffled);
        }
    }
}

/// The rows and what was left out, or what the error says.
fn outcome(text: &str, policy: TssPolicy) -> std::result::Result<(Vec<String>, Tally), String> {
    let options = ReadOptions { id_attribute: None, transcripts: policy != TssPolicy::Gene };
    match read_text(text, &options) {
        Ok(_) => Ok(rows_and_tally(text, policy)),
        Err(error) => Err(error.to_string()),
    }
}
