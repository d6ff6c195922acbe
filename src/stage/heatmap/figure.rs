//! The map of one gene as a picture.

use super::map::{GeneMap, Map, SampleMap};
use crate::io::chart::{Axis, Chart, Colour, Panel, sheet};
use crate::matrix::{Kind, Region, Ruler};

/// Height of a sample's row.
const ROW: f64 = 24.0;
/// Room for the axis below.
const BELOW: f64 = 56.0;
/// Shades of the scale.
const SHADES: usize = 40;

/// The whole picture of a gene.
pub fn draw(map: &Map, gene: usize) -> String {
    let rows: Vec<(&SampleMap, Option<&GeneMap>)> =
        map.samples.iter().map(|sample| (sample, sample.genes[gene].as_ref())).collect();
    let height = BELOW + ROW * rows.len() as f64;
    let largest = largest(rows.iter().filter_map(|row| row.1).flat_map(|gene| gene.bins.iter().flatten()));
    let mut panels = vec![marks(map, &rows, height)];
    panels.extend((0..map.marks.len()).map(|mark| bins(map, &rows, mark, largest, height)));
    panels.push(scale(map, largest, height));
    let Region { id, symbol, .. } = &map.genes[gene];
    let name = symbol.as_ref().map_or_else(|| id.clone(), |symbol| format!("{symbol} ({id})"));
    sheet(&format!("{name}: {}", what(map)), &panels, &notes(map, &rows))
}

fn what(map: &Map) -> String {
    match (map.kind, &map.method) {
        (Kind::Attention, _) => "attention in each sample".to_owned(),
        (Kind::Attribution, Some((method, _))) => format!("{method} in each sample"),
        (Kind::Attribution, None) => "attribution in each sample".to_owned(),
        (Kind::Signal, _) => "signal in each sample".to_owned(),
    }
}

/// A row a sample, a column a mark, with the numbers in it.
fn marks(map: &Map, rows: &[(&SampleMap, Option<&GeneMap>)], height: f64) -> Panel {
    let names: Vec<String> = rows.iter().map(|(sample, gene)| row_name(sample, *gene)).collect();
    let longest = names.iter().map(|name| name.chars().count()).max().unwrap_or(0) as f64;
    let wide = map.marks.iter().map(|mark| mark.chars().count()).max().unwrap_or(0) as f64;
    let width = 30.0 + 6.2 * longest + map.marks.len() as f64 * (12.0 + 7.0 * wide).max(48.0);
    let axes =
        (Axis::names("", map.marks.iter().map(String::as_str)), Axis::names("", names.iter().map(String::as_str)));
    let mut chart = Chart::new(axes.0, axes.1, width, height);
    let largest = largest(rows.iter().filter_map(|row| row.1).flat_map(|gene| &gene.mark_values));
    for (row, (sample, gene)) in rows.iter().enumerate() {
        for (mark, name) in map.marks.iter().enumerate() {
            let value = gene.map_or(f64::NAN, |gene| f64::from(gene.mark_values[mark]));
            let word = if value.is_finite() { short(value) } else { String::new() };
            let (x, y) = (mark as f64, row as f64);
            let title = format!("{}, {name}: {}", sample.name, if word.is_empty() { "no value" } else { &word });
            chart.cell((x - 0.47, y - 0.45), (x + 0.47, y + 0.45), Colour::of(value / largest), &word, &title);
        }
    }
    let heading = match map.kind {
        Kind::Attention => "Mark attention",
        Kind::Attribution => "Sum over the bins",
        Kind::Signal => "Mean over the bins",
    };
    let svg = chart.svg("A row a sample, a column a mark");
    Panel { heading: heading.to_owned(), svg, width, height }
}

/// The bins of one mark, 5′ to 3′, a row a sample.
fn bins(map: &Map, rows: &[(&SampleMap, Option<&GeneMap>)], mark: usize, largest: f64, height: f64) -> Panel {
    let Ruler { words, start, end, step } = map.axes[mark].ruler();
    let width = 240.0;
    let axes = (Axis::numbers(words, start, end), Axis::names("", rows.iter().map(|_| "")));
    let mut chart = Chart::new(axes.0, axes.1, width, height);
    for (row, (sample, gene)) in rows.iter().enumerate() {
        let y = row as f64;
        let (top, bottom) = (y - 0.45, y + 0.45);
        let Some(gene) = gene.filter(|gene| gene.bins[mark][0].is_finite()) else {
            chart.cell((start, top), (end, bottom), Colour::MISSING, "", &format!("{}: no value", sample.name));
            continue;
        };
        // neighbouring bins of one colour are one box
        let colours: Vec<Colour> = gene.bins[mark].iter().map(|&value| colour(f64::from(value), largest)).collect();
        let mut first = 0;
        for run in colours.chunk_by(|a, b| a == b) {
            let [left, right] = [first, first + run.len()].map(|bin| bin as f64 * step + start);
            chart.cell((left, top), (right, bottom), run[0], "", "");
            first += run.len();
        }
    }
    chart.line(&[(0.0, -0.5), (0.0, rows.len() as f64 - 0.5)], "even", "TSS");
    let svg = chart.svg(&format!("Bins of {}, 5′ to 3′, a row a sample", map.marks[mark]));
    Panel { heading: map.marks[mark].clone(), svg, width, height }
}

/// What the colours of the bins mean.
fn scale(map: &Map, largest: f64, height: f64) -> Panel {
    let low = if map.samples.iter().flat_map(|sample| &sample.genes).flatten().any(GeneMap::is_signed) {
        -largest
    } else {
        0.0
    };
    let unit = match map.kind {
        Kind::Attention => "× even share",
        Kind::Attribution => "of a bin",
        Kind::Signal => "signal",
    };
    let (width, height) = (100.0, height.max(150.0));
    let mut chart = Chart::new(Axis::names("", std::iter::once("")), Axis::numbers(unit, low, largest), width, height);
    let step = (largest - low) / SHADES as f64;
    for shade in 0..SHADES {
        let [bottom, top] = [shade, shade + 1].map(|at| low + at as f64 * step);
        chart.cell((-0.5, bottom), (0.2, top), colour((bottom + top) / 2.0, largest), "", "");
    }
    Panel { heading: String::new(), svg: chart.svg("Scale of the bins' colours"), width, height }
}

fn notes(map: &Map, rows: &[(&SampleMap, Option<&GeneMap>)]) -> Vec<String> {
    let mut notes = vec![match (map.kind, &map.method) {
        (Kind::Attention, _) => {
            "Marks: mark attention, which sums to 1. Bins, 5′ to 3′: mark attention × bin attention freed of what the model gives to an empty window; 1 is an even share.".to_owned()
        }
        (Kind::Attribution, Some((_, unit))) => format!("Numbers: {unit}. Bins run from 5′ to 3′."),
        _ => "Numbers as in the matrix. Bins run from 5′ to 3′.".to_owned(),
    }];
    match &map.judged[..] {
        [] if map.kind == Kind::Signal => {}
        [] => notes.push("Not tested against the raw signal (--faithfulness).".to_owned()),
        all => notes.extend(all.iter().map(|judged| format!("{}, {judged}.", judged.sample))),
    }
    if rows.iter().any(|(_, gene)| gene.is_some_and(|gene| gene.uncertain == Some(true))) {
        notes.push("?: the score may as well be on the other side of the model's threshold.".to_owned());
    }
    if rows.iter().any(|(_, gene)| gene.is_none_or(|gene| !gene.bins[0][0].is_finite())) {
        notes.push("Grey: no value (the sample lacks the gene or its chromosome).".to_owned());
    }
    notes
}

/// The square root of the share, so that marks of little attention are not all white.
fn colour(value: f64, largest: f64) -> Colour {
    Colour::of((value / largest).abs().sqrt().copysign(value))
}

/// A sample with its score and label, where they are known.
fn row_name(sample: &SampleMap, gene: Option<&GeneMap>) -> String {
    let mut name = sample.name.clone();
    if let Some(score) = gene.and_then(|gene| gene.score) {
        let sure = if gene.and_then(|gene| gene.uncertain) == Some(true) { "?" } else { "" };
        name += &format!(" · score {score:.2}{sure}");
    }
    if let Some(label) = gene.and_then(|gene| gene.label) {
        name += &format!(" · label {}", short(label));
    }
    name
}

/// Two decimals, or two digits of a very small number; whole numbers as they are.
fn short(value: f64) -> String {
    match value.abs() {
        size if value.fract() == 0.0 && size < 1e6 => format!("{value}"),
        size if size >= 0.005 => format!("{value:.2}"),
        _ => format!("{value:.1e}"),
    }
}

fn largest<'a>(values: impl Iterator<Item = &'a f32>) -> f64 {
    let largest =
        values.filter(|value| value.is_finite()).fold(0.0f64, |most, &value| most.max(f64::from(value.abs())));
    if largest > 0.0 { largest } else { 1.0 }
}
