//! Where the expression of each sample is: a table of all samples, or a table a sample.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// What stands for the name of each sample in a path or in the name of a column.
pub const EACH_SAMPLE: &str = "{sample}";

/// Expression table, or a table a sample.
#[derive(Clone, Debug, Default, Serialize, Deserialize, JsonSchema)]
pub struct Expression {
    /// A table with gene ids and one column a sample; or a table a sample, as RSEM, Salmon and StringTie write
    /// them: `{sample}` in the path stands for the sample.
    #[schemars(extend("x-flag" = "expression"))]
    pub path: PathBuf,
    /// Column of the values, such as TPM or FPKM, where there is a table a sample; `{sample}` in it stands for the
    /// sample. If left out it is named like the sample.
    pub column: Option<String>,
    /// By sample: the column of its values, where the table calls it otherwise.
    #[serde(default)]
    pub columns: BTreeMap<String, String>,
}

impl Expression {
    /// The table that a sample's expression is in.
    pub fn path_of(&self, sample: &str) -> PathBuf {
        for_sample(&self.path, sample)
    }

    /// The column that a sample's expression is in, where that is not simply named like the sample.
    pub fn column_of(&self, sample: &str) -> Option<String> {
        let named = || self.column.as_ref().map(|column| column.replace(EACH_SAMPLE, sample));
        self.columns.get(sample).cloned().or_else(named)
    }

    /// Whether each sample has a table of its own.
    pub fn is_by_sample(&self) -> bool {
        self.path.to_string_lossy().contains(EACH_SAMPLE)
    }

    /// What is wrong with it for the samples of the sheet; whether the files are there shows only where they are
    /// `visible`.
    pub fn problems(&self, samples: &[&str], visible: bool) -> Vec<String> {
        let mut problems: Vec<String> = Vec::new();
        let per_sample = self.is_by_sample();
        for sample in samples.iter().filter(|_| visible) {
            let path = self.path_of(sample);
            if !path.is_file() {
                let of = if per_sample { format!(" of sample {sample}") } else { String::new() };
                problems.push(format!("expression.path: no such file {}{of}", path.display()));
            }
        }
        problems.dedup();
        let unknown: Vec<&str> =
            self.columns.keys().map(String::as_str).filter(|name| !samples.contains(name)).collect();
        if !unknown.is_empty() {
            problems.push(format!(
                "expression.columns: the sheet has no sample {} with expression; it has {}",
                unknown.join(", "),
                samples.join(", ")
            ));
        }
        // without a word, every sample would get the same labels
        let alike: Vec<&str> = samples.iter().copied().filter(|sample| !self.columns.contains_key(*sample)).collect();
        if let (Some(column), false, 2..) = (&self.column, per_sample, alike.len())
            && !column.contains(EACH_SAMPLE)
        {
            problems.push(format!(
                "expression.column: {} samples would get the same values, column {column:?} of {}. Put {EACH_SAMPLE} into expression.path where each sample has a table of its own, or name each sample's column in expression.columns",
                alike.len(),
                self.path.display()
            ));
        }
        problems
    }
}

/// The path for a sample.
pub fn for_sample(path: &Path, sample: &str) -> PathBuf {
    path.to_string_lossy().replace(EACH_SAMPLE, sample).into()
}
