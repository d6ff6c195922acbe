//! The items of a bigWig block: bedGraph, variable-step and fixed-step sections.

use crate::matrix::Bins;

/// Numbers in a byte slice, in the file's byte order; 0 beyond its end.
#[derive(Clone, Copy)]
pub(in crate::io) struct Words<'a> {
    bytes: &'a [u8],
    big_endian: bool,
}

macro_rules! number_at {
    ($name:ident, $number:ty) => {
        #[inline]
        pub(in crate::io) fn $name(&self, at: usize) -> $number {
            const SIZE: usize = size_of::<$number>();
            let bytes = self.bytes.get(at..at + SIZE).and_then(|bytes| bytes.try_into().ok()).unwrap_or([0; SIZE]);
            if self.big_endian { <$number>::from_be_bytes(bytes) } else { <$number>::from_le_bytes(bytes) }
        }
    };
}

impl<'a> Words<'a> {
    pub(in crate::io) fn new(bytes: &'a [u8], big_endian: bool) -> Self {
        Words { bytes, big_endian }
    }

    number_at!(half, u16);
    number_at!(word, u32);
    number_at!(long, u64);
    number_at!(float, f32);
    number_at!(double, f64);
}

/// Bytes of a section's header.
const HEAD: usize = 24;

/// A section: items of one chromosome and kind.
struct Section<'a> {
    chrom: u32,
    kind: SectionKind,
    start: i64,
    step: i64,
    span: i64,
    count: usize,
    items: Words<'a>,
}

#[derive(Clone, Copy)]
enum SectionKind {
    BedGraph,
    VariableStep,
    FixedStep,
}

impl<'a> Section<'a> {
    /// The first section of a block, and the rest of it; `None` if it is shorter than its head says.
    fn split_from(block: &'a [u8], big_endian: bool) -> Option<(Self, &'a [u8])> {
        let (head, rest) = block.split_at_checked(HEAD)?;
        let head = Words::new(head, big_endian);
        let (kind, size) = match head.bytes[20] {
            1 => (SectionKind::BedGraph, 12),
            2 => (SectionKind::VariableStep, 8),
            3 => (SectionKind::FixedStep, 4),
            _ => return None,
        };
        let count = usize::from(head.half(22));
        let (items, rest) = rest.split_at_checked(count * size)?;
        let [start, step, span] = [4, 12, 16].map(|at| i64::from(head.word(at)));
        let items = Words::new(items, big_endian);
        Some((Section { chrom: head.word(0), kind, start, step, span, count, items }, rest))
    }

    #[inline]
    fn bedgraph(&self, item: usize) -> (i64, i64, f32) {
        let item = Words::new(&self.items.bytes[item * 12..item * 12 + 12], self.items.big_endian);
        (i64::from(item.word(0)), i64::from(item.word(4)), item.float(8))
    }

    #[inline]
    fn variable_step(&self, item: usize) -> (i64, i64, f32) {
        let start = i64::from(self.items.word(item * 8));
        (start, start + self.span, self.items.float(item * 8 + 4))
    }

    #[inline]
    fn fixed_step(&self, item: usize) -> (i64, i64, f32) {
        let start = self.start + item as i64 * self.step;
        (start, start + self.span, self.items.float(item * 4))
    }
}

/// Adds the items of every section of a block that lie on chromosome `id` to the windows that they
/// touch. `at` is the first window that a later block can touch, and moves on. `None` if the block is
/// shorter than its headers say.
pub(super) fn add_sections(
    mut block: &[u8],
    big_endian: bool,
    id: u32,
    bins: &mut Bins<'_>,
    at: &mut usize,
) -> Option<()> {
    while !block.is_empty() {
        let (section, rest) = Section::split_from(block, big_endian)?;
        block = rest;
        if section.chrom != id {
            continue;
        }
        match section.kind {
            SectionKind::BedGraph => add_items(bins, at, section.count, |item| section.bedgraph(item)),
            SectionKind::VariableStep => add_items(bins, at, section.count, |item| section.variable_step(item)),
            SectionKind::FixedStep => add_items(bins, at, section.count, |item| section.fixed_step(item)),
        }
    }
    Some(())
}

/// Calls `each` with start, end and value of every item of a block; `None` as in [`add_sections`].
pub(super) fn for_each_item(mut block: &[u8], big_endian: bool, mut each: impl FnMut(i64, i64, f32)) -> Option<()> {
    while !block.is_empty() {
        let (section, rest) = Section::split_from(block, big_endian)?;
        block = rest;
        for item in 0..section.count {
            let (start, end, value) = match section.kind {
                SectionKind::BedGraph => section.bedgraph(item),
                SectionKind::VariableStep => section.variable_step(item),
                SectionKind::FixedStep => section.fixed_step(item),
            };
            each(start, end, value);
        }
    }
    Some(())
}

/// Adds sorted, disjoint items: windows and items are walked together, and the first item of each
/// window is found by bisection.
#[inline]
fn add_items(bins: &mut Bins<'_>, at: &mut usize, count: usize, item: impl Fn(usize) -> (i64, i64, f32)) {
    if count == 0 {
        return;
    }
    let (windows, width) = (bins.windows(), bins.width());
    let (first, last) = (item(0).0, item(count - 1).1);
    while windows.get(*at).is_some_and(|window| window.start + width <= first) {
        *at += 1;
    }
    let mut low = 0;
    for (slot, window) in windows.iter().enumerate().skip(*at) {
        if window.start >= last {
            break;
        }
        let mut high = count;
        while low < high {
            let middle = low.midpoint(high);
            if item(middle).1 <= window.start {
                low = middle + 1;
            } else {
                high = middle;
            }
        }
        let end = window.start + width;
        bins.add_values_to(slot, (low..count).map(&item).take_while(|&(start, ..)| start < end));
    }
}
