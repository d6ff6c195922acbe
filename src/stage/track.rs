//! Stage track.
