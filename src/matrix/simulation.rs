//! A simulated ChIP-seq experiment with a planted truth: genes, the fragments of each mark, and the
//! expression that one mark in a few known bins decides.
//!
//! What is planted ([`Planted`]): the strength of one mark in one part of a gene raises its expression; a broad
//! H3K27me3 domain over the promoter lowers it a little. The other marks have the shapes that they have in cells
//! (`shape.rs`), but their strength is drawn independently, so that they say nothing of the expression. The mark that
//! decides also stands at places that decide nothing (H3K4me3: promoters of neighbouring genes, distal peaks;
//! H3K36me3: the first half of the gene), so a model has to look at the right places.
//!
//! Everything follows from the seed: each sample and mark draws from its own ChaCha8 stream.

mod activity;
mod draw;
mod enrichment;
mod fragments;
mod layout;
mod mark;
mod planted;
mod reads;
mod shape;

pub use activity::{GeneState, SimulatedSample};
pub use enrichment::{DepthRun, STEP_BP, enrichment};
pub use fragments::Fragment;
pub use layout::{Biotype, SimulatedGene, SimulatedGenome, Transcript};
pub use mark::SimulatedMark;
pub use planted::{Planted, Span};
pub use reads::{Read, sequence_reads};

use crate::genome::Chrom;
use draw::Stream;

/// The size of an experiment.
#[derive(Clone, Debug, PartialEq)]
pub struct Design {
    /// Everything follows from it.
    pub seed: u64,
    /// Protein-coding genes; one lncRNA gene for every ten of them comes on top.
    pub n_genes: usize,
    /// Samples; each later one is sequenced a little less deeply.
    pub n_samples: usize,
    /// Chromosomes besides chrY, which holds two genes and no signal in enrichment tracks.
    pub n_chroms: usize,
    /// Sequencing depth relative to the default.
    pub depth: f64,
    /// What decides.
    pub planted: Planted,
}

/// A simulated experiment; the fragments of a mark are drawn when asked for.
#[derive(Clone, Debug)]
pub struct Simulation {
    design: Design,
    /// Chromosomes and genes.
    pub genome: SimulatedGenome,
    /// Samples, with the state and expression of every gene.
    pub samples: Vec<SimulatedSample>,
}

impl Simulation {
    /// Draws genome, gene states and expression.
    pub fn new(design: Design) -> Self {
        let genome = SimulatedGenome::new(&design);
        let samples = activity::samples(&design, &genome);
        Simulation { design, genome, samples }
    }

    /// The fragments that a ChIP of `mark` in sample `sample` (an index) pulls down: one list a
    /// chromosome, sorted by start.
    pub fn fragments(&self, sample: usize, mark: SimulatedMark) -> Vec<Vec<Fragment>> {
        let mut rng = Stream::Chip { sample, mark }.rng(self.design.seed);
        let depth = self.design.depth * self.samples[sample].relative_depth;
        fragments::fragments(&self.genome, &self.samples[sample], mark, depth, &mut rng)
    }

    /// The reads of those fragments, as an aligner and a duplicate marker leave them: one list a
    /// chromosome, sorted by start.
    pub fn reads(&self, sample: usize, mark: SimulatedMark) -> Vec<Vec<Read>> {
        let mut rng = Stream::Sequencing { sample, mark }.rng(self.design.seed);
        let length = self.samples[sample].read_length_bp;
        let fragments = self.fragments(sample, mark);
        let chroms = self.genome.chroms.as_slice().iter();
        chroms
            .zip(&fragments)
            .map(|(chrom, fragments)| sequence_reads(fragments, length, chrom.length.unwrap_or(0), &mut rng))
            .collect()
    }

    /// The enrichment track of those fragments over the mean depth of the genome: one list of runs a
    /// chromosome, as [`enrichment()`] has them; none on chrY, as in a track of a female sample.
    pub fn enrichment(&self, sample: usize, mark: SimulatedMark) -> Vec<Vec<DepthRun>> {
        let fragments = self.fragments(sample, mark);
        let chroms = self.genome.chroms.as_slice();
        let covered: u64 = fragments.iter().flatten().map(|fragment| fragment.end - fragment.start).sum();
        let bases: u64 = chroms.iter().filter_map(|chrom| chrom.length).sum();
        let mean_depth = covered as f64 / bases as f64;
        let track = |(chrom, fragments): (&Chrom, &Vec<Fragment>)| match chrom.name.as_str() {
            "chrY" => Vec::new(),
            _ => enrichment(fragments, chrom.length.unwrap_or(0), mean_depth),
        };
        chroms.iter().zip(&fragments).map(track).collect()
    }
}

#[cfg(test)]
mod tests;
