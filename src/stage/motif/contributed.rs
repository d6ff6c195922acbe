//! Motifs from contributions, where they lie, and the arrays that tfmodisco-lite reads.

use std::fmt::Write;
use std::path::Path;

use anyhow::{Result, bail};

use super::{Args, figure};
use crate::explain::{ContributionMotif, ExplainedSequence, Method, Scan, Subject, motifs, scales, threshold};
use crate::io::meme::Motif;
use crate::io::safetensors_file::RawTensor;
use crate::io::{self, FileError, Output, meme};
use crate::matrix::{LayerName, Matrix, RowShape, Split, codes};

/// Fewest seqlets of a motif, and most motifs.
const FEWEST: usize = 10;
const MOST: usize = 10;
/// Rows that are explained at a time.
const ROWS: usize = 512;

/// Sequences with what each base adds to the score, and their rows in the matrix.
struct Explained {
    matrix: Matrix,
    rows: Vec<usize>,
    sequences: Vec<ExplainedSequence>,
    scores: Vec<f64>,
}

impl Args {
    /// Writes what is asked for of the contributions of sequences.
    pub(super) fn contributed(&self, name: &str) -> Result<()> {
        let explained = self.explained()?;
        if let (Some(sequences), Some(attributions)) = (&self.modisco_sequences, &self.modisco_attributions) {
            for_modisco(&explained, sequences, attributions)?;
        }
        if self.motifs.is_none() && self.motifs_logo.is_none() && self.hits.is_none() {
            return Ok(());
        }
        let (positive, others): (Vec<_>, Vec<_>) =
            explained.sequences.iter().cloned().zip(&explained.scores).partition(|(_, score)| **score > 0.0);
        let [positive, others] = [positive, others].map(|set| set.into_iter().map(|(of, _)| of).collect::<Vec<_>>());
        let least = threshold(&others).unwrap_or(0.0);
        let found = motifs(&positive, least, FEWEST, MOST);
        let seqlets: usize = found.iter().map(|motif| motif.members.len()).sum();
        tracing::info!(
            "{} sequences with a positive score, {} others: {} motifs of {seqlets} seqlets above {least:.3}",
            positive.len(),
            others.len(),
            found.len()
        );
        if others.is_empty() {
            tracing::warn!("no sequence has a negative score: every stretch that adds to a score is a seqlet");
        }
        if found.is_empty() {
            tracing::warn!("no {FEWEST} stretches are alike: the files hold no motif");
        }
        let named: Vec<(String, &ContributionMotif)> =
            found.iter().enumerate().map(|(at, motif)| (format!("{name}_{}", at + 1), motif)).collect();
        for (name, motif) in &named {
            tracing::info!("{name}: {} seqlets, {}", motif.members.len(), figure::consensus(&motif.matrix));
        }
        if let Some(path) = &self.motifs {
            let of = |(name, motif): &(String, &ContributionMotif)| Motif {
                name: name.clone(),
                positions: motif.matrix.clone(),
                sites: motif.members.len(),
            };
            meme::write(path, &named.iter().map(of).collect::<Vec<_>>())?;
        }
        if let Some(path) = &self.motifs_logo {
            let drawn: Vec<(String, usize, &[[f64; 4]])> =
                named.iter().map(|(name, motif)| (name.clone(), motif.members.len(), &*motif.matrix)).collect();
            let mut output = Output::create(path)?;
            output.put(figure::logos(name, &drawn).as_bytes())?;
            output.commit()?;
        }
        match &self.hits {
            Some(path) => self.write_hits(path, &explained, &named),
            None => Ok(()),
        }
    }

    /// The rows of --bins, or those of their test set, and what a model makes of them.
    fn explained(&self) -> Result<Explained> {
        let Some(path) = &self.bins else { bail!("contributions need --bins") };
        let (header, model, matrix) = self.model_and_matrix(path)?;
        let layers = [LayerName::Sequence];
        let mut rows: Vec<usize> = (0..matrix.n_regions()).filter(|&row| matrix.status[row].is_scorable()).collect();
        if let Some(splits) = &self.splits {
            let table = io::splits::read(splits)?;
            let split_of = table.by_gene(0);
            rows.retain(|&row| split_of.get(matrix.regions[row].id.as_str()) == Some(&Split::Test));
            if rows.is_empty() {
                let problem = format!("no test sequence of fold 0 is in {}", path.display());
                return Err(FileError::new(splits, problem).remedy("Give the splits of these sequences").into());
            }
        }
        let shape: RowShape = matrix.row_shape(&layers);
        let subject = Subject::new(model, shape.clone())?;
        let (size, length) = (shape.size(), shape.size() / 4);
        let (mut sequences, mut scores) = (Vec::new(), Vec::new());
        for part in rows.chunks(ROWS) {
            let x = header.transform.apply(&matrix, &layers, part);
            let x = x.map_err(|error| FileError::new(path, error.to_string()))?;
            let settings = self.settings(&header, size, scales(&x, &shape));
            let values = subject.explain(Method::Contributions, &x, &settings, |_| ())?;
            let raw = crate::explain::Scorer::scores(&subject, &x)?;
            for ((x, values), score) in x.chunks_exact(size).zip(values.chunks_exact(size)).zip(raw) {
                let sum = |at: usize| (0..4).map(|base| f64::from(values[base * length + at])).sum::<f64>();
                // a sequence without a word has no score, and no contributions
                let contributions = (0..length).map(sum).map(|sum| if sum.is_nan() { 0.0 } else { sum }).collect();
                sequences.push(ExplainedSequence { codes: codes(x, length), contributions });
                scores.push(f64::from(score));
            }
        }
        Ok(Explained { matrix, rows, sequences, scores })
    }

    /// BED6, and the chance and the contribution of each match.
    fn write_hits(&self, path: &Path, of: &Explained, motifs: &[(String, &ContributionMotif)]) -> Result<()> {
        let axis = of.matrix.axis(LayerName::Sequence);
        let mut hits = Vec::new();
        for (name, motif) in motifs {
            let scan = Scan::new(&motif.matrix);
            for (sequence, &row) in of.sequences.iter().zip(&of.rows) {
                let region = &of.matrix.regions[row];
                for hit in scan.matches(&sequence.codes, self.max_p) {
                    let last = hit.start + motif.matrix.len() - 1;
                    let ends = [hit.start, last].map(|at| axis.interval(region, at));
                    let ([Some(a), Some(b)], Some(tss)) = (ends, &region.tss) else {
                        let problem = "its sequences have no places, so that there are none of motifs";
                        let remedy = "Read regions of a genome, or FASTA whose headers say where sequences are";
                        let bins = self.bins.as_deref().unwrap_or(Path::new("--bins"));
                        return Err(FileError::new(bins, problem).remedy(remedy).into());
                    };
                    let reverse = hit.reverse != (tss.strand == crate::genome::Strand::Reverse);
                    let sum: f64 = sequence.contributions[hit.start..=last].iter().sum();
                    let (start, end) = (a.start.min(b.start), a.end.max(b.end));
                    hits.push((tss.chrom.clone(), start, end, name.clone(), reverse, hit, sum));
                }
            }
        }
        hits.sort_by(|a, b| (&a.0, a.1, a.2, &a.3, a.4).cmp(&(&b.0, b.1, b.2, &b.3, b.4)));
        // regions may overlap: a place is named once
        hits.dedup_by(|a, b| (&a.0, a.1, a.2, &a.3, a.4) == (&b.0, b.1, b.2, &b.3, b.4));
        tracing::info!("{} matches with p of {} or less", hits.len(), self.max_p);
        let mut output = Output::create(path)?;
        let mut line = String::new();
        for (chrom, start, end, name, reverse, hit, sum) in hits {
            line.clear();
            let score = (-100.0 * hit.p.log10()).clamp(0.0, 1000.0).round();
            let strand = if reverse { '-' } else { '+' };
            let _ = writeln!(line, "{chrom}\t{start}\t{end}\t{name}\t{score}\t{strand}\t{:.3e}\t{sum:.6}", hit.p);
            output.put(line.as_bytes())?;
        }
        Ok(output.commit()?)
    }
}

/// Arrays [sequence, base, position] of the letters, and of what each base that is there adds to the score.
fn for_modisco(of: &Explained, sequences: &Path, attributions: &Path) -> Result<()> {
    let length = of.sequences.first().map_or(0, |sequence| sequence.codes.len());
    let size = 4 * length;
    let mut letters = vec![0f32; size * of.sequences.len()];
    let mut values = letters.clone();
    for (row, sequence) in of.sequences.iter().enumerate() {
        for (at, (&code, value)) in sequence.codes.iter().zip(&sequence.contributions).enumerate() {
            if code < 4 {
                let place = row * size + usize::from(code) * length + at;
                (letters[place], values[place]) = (1.0, *value as f32);
            }
        }
    }
    let shape = [of.sequences.len(), 4, length];
    for (path, array) in [(sequences, letters), (attributions, values)] {
        io::weights::write(path, &[("arr_0".to_owned(), RawTensor::of_f32(&shape, &array))])?;
    }
    Ok(())
}
