//! Cross-fitting and stacking.

use candle_core::{Device, Tensor};
use rayon::prelude::*;

use super::folds::assign;
use super::model::as_line;
use super::view::{Context, View};
use super::{
    Auto, AutoConfig, AutoTag, Genes, KINDS, Kernel, LINEAR, MEMBERS, OF_FORESTS, OF_KERNEL, Share, newton, stack,
};
use crate::learn::baseline::{FitError, Growth, Linear, Scaling, Table, Trees};
use crate::learn::calibration::Platt;
use crate::learn::{
    DeviceGenes, EpochRecord, GeneSet, GeneSource, Learner, Settings, Task, TrainError, Trainer, TrainingData,
    TrainingState, score,
};
use crate::model::{InstructionSet, ModelConfig, Network};

/// Folds of the cross-fitting.
const FOLDS: usize = 5;
/// Networks that learn from the same folds: a second one costs as much time as all else.
pub const NETWORKS_A_FOLD: usize = 1;
/// Genes that a network is shown in all: of many genes, fewer epochs do.
const MOST_SHOWN: usize = 120_000;
/// Steps that a network takes at least, if it is given the epochs of the published regime: of few genes, those
/// epochs are few steps.
const FEWEST_STEPS: usize = 800;
/// Inverse strengths of the linear models' penalty that are tried.
const STRENGTHS: [f64; 6] = [3e-4, 1e-3, 3e-3, 1e-2, 3e-2, 1e-1];
/// Genes above which the penalty is chosen on one fold instead of all.
const MANY_GENES: usize = 3_000;
/// Trees of the forest.
const TREES: u32 = 300;
/// Mean signals for which the networks take the signal as it is.
const USUAL_MEANS: std::ops::RangeInclusive<f64> = 0.05..=20.0;

/// Stacking went wrong.
#[derive(Debug, thiserror::Error)]
pub enum AutoError {
    /// A fold would have genes of one label only.
    #[error(
        "{genes} genes to learn from, {fewest} of the rarer label, are too few for {FOLDS} folds of cross-fitting. Train a simpler model, such as --model logistic-regression"
    )]
    TooFew {
        /// Training and validation genes.
        genes: usize,
        /// Of the rarer label.
        fewest: usize,
    },
    /// A member could not be fitted.
    #[error(transparent)]
    Fit(#[from] FitError),
    /// The networks could not be trained.
    #[error(transparent)]
    Train(#[from] TrainError),
    /// The arrays do not fit together.
    #[error(transparent)]
    Tensor(#[from] candle_core::Error),
}

/// A stacked model, and what is known of it from genes that its members have not learnt from.
#[derive(Debug)]
pub struct Fitted {
    /// The model.
    pub auto: Auto,
    /// The score of each gene by members that have not learnt from it.
    pub out_of_fold: Vec<f32>,
    /// How each network was trained, in their order.
    pub states: Vec<TrainingState>,
}

/// Fits every kind of model to all folds but one, weighs them by what they say of that one, and fits them
/// again to all genes; the networks stay as they are, an ensemble of which each has learnt from all folds but
/// one. They are taken after their last epoch: the epoch with the best AUROC of a few genes is an early one as
/// often as not, whose outputs are not on the scale of the others'. `settings.epochs` is raised where genes are
/// few, and cut down where they are many.
///
/// `after` is told of each epoch of the networks. The same genes and seed give the same model.
///
/// # Errors
/// If there are too few genes, or a member cannot be fitted.
pub fn fit(
    genes: &Genes,
    network: &ModelConfig,
    (settings, seed, flank_bp): (&Settings, u64, u32),
    (device, instructions): (&Device, InstructionSet),
    mut after: impl FnMut(&[EpochRecord]),
) -> Result<Fitted, AutoError> {
    let task = settings.task;
    let labels: Vec<f64> = genes.set.labels.iter().map(|&label| f64::from(label)).collect();
    let folds = assign(&genes.places, flank_bp, FOLDS, seed);
    check(task, &labels, &folds)?;
    let parts: Vec<[Vec<usize>; 2]> = (0..FOLDS)
        .map(|fold| {
            let (held, rest) = (0..genes.len()).partition(|&gene| folds[gene] == fold);
            [rest, held]
        })
        .collect();
    let mut outputs: Vec<Vec<f64>> = Vec::new();

    let network_scale = network_scale(&genes.set);
    let (networks, states, of_networks) =
        train(genes, network, (settings, seed, network_scale), &folds, (device, instructions), &mut after)?;
    outputs.push(of_networks);

    let mut linear = Vec::new();
    for view in LINEAR {
        let (fit, out_of_fold) = fit_linear(genes, view, &labels, &parts, task)?;
        linear.push(fit);
        outputs.push(out_of_fold);
    }

    let seen = genes.table(OF_KERNEL);
    let machine = |rows: &[usize]| Kernel::fit(&seen.select(rows), &of(&labels, rows), task, seed);
    let held = |[rest, held]: &[Vec<usize>; 2]| -> Result<Vec<f64>, FitError> {
        let machine = machine(rest)?;
        Ok(held.iter().map(|&gene| machine.output(seen.row(gene))).collect())
    };
    outputs.push(cross_fit(&parts, genes.len(), held)?);
    let kernel = Kernel::fit(seen, &labels, task, seed)?;

    let mut forests = Vec::new();
    for view in OF_FORESTS {
        let seen = genes.table(view);
        let features = seen.n_features();
        let features = if task == Task::Classification { (features as f64).sqrt() as usize } else { features / 3 };
        let extremely_random = view == View::Ranks;
        let growth = Growth { depth: None, leaf: 3, features: features.max(1), extremely_random };
        let held = |[rest, held]: &[Vec<usize>; 2]| -> Result<Vec<f64>, FitError> {
            let forest = Trees::forest(&seen.select(rest), &of(&labels, rest), growth, TREES, seed)?;
            Ok(held.iter().map(|&gene| forest.predict(seen.row(gene))).collect())
        };
        outputs.push(cross_fit(&parts, genes.len(), held)?);
        forests.push(Trees::forest(seen, &labels, growth, TREES, seed)?);
    }

    let (bias, members, out_of_fold) = weigh(task, &labels, outputs);
    let config = AutoConfig {
        tag: AutoTag::Auto,
        network: network.clone(),
        n_networks: networks.n_models(),
        network_scale,
        folds: FOLDS,
        bias,
        members,
    };
    let training = Context::of(&genes.set.values, genes.window);
    let auto = Auto { config, networks, linear, kernel, forests, training, sample: None };
    Ok(Fitted { auto, out_of_fold, states })
}

/// Refuses genes of which a fold, or what it leaves, has one label only.
fn check(task: Task, labels: &[f64], folds: &[usize]) -> Result<(), AutoError> {
    let is_varied = |fold: usize| {
        let mut of_fold = labels.iter().zip(folds).filter(|(_, of)| **of == fold).map(|(label, _)| label);
        of_fold.next().is_some_and(|first| of_fold.any(|label| label != first))
    };
    if (0..FOLDS).all(is_varied) {
        return Ok(());
    }
    let high = labels.iter().filter(|&&label| label > 0.5).count();
    let fewest = if task == Task::Classification { high.min(labels.len() - high) } else { labels.len() };
    Err(AutoError::TooFew { genes: labels.len(), fewest })
}

/// The outputs for each fold's genes of a model that was fitted without them.
fn cross_fit(
    parts: &[[Vec<usize>; 2]],
    n_genes: usize,
    held: impl Fn(&[Vec<usize>; 2]) -> Result<Vec<f64>, FitError> + Sync + Send,
) -> Result<Vec<f64>, FitError> {
    let mut outputs = vec![0.0; n_genes];
    let of_folds = parts.par_iter().map(held).collect::<Result<Vec<_>, _>>()?;
    for ([_, held], of_fold) in parts.iter().zip(of_folds) {
        held.iter().zip(of_fold).for_each(|(&gene, output)| outputs[gene] = output);
    }
    Ok(outputs)
}

/// A linear model with the penalty that is best for genes that it has not learnt from, and what it says of
/// them.
fn fit_linear(
    genes: &Genes,
    view: View,
    labels: &[f64],
    parts: &[[Vec<usize>; 2]],
    task: Task,
) -> Result<(Linear, Vec<f64>), FitError> {
    let seen = genes.table(view);
    let factors = view.factors(genes.window.0, genes.window.1);
    let fit = |table: &Table, labels: &[f64], c: f64| {
        let mut scaling = Scaling::of(table);
        scaling.scale.iter_mut().zip(&factors).for_each(|(scale, factor)| *scale *= factor);
        match task {
            Task::Classification => newton::logistic(table, &scaling, labels, c),
            Task::Regression => Linear::ridge(table, &scaling, labels, c),
        }
    };
    let held = |[rest, held]: &[Vec<usize>; 2], c: f64| -> Result<Vec<f64>, FitError> {
        let fit = fit(&seen.select(rest), &of(labels, rest), c)?;
        Ok(held.iter().map(|&gene| fit.predict(seen.row(gene))).collect())
    };
    let judged = if labels.len() > MANY_GENES { &parts[..1] } else { parts };
    let tried = STRENGTHS.par_iter().map(|&c| {
        let mut loss = 0.0;
        let mut all = vec![0.0; labels.len()];
        for part in judged {
            for (&gene, output) in part[1].iter().zip(held(part, c)?) {
                loss += task.gene_loss(output as f32, labels[gene] as f32);
                all[gene] = output;
            }
        }
        Ok((loss, c, all))
    });
    let tried = tried.collect::<Result<Vec<(f64, f64, Vec<f64>)>, FitError>>()?;
    let best = tried.into_iter().min_by(|a, b| a.0.total_cmp(&b.0));
    let (_, c, all) = best.ok_or(FitError::OneLabel)?;
    let is_whole = judged.len() == parts.len();
    let out_of_fold = if is_whole { all } else { cross_fit(parts, labels.len(), |part| held(part, c))? };
    Ok((fit(seen, labels, c)?, out_of_fold))
}

/// Networks, how each was trained, and what those that have not seen a gene say of it.
type Trained = (Box<dyn Network>, Vec<TrainingState>, Vec<f64>);

/// Trains the networks, fold by fold; returns them, their training, and what those that have not seen a
/// gene say of it.
fn train(
    genes: &Genes,
    network: &ModelConfig,
    (settings, seed, network_scale): (&Settings, u64, f64),
    folds: &[usize],
    (device, instructions): (&Device, InstructionSet),
    after: &mut impl FnMut(&[EpochRecord]),
) -> Result<Trained, AutoError> {
    let set_of = |takes: &dyn Fn(usize) -> bool| {
        let mut set = GeneSet::default();
        for gene in (0..genes.len()).filter(|&gene| takes(folds[gene])) {
            let window: Vec<f32> = genes.set.gene(gene).iter().map(|x| x * network_scale as f32).collect();
            set.push(&window, genes.set.labels[gene]);
        }
        set
    };
    let trains: Vec<GeneSet> = (0..FOLDS).map(|held| set_of(&|fold| fold != held)).collect();
    // these only say how training goes
    let valids: Vec<GeneSet> = (0..FOLDS).map(|held| set_of(&|fold| fold == held)).collect();
    let longest = trains.iter().map(GeneSet::len).max().unwrap_or(1).max(1);
    let fewest = (FEWEST_STEPS * settings.batch_size as usize).div_ceil(longest) as u32;
    let raised = if settings.epochs < 30 { settings.epochs } else { settings.epochs.max(fewest) };
    let epochs = raised.min((MOST_SHOWN / longest).max(4) as u32);
    let settings = Settings { epochs, ..settings.clone() };
    let learner = |at: usize| Learner {
        name: format!("network {at}"),
        seed: seed.wrapping_add(at as u64),
        set: at / NETWORKS_A_FOLD,
    };
    let learners: Vec<Learner> = (0..FOLDS * NETWORKS_A_FOLD).map(learner).collect();
    let on_device = |sets| DeviceGenes::new(sets, genes.window, device).map(GeneSource::OnDevice);
    let data = TrainingData { train: on_device(trains)?, valid: on_device(valids)? };
    let mut trainer = Trainer::new(network, settings, learners, device)?.with_instruction_set(instructions);
    while !trainer.is_done() {
        let records: Vec<EpochRecord> = trainer.run_epoch(&data, |_| ())?.into_iter().flatten().collect();
        after(&records);
    }
    let last_models = |models: std::ops::Range<usize>| -> candle_core::Result<Box<dyn Network>> {
        let shape = (models.len(), network.n_weights());
        let weights: Vec<f32> = trainer.states()[models].iter().flat_map(|state| &state.weights).copied().collect();
        let mut models = network.network(&Tensor::from_vec(weights, shape, device)?)?;
        models.set_instruction_set(instructions);
        Ok(models)
    };
    let mut outputs = vec![0.0; genes.len()];
    for held in 0..FOLDS {
        let models = last_models(held * NETWORKS_A_FOLD..(held + 1) * NETWORKS_A_FOLD)?;
        let scores = score(models.as_ref(), Task::Regression, &set_of(&|fold| fold == held).values, |_| ())?;
        let of_fold = (0..genes.len()).filter(|&gene| folds[gene] == held);
        of_fold.zip(scores.scores).for_each(|(gene, output)| outputs[gene] = f64::from(output));
    }
    Ok((last_models(0..FOLDS * NETWORKS_A_FOLD)?, trainer.states().to_vec(), outputs))
}

/// Turns the members' outputs into log-odds or labels, weighs the kinds, and says what comes of it.
fn weigh(task: Task, labels: &[f64], outputs: Vec<Vec<f64>>) -> (f64, Vec<Share>, Vec<f32>) {
    let as_f32 = |values: &[f64]| values.iter().map(|&value| value as f32).collect::<Vec<f32>>();
    let mut members = Vec::new();
    let mut lined: Vec<Vec<f64>> = Vec::new();
    for (at, (of_member, name)) in outputs.iter().zip(MEMBERS).enumerate() {
        let of_member: Vec<f64> = of_member.iter().map(|&output| as_line(task, at, output)).collect();
        let line = match task {
            Task::Classification => Platt::fit(&of_member, labels),
            Task::Regression => Platt::least_squares(&of_member, labels),
        };
        let out_of_fold = task.metric_of(&as_f32(labels), &as_f32(&of_member)).unwrap_or(0.5);
        lined.push(of_member.iter().map(|&output| line.apply(output)).collect());
        members.push(Share { name: name.to_owned(), line, weight: 0.0, out_of_fold });
    }
    let of_kind = |kind: std::ops::Range<usize>| -> Vec<f64> {
        let n = kind.len() as f64;
        (0..labels.len()).map(|gene| lined[kind.clone()].iter().map(|of| of[gene]).sum::<f64>() / n).collect()
    };
    let kinds: Vec<Vec<f64>> = KINDS.into_iter().map(of_kind).collect();
    let (weights, bias) = stack::weights(&kinds, labels, task);
    for (kind, weight) in KINDS.into_iter().zip(&weights) {
        let n = kind.len() as f64;
        members[kind].iter_mut().for_each(|share| share.weight = weight / n);
    }
    let stacked = (0..labels.len()).map(|gene| {
        let sum = kinds.iter().zip(&weights).map(|(of_kind, weight)| weight * of_kind[gene]).sum::<f64>();
        task.score((bias + sum) as f32)
    });
    (bias, members, stacked.collect())
}

/// 1 for the usual signals, else what brings the mean to 1.
fn network_scale(set: &GeneSet) -> f64 {
    let mean = set.values.iter().map(|&x| f64::from(x.abs())).sum::<f64>() / set.values.len().max(1) as f64;
    if USUAL_MEANS.contains(&mean) || mean == 0.0 { 1.0 } else { 1.0 / mean }
}

fn of(labels: &[f64], genes: &[usize]) -> Vec<f64> {
    genes.iter().map(|&gene| labels[gene]).collect()
}
