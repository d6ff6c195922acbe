//! What models learn from and score: samples, or pairs of samples.

use crate::io::pair_table::Pair;
use crate::io::sample_sheet::Sample;

/// One matrix that a model scores: a sample, or a pair of samples.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Subject {
    /// Its name in the names of files: the sample, or B-vs-A.
    pub name: String,
    /// The sample; of a pair the one in which expression rises where the change is above 0.
    pub sample: String,
    /// The sample with which it is compared, of a pair.
    pub versus: Option<String>,
    /// Whether its expression is known. Without, it is scored, and takes part in nothing else.
    pub has_expression: bool,
}

impl Subject {
    /// Its samples.
    pub fn samples(&self) -> impl Iterator<Item = &str> {
        std::iter::once(self.sample.as_str()).chain(self.versus.as_deref())
    }

    /// Whether a sample is in both.
    pub fn shares_a_sample(&self, other: &Subject) -> bool {
        self.samples().any(|sample| other.samples().any(|other| sample == other))
    }
}

/// The samples that are binned, and what is trained on and scored.
#[derive(Clone, Debug)]
pub struct Cohort {
    /// Samples, in the order of the sheet.
    pub samples: Vec<Sample>,
    /// What is trained on and scored, in the order of the sheet or of the pairs.
    pub subjects: Vec<Subject>,
}

impl Cohort {
    /// The samples one by one, or in these pairs; samples that are in no pair are left out.
    pub fn new(samples: Vec<Sample>, pairs: Option<Vec<Pair>>) -> Self {
        let has_expression = |name: &str| samples.iter().any(|sample| sample.name == name && sample.has_expression);
        let of_sample = |sample: &Sample| Subject {
            name: sample.name.clone(),
            sample: sample.name.clone(),
            versus: None,
            has_expression: sample.has_expression,
        };
        let of_pair = |pair: Pair| Subject {
            name: pair.name(),
            has_expression: has_expression(&pair.sample) && has_expression(&pair.versus),
            sample: pair.sample,
            versus: Some(pair.versus),
        };
        let subjects = match pairs {
            None => samples.iter().map(of_sample).collect(),
            Some(pairs) => pairs.into_iter().map(of_pair).collect(),
        };
        Cohort { samples, subjects }.of_use()
    }

    /// Those whose expression is known, and the samples that they need.
    pub fn with_expression(mut self) -> Self {
        self.subjects.retain(|subject| subject.has_expression);
        self.of_use()
    }

    fn of_use(mut self) -> Self {
        let subjects = &self.subjects;
        self.samples.retain(|sample| {
            let is_used = subjects.iter().any(|subject| subject.samples().any(|name| name == sample.name));
            if !is_used {
                tracing::warn!("sample {} takes no part, alone or in a pair: left out", sample.name);
            }
            is_used
        });
        self
    }

    /// What can be learnt from and judged.
    pub fn learnt(&self) -> Vec<&Subject> {
        self.subjects.iter().filter(|subject| subject.has_expression).collect()
    }

    /// The names of what is scored only.
    pub fn only_scored(&self) -> Vec<String> {
        self.subjects.iter().filter(|subject| !subject.has_expression).map(|subject| subject.name.clone()).collect()
    }

    /// Whether pairs are compared.
    pub fn has_pairs(&self) -> bool {
        self.subjects.iter().any(|subject| subject.versus.is_some())
    }
}
