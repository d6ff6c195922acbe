//! What a GPU gives: agreement with the CPU, the same bytes twice, time of a training step, of the
//! whole Roadmap benchmark's shape, and of each kernel.
//!
//! ```text
//! cargo build --release --features cuda --config .cargo/cuda.toml --example gpu
//! gpu [--epochs 30] [--models 56] [--genes 6601] [--gpu 0]
//! gpu --quick    # a few small sizes, to see whether it runs: its times say nothing
//! ```
//!
//! The program needs neither Cargo nor a network nor data: it can be copied to the machine that has the
//! GPU. Its data are random; the time of a step does not depend on them.
#![allow(clippy::unwrap_used)]

use std::process::ExitCode;
use std::sync::Arc;
use std::time::Instant;

use attentrack::learn::{DeviceGenes, GeneSet, GeneSource, Learner, Regime, Task, Trainer, TrainingData};
use attentrack::model::{AttentiveChromeConfig, BiLstmAttention, Dropout, Mode, ModelConfig, open_gpu, profile_gpu};
use candle_core::{Device, Tensor, Var};

const MARKS: usize = 5;
const BINS: usize = 100;
const PUBLISHED: AttentiveChromeConfig =
    AttentiveChromeConfig { n_marks: MARKS, n_bins: BINS, body_parts: 0, bin_hidden: 32, mark_hidden: 16 };
/// Operations of a train step, forward and backward, of one gene with the published sizes.
const FLOP: f64 = 26.0e6;

fn main() -> ExitCode {
    let flag = |name: &str, default: usize| {
        let arguments: Vec<String> = std::env::args().collect();
        let at = arguments.iter().position(|argument| argument == name);
        at.map_or(default, |at| arguments[at + 1].parse().unwrap())
    };
    let quick = std::env::args().any(|argument| argument == "--quick");
    let (models, genes, epochs) = if quick { (2, 20, 2) } else { (56, 6601, 30) };
    let (models, genes, epochs) = (flag("--models", models), flag("--genes", genes), flag("--epochs", epochs));
    let (device, name) = match open_gpu(flag("--gpu", 0)) {
        Ok(found) => found,
        Err(reason) => {
            eprintln!("error: {reason}");
            return ExitCode::FAILURE;
        }
    };
    println!("# {name}\n\n## Agreement with the CPU\n\nLargest difference, relative to the largest number.\n");
    parity(&device, quick);
    println!("\n## Same bytes twice\n");
    let size = if quick { (2, 18, 8, 1) } else { (8, 500, 64, 2) };
    let run = || train(&device, size, 0.1).0;
    let same = if run() == run() { "the same" } else { "DIFFERENT" };
    println!("{} models, {} genes, {} epochs, dropout: {same}", size.0, size.1, size.3);
    println!("\n## Train step, one model\n\n| batch | ms a step |\n|--:|--:|");
    let (batches, steps): (&[usize], _) = if quick { (&[4], 2) } else { (&[16, 64, 256], 100) };
    for &batch in batches {
        let times = train(&device, (1, steps * batch, batch, if quick { 2 } else { 4 }), 0.0).1;
        println!("| {batch} | {:.3} |", times[1..].iter().copied().fold(f64::MAX, f64::min) / steps as f64 * 1e3);
    }
    println!("\n## {models} models, {genes} genes, batch 16, {epochs} epochs\n");
    let start = Instant::now();
    let times = train(&device, (models, genes, 16, epochs), 0.0).1;
    let (total, steps) = (start.elapsed().as_secs_f64(), genes.div_ceil(16));
    let best = times.iter().copied().fold(f64::MAX, f64::min);
    println!("end to end {total:.2} s; best epoch {best:.3} s, {:.3} ms a step", best / steps as f64 * 1e3);
    println!("{:.1} TFLOP/s over the best epoch", FLOP * (models * genes) as f64 / best / 1e12);
    let shapes: &[(usize, usize)] = if quick { &[(1, 4)] } else { &[(models, 16), (1, 16), (1, 256)] };
    for &(models, genes) in shapes {
        println!("\n## Kernels, {models} models, batch {genes}\n\n| level | kernel | ms |\n|---|---|--:|");
        let times = profile_gpu(&device, &PUBLISHED, (models, genes), if quick { 1 } else { 50 }).unwrap();
        times.iter().for_each(|time| println!("| {} | {} | {:.4} |", time.level, time.kernel, time.milliseconds));
        println!("| | all | {:.4} |", times.iter().map(|time| time.milliseconds).sum::<f64>());
    }
    ExitCode::SUCCESS
}

fn numbers(count: usize, factor: usize) -> Vec<f32> {
    (0..count).map(|at| ((at * factor % 1009) as f32 / 1009.0 - 0.5) * 0.7).collect()
}

/// Outputs and gradients of one level on both devices.
fn parity(gpu: &Device, quick: bool) {
    println!("| genes | groups | steps | inputs | hidden | dropout | outputs | weights | inputs |");
    println!("|--:|--:|--:|--:|--:|--:|--:|--:|--:|");
    let small = [(5, 2, 9, 1, 32, 0.3), (3, 2, 5, 64, 16, 0.0), (3, 1, 4, 2, 7, 0.1)];
    let full = [
        (16, 5, 100, 1, 32, 0.0),
        (21, 5, 100, 1, 32, 0.3),
        (1, 1, 100, 1, 32, 0.0),
        (256, 9, 100, 1, 32, 0.0),
        (16, 1, 5, 64, 16, 0.0),
        (64, 56, 5, 64, 16, 0.2),
        (33, 3, 40, 2, 7, 0.1),
        (5, 2, 30, 1, 128, 0.0),
    ];
    for &(genes, groups, steps, inputs, hidden, rate) in if quick { &small[..] } else { &full[..] } {
        let on = |device: &Device| {
            let flat = BiLstmAttention::flat_len(inputs, hidden);
            let weights = Tensor::from_vec(numbers(groups * flat, 37), (groups, flat), device).unwrap();
            let layer = BiLstmAttention::new(steps, inputs, hidden, weights).unwrap();
            let shape = (genes, groups, steps, inputs);
            let x = Var::from_vec(numbers(genes * groups * steps * inputs, 41), shape, device).unwrap();
            let dropout = (rate > 0.0).then(|| Dropout { rate, keys: Arc::new([3]), first_gene: 0 });
            let (contexts, attention) = layer.forward(x.as_tensor(), &Mode::Train(dropout)).unwrap();
            let out = Tensor::cat(&[&contexts, &attention], 2).unwrap();
            let factors = Tensor::from_vec(numbers(out.elem_count(), 53), out.shape(), device).unwrap();
            let gradients = (&out * &factors).unwrap().sum_all().unwrap().backward().unwrap();
            [&out, gradients.get(layer.weights()).unwrap(), gradients.get(&x).unwrap()]
                .map(|tensor| tensor.flatten_all().unwrap().to_vec1::<f32>().unwrap())
        };
        let differences = on(&Device::Cpu).into_iter().zip(on(gpu)).map(|(cpu, gpu)| {
            let largest = cpu.iter().fold(0f32, |largest, value| largest.max(value.abs()));
            cpu.iter().zip(gpu).fold(0f32, |most, (cpu, gpu)| most.max((cpu - gpu).abs())) / largest
        });
        let differences: Vec<String> = differences.map(|difference| format!("{difference:.1e}")).collect();
        println!("| {genes} | {groups} | {steps} | {inputs} | {hidden} | {rate} | {} |", differences.join(" | "));
    }
}

/// Trains models with the published sizes on random counts; returns all weights and the seconds of
/// each epoch.
fn train(
    device: &Device,
    (models, genes, batch, epochs): (usize, usize, usize, usize),
    dropout: f64,
) -> (Vec<Vec<f32>>, Vec<f64>) {
    let set = |genes: usize| GeneSet {
        values: (0..genes * MARKS * BINS).map(|at| (at.wrapping_mul(2_654_435_761) >> 7 & 7) as f32).collect(),
        labels: (0..genes).map(|gene| (gene % 2) as f32).collect(),
        ..GeneSet::default()
    };
    let upload = |genes: usize| {
        GeneSource::OnDevice(
            DeviceGenes::new((0..models).map(|_| set(genes)).collect(), &[MARKS, BINS], device).unwrap(),
        )
    };
    // as many validation genes as training genes at full size, as in the benchmark; few where a step is timed
    let data = TrainingData { train: upload(genes), valid: upload(if models > 8 { genes } else { 8 }) };
    let regime = Regime {
        epochs: Some(epochs as u32),
        batch_size: Some(batch as u32),
        dropout: Some(dropout),
        ..Regime::default()
    };
    let learners = (0..models).map(|model| Learner { name: String::new(), seed: model as u64 + 1, set: model });
    let mut trainer = Trainer::new(
        &ModelConfig::AttentiveChrome(PUBLISHED),
        (Task::Classification, &regime),
        learners.collect(),
        device,
    )
    .unwrap();
    let mut times = Vec::new();
    for _ in 0..epochs {
        let start = Instant::now();
        trainer.run_epoch(&data, |_| ()).unwrap();
        times.push(start.elapsed().as_secs_f64());
    }
    (trainer.states().iter().map(|state| state.weights.clone()).collect(), times)
}
