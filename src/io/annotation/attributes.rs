//! The ninth column: `key "value";` in GTF, `key=value;` in GFF3.

use std::borrow::Cow;

use crate::genome::{CanonicalTag, is_accession, strip_version};

/// How keys and values are written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Style {
    Gtf,
    Gff3,
}

/// The attributes of one line, cut only when asked for.
#[derive(Clone, Copy, Debug)]
pub(super) struct Attributes<'a> {
    pub(super) text: &'a str,
    pub(super) style: Style,
}

impl<'a> Attributes<'a> {
    /// The first value of a key; `Some("")` where the key stands without a value.
    pub(super) fn get(self, key: &str) -> Option<Cow<'a, str>> {
        self.pairs().find(|(name, _)| *name == key).map(|(_, value)| self.decoded(value))
    }

    /// The first value, among several keys, that says something.
    pub(super) fn first_of(self, keys: &[&str]) -> Option<String> {
        keys.iter().find_map(|key| self.get(key).filter(|value| says_something(value))).map(Cow::into_owned)
    }

    /// The gene id asked for: an attribute of that name, or an entry of that database in
    /// `Dbxref`/`db_xref`.
    pub(super) fn named_id(self, name: &str) -> Option<String> {
        self.first_of(&[name]).or_else(|| {
            self.pairs()
                .filter(|(key, _)| matches!(*key, "Dbxref" | "dbxref" | "db_xref"))
                .flat_map(|(_, value)| value.split(','))
                .find_map(|entry| entry.strip_prefix(name)?.strip_prefix(':').map(str::to_owned))
        })
    }

    /// The whole column where it is one bare word, as AUGUSTUS and BRAKER write the id of a gene or a transcript.
    pub(super) fn bare_id(self) -> Option<&'a str> {
        let text = self.text.trim().trim_end_matches(';');
        (says_something(text) && !text.contains([' ', '=', ';', '"'])).then_some(text)
    }

    /// GFF3: which piece of a feature in several pieces this is, 1 for the first in the direction of transcription.
    pub(super) fn part(self) -> Option<u32> {
        self.get("part")?.split('/').next()?.trim().parse().ok()
    }

    /// What people call the gene, in any dialect. A name that repeats the gene's id is none where dialects write the
    /// id for want of a name: `Name` (WormBase, TAIR), accessions (GENCODE's `gene_name`).
    pub(super) fn symbol(self, is_gene_line: bool) -> Option<String> {
        // what comes after gene is, on other lines than the gene's, the name of something else
        const KEYS: [&str; 8] =
            ["gene_name", "gene_symbol", "ref_gene_name", "name2", "gene", "symbol", "locus", "Name"];
        let keys = if is_gene_line { &KEYS[..] } else { &KEYS[..5] };
        let mut named = [None; KEYS.len()];
        for (key, value) in self.pairs() {
            if let Some(at) = keys.iter().position(|name| *name == key) {
                named[at] = named[at].or(Some(value));
            }
        }
        let is_id = |name: &str| {
            let ids = ["gene_id", "ID"].into_iter().filter_map(|key| self.get(key));
            ids.map(Cow::into_owned).any(|id| without_version(bare(&id)) == without_version(name))
        };
        let names = KEYS.into_iter().zip(named).filter_map(|(key, name)| Some((key, self.decoded(name?))));
        let mut names = names.filter(|(_, name)| says_something(name));
        let found = names.find(|(key, name)| !((*key == "Name" || is_accession(name)) && is_id(name)));
        found.map(|(_, name)| name.into_owned())
    }

    /// What kind of gene it is, in any dialect.
    pub(super) fn biotype(self) -> Option<String> {
        self.first_of(&["gene_biotype", "gene_type", "biotype"])
    }

    /// The strongest tag that singles out a main transcript.
    pub(super) fn canonical(self) -> Option<CanonicalTag> {
        let tags = self.pairs().filter(|(key, _)| *key == "tag").flat_map(|(_, value)| value.split(','));
        let flag = (self.style == Style::Gff3 && self.get("Ensembl_canonical").is_some())
            .then_some(CanonicalTag::EnsemblCanonical);
        tags.filter_map(CanonicalTag::parse).chain(flag).min()
    }

    /// GFF3: ids of the features that this one is part of.
    pub(super) fn parents(self) -> impl Iterator<Item = Cow<'a, str>> {
        let find = |name| self.pairs().find(|(key, _)| *key == name).map(|(_, value)| value);
        // miRBase names what a mature miRNA is cut from in Derives_from alone
        let parents = find("Parent").or_else(|| find("Derives_from")).unwrap_or("");
        parents.split(',').map(str::trim).filter(|parent| !parent.is_empty()).map(move |parent| self.decoded(parent))
    }

    fn decoded(self, value: &'a str) -> Cow<'a, str> {
        if self.style == Style::Gff3 && value.contains('%') { percent_decoded(value) } else { Cow::Borrowed(value) }
    }

    fn pairs(self) -> impl Iterator<Item = (&'a str, &'a str)> {
        let mut rest = self.text;
        std::iter::from_fn(move || match self.style {
            Style::Gtf => next_gtf_pair(&mut rest),
            Style::Gff3 => next_gff3_pair(&mut rest),
        })
    }
}

/// An id less the type that Ensembl (`gene:ENSG…`), WormBase (`Gene:WBGene…`) and RefSeq (`gene-TP53`, `rna-NM_…`)
/// put before it.
pub(super) fn bare(id: &str) -> &str {
    const TYPES: [&str; 8] = ["gene:", "gene-", "Gene:", "transcript:", "Transcript:", "rna-", "CDS:", "cds-"];
    TYPES.iter().find_map(|prefix| id.strip_prefix(prefix)).filter(|bare| !bare.is_empty()).unwrap_or(id)
}

fn without_version(id: &str) -> String {
    strip_version(id).unwrap_or_else(|| id.to_owned())
}

/// Whether a value is more than a placeholder; data frames have written `nan` into many a GTF.
pub(super) fn says_something(value: &str) -> bool {
    !matches!(value, "" | "." | "nan" | "NaN" | "NA" | "None")
}

/// Cuts `key "value";` or `key value;` off. A quoted value may hold `;` and, after `\`, a quote.
fn next_gtf_pair<'a>(rest: &mut &'a str) -> Option<(&'a str, &'a str)> {
    let text = rest.trim_start_matches([' ', ';', '\t']);
    let key_end = text.find([' ', ';', '=']).unwrap_or(text.len());
    let (key, after) = text.split_at(key_end);
    if key.is_empty() {
        return None;
    }
    let after = after.trim_start_matches([' ', '=']);
    let (value, tail) = match after.strip_prefix('"') {
        Some(quoted) => {
            let end = closing_quote(quoted);
            (&quoted[..end], quoted.get(end + 1..).unwrap_or(""))
        }
        None => {
            let end = after.find(';').unwrap_or(after.len());
            (after[..end].trim_end(), &after[end..])
        }
    };
    *rest = tail;
    Some((key, value))
}

fn closing_quote(text: &str) -> usize {
    let mut from = 0;
    while let Some(at) = text[from..].find('"') {
        let at = from + at;
        if !text[..at].ends_with('\\') {
            return at;
        }
        from = at + 1;
    }
    text.len()
}

fn next_gff3_pair<'a>(rest: &mut &'a str) -> Option<(&'a str, &'a str)> {
    let text = rest.trim_start_matches([';', ' ']);
    if text.is_empty() {
        return None;
    }
    let end = text.find(';').unwrap_or(text.len());
    let (pair, tail) = text.split_at(end);
    *rest = tail;
    let (key, value) = pair.split_once('=').unwrap_or((pair, ""));
    Some((key.trim(), value.trim()))
}

fn percent_decoded(value: &str) -> Cow<'_, str> {
    let mut bytes = Vec::with_capacity(value.len());
    let mut rest = value.as_bytes();
    while let Some((&first, tail)) = rest.split_first() {
        let code = tail.get(..2).and_then(|hex| std::str::from_utf8(hex).ok());
        match code.and_then(|hex| u8::from_str_radix(hex, 16).ok()).filter(|_| first == b'%') {
            Some(byte) => {
                bytes.push(byte);
                rest = &tail[2..];
            }
            None => {
                bytes.push(first);
                rest = tail;
            }
        }
    }
    Cow::Owned(String::from_utf8_lossy(&bytes).into_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn gtf(text: &str) -> Attributes<'_> {
        Attributes { text, style: Style::Gtf }
    }

    fn gff3(text: &str) -> Attributes<'_> {
        Attributes { text, style: Style::Gff3 }
    }

    #[test]
    fn gtf_values_may_be_bare_or_hold_semicolons_and_quotes() {
        let attributes = gtf(r#"gene_id "a"; level 2; note "x; gene_id \"y\""; gene_name "nan"; last 3"#);
        assert_eq!(attributes.get("gene_id").as_deref(), Some("a"));
        assert_eq!(attributes.get("level").as_deref(), Some("2"));
        assert_eq!(attributes.get("note").as_deref(), Some(r#"x; gene_id \"y\""#));
        assert_eq!(attributes.get("last").as_deref(), Some("3"));
        assert_eq!(attributes.get("none"), None);
        assert_eq!(attributes.first_of(&["gene_name", "gene_id"]).as_deref(), Some("a"));
        assert_eq!(gtf("gene_id \"unclosed").get("gene_id").as_deref(), Some("unclosed"));
    }

    #[test]
    fn gff3_values_are_decoded() {
        let attributes = gff3("ID=gene-A%2CB;Dbxref=GeneID:100,HGNC:HGNC:5;gene=A,B; Note=100%");
        assert_eq!(attributes.get("ID").as_deref(), Some("gene-A,B"));
        assert_eq!(attributes.get("Note").as_deref(), Some("100%"));
        assert_eq!(attributes.named_id("GeneID").as_deref(), Some("100"));
        assert_eq!(attributes.named_id("gene").as_deref(), Some("A,B"));
        assert_eq!(gff3("Parent=a,b%3B").parents().collect::<Vec<_>>(), ["a", "b;"]);
    }

    #[test]
    fn the_strongest_tag_counts_in_every_dialect() {
        use CanonicalTag::{EnsemblCanonical, ManeSelect};
        assert_eq!(gtf(r#"tag "basic"; tag "Ensembl_canonical"; tag "MANE_Select";"#).canonical(), Some(ManeSelect));
        assert_eq!(gff3("tag=basic,Ensembl_canonical,appris_principal_1").canonical(), Some(EnsemblCanonical));
        assert_eq!(gff3("ID=x;tag=MANE Select").canonical(), Some(ManeSelect));
        assert_eq!(gtf(r#"tag "CCDS""#).canonical(), None);
    }
}
