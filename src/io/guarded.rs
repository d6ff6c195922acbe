//! Libraries that panic on damaged files: the panic becomes an error of the file, and is not printed.
//!
//! Only where a library is known to panic, or reads what strangers made: our own code returns errors. A stack that
//! overflows and memory that cannot be had end the process whatever is done here, so they are bounded before.

use std::cell::Cell;
use std::panic::{self, AssertUnwindSafe};
use std::path::Path;
use std::sync::Once;

use super::FileError;

thread_local! {
    /// How many guards this thread is within.
    static GUARDS: Cell<u32> = const { Cell::new(0) };
}

/// Counts this thread as guarded while it lives.
struct Guard;

impl Guard {
    fn new() -> Self {
        static HOOK: Once = Once::new();
        HOOK.call_once(|| {
            let print = panic::take_hook();
            panic::set_hook(Box::new(move |info| {
                if GUARDS.get() == 0 {
                    print(info);
                }
            }));
        });
        GUARDS.set(GUARDS.get() + 1);
        Guard
    }
}

impl Drop for Guard {
    fn drop(&mut self) {
        GUARDS.set(GUARDS.get() - 1);
    }
}

/// What `work` on the file at `path` gives; of a panic in it one [`FileError`], and nothing on standard error.
///
/// What `work` has changed when it panics is left half done: use it no more. A panic in another thread that `work`
/// starts is caught where that thread is joined, but it is printed.
///
/// # Errors
/// Of `work`, or that the file cannot be read because the library failed on it.
pub fn guarded<T, E: From<FileError>>(
    path: &Path,
    work: impl FnOnce() -> std::result::Result<T, E>,
) -> std::result::Result<T, E> {
    let _guard = Guard::new();
    panic::catch_unwind(AssertUnwindSafe(work)).unwrap_or_else(|panic| {
        let said = panic.downcast_ref::<String>().map(String::as_str).or(panic.downcast_ref::<&str>().copied());
        tracing::debug!("{}: {}", path.display(), said.unwrap_or("a panic without a message"));
        Err(damaged(path).into())
    })
}

fn damaged(path: &Path) -> FileError {
    FileError::new(path, "is damaged, or holds something that this program cannot read")
        .remedy("Copy or make the file again")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::io::Result;

    #[test]
    fn a_panic_is_an_error_of_the_file() {
        let path = Path::new("x.cram");
        let error = guarded(path, || -> Result<u8> { panic!("index out of bounds: {}", 7) }).unwrap_err();
        assert!(error.to_string().starts_with("x.cram: is damaged"), "{error}");
        assert_eq!(GUARDS.get(), 0);
        let nested = guarded(path, || guarded(path, || -> Result<u8> { panic!("inner") }).or(Ok::<_, FileError>(3)));
        assert_eq!(nested.unwrap(), 3);
        assert_eq!(GUARDS.get(), 0);
    }
}
