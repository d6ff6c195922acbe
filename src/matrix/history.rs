//! How a training went.

/// The curves of one model.
#[derive(Clone, Debug, PartialEq)]
pub struct History {
    /// Seed, where several models were trained into one file.
    pub seed: Option<String>,
    /// One a column, in the order of the file.
    pub curves: Vec<Curve>,
}

/// A number by epoch.
#[derive(Clone, Debug, PartialEq)]
pub struct Curve {
    /// Name of the column: train_loss, valid_loss, valid_auroc …
    pub name: String,
    /// Epoch, counted from 1, and value.
    pub points: Vec<(u32, f64)>,
}

impl History {
    /// The curve of a name, if there is one with points.
    pub fn curve(&self, name: &str) -> Option<&Curve> {
        self.curves.iter().find(|curve| curve.name == name && !curve.points.is_empty())
    }

    /// The curve that the kept epoch was chosen by: the first validation curve that is not a loss.
    pub fn chosen_by(&self) -> Option<&Curve> {
        self.curves
            .iter()
            .find(|curve| curve.name.starts_with("valid_") && curve.name != "valid_loss" && !curve.points.is_empty())
    }
}

impl Curve {
    /// The point of the highest value, of equal ones the last: the epoch that training keeps.
    pub fn best(&self) -> Option<(u32, f64)> {
        self.points.iter().copied().max_by(|a, b| a.1.total_cmp(&b.1))
    }
}
