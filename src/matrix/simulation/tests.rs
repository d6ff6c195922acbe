//! Tests of the simulation as a whole.
use std::ops::Range;

use super::*;
use crate::genome::Strand;

fn design() -> Design {
    Design { seed: 1, n_genes: 300, n_samples: 2, n_chroms: 3, depth: 1.0, planted: Planted::Window }
}

#[test]
fn the_same_seed_gives_the_same_fragments_and_another_does_not() {
    let (one, two) = (Simulation::new(design()), Simulation::new(design()));
    let mark = SimulatedMark::H3K4me3;
    assert_eq!(one.fragments(0, mark), two.fragments(0, mark));
    assert_ne!(one.fragments(0, mark), one.fragments(1, mark));
    assert_ne!(one.fragments(0, mark), one.fragments(0, SimulatedMark::H3K4me1));
    assert_ne!(one.fragments(0, mark), Simulation::new(Design { seed: 2, ..design() }).fragments(0, mark));
}

#[test]
fn the_genome_has_what_a_tool_may_stumble_over() {
    let genome = Simulation::new(design()).genome;
    let tss = |i: usize| genome.genes[i].tss_position();
    assert!(tss(0) < 5_000 && genome.genes[0].strand == Strand::Forward, "a window that leaves the chromosome");
    let neighbours = (1..genome.genes.len()).filter(|&i| genome.genes[i - 1].chrom == genome.genes[i].chrom);
    let overlapping = neighbours.filter(|&i| tss(i).abs_diff(tss(i - 1)) < 10_000).count();
    assert!((50..250).contains(&overlapping), "windows that overlap: {overlapping}");
    assert_eq!(genome.genes.iter().filter(|gene| gene.biotype == Biotype::LncRna).count(), 30);
    assert_eq!(genome.genes.iter().filter(|gene| gene.chrom == 3).count(), 2, "genes on chrY");
    for gene in &genome.genes {
        assert!(gene.span.end <= genome.chrom_length(gene.chrom));
        for transcript in &gene.transcripts {
            let exons = &transcript.exons;
            assert!(exons.iter().all(|exon| exon.start < exon.end), "{exons:?}");
            assert!(exons.windows(2).all(|pair| pair[0].end < pair[1].start), "{exons:?}");
        }
        let first = &gene.transcripts[0].exons;
        assert_eq!((first[0].start, first[first.len() - 1].end), (gene.span.start, gene.span.end));
    }
}

/// Fragments of a sample's mark whose middle lies in `from..to` bp from each TSS, 5′ to 3′.
fn fragments_around(simulation: &Simulation, mark: SimulatedMark, from: i64, to: i64) -> Vec<usize> {
    let fragments = simulation.fragments(0, mark);
    let offset = |gene: &SimulatedGene, fragment: &Fragment| {
        let offset = ((fragment.start + fragment.end) / 2) as i64 - gene.tss_position() as i64;
        if gene.strand == Strand::Forward { offset } else { -offset }
    };
    let genes = simulation.genome.genes.iter();
    genes.map(|gene| fragments[gene.chrom].iter().filter(|f| (from..to).contains(&offset(gene, f))).count()).collect()
}

#[test]
fn peaks_follow_the_strand_and_leave_the_tss_free() {
    let simulation = Simulation::new(design());
    let sum = |from, to| fragments_around(&simulation, SimulatedMark::H3K4me3, from, to).iter().sum::<usize>() as f64;
    let (minus_one, depleted, plus_one) = (sum(-250, -150), sum(-75, 25), sum(90, 190));
    assert!(plus_one > 1.5 * minus_one, "+1 {plus_one}, −1 {minus_one}");
    assert!(depleted < 0.6 * minus_one, "depleted {depleted}, −1 {minus_one}");
    assert!(sum(-300, 900) > 4.0 * sum(-5000, -3800), "a peak over the background");
    let body = |from, to| fragments_around(&simulation, SimulatedMark::H3K36me3, from, to).iter().sum::<usize>() as f64;
    assert!(body(1500, 4500) > 2.0 * body(-4500, -1500), "H3K36me3 lies over the body");
}

#[test]
fn reads_are_the_ends_of_fragments() {
    let simulation = Simulation::new(design());
    let mark = SimulatedMark::H3K4me3;
    let (fragments, reads) = (simulation.fragments(1, mark), simulation.reads(1, mark));
    let (starts, ends): (std::collections::HashSet<_>, std::collections::HashSet<_>) =
        fragments[0].iter().map(|fragment| (fragment.start, fragment.end)).unzip();
    assert!(reads[0].windows(2).all(|pair| pair[0].start <= pair[1].start));
    assert!(reads[0].iter().all(|read| read.end - read.start == 50));
    for read in &reads[0] {
        match read.strand {
            Strand::Forward => assert!(starts.contains(&read.start)),
            Strand::Reverse => assert!(ends.contains(&read.end)),
        }
    }
    let share = |what: fn(&Read) -> bool| {
        let all = reads.iter().flatten();
        all.clone().filter(|read| what(read)).count() as f64 / all.count() as f64
    };
    assert!((0.45..0.55).contains(&share(|read| read.strand == Strand::Reverse)));
    assert!((0.03..0.05).contains(&share(|read| read.is_duplicate)));
    assert!((0.005..0.015).contains(&share(|read| read.failed_qc)));
}

#[test]
fn the_second_half_of_the_body_decides_where_that_is_planted() {
    let simulation = Simulation::new(Design { planted: Planted::Body, ..design() });
    let fragments = simulation.fragments(0, SimulatedMark::H3K36me3);
    let [mut first, mut second, mut promoter, mut expected] = [const { Vec::<f64>::new() }; 4];
    for (gene, state) in simulation.genome.genes.iter().zip(&simulation.samples[0].states) {
        let half = (gene.span.end - gene.span.start) / 2;
        let middle = gene.span.start + half;
        let density = |span: Range<u64>| {
            let inside = |f: &&Fragment| span.contains(&((f.start + f.end) / 2));
            fragments[gene.chrom].iter().filter(inside).count() as f64 / half as f64
        };
        let (left, right) = (density(gene.span.start..middle), density(middle..gene.span.end));
        let (early, late) = if gene.strand == Strand::Forward { (left, right) } else { (right, left) };
        first.push(early);
        second.push(late);
        promoter.push(state.promoter);
        expected.push(state.expected);
    }
    let correlation = |values: &[f64]| {
        let mean = |v: &[f64]| v.iter().sum::<f64>() / v.len() as f64;
        let (a, b) = (mean(values), mean(&expected));
        let pairs = || values.iter().zip(&expected);
        let covariance: f64 = pairs().map(|(x, y)| (x - a) * (y - b)).sum();
        let [xx, yy] = [(values, a), (&expected, b)].map(|(v, m)| v.iter().map(|x| (x - m).powi(2)).sum::<f64>());
        covariance / (xx * yy).sqrt()
    };
    assert!(correlation(&second) > 0.7, "{}", correlation(&second));
    assert!(correlation(&first).abs() < 0.2, "{}", correlation(&first));
    assert!(correlation(&promoter).abs() < 0.15, "{}", correlation(&promoter));
}
