//! Recognises files that are not text by their first bytes, and names the command that makes text of them.

/// A kind of file that cannot be read as text.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct FileKind {
    /// With its article: "a BAM file".
    pub name: &'static str,
    /// What to do, one sentence without a final full stop.
    pub remedy: &'static str,
}

const SIGNAL: &str = "It holds signal, and a text file is wanted here: check that the files are not swapped";
const TEXT: &str = "Name the text file that it was made from, or write it as tab-separated text";
const SPREADSHEET: &str = "Save the sheet as tab-separated text (in Excel: Text (Tab delimited)) and give that";
const PAGE: &str = "The download gave a page instead of the file, often a log-in or an error: open it in a browser, and download again";

/// Offset, bytes there, name, remedy. Formats' own magic numbers.
const KINDS: &[(usize, &[u8], &str, &str)] = &[
    (0, b"BZh", "compressed with bzip2", "Unpack it: bzip2 -dc FILE > TEXT"),
    (0, b"\xfd7zXZ\0", "compressed with xz", "Unpack it: xz -dc FILE > TEXT"),
    (0, b"\x28\xb5\x2f\xfd", "compressed with zstd", "Unpack it: zstd -dc FILE > TEXT"),
    (0, b"\x04\x22\x4d\x18", "compressed with lz4", "Unpack it: lz4 -dc FILE > TEXT"),
    (0, b"LZIP", "compressed with lzip", "Unpack it: lzip -dc FILE > TEXT"),
    (0, b"\x1f\x9d", "compressed with compress (.Z)", "Unpack it: gzip -dc FILE > TEXT"),
    (0, b"7z\xbc\xaf\x27\x1c", "a 7-Zip archive", "Unpack it: 7z x FILE"),
    (0, b"Rar!\x1a\x07", "a RAR archive", "Unpack it: unrar x FILE"),
    (257, b"ustar", "a tar archive", "Unpack it: tar -xf FILE"),
    (0, b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", "a spreadsheet (Excel 97, .xls)", SPREADSHEET),
    (0, b"BAM\x01", "a BAM file", SIGNAL),
    (0, b"CRAM", "a CRAM file", SIGNAL),
    (0, b"\x26\xfc\x8f\x88", "a bigWig file", SIGNAL),
    (0, b"\x88\x8f\xfc\x26", "a bigWig file", SIGNAL),
    (0, b"\xeb\xf2\x89\x87", "a bigBed file", "Name a text file here, or convert it: bigBedToBed FILE TEXT"),
    (0, b"\x87\x89\xf2\xeb", "a bigBed file", "Name a text file here, or convert it: bigBedToBed FILE TEXT"),
    (0, b"BAI\x01", "an index of a BAM file", "Name the file itself, not its index"),
    (0, b"CSI\x01", "an index (CSI)", "Name the file itself, not its index"),
    (0, b"TBI\x01", "an index (tabix)", "Name the file itself, not its index"),
    (
        0,
        b"BCF\x02",
        "a BCF file",
        "It holds variants, and another file is wanted here: check that the files are not swapped",
    ),
    (0, b"\x43\x27\x41\x1a", "a 2bit file of sequences", TEXT),
    (0, b"\x1a\x41\x27\x43", "a 2bit file of sequences", TEXT),
    (0, b"\x89HDF\r\n\x1a\n", "an HDF5 file (h5, h5ad, loom)", TEXT),
    (0, b"PAR1", "a Parquet file", TEXT),
    (0, b"ARROW1", "an Arrow (Feather) file", TEXT),
    (0, b"FEA1", "a Feather file", TEXT),
    (0, b"\x93NUMPY", "a NumPy array", TEXT),
    (0, b"RDX", "an R workspace (RData)", "Write the table from R: write.table(x, FILE, sep = \"\\t\", quote = FALSE)"),
    (0, b"RDA", "an R workspace (RData)", "Write the table from R: write.table(x, FILE, sep = \"\\t\", quote = FALSE)"),
    (
        0,
        b"X\n\0\0\0",
        "an R object (RDS)",
        "Write the table from R: write.table(x, FILE, sep = \"\\t\", quote = FALSE)",
    ),
    (0, b"SQLite format 3\0", "an SQLite database", TEXT),
    (0, b"%PDF-", "a PDF file", TEXT),
    (0, b"{\\rtf", "a Rich Text file", "Save it as plain text and give that"),
    (0, b"version https://git-lfs", "a pointer of Git LFS, not the file", "Fetch the file: git lfs pull"),
];

const UNICODE: &[(&[u8], &str, &str)] = &[
    (b"\xff\xfe\0\0", "UTF-32 text", "Convert it: iconv -f UTF-32 -t UTF-8 FILE > TEXT"),
    (b"\0\0\xfe\xff", "UTF-32 text", "Convert it: iconv -f UTF-32 -t UTF-8 FILE > TEXT"),
    (b"\xff\xfe", "UTF-16 text", "Convert it: iconv -f UTF-16 -t UTF-8 FILE > TEXT"),
    (b"\xfe\xff", "UTF-16 text", "Convert it: iconv -f UTF-16 -t UTF-8 FILE > TEXT"),
];

impl FileKind {
    /// The kind of a file that is not text; `None` for what may be text.
    pub(super) fn of(start: &[u8]) -> Option<FileKind> {
        let known = KINDS.iter().find(|(at, magic, ..)| start.get(*at..).is_some_and(|bytes| bytes.starts_with(magic)));
        if let Some(&(_, _, name, remedy)) = known {
            return Some(FileKind { name, remedy });
        }
        if let Some(&(_, name, remedy)) = UNICODE.iter().find(|(mark, ..)| start.starts_with(mark)) {
            return Some(FileKind { name, remedy });
        }
        if start.starts_with(b"PK\x03\x04") || start.starts_with(b"PK\x05\x06") {
            return Some(zip(start));
        }
        let first = start.trim_ascii_start();
        let is_page = [&b"<!doctype"[..], b"<html", b"<?xml", b"<head"]
            .iter()
            .any(|tag| first.get(..tag.len()).is_some_and(|bytes| bytes.eq_ignore_ascii_case(tag)));
        if is_page {
            return Some(FileKind { name: "a web page (HTML or XML)", remedy: PAGE });
        }
        start.contains(&0).then(|| unmarked(start))
    }
}

fn zip(start: &[u8]) -> FileKind {
    let holds = |name: &[u8]| start.windows(name.len()).any(|bytes| bytes == name);
    if holds(b"[Content_Types].xml") || holds(b"xl/") || holds(b"vnd.oasis") {
        return FileKind { name: "a spreadsheet (Excel or OpenDocument)", remedy: SPREADSHEET };
    }
    FileKind { name: "a zip archive", remedy: "Unpack it: unzip FILE" }
}

/// What holds bytes of 0: text of wide characters without a mark, or no text at all.
fn unmarked(start: &[u8]) -> FileKind {
    // tables are mostly ASCII, of which every second byte is 0
    let zeros = |parity: usize| start.iter().skip(parity).step_by(2).filter(|&&byte| byte == 0).count();
    let (even, odd, pairs) = (zeros(0), zeros(1), start.len() / 2);
    let (name, remedy) = match () {
        () if odd * 10 >= pairs * 9 && even * 10 <= pairs => {
            ("UTF-16 text", "Convert it: iconv -f UTF-16LE -t UTF-8 FILE > TEXT")
        }
        () if even * 10 >= pairs * 9 && odd * 10 <= pairs => {
            ("UTF-16 text", "Convert it: iconv -f UTF-16BE -t UTF-8 FILE > TEXT")
        }
        () => ("a binary file", "Name a text file, plain or gzip"),
    };
    FileKind { name, remedy }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn kinds_are_told_apart() {
        let name = |bytes: &[u8]| FileKind::of(bytes).map(|kind| kind.name);
        let wide = |text: &str, little: bool| -> Vec<u8> {
            text.encode_utf16().flat_map(|unit| if little { unit.to_le_bytes() } else { unit.to_be_bytes() }).collect()
        };
        assert_eq!(name(b"gene_id\tlabel\n"), None);
        assert_eq!(name("\u{feff}gene_id\tM\u{fc}ller\n".as_bytes()), None);
        assert_eq!(name(b"gene_id\tM\xfcller\n"), None);
        assert_eq!(name(b""), None);
        assert_eq!(name(&wide("\u{feff}gene_id\tx\n", true)), Some("UTF-16 text"));
        assert!(FileKind::of(&wide("gene_id\tx\n", true)).unwrap().remedy.contains("UTF-16LE"));
        assert!(FileKind::of(&wide("gene_id\tx\n", false)).unwrap().remedy.contains("UTF-16BE"));
        assert_eq!(name(b"\xff\xfe\0\0g\0\0\0"), Some("UTF-32 text"));
        assert_eq!(name(b"PK\x03\x04.........[Content_Types].xml"), Some("a spreadsheet (Excel or OpenDocument)"));
        assert_eq!(name(b"PK\x03\x04.........table.tsv"), Some("a zip archive"));
        assert_eq!(name(b"\n <!DOCTYPE html>"), Some("a web page (HTML or XML)"));
        assert_eq!(name(b"X\n\0\0\0\x03"), Some("an R object (RDS)"));
        assert_eq!(name(b"\x01\0\0\x02\x03\x04"), Some("a binary file"));
    }
}
