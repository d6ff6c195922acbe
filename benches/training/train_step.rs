//! Milliseconds a train step and a forward pass, as JSON: `train_step --batch 16 --threads 1 --seconds 2`, in the regime that
//! the network of `--model` was published with. benches/training/run.py and benches/sequence/run.py start it beside PyTorch.

use std::cell::RefCell;
use std::time::{Duration, Instant};

use attentrack::learn::{DeviceGenes, GeneSet, GeneSource, Learner, Regime, Task, Trainer, TrainingData, recipe};
use attentrack::model::{Mode, ModelConfig, Sizes};
use candle_core::{Device, Tensor};

fn main() {
    let arguments: Vec<String> = std::env::args().collect();
    let value = |flag: &str| arguments.get(arguments.iter().position(|argument| argument == flag)? + 1);
    let number = |flag: &str, default: f64| value(flag).and_then(|text| text.parse().ok()).unwrap_or(default);
    let tag = value("--model").map_or(recipe::PUBLISHED, String::as_str);
    let recipe = recipe::find(tag).expect("a model");
    // genes of 5 marks, or sequences
    let window = if recipe.needs.sequence { (4, number("--length", 101.0) as usize) } else { (5, 100) };
    let config = recipe.config(&Sizes::default(), Task::Classification, window, 0).expect("a network");
    let (batch, threads, seconds) = (number("--batch", 16.0), number("--threads", 1.0), number("--seconds", 2.0));
    let pool = rayon::ThreadPoolBuilder::new().num_threads(threads as usize).build();
    let measured = pool
        .expect("a pool of threads")
        .install(|| measure((&config, &recipe.defaults.regime), batch as usize, Duration::from_secs_f64(seconds)));
    let [train_step, forward] = measured.expect("a step");
    println!("{{\"train step\": {train_step}, \"forward\": {forward}}}");
}

/// Medians over as many steps as fit into the time.
fn measure(
    (config, regime): (&ModelConfig, &Regime),
    batch: usize,
    time: Duration,
) -> Result<[f64; 2], Box<dyn std::error::Error + Send + Sync>> {
    let regime = Regime { epochs: Some(1000), batch_size: Some(batch as u32), ..*regime };
    let on_device =
        |n: usize| DeviceGenes::new(vec![genes(config, n)], &config.row(), &Device::Cpu).map(GeneSource::OnDevice);
    let data = TrainingData { train: on_device(16 * batch)?, valid: on_device(2)? };
    let learner = Learner { name: String::new(), seed: 1, set: 0 };
    let mut trainer = Trainer::new(config, (Task::Classification, &regime), vec![learner], &Device::Cpu)?;
    let (mut times, end) = (Vec::new(), Instant::now() + time);
    while Instant::now() < end || times.is_empty() {
        // of each epoch the first step is left out: what an epoch does before it is no part of a step
        let marks = RefCell::new(Vec::new());
        trainer.run_epoch(&data, |_| marks.borrow_mut().push(Instant::now()))?;
        times.extend(marks.into_inner().windows(2).map(|pair| pair[1] - pair[0]));
    }
    let x = Tensor::from_vec(genes(config, batch).values, (batch, 1, config.n_marks(), config.n_bins()), &Device::Cpu)?;
    let (model, mut forward_times, end) = (trainer.best_models(0..1)?, Vec::new(), Instant::now() + time);
    while Instant::now() < end || forward_times.len() < 5 {
        let start = Instant::now();
        model.forward(&x, &Mode::Infer)?;
        forward_times.push(start.elapsed());
    }
    Ok([median(times), median(forward_times)])
}

/// In milliseconds.
fn median(mut times: Vec<Duration>) -> f64 {
    times.sort();
    times[times.len() / 2].as_secs_f64() * 1e3
}

/// Small counts, or bases, and labels of both classes.
fn genes(config: &ModelConfig, n: usize) -> GeneSet {
    let count = |at: usize| (at * 7919 + at / 500 * 104_729) % 7;
    let (channels, positions) = (config.n_marks(), config.n_bins());
    let base = |at: usize| {
        let (row, channel, position) = (at / (channels * positions), at / positions % channels, at % positions);
        usize::from(count(row * positions + position) % 4 == channel)
    };
    let value = |at: usize| if config.of_bases() { base(at) } else { count(at) } as f32;
    GeneSet {
        values: (0..n * channels * positions).map(value).collect(),
        labels: (0..n).map(|gene| (gene % 2) as f32).collect(),
        ..GeneSet::default()
    }
}
