//! What a test of faithfulness says of an explanation, in a word and in a sentence.

use std::fmt;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::Split;

/// Genes that a verdict needs at least: the interval of fewer says nothing.
const FEWEST_GENES: usize = 10;

/// Whether the bins that an explanation puts first tell more of the score than those of the highest signal.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Verdict {
    /// The interval lies above zero.
    Better,
    /// The interval holds zero.
    NoBetter,
    /// The interval lies below zero.
    Worse,
    /// Too few genes to judge by.
    NotJudged,
}

impl Verdict {
    /// The verdict from the difference to the raw signal: its mean over `genes` genes, and the ends of its interval.
    pub fn new([_, low, high]: [f64; 3], genes: usize) -> Self {
        match genes {
            few if few < FEWEST_GENES => Verdict::NotJudged,
            _ if low > 0.0 => Verdict::Better,
            _ if high < 0.0 => Verdict::Worse,
            _ => Verdict::NoBetter,
        }
    }

    /// The name used in tables.
    pub fn name(self) -> &'static str {
        match self {
            Verdict::Better => "better",
            Verdict::NoBetter => "no_better",
            Verdict::Worse => "worse",
            Verdict::NotJudged => "not_judged",
        }
    }
}

impl fmt::Display for Verdict {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Verdict::Better => "better than the raw signal",
            Verdict::NoBetter => "no better than the raw signal",
            Verdict::Worse => "worse than the raw signal",
            Verdict::NotJudged => "not tested against the raw signal",
        })
    }
}

/// The verdict on one explanation of a sample, with what it rests on.
#[derive(Clone, Debug, PartialEq)]
pub struct Judged {
    /// Sample.
    pub sample: String,
    /// The method's name, as `attentrack-explain` takes it.
    pub method: String,
    /// Genes that it was judged by.
    pub genes: usize,
    /// The split that they are of; `None` where it was not asked for.
    pub split: Option<Split>,
    /// Insertion less deletion, less the same of the raw signal, in parts of the mean score: mean over the genes, and the
    /// ends of its 95 % interval.
    pub over_signal: [f64; 3],
    /// What follows of that.
    pub verdict: Verdict,
}

impl Judged {
    /// Whether whoever sees the explanation has to be told that it says no more than the signal.
    pub fn is_warning(&self) -> bool {
        self.verdict != Verdict::Better
    }
}

/// The sentence for logs, pages and tracks.
impl fmt::Display for Judged {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (genes, method, verdict) = (self.genes, &self.method, self.verdict);
        let kind = match self.split {
            None => "genes",
            Some(Split::Train) => "training genes",
            Some(Split::Valid) => "validation genes",
            Some(Split::Test) => "test genes",
        };
        if verdict == Verdict::NotJudged {
            return write!(f, "{method}: {verdict}; {genes} {kind} have signal, {FEWEST_GENES} are needed");
        }
        let [mean, low, high] = self.over_signal;
        write!(
            f,
            "{method}: as a guide to the bins that the score depends on, {verdict} ({mean:+.3} [{low:+.3}, {high:+.3}], {genes} {kind})"
        )
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_interval_decides_and_few_genes_decide_nothing() {
        let verdict = |low, high, genes| Verdict::new([0.5 * (low + high), low, high], genes);
        assert_eq!(verdict(0.1, 0.2, 10), Verdict::Better);
        assert_eq!(verdict(-0.1, 0.2, 10), Verdict::NoBetter);
        assert_eq!(verdict(-0.2, -0.1, 10), Verdict::Worse);
        assert_eq!(verdict(0.1, 0.2, 9), Verdict::NotJudged);
        assert_eq!(Verdict::new([f64::NAN; 3], 200), Verdict::NoBetter);
    }

    #[test]
    fn sentences() {
        let judged = |verdict, genes| Judged {
            sample: "E003".to_owned(),
            method: "attention".to_owned(),
            genes,
            split: Some(Split::Valid),
            over_signal: [-0.2, -0.25, -0.15],
            verdict,
        };
        assert_eq!(
            judged(Verdict::Worse, 200).to_string(),
            "attention: as a guide to the bins that the score depends on, worse than the raw signal (-0.200 [-0.250, -0.150], 200 validation genes)"
        );
        assert_eq!(
            judged(Verdict::NotJudged, 3).to_string(),
            "attention: not tested against the raw signal; 3 validation genes have signal, 10 are needed"
        );
        assert!(judged(Verdict::NoBetter, 20).is_warning() && !judged(Verdict::Better, 20).is_warning());
    }
}
