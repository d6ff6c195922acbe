//! Logos and the dashboard.

use crate::explain::information;
use crate::io::chart::{Axis, Chart, Panel, column};
use crate::learn::Task;
use crate::model::sigmoid;

/// The channels of DNA.
const BASES: [char; 4] = ['A', 'C', 'G', 'T'];
/// Width of a base in pixels: of a motif, and of a sequence.
const WIDE: f64 = 30.0;
const NARROW: f64 = 10.0;

/// What is drawn of one sequence; all but the id row-major [base, position].
pub struct Sequence {
    pub id: String,
    pub bases: Vec<f32>,
    pub contributions: Vec<f32>,
    /// Gradient × input; `None` of a model without gradients.
    pub saliency: Option<Vec<f32>>,
    /// Scores up to each position, and from it on.
    pub running: [Vec<f32>; 2],
}

/// The base of each position that has more than half of it, else N.
pub fn consensus(motif: &[[f64; 4]]) -> String {
    let base = |position: &[f64; 4]| position.iter().position(|&share| share > 0.5).map_or('N', |base| BASES[base]);
    motif.iter().map(base).collect()
}

/// The motif of a network, its letters as high as their information, the highest on top.
pub fn logo(name: &str, motif: &[[f64; 4]], note: &str) -> String {
    column(
        &format!("Motif of {name}"),
        &[letters_of(&format!("consensus {}", consensus(motif)), motif)],
        &[note.to_owned()],
    )
}

/// Motifs of contributions, each with its name and the number of its seqlets.
pub fn logos(name: &str, motifs: &[(String, usize, &[[f64; 4]])]) -> String {
    let panel = |(name, seqlets, motif): &(String, usize, &[[f64; 4]])| {
        letters_of(&format!("{name}: {seqlets} seqlets, {}", consensus(motif)), motif)
    };
    let note = "Counts of bases in the stretches of sequences to which the score owes most, laid on each other.";
    column(&format!("Motifs of {name}"), &motifs.iter().map(panel).collect::<Vec<_>>(), &[note.to_owned()])
}

fn letters_of(heading: &str, motif: &[[f64; 4]]) -> Panel {
    let width = 70.0 + WIDE * motif.len() as f64;
    let x = Axis::numbers("position", 0.0, motif.len() as f64);
    let mut chart = Chart::new(x, Axis::numbers("bits", 0.0, 2.0), width, 220.0);
    for (at, position) in motif.iter().enumerate() {
        let mut bases: Vec<usize> = (0..4).collect();
        bases.sort_by(|&a, &b| position[a].total_cmp(&position[b]));
        let mut below = 0.0;
        for base in bases {
            let height = position[base] * information(position);
            let title = format!("{} {}: {:.2}", at + 1, BASES[base], position[base]);
            chart.letter((at as f64 + 0.04, below), (at as f64 + 0.96, below + height), BASES[base], &title);
            below += height;
        }
    }
    let svg = chart.svg(&format!("The logo of {heading}"));
    Panel { heading: heading.to_owned(), svg, width, height: 220.0 }
}

/// The pictures of all sequences, one below the other.
pub fn dashboard(sequences: &[Sequence], task: Task) -> String {
    let panels: Vec<Panel> = sequences.iter().flat_map(|sequence| panels(sequence, task)).collect();
    let mut notes = vec![
        "Letters of the first row: what each base adds to the score, against a sequence of unknown bases; below zero it lowers it.".to_owned(),
    ];
    if sequences.iter().any(|sequence| sequence.saliency.is_some()) {
        notes.push("Saliency: |gradient of the score| at the base that is there.".to_owned());
    }
    notes.push(
        "Running scores: of what comes up to each position (solid), and of what comes from it on (dashed).".to_owned(),
    );
    column("What the model sees in each sequence", &panels, &notes)
}

fn panels(of: &Sequence, task: Task) -> Vec<Panel> {
    let length = of.bases.len() / 4;
    let mut panels =
        vec![letters(of, &format!("{}: contributions", of.id), "log-odds", &of.contributions, |value| value)];
    if let Some(saliency) = &of.saliency {
        panels.push(letters(of, "saliency", "|gradient|", saliency, f64::abs));
    }
    let value = |score: f32| f64::from(if task == Task::Classification { sigmoid(score) } else { score });
    // the same in every channel
    let running = of.running.each_ref().map(|scores| {
        scores[..length].iter().enumerate().map(|(at, &score)| (at as f64 + 0.5, value(score))).collect::<Vec<_>>()
    });
    let (title, ends) = match task {
        Task::Classification => ("P(positive)", Some([0.0, 1.0])),
        Task::Regression => ("score", None),
    };
    let values = running.iter().flatten().map(|point| point.1);
    let y = Axis::around(title, values, ends.map(|[low, _]| low), ends.map(|[_, high]| high));
    let width = width(length);
    let mut chart = Chart::new(Axis::numbers("position", 0.0, length as f64), y, width, 150.0);
    chart.line(&running[0], "", "up to each position");
    chart.line(&running[1], "second", "from each position on");
    let svg = chart.svg(&format!("Running scores of {}", of.id));
    panels.push(Panel { heading: "running scores".to_owned(), svg, width, height: 150.0 });
    panels
}

fn width(length: usize) -> f64 {
    80.0 + NARROW * length as f64
}

/// The sequence, each base as high as its value.
fn letters(of: &Sequence, heading: &str, title: &str, values: &[f32], shown: impl Fn(f64) -> f64) -> Panel {
    let length = of.bases.len() / 4;
    let base = |at: usize| (0..4).find(|base| of.bases[base * length + at] > 0.5);
    let known: Vec<(usize, usize, f64)> = (0..length)
        .filter_map(|at| base(at).map(|base| (at, base, shown(f64::from(values[base * length + at])))))
        .collect();
    let y = Axis::around(title, known.iter().map(|&(_, _, value)| value).chain([0.0]), None, None);
    let mut chart = Chart::new(Axis::numbers("position", 0.0, length as f64), y, width(length), 150.0);
    for (at, base, value) in known {
        let (left, right) = (at as f64 + 0.04, at as f64 + 0.96);
        chart.letter((left, 0.0), (right, value), BASES[base], &format!("{} {}: {value:.4}", at + 1, BASES[base]));
    }
    let svg = chart.svg(&format!("{heading} of each base of {}", of.id));
    Panel { heading: heading.to_owned(), svg, width: width(length), height: 150.0 }
}
