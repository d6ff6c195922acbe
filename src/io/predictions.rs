//! `predictions.tsv`: gene_id, sample, status, score, and one column `mark_attention_MARK` a mark. Of an
//! ensemble these are the members' means, and the sample standard deviations over the members follow:
//! score_sd, and one column `mark_attention_sd_MARK` a mark. Of a calibrated model raw_score follows, the
//! model's own score; of a model that knows how sure it is, uncertain (0 or 1). Last comes model, a fingerprint
//! of the model that scored the genes, the same in every row; other tools' tables may lack it.

use std::collections::HashMap;
use std::path::Path;

use super::table::{Row, Table, write_table};
use super::{FileError, Result};
use crate::matrix::{Prediction, PredictionSpread, Predictions, Status, gene_key};

const MARK_PREFIX: &str = "mark_attention_";
const MARK_SD_PREFIX: &str = "mark_attention_sd_";
const SCORE_SD: &str = "score_sd";
const RAW_SCORE: &str = "raw_score";
const UNCERTAIN: &str = "uncertain";
const MODEL: &str = "model";

/// Reads predictions of one sample; gene ids must be unique.
pub fn read(path: &Path) -> Result<Predictions> {
    let table = Table::read(path)?;
    let [gene_id, sample, status, score] =
        [table.column("gene_id")?, table.column("sample")?, table.column("status")?, table.column("score")?];
    let score_sd = table.columns.iter().position(|name| name == SCORE_SD);
    let [raw_score, uncertain, model] = [RAW_SCORE, UNCERTAIN, MODEL].map(|name| table.find(name));
    let model_of = |row: &Row| {
        let name = model.map(|column| row.cells[column].clone());
        name.filter(|name| !["", "NA"].contains(&name.as_str()))
    };
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
        model: table.rows.first().and_then(model_of),
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
        if row.cells[sample] != predictions.sample {
            return Err(table
                .error(row, format!("sample {:?} after {:?}", row.cells[sample], predictions.sample))
                .remedy("Give one predictions file a sample"));
        }
        if model_of(row) != predictions.model {
            return Err(table
                .error(row, "the genes are scored by more than one model (column model)")
                .remedy("Give one predictions file a sample and model"));
        }
        let score = table.number(row, score)?;
        let numbers = |columns: &[(usize, &str)]| -> Result<Vec<f64>> {
            let cells = columns.iter().map(|&(column, _)| table.number(row, column));
            Ok(cells.collect::<Result<Vec<_>>>()?.into_iter().flatten().collect())
        };
        let (mark_attention, mark_attention_sd) = (numbers(&mark_columns)?, numbers(&mark_sd_columns)?);
        let score_sd = score_sd.map(|column| table.number(row, column)).transpose()?.flatten();
        if score.is_some()
            && (score_sd.is_some() != predictions.is_ensemble || mark_attention_sd.len() != mark_sd_columns.len())
        {
            return Err(table
                .error(row, "a gene scored by an ensemble must have all its standard deviations")
                .remedy("Make the file again"));
        }
        if score.is_some() && mark_attention.len() != mark_columns.len() {
            return Err(table
                .error(row, "a scored gene must have all its mark attentions")
                .remedy("Make the file again"));
        }
        predictions.rows.push(Prediction {
            gene_id: id.to_owned(),
            status: Status::from_name(&row.cells[status])
                .ok_or_else(|| table.error(row, format!("unknown status {:?}", row.cells[status])))?,
            score,
            mark_attention,
            spread: score_sd.map(|score| PredictionSpread { score, mark_attention: mark_attention_sd }),
            raw_score: raw_score.map(|column| table.number(row, column)).transpose()?.flatten(),
            uncertain: uncertain.map(|column| table.number(row, column)).transpose()?.flatten().map(|flag| flag != 0.0),
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
    let mark_columns: Vec<String> = predictions.marks.iter().map(|mark| format!("{MARK_PREFIX}{mark}")).collect();
    let mut columns = vec!["gene_id", "sample", "status", "score"];
    columns.extend(mark_columns.iter().map(String::as_str));
    let sd_columns: Vec<String> = predictions.marks.iter().map(|mark| format!("{MARK_SD_PREFIX}{mark}")).collect();
    if predictions.is_ensemble {
        columns.push(SCORE_SD);
        columns.extend(sd_columns.iter().map(String::as_str));
    }
    let is_calibrated = predictions.rows.iter().any(|row| row.raw_score.is_some());
    let has_flag = predictions.rows.iter().any(|row| row.uncertain.is_some());
    columns.extend(is_calibrated.then_some(RAW_SCORE));
    columns.extend(has_flag.then_some(UNCERTAIN));
    columns.extend(predictions.model.is_some().then_some(MODEL));
    let number = |value: Option<f64>| value.map_or_else(|| "NA".to_owned(), |value| (value as f32).to_string());
    let rows = predictions.rows.iter().map(|row| {
        let mut cells =
            vec![row.gene_id.clone(), predictions.sample.clone(), row.status.name().to_owned(), number(row.score)];
        let marks = 0..predictions.marks.len();
        cells.extend(marks.clone().map(|mark| number(row.mark_attention.get(mark).copied())));
        if predictions.is_ensemble {
            let spread = row.spread.as_ref();
            cells.push(number(spread.map(|spread| spread.score)));
            cells.extend(marks.map(|mark| number(spread.and_then(|spread| spread.mark_attention.get(mark).copied()))));
        }
        cells.extend(is_calibrated.then(|| number(row.raw_score)));
        cells.extend(has_flag.then(|| number(row.uncertain.map(|flag| f64::from(u8::from(flag))))));
        cells.extend(predictions.model.clone());
        cells
    });
    write_table(path, &columns, rows)
}
