//! Training of networks: alone, as an ensemble, or those of the stacked model.

use std::ops::Range;
use std::time::{Duration, Instant};

use anyhow::{Result, anyhow};
use candle_core::Device;

use super::provenance::{self, About};
use super::runs::{HISTORY_SUFFIX, ModelRun};
use super::{Args, history, stacked, state_file};
use crate::learn::recipe::How;
use crate::learn::{EpochRecord, ModelSpec, Regime, Trained, Trainer, TrainingData, TrainingState};
use crate::model::filled;
use crate::stage::{model_file, progress_bar};

impl Args {
    /// Trains and writes the models of some runs side by side.
    pub(super) fn train_networks(
        &self,
        runs: &[ModelRun],
        sets: Range<usize>,
        data: &TrainingData,
        device: &Device,
    ) -> Result<()> {
        let regime = self.regime(&runs[sets.start].samples);
        let mut trainer = self.start(runs, sets.clone(), &regime, device)?;
        self.train(&mut trainer, (runs, sets.clone()), data, regime.epochs())?;
        for (run, states) in runs[sets.clone()].iter().zip(self.states(&trainer)) {
            history::write(&run.beside(HISTORY_SUFFIX), self.task(), &self.seeds(), states)?;
        }
        let members = usize::from(self.n_networks());
        for (at, (set, states)) in sets.zip(self.states(&trainer)).enumerate() {
            let run = &runs[set];
            let networks = filled(trainer.best_models(at * members..(at + 1) * members)?, &run.missing)?;
            let of_seeds = provenance::members(self.task(), &self.seeds(), states)?;
            provenance::report(self.task(), run, &of_seeds);
            let (model, spec, judged): (Box<dyn Trained>, _, _) = if let How::Stack(_) = self.model.how {
                let (auto, labels, scores) = stacked::fit(self, run, networks)?;
                let spec = ModelSpec::Stack(auto.config.clone());
                (Box::new(auto), spec, provenance::judge(self, &labels, scores))
            } else {
                let raw = provenance::valid_scores(self.task(), (data, set), &networks)?;
                let spec = ModelSpec::Network(networks.config());
                (Box::new(networks), spec, provenance::judge(self, data.valid.labels(set), raw))
            };
            let genes = (data.train.len(set), data.valid.len(set));
            let about = About { spec, members: of_seeds, judged, genes, regime: Some(regime) };
            model_file::save(&run.out, &provenance::header(self, run, about), model.as_ref())?;
        }
        Ok(())
    }

    fn start(&self, runs: &[ModelRun], sets: Range<usize>, regime: &Regime, device: &Device) -> Result<Trainer> {
        let config = self.config(&runs[sets.start].samples).ok_or_else(|| anyhow!("no network"))?;
        let (mut learners, mut states) = (Vec::new(), Vec::new());
        for set in sets {
            let run = &runs[set];
            let own = run.learners(self, set);
            let fresh =
                || own.iter().map(|learner| TrainingState::new(&config, regime.optimizer, learner.seed)).collect();
            let old = if self.resume { run.resume(self)? } else { None };
            states.extend(old.unwrap_or_else(fresh));
            learners.extend(own);
        }
        let trainer = Trainer::resume(&config, (self.task(), regime), learners, states, device)?;
        Ok(trainer.with_instruction_set(self.compute.instruction_set.set()))
    }

    /// The states of each run's members.
    fn states<'a>(&self, trainer: &'a Trainer) -> impl Iterator<Item = &'a [TrainingState]> {
        trainer.states().chunks(usize::from(self.n_networks()))
    }

    fn train(
        &self,
        trainer: &mut Trainer,
        (runs, sets): (&[ModelRun], Range<usize>),
        data: &TrainingData,
        epochs: u32,
    ) -> Result<()> {
        let members = u64::from(self.n_networks());
        let genes = |epochs: &dyn Fn(&[TrainingState]) -> u32, trainer: &Trainer| -> u64 {
            let runs = sets.clone().zip(self.states(trainer));
            runs.map(|(set, states)| u64::from(epochs(states)) * data.train.len(set) as u64 * members).sum()
        };
        let bar = progress_bar(genes(&|_| epochs, trainer), "training", self.common.quiet);
        bar.set_position(genes(&|states| states[0].epochs_done(), trainer));
        let (mut written, mut writing) = (Instant::now(), Duration::ZERO);
        while !trainer.is_done() {
            let records = trainer.run_epoch(data, |genes| bar.inc(genes as u64))?;
            // many models with short epochs would wait for the disk most of the time
            if trainer.is_done() || written.elapsed() >= 9 * writing {
                let start = Instant::now();
                for (run, states) in runs[sets.clone()].iter().zip(self.states(trainer)) {
                    state_file::write(&run.state_path(), &run.fingerprint, self.regime.optimizer, states)?;
                }
                (written, writing) = (Instant::now(), start.elapsed());
            }
            let records: Vec<EpochRecord> = records.into_iter().flatten().collect();
            bar.suspend(|| history::report(self.task(), &records));
        }
        bar.finish_and_clear();
        Ok(())
    }
}
