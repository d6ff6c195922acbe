//! `predictions.tsv`: the columns of [`PredictionRow`], and after `score` one column `mark_attention_MARK` a mark, of
//! networks that read bodies also `mark_attention_body:MARK`. The
//! scores of an ensemble are the members' means: the sample standard deviations over the members follow, `score_sd`
//! and one column `mark_attention_sd_MARK` a mark. Columns that no row has a value for are left out; other tools'
//! tables may lack more.

use std::collections::HashMap;
use std::path::Path;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::table::{Table, cells_of, columns_of, write_table};
use super::{FileError, Result};
use crate::matrix::{Number, Prediction, PredictionSpread, Predictions, Status, gene_key};

const MARK_PREFIX: &str = "mark_attention_";
const MARK_SD_PREFIX: &str = "mark_attention_sd_";
const SCORE_SD: &str = "score_sd";

/// One row of `SAMPLE.predictions.tsv`: one gene, in the order of the matrix.
#[derive(Debug, Serialize, Deserialize, JsonSchema)]
#[schemars(extend("patternProperties" = {
    "^mark_attention_.+$": {
        "description": "Mark attention, one column a mark (mark_attention_MARK; sums to 1); of networks that read bodies also mark_attention_body:MARK, and both sum to 1. An ensemble has its standard deviation over the members too (mark_attention_sd_MARK).",
        "$ref": "#/$defs/Number",
    },
}))]
pub struct PredictionRow {
    /// Gene id.
    gene_id: String,
    /// Symbol of the gene, not unique; `.` where it is not known.
    #[serde(default, with = "crate::genome::symbol")]
    #[schemars(with = "String")]
    gene_name: Option<String>,
    /// Sample, the same in every row.
    sample: String,
    /// What became of the gene's window.
    status: Status,
    /// Probability of being expressed; for a model of numeric labels the predicted label. Of an ensemble
    /// the members' mean.
    #[schemars(with = "Number")]
    score: Option<f64>,
    /// Sample standard deviation of the score over the members of an ensemble.
    #[schemars(with = "Option<Number>")]
    score_sd: Option<f64>,
    /// The model's own score, before its calibration.
    #[schemars(with = "Option<Number>")]
    raw_score: Option<f64>,
    /// For a calibrated model or an ensemble: 1 where the score may as well be on the other side of the model's
    /// threshold, else 0.
    #[schemars(with = "Option<Number>")]
    uncertain: Option<bool>,
    /// The model that scored the genes, the same in every row: its name and a digest of its file. Predictions of one
    /// model can be ranked together.
    model: Option<String>,
}

/// Reads predictions of one sample; gene ids must be unique.
pub fn read(path: &Path) -> Result<Predictions> {
    let table = Table::read(path)?;
    let (gene_id, sample) = (table.column("gene_id")?, table.column("sample")?);
    for name in ["status", "score"] {
        table.column(name)?;
    }
    let score_sd = table.find(SCORE_SD);
    // without a spread, a mark may be called sd_…
    let is_sd = |name: &str| score_sd.is_some() && name.starts_with(MARK_SD_PREFIX);
    let with_prefix = |prefix: &'static str, sd: bool| {
        let named = table.columns.iter().enumerate().filter(move |(_, name)| is_sd(name) == sd);
        named.filter_map(move |(at, name)| Some((at, name.strip_prefix(prefix)?))).collect::<Vec<(usize, &str)>>()
    };
    let mark_columns = with_prefix(MARK_PREFIX, false);
    let mark_sd_columns = with_prefix(MARK_SD_PREFIX, true);
    if score_sd.is_some() && !mark_columns.iter().map(|(_, mark)| mark).eq(mark_sd_columns.iter().map(|(_, mark)| mark))
    {
        return Err(FileError::new(path, format!("has a column {SCORE_SD}, but not one {MARK_SD_PREFIX}MARK a mark"))
            .place("line 1")
            .remedy("Make the file again"));
    }
    let mut predictions = Predictions {
        sample: table.rows.first().map(|row| row.cells[sample].clone()).unwrap_or_default(),
        model: None,
        marks: mark_columns.iter().map(|(_, mark)| (*mark).to_owned()).collect(),
        is_ensemble: score_sd.is_some(),
        rows: Vec::with_capacity(table.rows.len()),
    };
    let mut seen = HashMap::new();
    for row in &table.rows {
        let id = table.text(row, gene_id, "gene id")?;
        table.text(row, sample, "sample")?;
        if let Some(first) = seen.insert(gene_key(id), row.line) {
            return Err(table
                .error(row, format!("gene {id} is predicted twice, first on line {first}"))
                .remedy("Keep one row a gene"));
        }
        let known: PredictionRow = table.typed(row)?;
        if known.sample != predictions.sample {
            return Err(table
                .error(row, format!("sample {:?} after {:?}", known.sample, predictions.sample))
                .remedy("Give one predictions file a sample"));
        }
        if predictions.rows.is_empty() {
            predictions.model.clone_from(&known.model);
        }
        if known.model != predictions.model {
            return Err(table
                .error(row, "the genes are scored by more than one model (column model)")
                .remedy("Give one predictions file a sample and model"));
        }
        let numbers = |columns: &[(usize, &str)]| -> Result<Vec<f64>> {
            let cells = columns.iter().map(|&(column, _)| table.number(row, column));
            Ok(cells.collect::<Result<Vec<_>>>()?.into_iter().flatten().collect())
        };
        let (mark_attention, mark_attention_sd) = (numbers(&mark_columns)?, numbers(&mark_sd_columns)?);
        if known.score.is_some()
            && (known.score_sd.is_some() != predictions.is_ensemble || mark_attention_sd.len() != mark_sd_columns.len())
        {
            return Err(table
                .error(row, "a gene scored by an ensemble must have all its standard deviations")
                .remedy("Make the file again"));
        }
        if known.score.is_some() && mark_attention.len() != mark_columns.len() {
            return Err(table
                .error(row, "a scored gene must have all its mark attentions")
                .remedy("Make the file again"));
        }
        predictions.rows.push(Prediction {
            gene_id: known.gene_id,
            gene_name: known.gene_name,
            status: known.status,
            score: known.score,
            mark_attention,
            spread: known.score_sd.map(|score| PredictionSpread { score, mark_attention: mark_attention_sd }),
            raw_score: known.raw_score,
            uncertain: known.uncertain,
        });
    }
    if predictions.rows.is_empty() {
        return Err(FileError::new(path, "holds no prediction").remedy("Check the predict step"));
    }
    Ok(predictions)
}

/// A score as a reader of the table gets it: a threshold that one gene's score is equal to must be
/// compared in this form.
pub fn as_read(score: f64) -> f64 {
    (score as f32).to_string().parse().unwrap_or(score)
}

/// Writes predictions. Numbers are written so that reading gives the same `f32` back.
pub fn write(path: &Path, predictions: &Predictions) -> Result<()> {
    let has = |column: fn(&Prediction) -> bool| predictions.rows.iter().any(column);
    let is_there = |name: &&str| match *name {
        SCORE_SD => predictions.is_ensemble,
        "raw_score" => has(|row| row.raw_score.is_some()),
        "uncertain" => has(|row| row.uncertain.is_some()),
        "model" => predictions.model.is_some(),
        _ => true,
    };
    let known: Vec<&str> = columns_of::<PredictionRow>().iter().copied().filter(is_there).collect();
    let after = |name: &str, prefix: &str| -> Vec<String> {
        let marks = predictions.marks.iter().map(|mark| format!("{prefix}{mark}"));
        std::iter::once(name.to_owned()).chain(marks).collect()
    };
    let columns: Vec<String> = known
        .iter()
        .flat_map(|&name| match name {
            "score" => after(name, MARK_PREFIX),
            SCORE_SD => after(name, MARK_SD_PREFIX),
            _ => vec![name.to_owned()],
        })
        .collect();
    let number = |value: Option<f64>| value.map_or_else(|| "NA".to_owned(), |value| (value as f32).to_string());
    let mut rows = Vec::with_capacity(predictions.rows.len());
    for row in &predictions.rows {
        let cells = cells_of(&row_of(predictions, row), &known)
            .map_err(|error| FileError::new(path, format!("cannot write the table: {error}")))?;
        let marks = |values: Option<&Vec<f64>>| {
            let of_mark = |mark: usize| number(values.and_then(|values| values.get(mark).copied()));
            (0..predictions.marks.len()).map(of_mark).collect::<Vec<_>>()
        };
        let all = known.iter().zip(cells).flat_map(|(&name, cell)| {
            let more = match name {
                "score" => marks(Some(&row.mark_attention)),
                SCORE_SD => marks(row.spread.as_ref().map(|spread| &spread.mark_attention)),
                _ => Vec::new(),
            };
            std::iter::once(cell).chain(more)
        });
        rows.push(all.collect::<Vec<_>>());
    }
    write_table(path, &columns.iter().map(String::as_str).collect::<Vec<_>>(), rows)
}

fn row_of(predictions: &Predictions, row: &Prediction) -> PredictionRow {
    PredictionRow {
        gene_id: row.gene_id.clone(),
        gene_name: row.gene_name.clone(),
        sample: predictions.sample.clone(),
        status: row.status,
        score: row.score.map(as_read),
        score_sd: row.spread.as_ref().map(|spread| as_read(spread.score)),
        raw_score: row.raw_score.map(as_read),
        uncertain: row.uncertain,
        model: predictions.model.clone(),
    }
}
