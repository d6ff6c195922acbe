//! Where the model looks: by position, and by mark.

use super::figure::{Key, figure, row, section as html_section};
use super::inputs::ReportInputs;
use super::verdict;
use crate::io::chart::{Axis, Chart};
use crate::matrix::Profile;

/// Mean attention by position and by mark, of the two groups of genes.
pub fn section(inputs: &ReportInputs) -> String {
    let names = inputs.groups.names();
    let keys: [Key; 2] = [("g0", names[0].to_owned()), ("g1", names[1].to_owned())];
    let mut body = String::new();
    if let Some(profile) = &inputs.profile {
        body += &row(&profiles(profile, &keys));
    }
    body += &marks(inputs, &keys).map(|marks| row(&[marks])).unwrap_or_default();
    if body.is_empty() {
        return String::new();
    }
    let lead = format!(
        "Means over the {} genes of all samples, {} and {}. Positions run from 5′ to 3′ along the gene. \
         Bin attention is corrected: divided by what the model gives to an empty window, so that 1 is an even share. {}",
        inputs.metrics.headline,
        names[0],
        names[1],
        verdict::of_attention(inputs)
    );
    html_section("attention", "Attention", &lead, &body)
}

/// One chart a mark, all with the same axis, so that marks can be compared.
fn profiles(profile: &Profile, keys: &[Key]) -> Vec<String> {
    let marks = 0..profile.marks.len();
    let lines: Vec<[Vec<(f64, f64)>; 2]> = marks.map(|mark| [0, 1].map(|group| profile.mean(group, mark))).collect();
    let values = lines.iter().flatten().flatten().map(|point| point.1);
    let y = Axis::around("× even share", values, Some(0.0), None);
    let flank = f64::from(profile.flank_bp) / 1000.0;
    let draw = |(mark, lines): (usize, &[Vec<(f64, f64)>; 2])| {
        let mut chart = Chart::new(Axis::numbers("kb from the TSS", -flank, flank), y.clone(), 292.0, 205.0);
        chart.line(&[(-flank, 1.0), (flank, 1.0)], "even", "even share");
        let raw: Vec<(f64, f64)> = profile.null(mark).into_iter().map(|(bp, value)| (bp / 1000.0, value)).collect();
        chart.line(&raw, "null", "raw attention to an empty window");
        for (points, (class, name)) in lines.iter().zip(keys) {
            let points: Vec<(f64, f64)> = points.iter().map(|(bp, value)| (bp / 1000.0, *value)).collect();
            chart.line(&points, class, name);
        }
        let all = [("null", "raw, empty window".to_owned())];
        let keys: Vec<Key> = keys.iter().chain(&all).cloned().collect();
        let name = &profile.marks[mark];
        figure(name, &chart.svg(&format!("Mean attention to {name} by distance from the TSS")), &keys, "")
    };
    lines.iter().enumerate().map(draw).collect()
}

/// Mean mark attention: a pair of bars a mark, a dot a sample.
fn marks(inputs: &ReportInputs, keys: &[Key]) -> Option<String> {
    let names = inputs.samples.iter().map(|sample| &sample.marks).find(|marks| !marks.is_empty())?;
    let of = |group: usize, mark: usize| {
        let samples = inputs.samples.iter().filter(|sample| sample.marks == *names);
        samples.filter_map(move |sample| Some((sample, *sample.mark_attention[group].get(mark)?)))
    };
    let all = (0..names.len()).flat_map(|mark| of(0, mark).chain(of(1, mark)).map(|(_, value)| value));
    let even = 1.0 / names.len() as f64;
    let y = Axis::around("mark attention", all.chain([even]), Some(0.0), None);
    let width = (80.0 + 75.0 * names.len() as f64).clamp(292.0, 940.0);
    let mut chart = Chart::new(Axis::names("", names.iter().map(String::as_str)), y, width, 230.0);
    for (mark, name) in names.iter().enumerate() {
        for (group, (class, group_name)) in keys.iter().enumerate() {
            let values: Vec<(&str, f64)> =
                of(group, mark).map(|(sample, value)| (sample.name.as_str(), value)).collect();
            if values.is_empty() {
                continue;
            }
            let mean = values.iter().map(|value| value.1).sum::<f64>() / values.len() as f64;
            let left = mark as f64 - 0.36 + 0.36 * group as f64;
            let title = format!("{name}, {group_name}: {mean:.3}");
            chart.bar((left + 0.02, 0.0), (left + 0.34, mean), &format!("b-{class}"), &title);
            for (sample, value) in values.iter().filter(|_| values.len() > 1) {
                chart.dot((left + 0.18, *value), "sample", &format!("{sample}: {value:.3}"));
            }
        }
    }
    chart.line(&[(-0.5, even), (names.len() as f64 - 0.5, even)], "even", "even share");
    let mut keys: Vec<Key> =
        keys.iter().map(|(class, name)| (if *class == "g0" { "b-g0" } else { "b-g1" }, name.clone())).collect();
    keys.push(("even", "even share".to_owned()));
    let note = if inputs.samples.len() > 1 { "Bars: mean of the samples. Dots: each sample." } else { "" };
    let svg = chart.svg("Mean mark attention of each mark by group of genes");
    Some(figure("Mean mark attention", &svg, &keys, note))
}
