//! The config.yaml of a simulated data set.

use super::Args;
use crate::io::{Output, Result};
use crate::matrix::simulation::Planted;

/// Writes the config that `attentrack run` takes; paths are relative to it.
pub(super) fn write(args: &Args) -> Result<()> {
    let (valid, test) = (args.chroms - 1, args.chroms);
    let model = match args.planted {
        Planted::Window => {
            "# the published model, which learns so few genes in seconds. Without this line the chain trains auto, its
# default (docs/auto.md), for half a minute: a higher AUROC, and attention in the same bins
model: {name: attentive-chrome}
# a few hundred genes need fewer epochs and a higher rate than the published 30 and 2e-4
train: {epochs: 12, batch_size: 16, learning_rate: 0.001, seed: 1, transform: raw}
"
        }
        // the chain's default reads the bodies, where the published model has no say
        Planted::Body => "train: {seed: 1}\n",
    };
    let text = format!(
        "# A simulated data set, written by attentrack-simulate; truth.tsv says what a model should find.
# Paths are relative to this file.
samples: samples.tsv            # sample, mark, path, control
annotation: {{path: annotation.gtf.gz, policy: gene, biotype: [protein_coding]}}
expression: {{path: expression.tsv}}
# BAM and bigWig in one matrix need one statistic: the mean, of the depth or of the track
window: {{flank: 5000, bin_size: 100, orientation: gene, statistic: mean}}
labels: {{method: median}}
split: {{method: chromosome, valid_chroms: [chr{valid}], test_chroms: [chr{test}]}}
{model}tracks: {{formats: [bed, bigwig, bigbed, tsv]}}
evaluate: {{split: test, bootstrap: 1000}}
"
    );
    let mut output = Output::create(&args.out.join("config.yaml"))?;
    output.put(text.as_bytes())?;
    output.commit()
}
