//! Where each mark stands: the shapes known from aggregate profiles of ChIP-seq around the TSS
//! (Barski et al. 2007; Kundaje et al. 2015).

use std::ops::Range;

use rand::RngExt;
use rand_chacha::ChaCha8Rng;

use super::draw::{exponential, gamma, log_normal, normal};
use super::{GeneState, SimulatedGene, SimulatedGenome, SimulatedMark, SimulatedSample};

/// A place that a mark stands at: fragment centres are drawn around it.
#[derive(Clone, Debug)]
pub(super) struct Site {
    pub chrom: usize,
    pub form: Form,
    /// Expected fragments at depth 1.
    pub fragments: f64,
}

/// How fragment centres spread over a site, in genome coordinates.
#[derive(Clone, Debug)]
pub(super) enum Form {
    /// A positioned nucleosome: centre and standard deviation.
    Nucleosome(f64, f64),
    /// A domain of even density with soft edges.
    Domain(Range<f64>),
    /// A domain whose density rises from the first to the second position.
    Ramp(f64, f64),
}

impl Form {
    pub(super) fn draw(&self, rng: &mut ChaCha8Rng) -> f64 {
        match self {
            Form::Nucleosome(centre, sd) => normal(rng, *centre, *sd),
            Form::Domain(span) => {
                let even = rng.random_range(span.clone());
                normal(rng, even, 300.0)
            }
            Form::Ramp(from, to) => {
                from + (to - from) * (0.25 * rng.random::<f64>() + 0.75 * rng.random::<f64>().sqrt())
            }
        }
    }
}

/// Fragments of a promoter of strength 1 at depth 1.
const PROMOTER_FRAGMENTS: f64 = 180.0;
/// Fragments of the weak broad enrichment around promoters (open chromatin, an antibody that also
/// binds H3K4me1), which follows no gene's activity.
const WEAK_FRAGMENTS: f64 = 80.0;
/// The nucleosomes around an active TSS: bp downstream, standard deviation, weight. The gap before
/// +1 is the nucleosome-depleted region.
const NUCLEOSOMES: [(f64, f64, f64); 7] = [
    (-400.0, 75.0, 0.10),
    (-200.0, 55.0, 0.45),
    (140.0, 50.0, 1.0),
    (330.0, 55.0, 0.9),
    (520.0, 60.0, 0.65),
    (710.0, 65.0, 0.4),
    (900.0, 75.0, 0.15),
];

/// Every site of `mark` in a sample.
pub(super) fn sites(
    genome: &SimulatedGenome,
    sample: &SimulatedSample,
    mark: SimulatedMark,
    rng: &mut ChaCha8Rng,
) -> Vec<Site> {
    let mut sites = Vec::new();
    for (gene, state) in genome.genes.iter().zip(&sample.states) {
        match mark {
            SimulatedMark::H3K4me3 => promoter(gene, state, rng, &mut sites),
            SimulatedMark::H3K4me1 => shoulders(gene, state, rng, &mut sites),
            SimulatedMark::H3K36me3 => body(gene, state, &mut sites),
            SimulatedMark::H3K27me3 => polycomb(gene, state, rng, &mut sites),
            SimulatedMark::H3K9me3 => {}
        }
    }
    match mark {
        SimulatedMark::H3K9me3 => anywhere(genome, 45_000.0, (9_000.0, 0.6), 6.0, rng, &mut sites),
        SimulatedMark::H3K4me1 => anywhere(genome, 20_000.0, (900.0, 0.4), 12.0, rng, &mut sites),
        _ => {}
    }
    sites
}

fn promoter(gene: &SimulatedGene, state: &GeneState, rng: &mut ChaCha8Rng, sites: &mut Vec<Site>) {
    let total: f64 = NUCLEOSOMES.iter().map(|&(_, _, weight)| weight).sum();
    let mut peak = |centre: f64, strength: f64, rng: &mut ChaCha8Rng| {
        for (offset, sd, weight) in NUCLEOSOMES {
            sites.push(Site {
                chrom: gene.chrom,
                form: Form::Nucleosome(gene.downstream(centre + offset), sd),
                fragments: PROMOTER_FRAGMENTS * strength * weight / total * gamma(rng, 8.0),
            });
        }
    };
    let shift = normal(rng, 0.0, 20.0);
    peak(shift, state.promoter, rng);
    if let Some((offset, strength)) = state.distal {
        peak(offset, strength, rng);
    }
    let centre = gene.downstream(normal(rng, 0.0, 1_000.0));
    sites.push(Site {
        chrom: gene.chrom,
        form: Form::Domain(centre - 5_000.0..centre + 5_000.0),
        fragments: WEAK_FRAGMENTS * gamma(rng, 0.7),
    });
}

fn shoulders(gene: &SimulatedGene, state: &GeneState, rng: &mut ChaCha8Rng, sites: &mut Vec<Site>) {
    for (offset, sd, fragments) in [(-1_500.0, 450.0, 16.0), (1_900.0, 600.0, 22.0)] {
        let offset = offset + normal(rng, 0.0, 200.0);
        sites.push(Site {
            chrom: gene.chrom,
            form: Form::Nucleosome(gene.downstream(offset), sd),
            fragments: fragments * state.shoulders * gamma(rng, 3.0),
        });
    }
}

fn body(gene: &SimulatedGene, state: &GeneState, sites: &mut Vec<Site>) {
    let length = (gene.span.end - gene.span.start) as f64;
    let from = (0.15 * length).min(1_000.0);
    let mut ramp = |from: f64, to: f64, strength: f64, length: f64| {
        sites.push(Site {
            chrom: gene.chrom,
            form: Form::Ramp(gene.downstream(from), gene.downstream(to)),
            fragments: 8.0 * strength * length / 1000.0,
        });
    };
    match state.second_half {
        None => ramp(from, length + 300.0, state.body, length - from),
        Some(strength) => {
            ramp(from, length / 2.0, state.body, length / 2.0 - from);
            ramp(length / 2.0, length, strength, length / 2.0);
        }
    }
}

fn polycomb(gene: &SimulatedGene, state: &GeneState, rng: &mut ChaCha8Rng, sites: &mut Vec<Site>) {
    if state.polycomb == 0.0 {
        return;
    }
    let centre = gene.downstream(normal(rng, 300.0, 600.0));
    let half = log_normal(rng, 2_800.0, 0.3);
    sites.push(Site {
        chrom: gene.chrom,
        form: Form::Domain(centre - half..centre + half),
        fragments: 15.0 * state.polycomb * 2.0 * half / 1000.0,
    });
}

/// Domains with exponential gaps of mean `gap_bp`, log-normal lengths and `per_kb` fragments a kb.
fn anywhere(
    genome: &SimulatedGenome,
    gap_bp: f64,
    (length_bp, sigma): (f64, f64),
    per_kb: f64,
    rng: &mut ChaCha8Rng,
    sites: &mut Vec<Site>,
) {
    for chrom in 0..genome.chroms.len() {
        let mut cursor = exponential(rng, gap_bp);
        while cursor < genome.chrom_length(chrom) as f64 {
            let length = log_normal(rng, length_bp, sigma);
            let fragments = per_kb * gamma(rng, 3.0) * length / 1000.0;
            sites.push(Site { chrom, form: Form::Domain(cursor..cursor + length), fragments });
            cursor += length + exponential(rng, gap_bp);
        }
    }
}
