//! Models of lsgkm: support vectors in, a table of words out.

use std::path::Path;

use anyhow::Result;

use super::header_of;
use crate::io::lsgkm::{self, LsgkmModel};
use crate::io::{self, FileError};
use crate::learn::kmer::{CentreWeights, KmerMethod, KmerModel, KmerModelConfig, Strands, WordFilter};
use crate::learn::{ModelHeader, ModelSpec, Task};
use crate::matrix::Bases;
use crate::stage::model_file;

/// Kernels, by lsgkm's names of all versions: what words share, and whether those in the middle count more.
const KERNELS: [(&str, WordFilter, bool); 5] = [
    ("gkm", WordFilter::EstimatedTruncated, false),
    ("gkm_cnt", WordFilter::Gapped, false),
    ("gkm_estfull", WordFilter::Estimated, false),
    ("gkm_esttrunc", WordFilter::EstimatedTruncated, false),
    ("wgkm", WordFilter::EstimatedTruncated, true),
];

/// Reads a model of lsgkm and writes it as one of ours.
pub fn import(path: &Path, out: &Path) -> Result<()> {
    let theirs = lsgkm::read(path)?;
    let config = config(path, &theirs)?;
    let task = match theirs.svm_type.as_str() {
        "c_svc" | "nu_svc" => Task::Classification,
        "epsilon_svr" | "nu_svr" => Task::Regression,
        other => {
            let problem = format!("svm_type is {other:?}: expected c_svc, nu_svc, epsilon_svr or nu_svr");
            return Err(FileError::new(path, problem).remedy("Train a machine of two classes or of numbers").into());
        }
    };
    let model = KmerModel::of_support(config.clone(), &theirs.support, -theirs.rho);
    let model = model.ok_or_else(|| {
        FileError::new(path, "a support vector has no word").remedy("Train the model again without it")
    })?;
    let header = ModelHeader {
        sequence: Some(Bases::around(config.n_bases as u32)),
        ..header_of(ModelSpec::Kmers(config.clone()), task)
    };
    model_file::save(out, &header, &model)?;
    tracing::info!(
        "lsgkm: {} of words of {} letters, {} of which may differ; {} support vectors as a table of {} words",
        theirs.kernel,
        config.kmer_length,
        config.furthest.unwrap_or(config.mismatches),
        theirs.support.len(),
        4u64.pow(config.kmer_length.into())
    );
    if theirs.taken_for_a > 0 {
        tracing::warn!(
            "{} letters of the support vectors are not A, C, G or T: they are taken for A, as lsgkm takes them. In sequences that are scored, such a letter is in no word",
            theirs.taken_for_a
        );
    }
    if task == Task::Classification {
        tracing::warn!(
            "lsgkm's scores are distances from the boundary. They are taken for log-odds: ranks stay, probabilities are not calibrated"
        );
    }
    Ok(())
}

/// Which words count, and how.
fn config(path: &Path, theirs: &LsgkmModel) -> io::Result<KmerModelConfig> {
    let Some((_, filter, is_centred)) = KERNELS.into_iter().find(|(name, ..)| *name == theirs.kernel) else {
        let (problem, remedy) = match theirs.kernel.as_str() {
            "gkmrbf" | "wgkmrbf" | "gkm_cnt_rbf" => (
                format!(
                    "kernel_type {} is not linear in its words, so that no table of them gives its scores",
                    theirs.kernel
                ),
                "Train with -t 0, 1, 2 or 4".to_owned(),
            ),
            other => {
                let known: Vec<&str> = KERNELS.iter().map(|(name, ..)| *name).collect();
                (format!("kernel_type is {other:?}, which is not known"), format!("Known are {}", known.join(", ")))
            }
        };
        return Err(FileError::new(path, problem).remedy(remedy));
    };
    let [length, k, furthest] = theirs.words;
    let Some(mismatches) = length.checked_sub(k).filter(|_| k > 0) else {
        let problem = format!("L {length} and k {k}: expected k of 1 to L");
        return Err(FileError::new(path, problem).remedy("Give a model that gkmtrain has written"));
    };
    let n_bases = theirs.support.iter().map(|(_, letters)| letters.len()).max().unwrap_or(usize::from(length));
    let strands = if theirs.one_strand { Strands::One } else { Strands::Both };
    let mut config =
        KmerModelConfig::new(KmerMethod::GappedKmerSvm, n_bases, (Some(length), Some(mismatches)), strands);
    config.filter = filter;
    config.furthest = Some(furthest);
    config.centre = is_centred.then_some(CentreWeights { most: theirs.most, half: theirs.half });
    match config.problem() {
        None => Ok(config),
        Some(problem) => Err(FileError::new(path, format!("makes no model: {problem}"))
            .remedy("Give a model that gkmtrain has written, with words of at most 12 letters")),
    }
}
