//! Rows of a sample sheet, from what the names of signal files say.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

use super::guess::{Guess, holds_reads, joined};

/// One row.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SheetRow {
    pub sample: String,
    pub mark: String,
    pub path: PathBuf,
    pub control: Option<PathBuf>,
    pub replicate: Option<String>,
}

/// The rows, and what was left out and why.
#[derive(Debug, Default)]
pub struct Sheet {
    pub rows: Vec<SheetRow>,
    pub left_out: Vec<(PathBuf, String)>,
}

/// Makes the rows. `unnamed` is the sample of files whose names say none.
///
/// # Errors
/// In words: no file names a mark; two files of one sample and mark that are no replicates by their names.
pub fn make(files: &[(PathBuf, Guess)], unnamed: &str) -> Result<Sheet, String> {
    let mut sheet = Sheet::default();
    let (known, unknown): (Vec<_>, Vec<_>) =
        files.iter().partition(|(_, guess)| guess.mark.is_some() || guess.is_control);
    sheet.left_out.extend(unknown.iter().map(|(path, _)| (path.clone(), "its name has no mark".to_owned())));
    let shared = shared_words(&known);
    let name = |guess: &Guess| {
        // donor-1 and donor-2 begin alike; what they end in alike says how the files were made
        let length = guess.sample.iter().rposition(|(_, word)| !shared.contains(word)).map_or(0, |last| last + 1);
        if length == 0 { unnamed.to_owned() } else { joined(&guess.sample[..length]) }
    };
    let mut groups: BTreeMap<(String, String), Vec<&(PathBuf, Guess)>> = BTreeMap::new();
    for file in &known {
        if let Some(mark) = &file.1.mark {
            groups.entry((name(&file.1), mark.clone())).or_default().push(file);
        }
    }
    if groups.is_empty() {
        return Err("no signal file names a mark, such as H3K4me3, in its own name or its folder's".to_owned());
    }
    let is_reads = |path: &Path| holds_reads(path) == Some(true);
    let with_reads = groups.values().filter(|files| files.iter().any(|(path, _)| is_reads(path))).count();
    let with_values = groups.values().filter(|files| files.iter().any(|(path, _)| !is_reads(path))).count();
    let prefers_reads = with_reads > with_values;
    let samples: BTreeSet<&String> = groups.keys().map(|(sample, _)| sample).collect();
    let marks: BTreeSet<&String> = groups.keys().map(|(_, mark)| mark).collect();
    let has_all = |mark: &String| samples.iter().all(|sample| groups.contains_key(&((*sample).clone(), mark.clone())));
    let kept: BTreeSet<String> = marks.into_iter().filter(|mark| has_all(mark)).cloned().collect();
    for ((sample, mark), files) in &groups {
        let is_mixed = files.iter().any(|(path, _)| is_reads(path)) && files.iter().any(|(path, _)| !is_reads(path));
        let (files, others): (Vec<_>, Vec<_>) =
            files.iter().copied().partition(|(path, _)| !is_mixed || is_reads(path) == prefers_reads);
        let kind = if prefers_reads { "reads" } else { "values" };
        let reason = format!("{mark} of {sample} is there as {kind} too");
        sheet.left_out.extend(others.into_iter().map(|(path, _)| (path.clone(), reason.clone())));
        if !kept.contains(mark) {
            let reason = format!("not every sample has {mark}");
            sheet.left_out.extend(files.into_iter().map(|(path, _)| (path.clone(), reason.clone())));
            continue;
        }
        let numbers: BTreeSet<Option<&String>> = files.iter().map(|(_, guess)| guess.replicate.as_ref()).collect();
        if files.len() > 1 && (numbers.contains(&None) || numbers.len() < files.len()) {
            let names: Vec<String> = files.iter().map(|(path, _)| path.display().to_string()).collect();
            return Err(format!(
                "{} are all {mark} of {sample}, and their names do not number them as replicates (rep1, rep2). Name the files that are meant, or number them",
                names.join(" and ")
            ));
        }
        for (path, guess) in files {
            sheet.rows.push(SheetRow {
                sample: sample.clone(),
                mark: mark.clone(),
                path: path.clone(),
                control: None,
                replicate: guess.replicate.clone(),
            });
        }
    }
    add_controls(&mut sheet, &known, &name, unnamed);
    Ok(sheet)
}

/// Words that the names of all files have, which tell no sample from another; none where they are all that one has.
fn shared_words(files: &[&(PathBuf, Guess)]) -> BTreeSet<String> {
    let of = |guess: &Guess| guess.sample.iter().map(|(_, word)| word.clone()).collect::<BTreeSet<String>>();
    let mut sets = files.iter().map(|(_, guess)| of(guess));
    let shared = sets.next().map(|first| sets.fold(first, |shared, set| &shared & &set)).unwrap_or_default();
    let leaves_nothing = |(_, guess): &&(PathBuf, Guess)| guess.sample.iter().all(|(_, word)| shared.contains(word));
    if files.iter().any(leaves_nothing) { BTreeSet::new() } else { shared }
}

/// Gives each row the control of its sample and replicate, else the sample's only one, else the only one of all.
fn add_controls(sheet: &mut Sheet, files: &[&(PathBuf, Guess)], name: &dyn Fn(&Guess) -> String, unnamed: &str) {
    let controls: Vec<&&(PathBuf, Guess)> = files.iter().filter(|(_, guess)| guess.is_control).collect();
    for row in &mut sheet.rows {
        let fits = |file: &&&&(PathBuf, Guess)| holds_reads(&file.0) == holds_reads(&row.path);
        let own: Vec<_> = controls.iter().filter(fits).filter(|file| name(&file.1) == row.sample).collect();
        let of_all: Vec<_> = controls.iter().filter(fits).filter(|file| name(&file.1) == unnamed).collect();
        let same = own.iter().find(|file| file.1.replicate.is_some() && file.1.replicate == row.replicate);
        let only = if own.len() == 1 { own.first() } else { None };
        let common = if own.is_empty() && of_all.len() == 1 { of_all.first() } else { None };
        row.control = same.or(only).or(common).map(|file| file.0.clone());
    }
    // replicates with and without a control cannot be combined
    let key = |row: &SheetRow| (row.sample.clone(), row.mark.clone());
    let without: BTreeSet<_> = sheet.rows.iter().filter(|row| row.control.is_none()).map(key).collect();
    sheet.rows.iter_mut().filter(|row| without.contains(&key(row))).for_each(|row| row.control = None);
    let used: BTreeSet<PathBuf> = sheet.rows.iter().filter_map(|row| row.control.clone()).collect();
    let left = controls.iter().filter(|file| !used.contains(&file.0));
    sheet.left_out.extend(left.map(|file| (file.0.clone(), "a control that fits no sample and replicate".to_owned())));
}

#[cfg(test)]
mod tests {
    use super::super::guess::guess;
    use super::*;

    fn of(names: &[&str]) -> Result<Sheet, String> {
        let files: Vec<_> = names.iter().map(|name| (PathBuf::from(name), guess(Path::new(name)))).collect();
        make(&files, "sample")
    }

    fn rows(sheet: &Sheet) -> Vec<String> {
        let control =
            |row: &SheetRow| row.control.as_ref().map_or(String::new(), |path| format!(" - {}", path.display()));
        sheet
            .rows
            .iter()
            .map(|row| format!("{} {} {}{}", row.sample, row.mark, row.path.display(), control(row)))
            .collect()
    }

    #[test]
    fn shared_words_at_the_end_are_no_part_of_a_sample() {
        let donors = of(&["donor-1_H3K4me3_v2.bw", "donor-2_H3K4me3_v2.bw"]).unwrap();
        assert_eq!(donors.rows.iter().map(|row| row.sample.as_str()).collect::<Vec<_>>(), ["donor-1", "donor-2"]);
        let sheet = of(&["E003-H3K4me3.pilot.pval.bigWig", "E116-H3K4me3.pilot.pval.bigWig"]).unwrap();
        assert_eq!(
            rows(&sheet),
            ["E003 H3K4me3 E003-H3K4me3.pilot.pval.bigWig", "E116 H3K4me3 E116-H3K4me3.pilot.pval.bigWig"]
        );
        // of one sample nothing else tells its name
        assert_eq!(of(&["liver_H3K4me3.bw", "liver_H3K27ac.bw"]).unwrap().rows[0].sample, "liver");
        assert_eq!(of(&["H3K4me3.bw"]).unwrap().rows[0].sample, "sample");
    }

    #[test]
    fn replicates_and_controls_find_each_other() {
        let sheet = of(&[
            "WT_H3K4me3_REP1.bam",
            "WT_H3K4me3_REP2.bam",
            "WT_INPUT_REP1.bam",
            "WT_INPUT_REP2.bam",
            "KO_H3K4me3_REP1.bam",
            "KO_INPUT.bam",
            "KO_IGG.bw",
        ])
        .unwrap();
        assert_eq!(
            rows(&sheet),
            [
                "KO H3K4me3 KO_H3K4me3_REP1.bam - KO_INPUT.bam",
                "WT H3K4me3 WT_H3K4me3_REP1.bam - WT_INPUT_REP1.bam",
                "WT H3K4me3 WT_H3K4me3_REP2.bam - WT_INPUT_REP2.bam",
            ]
        );
        assert_eq!(
            sheet.left_out,
            [(PathBuf::from("KO_IGG.bw"), "a control that fits no sample and replicate".to_owned())]
        );
        // one control serves all samples
        let sheet = of(&["A_H3K4me3.bam", "B_H3K4me3.bam", "input.bam"]).unwrap();
        assert!(sheet.rows.iter().all(|row| row.control == Some("input.bam".into())));
    }

    #[test]
    fn what_is_left_out_is_named_and_what_is_unclear_is_refused() {
        let sheet = of(&["A_H3K4me3.bw", "A_H3K27ac.bw", "B_H3K4me3.bw", "A_H3K4me3.bam", "ENCFF1.bw"]).unwrap();
        assert_eq!(rows(&sheet), ["A H3K4me3 A_H3K4me3.bw", "B H3K4me3 B_H3K4me3.bw"]);
        let reasons: Vec<&str> = sheet.left_out.iter().map(|(_, reason)| reason.as_str()).collect();
        assert_eq!(
            reasons,
            ["its name has no mark", "not every sample has H3K27ac", "H3K4me3 of A is there as values too"]
        );
        let error = of(&["A_H3K4me3.pval.bw", "A_H3K4me3.fc.bw"]).unwrap_err();
        assert!(error.contains("A_H3K4me3.fc.bw") && error.contains("replicates"), "{error}");
        assert!(of(&["ENCFF1.bw"]).unwrap_err().contains("no signal file names a mark"));
    }
}
