//! Models of what is known of a gene without its signal: how long it is, and how high it is expressed in other samples.
//! A model of signal has to be better than these to have learnt anything of it.

use std::collections::BTreeMap;

use candle_core::{Error, Result};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::arrays::{ArrayError, Arrays};
use super::baseline::Linear;
use super::{Scores, Task, Trained};
use crate::matrix::{Region, gene_key};

/// Which fact.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Fact {
    /// ln(1 + length of the gene in bp).
    GeneLength,
    /// The mean of log2(expression + 1) over the training samples other than the one that is scored (the baseline of
    /// GET, Fu et al., Nature 2025).
    ExpressionMean,
}

impl Fact {
    /// All of them.
    pub const ALL: [Fact; 2] = [Fact::GeneLength, Fact::ExpressionMean];

    /// The tag.
    pub fn name(self) -> &'static str {
        match self {
            Fact::GeneLength => "gene-length",
            Fact::ExpressionMean => "expression-mean",
        }
    }
}

/// What the header says of such a model.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct FactConfig {
    /// Which fact.
    pub tag: Fact,
    /// Marks of the matrices, whose signal it does not look at.
    pub n_marks: usize,
    /// Bins of a window, likewise.
    pub n_bins: usize,
    /// The samples whose expression it knows.
    pub samples: Vec<String>,
}

/// log2(expression + 1) by gene, one a sample; NaN where it is not known.
pub type Known = BTreeMap<String, Vec<f32>>;

/// A line through one fact of each gene.
#[derive(Clone, Debug, PartialEq)]
pub struct FactModel {
    /// What the header says.
    pub config: FactConfig,
    /// The line.
    pub line: Linear,
    /// What stands for the fact of a gene of which it is not known: the training genes' mean.
    pub middle: f64,
    /// Expression in the training samples.
    pub known: Known,
    /// The facts of the genes that are scored next.
    pub met: Vec<f64>,
}

/// The fact of a gene of a sample, where it is known.
pub fn fact(tag: Fact, region: &Region, sample: &str, (samples, known): (&[String], &Known)) -> Option<f64> {
    match tag {
        Fact::GeneLength => {
            let (tss, end) = (region.tss.as_ref()?.position, region.end?);
            Some((tss.abs_diff(end) as f64).ln_1p())
        }
        Fact::ExpressionMean => {
            let row = known.get(gene_key(&region.id).as_ref())?;
            let others = row.iter().zip(samples).filter(|(value, other)| *other != sample && !value.is_nan());
            let others: Vec<f64> = others.map(|(&value, _)| f64::from(value)).collect();
            (!others.is_empty()).then(|| others.iter().sum::<f64>() / others.len() as f64)
        }
    }
}

impl Trained for FactModel {
    fn meet(&mut self, sample: &str, regions: &[&Region]) -> std::result::Result<(), String> {
        let FactConfig { tag, samples, .. } = &self.config;
        let of = |region: &&Region| fact(*tag, region, sample, (samples, &self.known));
        let facts: Vec<Option<f64>> = regions.iter().map(of).collect();
        if facts.iter().all(Option::is_none) {
            return Err(match tag {
                Fact::GeneLength => "gene-length: no gene has a known end. Bin again with genes.bed of attentrack-tss",
                Fact::ExpressionMean => {
                    "expression-mean: no gene is known from another training sample than the one that is scored. Train it on several samples"
                }
            }
            .to_owned());
        }
        self.met = facts.into_iter().map(|fact| fact.unwrap_or(self.middle)).collect();
        Ok(())
    }

    fn score(&self, task: Task, rows: &[f32], done: &dyn Fn(usize)) -> Result<Scores> {
        let size = self.config.n_marks * self.config.n_bins;
        if rows.len() != self.met.len() * size {
            return Err(Error::Msg(format!(
                "{} does not look at the signal: there is nothing to explain",
                self.config.tag.name()
            )));
        }
        done(self.met.len());
        let scores = self.met.iter().map(|&fact| task.score(self.line.predict(&[fact]) as f32));
        Ok(Scores { scores: scores.collect(), ..Scores::default() })
    }

    fn to_arrays(&self) -> Result<Arrays> {
        let mut arrays = self.line.to_arrays();
        arrays.add_f64("middle", &[self.middle]);
        let ids: Vec<&str> = self.known.keys().map(String::as_str).collect();
        arrays.add_i32("genes", &ids.join("\n").bytes().map(i32::from).collect::<Vec<_>>());
        // a file holds finite numbers; expression is never negative
        let values = self.known.values().flatten().map(|&value| if value.is_nan() { -1.0 } else { value });
        arrays.add_f32("expression", &values.collect::<Vec<f32>>());
        Ok(arrays)
    }
}

impl FactModel {
    /// The other way of [`Trained::to_arrays`].
    ///
    /// # Errors
    /// If an array is missing or does not fit.
    pub fn from_arrays(config: &FactConfig, arrays: &Arrays) -> std::result::Result<Self, ArrayError> {
        let error = |name: &str| ArrayError { name: name.to_owned() };
        let line = Linear::from_arrays(arrays, 1)?;
        let [middle] = arrays.f64("middle")?[..] else { return Err(error("middle")) };
        let bytes: Option<Vec<u8>> = arrays.i32("genes")?.into_iter().map(|byte| u8::try_from(byte).ok()).collect();
        let ids = String::from_utf8(bytes.ok_or_else(|| error("genes"))?).map_err(|_| error("genes"))?;
        let (ids, values): (Vec<&str>, _) = (ids.lines().collect(), arrays.f32("expression")?);
        let samples = config.samples.len();
        if values.len() != ids.len() * samples {
            return Err(error("expression"));
        }
        let value = |&value: &f32| if value < 0.0 { f32::NAN } else { value };
        let rows = values.chunks_exact(samples.max(1)).map(|row| row.iter().map(value).collect());
        let known = ids.into_iter().map(str::to_owned).zip(rows).collect();
        Ok(FactModel { config: config.clone(), line, middle, known, met: Vec::new() })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::genome::{Strand, Tss};

    fn model(tag: Fact) -> FactModel {
        let known = [("A", vec![3.0, 1.0, f32::NAN]), ("B", vec![0.0, f32::NAN, f32::NAN])];
        FactModel {
            config: FactConfig { tag, n_marks: 1, n_bins: 2, samples: ["s", "t", "u"].map(str::to_owned).to_vec() },
            line: Linear { weight: vec![1.0], bias: 0.0 },
            middle: 9.0,
            known: known.map(|(id, row)| (id.to_owned(), row)).into(),
            met: Vec::new(),
        }
    }

    fn region(id: &str, end: Option<u64>) -> Region {
        let tss = Tss { chrom: "chr1".to_owned(), position: 1000, strand: Strand::Reverse };
        Region { id: id.to_owned(), symbol: None, tss: Some(tss), end }
    }

    #[test]
    fn the_scored_sample_is_left_out_of_the_mean() {
        let regions = [region("A", None), region("B", None), region("C", None)];
        let regions: Vec<&Region> = regions.iter().collect();
        let mut model = model(Fact::ExpressionMean);
        for (sample, expected) in [("s", [1.0, 9.0, 9.0]), ("t", [3.0, 0.0, 9.0]), ("new", [2.0, 0.0, 9.0])] {
            model.meet(sample, &regions).unwrap();
            assert_eq!(model.met, expected, "{sample}");
        }
        let scores = model.score(Task::Regression, &[0.0; 6], &|_| ()).unwrap().scores;
        assert_eq!(scores, [2.0, 0.0, 9.0]);
        assert!(model.score(Task::Regression, &[0.0; 2], &|_| ()).is_err());
        assert!(model.meet("s", &regions[1..]).unwrap_err().contains("several samples"));
        model.met.clear();
        let read = FactModel::from_arrays(&model.config, &model.to_arrays().unwrap()).unwrap();
        assert_eq!(format!("{read:?}"), format!("{model:?}"));
    }

    #[test]
    fn a_gene_is_as_long_as_from_its_tss_to_its_last_base() {
        let mut model = model(Fact::GeneLength);
        let regions = [region("A", Some(1)), region("B", None)];
        model.meet("s", &regions.iter().collect::<Vec<_>>()).unwrap();
        assert_eq!(model.met, [1000f64.ln(), 9.0]);
        assert!(model.meet("s", &[&regions[1]]).unwrap_err().contains("known end"));
    }
}
