//! The table, one row a method.

use std::path::Path;

use crate::explain::faithfulness::Faithfulness;
use crate::io::Result;
use crate::io::table::write_table;

const COLUMNS: [&str; 17] = [
    "method",
    "unit",
    "deletion",
    "insertion",
    "comprehensiveness",
    "sufficiency",
    "over_signal",
    "over_signal_low",
    "over_signal_high",
    "verdict",
    "seeds",
    "shuffled_weights",
    "permuted_labels",
    "planted",
    "planted_expressed",
    "held_out",
    "held_out_shuffled",
];

/// Writes the rows; `NA` is what was not asked for, or is not defined.
pub fn write(path: &Path, rows: &[Faithfulness]) -> Result<()> {
    let agrees: Vec<String> = rows.iter().map(|row| format!("agrees_{}", row.name)).collect();
    let columns: Vec<&str> = COLUMNS.into_iter().chain(agrees.iter().map(String::as_str)).collect();
    write_table(path, &columns, rows.iter().map(cells))
}

fn cells(row: &Faithfulness) -> Vec<String> {
    let number = |value: f64| if value.is_finite() { format!("{value:.4}") } else { "NA".to_owned() };
    let some = |value: Option<f64>| value.map_or_else(|| "NA".to_owned(), number);
    let verdict = if row.name == "signal" { "NA" } else { row.verdict.name() };
    let mut cells = vec![row.name.to_owned(), row.unit.clone()];
    cells.extend([row.deletion, row.insertion, row.comprehensiveness, row.sufficiency].map(number));
    cells.extend(row.over_signal.map(number));
    cells.push(verdict.to_owned());
    let checks = [row.seeds, row.shuffled, row.permuted];
    cells.extend(checks.into_iter().chain(row.planted).chain(row.held_out).map(some));
    cells.extend(row.agreement.iter().copied().map(some));
    cells
}
