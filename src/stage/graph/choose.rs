//! The graphs at the λ that is given, or chosen.

use anyhow::{Result, bail};

use super::read::Data;
use super::result::{Estimated, Networks};
use super::{Args, Choice};
use crate::graph::{EstimateError, Null, STABLE, Study};

/// Half-samples where --halves is not given, of a λ that is chosen.
const HALVES: u32 = 100;
/// Data sets of each null where --nulls is not given, of a λ that is chosen.
const NULLS: u32 = 20;
/// False edges that a λ chosen by stability may have.
const FALSE_EDGES: f64 = 1.0;

impl Args {
    /// Half-samples to be drawn.
    pub(super) fn halves(&self) -> u32 {
        self.chosen(self.options.halves, HALVES)
    }

    fn chosen(&self, asked: Option<u32>, default: u32) -> u32 {
        asked.unwrap_or(if self.options.lambda.is_some() { 0 } else { default })
    }

    /// The graphs, with λ chosen where none is given.
    pub(super) fn found(&self, data: &Data, study: &Study) -> Result<Networks> {
        let measured = study.measured();
        let halves = self.halves();
        let said = |error: EstimateError| match error {
            EstimateError::NoInverse(at) => anyhow::anyhow!("context {}: {error}", data.contexts[at].name),
            EstimateError::TooSmall { .. } | EstimateError::Unsettled(_) => {
                anyhow::anyhow!("{error}. Give a larger --lambda")
            }
        };
        let (lambda, path, frequencies) = match self.options.lambda {
            Some(lambda) => (lambda, Vec::new(), None),
            None => {
                let path = study.path(&measured).map_err(said)?;
                let lambdas: Vec<f64> = path.iter().map(|point| point.lambda).collect();
                if study.estimator.method.facts().differences || self.options.choose == Choice::Stability {
                    let all = study.frequencies(&lambdas, halves);
                    let at = all.iter().take_while(|found| found.false_edges() <= FALSE_EDGES).count().max(1) - 1;
                    (lambdas[at], path, all.into_iter().nth(at))
                } else {
                    let known = path.iter().filter_map(|point| Some((point.ebic?, point.lambda)));
                    let best = known.reduce(|best, next| if next.0 < best.0 { next } else { best });
                    let Some((_, lambda)) = best else {
                        bail!("no λ has an extended BIC: too few observations. Give --lambda, or --choose stability");
                    };
                    (lambda, path, None)
                }
            }
        };
        let graphs = study.graphs(&measured, lambda).map_err(said)?;
        let frequencies = match frequencies {
            None if halves > 0 => study.frequencies(&[lambda], halves).pop(),
            frequencies => frequencies,
        };
        if let Some(found) = &frequencies {
            let (false_edges, stable) = (found.false_edges(), found.stable());
            if false_edges < stable as f64 {
                tracing::info!(
                    "{stable} edges are in {:.0} % of half-samples or more, of which at most {false_edges:.1} are expected to be false",
                    100.0 * STABLE
                );
            } else {
                tracing::info!(
                    "half-samples bound no false edges in so dense a graph: a larger λ, or --choose stability, would"
                );
            }
        }
        let nulls: &[Null] = match study.estimator.method.facts().differences {
            true => &[Null::Relabelled],
            false => &[Null::Permuted, Null::Rotated],
        };
        let times = self.chosen(self.options.nulls, NULLS);
        let expected = nulls.iter().filter(|_| times > 0).map(|&null| (null, study.expected(null, lambda, times)));
        let expected = expected.collect();
        Ok(Networks::new(data, study, measured, Estimated { lambda, path, graphs, frequencies, expected }))
    }
}
