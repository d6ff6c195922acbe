//! The bases of the layer `sequence`: a byte each in files, four numbers each in memory.

/// Number of a base that is not known: N and the other IUPAC letters, and what lies beyond a sequence's ends.
pub const UNKNOWN_BASE: u8 = 4;

/// Number of a letter: A, C, G, T are 0 to 3; lower case is upper case, U is T; any other is [`UNKNOWN_BASE`].
pub fn base_code(letter: u8) -> u8 {
    match letter.to_ascii_uppercase() {
        b'A' => 0,
        b'C' => 1,
        b'G' => 2,
        b'T' | b'U' => 3,
        _ => UNKNOWN_BASE,
    }
}

/// The other strand, from its 5′ end, in place.
pub fn reverse_complement(codes: &mut [u8]) {
    codes.reverse();
    codes.iter_mut().filter(|code| **code < UNKNOWN_BASE).for_each(|code| *code = 3 - *code);
}

/// Row-major [region, channel, position] from numbers of bases, [region, position], `length` of them a region.
pub fn one_hot(codes: &[u8], length: usize) -> Vec<f32> {
    let mut values = vec![0.0; 4 * codes.len()];
    for (values, codes) in values.chunks_exact_mut(4 * length.max(1)).zip(codes.chunks_exact(length.max(1))) {
        for (at, &code) in codes.iter().enumerate().filter(|(_, code)| **code < UNKNOWN_BASE) {
            values[usize::from(code) * length + at] = 1.0;
        }
    }
    values
}

/// The other way of [`one_hot`].
pub fn codes(values: &[f32], length: usize) -> Vec<u8> {
    let of_row = |row: &[f32]| {
        let code = |at: usize| (0..4u8).find(|&code| row[usize::from(code) * length + at] > 0.5);
        (0..length).map(|at| code(at).unwrap_or(UNKNOWN_BASE)).collect::<Vec<u8>>()
    };
    values.chunks_exact(4 * length.max(1)).flat_map(of_row).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn letters_become_numbers_and_these_four_channels_and_back() {
        let numbers: Vec<u8> = b"AcgTNU".iter().map(|&letter| base_code(letter)).collect();
        assert_eq!(numbers, [0, 1, 2, 3, 4, 3]);
        let values = one_hot(&numbers, 3);
        assert_eq!(values[..12], [1., 0., 0., 0., 1., 0., 0., 0., 1., 0., 0., 0.]);
        assert_eq!(values[12..], [0., 0., 0., 0., 0., 0., 0., 0., 0., 1., 0., 1.]);
        assert_eq!(codes(&values, 3), numbers);
        assert_eq!((one_hot(&[], 0), codes(&[], 0)), (vec![], vec![]));
        let mut other = numbers;
        reverse_complement(&mut other);
        assert_eq!(other, [0, 4, 0, 1, 2, 3]);
    }
}
