//! The numbers of CRAM (specification, section 2.3).

use std::io::{Error, ErrorKind, Read, Result};

fn invalid(problem: &str) -> Error {
    Error::new(ErrorKind::InvalidData, problem)
}

pub(super) fn byte(reader: &mut impl Read) -> Result<u8> {
    let mut byte = [0];
    reader.read_exact(&mut byte)?;
    Ok(byte[0])
}

pub(super) fn word(reader: &mut impl Read) -> Result<usize> {
    let mut word = [0; 4];
    reader.read_exact(&mut word)?;
    Ok(u32::from_le_bytes(word) as usize)
}

/// 7 bits a byte, the highest first.
pub(super) fn uint7(reader: &mut impl Read) -> Result<usize> {
    let mut number = 0;
    loop {
        let byte = byte(reader)?;
        number = (number << 7) | usize::from(byte & 127);
        if byte & 128 == 0 {
            return Ok(number);
        }
        if number > u32::MAX as usize {
            return Err(invalid("a number that is too large"));
        }
    }
}

/// The number of leading ones of the first byte says how many bytes follow.
pub(super) fn itf8(reader: &mut impl Read) -> Result<i32> {
    let first = byte(reader)?;
    let more = first.leading_ones().min(4);
    let mut number = if more == 4 { u32::from(first & 15) } else { u32::from(first & (255 >> more)) };
    for at in 1..=more {
        let byte = u32::from(byte(reader)?);
        number = if at == 4 { (number << 4) | (byte & 15) } else { (number << 8) | byte };
    }
    Ok(number as i32)
}

pub(super) fn ltf8(reader: &mut impl Read) -> Result<()> {
    let more = byte(reader)?.leading_ones();
    (0..more).try_for_each(|_| byte(reader).map(|_| ()))
}

/// A number that cannot be negative.
pub(super) fn size(reader: &mut impl Read) -> Result<usize> {
    usize::try_from(itf8(reader)?).map_err(|_| invalid("a negative size"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_of_one_to_five_bytes() {
        for (bytes, number) in [
            (&[0x05][..], 5),
            (&[0x87, 0x55], 1877),
            (&[0xc7, 0x55, 0x99], 480_665),
            (&[0xe7, 0x55, 0x99, 0x66], 123_050_342),
            (&[0xf7, 0x55, 0x99, 0x66, 0x02], 1_968_805_474),
            (&[0xff, 0xff, 0xff, 0xff, 0x0f], -1),
        ] {
            assert_eq!(itf8(&mut &bytes[..]).unwrap(), number);
        }
    }
}
