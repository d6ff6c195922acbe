//! What the name of a signal file says: sample, mark, replicate, control, assembly. As ENCODE, Roadmap (`E003-H3K4me3.…`),
//! nf-core/chipseq (`WT_H3K4me3_REP1.mLb.clN.sorted.bam`) and nf-core/cutandrun (`h3k27me3_R1.bigWig`) name them.

use std::path::Path;

/// Marks that are no modification of a histone, by how names spell them.
const FACTORS: [(&str, &str); 17] = [
    ("h2az", "H2AZ"),
    ("h2a.z", "H2AZ"),
    ("ctcf", "CTCF"),
    ("ep300", "EP300"),
    ("p300", "EP300"),
    ("polr2a", "POLR2A"),
    ("pol2", "POLR2A"),
    ("polii", "POLR2A"),
    ("rnapii", "POLR2A"),
    ("rad21", "RAD21"),
    ("smc3", "SMC3"),
    ("yy1", "YY1"),
    ("ezh2", "EZH2"),
    ("suz12", "SUZ12"),
    ("atac", "ATAC"),
    ("dnase", "DNase"),
    ("faire", "FAIRE"),
];
/// Words for a control.
const CONTROLS: [&str; 9] = ["input", "inp", "control", "ctrl", "igg", "wce", "mock", "background", "dnainput"];
/// Words that say how a file was made, and nothing of the sample.
const NOISE: [&str; 49] = [
    "ip",
    "chip",
    "chipseq",
    "seq",
    "cutandrun",
    "cutntag",
    "cutandtag",
    "atacseq",
    "mlb",
    "mrp",
    "cln",
    "sorted",
    "sort",
    "markdup",
    "mkd",
    "dedup",
    "nodup",
    "rmdup",
    "filtered",
    "filt",
    "final",
    "merged",
    "pooled",
    "bigwig",
    "bw",
    "bam",
    "pval",
    "pvalue",
    "fc",
    "fold",
    "change",
    "over",
    "signal",
    "coverage",
    "cov",
    "depth",
    "rpkm",
    "cpm",
    "rpgc",
    "rpm",
    "norm",
    "normalized",
    "normalised",
    "raw",
    "treat",
    "pileup",
    "tagalign",
    "bdg",
    "bedgraph",
];
/// Assemblies, by how names spell them, and their names.
const ASSEMBLIES: [(&str, &str); 10] = [
    ("hg18", "hg18"),
    ("hg19", "hg19"),
    ("grch37", "hg19"),
    ("b37", "hg19"),
    ("hg38", "hg38"),
    ("grch38", "hg38"),
    ("t2t", "T2T"),
    ("mm9", "mm9"),
    ("mm10", "mm10"),
    ("mm39", "mm39"),
];

/// What a name says.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Guess {
    /// Words that are left for the name of the sample, each with the separator before it.
    pub sample: Vec<(String, String)>,
    /// The mark; of a control none.
    pub mark: Option<String>,
    /// Whether it is a control.
    pub is_control: bool,
    /// The replicate, as its number is written.
    pub replicate: Option<String>,
    /// The genome assembly.
    pub assembly: Option<&'static str>,
    /// Whether the values are P values or fold changes, whose sum is no depth.
    pub is_ratio: bool,
}

/// What the file's name says; where it names no mark, what the folder's name says too.
pub fn guess(path: &Path) -> Guess {
    let name = path.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default();
    let own = of_words(&words(without_endings(&name)));
    if own.mark.is_some() || own.is_control {
        return own;
    }
    let folder = path.parent().and_then(Path::file_name).map(|name| name.to_string_lossy().into_owned());
    let of_folder = of_words(&words(folder.as_deref().unwrap_or_default()));
    Guess { mark: of_folder.mark, is_control: of_folder.is_control, ..own }
}

/// The name of the sample, from the words that are left.
pub fn joined(words: &[(String, String)]) -> String {
    let mut name = String::new();
    for (separator, word) in words {
        if !name.is_empty() {
            name += if separator.is_empty() { "_" } else { separator };
        }
        name += word;
    }
    let allowed = |letter: char| letter.is_ascii_alphanumeric() || "_.+-".contains(letter);
    name.chars().map(|letter| if allowed(letter) { letter } else { '_' }).collect()
}

/// What signal files end in, before a `.gz`, and whether they hold reads.
const ENDINGS: [(&str, bool); 9] = [
    (".bw", false),
    (".bigwig", false),
    (".bedgraph", false),
    (".bdg", false),
    (".bg", false),
    (".bam", true),
    (".cram", true),
    (".tagalign", true),
    (".bed", true),
];

/// Whether a file holds reads, by its ending; `None` of a file that is no signal by that.
pub fn holds_reads(path: &Path) -> Option<bool> {
    let name = path.to_string_lossy().to_ascii_lowercase();
    let stem = name.strip_suffix(".gz").unwrap_or(&name);
    ENDINGS.iter().find(|(ending, _)| stem.ends_with(ending)).map(|(_, reads)| *reads)
}

/// A name without what says its format.
fn without_endings(name: &str) -> &str {
    let mut stem = name;
    for ending in [".gz"].into_iter().chain(ENDINGS.map(|(ending, _)| ending)) {
        let cut = stem.len().saturating_sub(ending.len());
        if stem.get(cut..).is_some_and(|end| end.eq_ignore_ascii_case(ending)) && cut > 0 {
            stem = &stem[..cut];
        }
    }
    stem
}

/// Words, each with the separator before it. `H2A.Z` is one.
fn words(name: &str) -> Vec<(String, String)> {
    let mut words: Vec<(String, String)> = Vec::new();
    let (mut separator, mut word) = (String::new(), String::new());
    for letter in name.chars() {
        let is_variant = letter == '.' && word.eq_ignore_ascii_case("h2a");
        if "-_. ".contains(letter) && !is_variant {
            if !word.is_empty() {
                words.push((std::mem::take(&mut separator), std::mem::take(&mut word)));
                separator.clear();
            }
            separator = if letter == ' ' { "_".to_owned() } else { letter.to_string() };
        } else {
            word.push(letter);
        }
    }
    if !word.is_empty() {
        words.push((separator, word));
    }
    words
}

fn of_words(words: &[(String, String)]) -> Guess {
    let mut guess = Guess::default();
    let mut rest = words.iter().peekable();
    while let Some((separator, word)) = rest.next() {
        let lower = word.to_ascii_lowercase();
        let assembly = ASSEMBLIES.iter().find(|(spelt, _)| *spelt == lower);
        if let Some(mark) = mark_of(&lower).filter(|_| guess.mark.is_none()) {
            guess.mark = Some(mark);
        } else if CONTROLS.contains(&lower.as_str()) {
            guess.is_control = true;
        } else if let Some(number) = replicate_of(&lower) {
            // `rep` and `1`, or both in one
            let mut next = || rest.peek().filter(|(_, next)| is_number(next)).map(|(_, next)| next.clone());
            guess.replicate = if number.is_empty() { next() } else { Some(number.to_owned()) };
            if number.is_empty() && guess.replicate.is_some() {
                rest.next();
            }
        } else if let Some((_, name)) = assembly {
            guess.assembly = Some(name);
        } else if NOISE.contains(&lower.as_str()) {
            guess.is_ratio |= ["pval", "pvalue", "fc", "fold"].contains(&lower.as_str());
        } else {
            guess.sample.push((separator.clone(), word.clone()));
        }
    }
    if guess.is_control {
        guess.mark = None;
    }
    guess
}

fn is_number(word: &str) -> bool {
    !word.is_empty() && word.bytes().all(|byte| byte.is_ascii_digit())
}

/// The number of a word such as rep1 or R2; empty where the word is `rep` alone.
fn replicate_of(lower: &str) -> Option<&str> {
    let letters = lower.trim_end_matches(|letter: char| letter.is_ascii_digit());
    let number = &lower[letters.len()..];
    match letters {
        "rep" | "replicate" | "biorep" => Some(number),
        "r" | "br" if !number.is_empty() => Some(number),
        _ => None,
    }
}

/// The mark of a word: a modification of a histone such as H3K27me3, or a known factor.
fn mark_of(lower: &str) -> Option<String> {
    if let Some((_, name)) = FACTORS.iter().find(|(spelt, _)| *spelt == lower) {
        return Some((*name).to_owned());
    }
    let histone = ["h2a", "h2b", "h3", "h4", "h1"].into_iter().find(|histone| lower.starts_with(histone))?;
    let rest = &lower[histone.len()..];
    let residue = rest.chars().next().filter(|letter| "krst".contains(*letter))?;
    let digits: String = rest[1..].chars().take_while(char::is_ascii_digit).collect();
    let change = &rest[1 + digits.len()..];
    let known = ["me", "me1", "me2", "me3", "me2s", "me2a", "ac", "ub", "ub1", "ph", "p", "cr", "bu", "su"];
    let is_mark = !digits.is_empty() && known.contains(&change);
    is_mark.then(|| format!("{}{}{digits}{change}", histone.to_ascii_uppercase(), residue.to_ascii_uppercase()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_of_every_lab_say_the_same() {
        for (path, sample, mark, replicate) in [
            ("E003-H3K4me3.pilot.pval.hg19.bigWig", "E003.pilot", "H3K4me3", None),
            ("E003-H3K27ac.tagAlign.gz", "E003", "H3K27ac", None),
            ("WT_H3K4me3_IP_REP1.mLb.clN.sorted.bam", "WT", "H3K4me3", Some("1")),
            ("h3k27me3_R2.bigWig", "", "H3K27me3", Some("2")),
            ("CD4-naive_H3K9ME3_rep_2.bw", "CD4-naive", "H3K9me3", Some("2")),
            ("marks/H2A.Z/liver.bw", "liver", "H2AZ", None),
            ("H3K36me3.bam", "", "H3K36me3", None),
            ("K562_p300.bedGraph.gz", "K562", "EP300", None),
        ] {
            let found = guess(Path::new(path));
            assert_eq!(joined(&found.sample), sample, "{path}");
            assert_eq!((found.mark.as_deref(), found.replicate.as_deref()), (Some(mark), replicate), "{path}");
            assert!(!found.is_control, "{path}");
        }
        let found = guess(Path::new("E003-H3K4me3.pilot.pval.hg19.bigWig"));
        assert_eq!((found.assembly, found.is_ratio), (Some("hg19"), true));
    }

    #[test]
    fn controls_are_known_and_other_names_say_no_mark() {
        let control = guess(Path::new("WT_INPUT_REP1.mLb.clN.sorted.bam"));
        assert!(control.is_control && control.mark.is_none());
        assert_eq!((joined(&control.sample).as_str(), control.replicate.as_deref()), ("WT", Some("1")));
        for path in ["ENCFF001ABC.bigWig", "H3.bw", "H3K.bw", "h3k4foo.bw", "coverage.bw"] {
            let found = guess(Path::new(path));
            assert!(found.mark.is_none() && !found.is_control, "{path}");
        }
    }
}
