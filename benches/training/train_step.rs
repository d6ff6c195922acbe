//! Milliseconds a train step and a forward pass, as JSON: `train_step --batch 16 --threads 1 --seconds 2`.
//! benches/training/run.py starts it beside PyTorch.

use std::cell::RefCell;
use std::time::{Duration, Instant};

use attentrack::learn::{DeviceGenes, GeneSet, GeneSource, Learner, Regime, Task, Trainer, TrainingData};
use attentrack::model::{AttentiveChromeConfig, Mode, ModelConfig};
use candle_core::{Device, Tensor};

const CONFIG: AttentiveChromeConfig =
    AttentiveChromeConfig { n_marks: 5, n_bins: 100, body_parts: 0, bin_hidden: 32, mark_hidden: 16 };

fn main() {
    let arguments: Vec<String> = std::env::args().collect();
    let number = |flag: &str, default: f64| {
        let at = arguments.iter().position(|argument| argument == flag);
        at.and_then(|at| arguments.get(at + 1)?.parse().ok()).unwrap_or(default)
    };
    let (batch, threads, seconds) = (number("--batch", 16.0), number("--threads", 1.0), number("--seconds", 2.0));
    let pool = rayon::ThreadPoolBuilder::new().num_threads(threads as usize).build();
    let measured =
        pool.expect("a pool of threads").install(|| measure(batch as usize, Duration::from_secs_f64(seconds)));
    let [train_step, forward] = measured.expect("a step");
    println!("{{\"train step\": {train_step}, \"forward\": {forward}}}");
}

/// Medians over as many steps as fit into the time.
fn measure(batch: usize, time: Duration) -> Result<[f64; 2], Box<dyn std::error::Error + Send + Sync>> {
    let regime = Regime { epochs: Some(1000), batch_size: Some(batch as u32), ..Regime::default() };
    let row = [CONFIG.n_marks, CONFIG.n_bins];
    let on_device = |n: usize| DeviceGenes::new(vec![genes(n)], &row, &Device::Cpu).map(GeneSource::OnDevice);
    let data = TrainingData { train: on_device(16 * batch)?, valid: on_device(2)? };
    let learner = Learner { name: String::new(), seed: 1, set: 0 };
    let mut trainer = Trainer::new(
        &ModelConfig::AttentiveChrome(CONFIG),
        (Task::Classification, &regime),
        vec![learner],
        &Device::Cpu,
    )?;
    let (mut times, end) = (Vec::new(), Instant::now() + time);
    while Instant::now() < end || times.is_empty() {
        // of each epoch the first step is left out: what an epoch does before it is no part of a step
        let marks = RefCell::new(Vec::new());
        trainer.run_epoch(&data, |_| marks.borrow_mut().push(Instant::now()))?;
        times.extend(marks.into_inner().windows(2).map(|pair| pair[1] - pair[0]));
    }
    let x = Tensor::from_vec(genes(batch).values, (batch, 1, CONFIG.n_marks, CONFIG.n_bins), &Device::Cpu)?;
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

/// Small counts, and labels of both classes.
fn genes(n: usize) -> GeneSet {
    let value = |at: usize| ((at * 7919 + at / 500 * 104_729) % 7) as f32;
    GeneSet {
        values: (0..n * CONFIG.n_marks * CONFIG.n_bins).map(value).collect(),
        labels: (0..n).map(|gene| (gene % 2) as f32).collect(),
        ..GeneSet::default()
    }
}
