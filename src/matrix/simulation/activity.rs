//! What each gene does in each sample: the marks at its promoter, and the expression that follows.

use rand::RngExt;
use rand_chacha::ChaCha8Rng;

use super::draw::{Stream, gamma, log_normal, normal};
use super::{Biotype, Design, Planted, SimulatedGenome};

/// The state of one gene in one sample: strengths relative to a typical site of the mark.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct GeneState {
    /// The mark that decides, in the place where it does.
    pub planted: f64,
    /// H3K4me3 at the promoter.
    pub promoter: f64,
    /// H3K27me3 domain over the promoter; 0 where there is none.
    pub polycomb: f64,
    /// H3K4me1 shoulders.
    pub shoulders: f64,
    /// H3K36me3 over the gene body, or its first half.
    pub body: f64,
    /// H3K36me3 over the second half, where that has a strength of its own.
    pub second_half: Option<f64>,
    /// H3K4me3 peak elsewhere in the window, which decides nothing: bp from the TSS and strength.
    pub distal: Option<(f64, f64)>,
    /// log2(RPKM + 0.1) that the planted marks ask for, before noise.
    pub expected: f64,
    /// What is measured: RPKM, three decimals; `None` is not measured.
    pub expression: Option<f64>,
}

/// A sample.
#[derive(Clone, Debug)]
pub struct SimulatedSample {
    /// Name.
    pub name: String,
    /// Length of its reads, 36 or 50.
    pub read_length_bp: u64,
    /// Sequencing depth relative to the first sample.
    pub relative_depth: f64,
    /// One state a gene.
    pub states: Vec<GeneState>,
}

/// log2 RPKM of a gene without the mark that decides.
const BASELINE: f64 = -3.0;
/// log2 RPKM for each doubling of that mark (above its floor).
const PER_DOUBLING: f64 = 1.2;
/// log2 RPKM that a typical H3K27me3 domain takes away.
const PER_POLYCOMB: f64 = 0.8;
/// Standard deviation of what the marks do not explain.
const NOISE: f64 = 1.1;

pub(super) fn samples(design: &Design, genome: &SimulatedGenome) -> Vec<SimulatedSample> {
    let mut rng = Stream::Samples.rng(design.seed);
    let shared: Vec<f64> = genome.genes.iter().map(|gene| strength(gene.biotype, &mut rng)).collect();
    (0..design.n_samples)
        .map(|sample| SimulatedSample {
            name: format!("sample{}", sample + 1),
            read_length_bp: if sample % 2 == 0 { 36 } else { 50 },
            relative_depth: 1.0 / (1.0 + 0.25 * sample as f64),
            states: genome
                .genes
                .iter()
                .zip(&shared)
                .map(|(gene, &shared)| {
                    // three genes in four do in every sample what they do in the others
                    let own = strength(gene.biotype, &mut rng);
                    let planted = if rng.random_bool(0.75) { shared * log_normal(&mut rng, 1.0, 0.2) } else { own };
                    state(gene.biotype, design.planted, planted, &mut rng)
                })
                .collect(),
        })
        .collect()
}

/// Strength of a mark that follows activity: silent, poised or active.
fn strength(biotype: Biotype, rng: &mut ChaCha8Rng) -> f64 {
    let active = if biotype == Biotype::ProteinCoding { 0.58 } else { 0.15 };
    match rng.random::<f64>() {
        u if u < active => log_normal(rng, 1.0, 0.5),
        u if u < active + 0.1 => log_normal(rng, 0.2, 0.4),
        _ => log_normal(rng, 0.02, 0.6),
    }
}

fn state(biotype: Biotype, decides: Planted, planted: f64, rng: &mut ChaCha8Rng) -> GeneState {
    let polycomb = if rng.random_bool(0.2) { log_normal(rng, 1.0, 0.3) } else { 0.0 };
    let side = if rng.random_bool(0.5) { 1.0 } else { -1.0 };
    let distal = rng.random_bool(0.06).then(|| (side * rng.random_range(2_200.0..4_600.0), log_normal(rng, 0.7, 0.4)));
    let expected = BASELINE + PER_DOUBLING * (1.0 + 20.0 * planted).log2() - PER_POLYCOMB * polycomb;
    let measured = (expected + normal(rng, 0.0, NOISE)).exp2() - 0.1;
    let scale = if biotype == Biotype::ProteinCoding { 1.0 } else { 0.1 };
    let rpkm = (measured.max(0.0) * scale * 1000.0).round() / 1000.0;
    let (promoter, second_half) = match decides {
        Planted::Window => (planted, None),
        Planted::Body => (strength(biotype, rng), Some(planted)),
    };
    GeneState {
        planted,
        promoter,
        polycomb,
        shoulders: gamma(rng, 1.5),
        body: gamma(rng, 0.8),
        second_half,
        distal,
        expected,
        expression: (!rng.random_bool(0.01)).then_some(rpkm),
    }
}
