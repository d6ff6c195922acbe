//! Panics of a library that become one error message.

use std::cell::Cell;
use std::io;
use std::panic::{AssertUnwindSafe, catch_unwind, set_hook, take_hook};
use std::sync::Once;

thread_local! {
    /// Whether this thread's panics are caught below, and so not to be printed.
    static IS_QUIET: Cell<bool> = const { Cell::new(false) };
}

/// Runs `call`; a panic in it is an error of kind `InvalidData` and is not printed. What `call` was changing
/// must be given up then.
pub(super) fn caught<T>(call: impl FnOnce() -> io::Result<T>) -> io::Result<T> {
    static HOOK: Once = Once::new();
    HOOK.call_once(|| {
        let print = take_hook();
        set_hook(Box::new(move |panic| {
            if !IS_QUIET.get() {
                print(panic);
            }
        }));
    });
    IS_QUIET.set(true);
    let result = catch_unwind(AssertUnwindSafe(call));
    IS_QUIET.set(false);
    result.unwrap_or_else(|_| Err(io::Error::new(io::ErrorKind::InvalidData, "damaged beyond what its reader expects")))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_panic_is_an_error() {
        let error = caught(|| -> io::Result<()> { panic!("index out of bounds") }).unwrap_err();
        assert_eq!(error.kind(), io::ErrorKind::InvalidData);
        assert_eq!(caught(|| Ok(1)).unwrap(), 1);
    }
}
