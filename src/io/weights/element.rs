//! Element types of stored tensors, and tensors as views into their storage.

use crate::io::half::half_to_f32;

/// Most axes of a tensor.
pub const MOST_AXES: usize = 8;

/// Element type of a storage, little-endian.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Element {
    /// IEEE half precision.
    F16,
    /// The upper half of an f32.
    Bf16,
    /// IEEE single precision.
    F32,
    /// IEEE double precision.
    F64,
}

impl Element {
    /// Bytes of one element.
    pub fn size(self) -> usize {
        match self {
            Element::F16 | Element::Bf16 => 2,
            Element::F32 => 4,
            Element::F64 => 8,
        }
    }

    /// The element that starts at byte `at × size`, as f32.
    fn get(self, bytes: &[u8], at: usize) -> Option<f32> {
        let bytes = bytes.get(at * self.size()..(at + 1) * self.size())?;
        Some(match self {
            Element::F16 => half_to_f32(u16::from_le_bytes(bytes.try_into().ok()?)),
            Element::Bf16 => f32::from_bits(u32::from(u16::from_le_bytes(bytes.try_into().ok()?)) << 16),
            Element::F32 => f32::from_le_bytes(bytes.try_into().ok()?),
            Element::F64 => f64::from_le_bytes(bytes.try_into().ok()?) as f32,
        })
    }

    /// Whether the element at byte `at × size` has no exact f32.
    fn rounds(self, bytes: &[u8], at: usize) -> bool {
        let exact = |bytes: &[u8]| bytes.try_into().map(f64::from_le_bytes).is_ok_and(|x| f64::from(x as f32) == x);
        self == Element::F64 && !bytes.get(at * 8..(at + 1) * 8).is_some_and(exact)
    }
}

/// A view into a storage: element (i, j, …) is at `offset + i × strides[0] + j × strides[1] + …`.
#[derive(Clone, Debug)]
pub struct View {
    /// First element.
    pub offset: usize,
    /// Axes, slowest first.
    pub shape: Vec<usize>,
    /// Elements between neighbours along each axis.
    pub strides: Vec<usize>,
}

impl View {
    /// Strides of an array whose last axis is contiguous, or (`fortran`) whose first one is.
    pub fn dense(shape: &[usize], fortran: bool) -> Option<View> {
        let mut strides = vec![0; shape.len()];
        let mut step = 1usize;
        let mut fill = |axis: usize| {
            strides[axis] = step;
            step = step.checked_mul(shape[axis])?;
            Some(())
        };
        if fortran {
            (0..shape.len()).try_for_each(&mut fill)?
        } else {
            (0..shape.len()).rev().try_for_each(&mut fill)?
        }
        Some(View { offset: 0, shape: shape.to_vec(), strides })
    }

    /// Number of elements of a view that may be transposed or share its storage, but may not leave it nor be larger
    /// than it.
    pub fn size_within(&self, element: Element, storage: &[u8]) -> Result<usize, String> {
        let stored = storage.len() / element.size();
        if self.shape.len() != self.strides.len() || self.shape.len() > MOST_AXES {
            return Err(format!("has {} axes and {} strides", self.shape.len(), self.strides.len()));
        }
        let size = self.shape.iter().try_fold(1usize, |size, &axis| size.checked_mul(axis));
        let size = size.filter(|&size| size <= stored);
        let last = self.shape.iter().zip(&self.strides).try_fold(self.offset, |last, (&axis, &stride)| {
            last.checked_add(axis.saturating_sub(1).checked_mul(stride)?)
        });
        let (Some(size), Some(_)) = (size, last.filter(|&last| last < stored || size == Some(0))) else {
            return Err(format!(
                "has shape {:?}, strides {:?} and offset {}, which do not fit its storage of {stored} elements",
                self.shape, self.strides, self.offset
            ));
        };
        Ok(size)
    }

    /// The elements in row-major order, and whether one of them was rounded, of a view as [`Self::size_within`] asks.
    pub fn gather(&self, element: Element, storage: &[u8]) -> Result<(Vec<f32>, bool), String> {
        let size = self.size_within(element, storage)?;
        let (mut values, mut rounded) = (Vec::with_capacity(size), false);
        for place in 0..size {
            let (mut rest, mut at) = (place, self.offset);
            for (&axis, &stride) in self.shape.iter().zip(&self.strides).rev() {
                at += rest % axis * stride;
                rest /= axis;
            }
            values.push(element.get(storage, at).ok_or("leaves its storage")?);
            rounded |= element.rounds(storage, at);
        }
        Ok((values, rounded))
    }
}
