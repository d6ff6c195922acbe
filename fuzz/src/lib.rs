//! What every fuzz target does: gives the bytes to its reader ([`readers`]) in a folder in memory, and ends the process
//! when the reader takes more memory than it may.

pub mod readers;

use std::alloc::{GlobalAlloc, Layout, System};
use std::path::PathBuf;
use std::sync::LazyLock;
use std::sync::atomic::{AtomicUsize, Ordering::Relaxed};

/// A reader may hold as many bytes for each of its file's …
const A_BYTE: usize = 64;
/// … and so many beside them.
const BASE: usize = 64 << 20;

/// Counts the bytes that are held, and the most that ever were.
struct Counting;

static HELD: AtomicUsize = AtomicUsize::new(0);
static MOST: AtomicUsize = AtomicUsize::new(0);
static LIMIT: AtomicUsize = AtomicUsize::new(usize::MAX);

fn more(bytes: usize) {
    let held = HELD.fetch_add(bytes, Relaxed) + bytes;
    MOST.fetch_max(held, Relaxed);
    // before the bytes are there: an abort shows where they were asked for
    if held > LIMIT.load(Relaxed) {
        LIMIT.store(usize::MAX, Relaxed);
        eprintln!("{held} bytes are held, more than the ceiling");
        // a panic could be caught
        std::process::abort();
    }
}

// SAFETY: every call goes to the system's allocator as it is.
unsafe impl GlobalAlloc for Counting {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        more(layout.size());
        unsafe { System.alloc(layout) }
    }

    unsafe fn alloc_zeroed(&self, layout: Layout) -> *mut u8 {
        more(layout.size());
        unsafe { System.alloc_zeroed(layout) }
    }

    unsafe fn dealloc(&self, pointer: *mut u8, layout: Layout) {
        HELD.fetch_sub(layout.size(), Relaxed);
        unsafe { System.dealloc(pointer, layout) }
    }

    unsafe fn realloc(&self, pointer: *mut u8, layout: Layout, size: usize) -> *mut u8 {
        more(size);
        HELD.fetch_sub(layout.size(), Relaxed);
        unsafe { System.realloc(pointer, layout, size) }
    }
}

#[global_allocator]
static ALLOCATOR: Counting = Counting;

/// A folder of this process in memory, with the files that readers need beside the one that they are given.
static FOLDER: LazyLock<PathBuf> = LazyLock::new(|| {
    let folder = PathBuf::from(format!("/dev/shm/attentrack-fuzz.{}", std::process::id()));
    std::fs::create_dir_all(&folder).expect("a folder in /dev/shm");
    let fixed = std::env::var_os("ATTENTRACK_FUZZ_FIXED").map_or("seeds/fixed".into(), PathBuf::from);
    for name in readers::FIXED {
        let from = fixed.join(name);
        std::fs::copy(&from, folder.join(name)).unwrap_or_else(|error| panic!("{}: {error}", from.display()));
    }
    folder
});

/// Gives `bytes` to the reader `target`, and ends the process where it takes more memory than it may or refuses
/// without a message.
///
/// # Panics
/// As said, and if there is no such reader.
pub fn check(target: &str, bytes: &[u8]) {
    let (_, read) = readers::READERS.into_iter().find(|(name, _)| *name == target).expect("a reader of that name");
    let folder = FOLDER.as_path();
    LIMIT.store(HELD.load(Relaxed) + BASE + A_BYTE * bytes.len(), Relaxed);
    let found = read(folder, bytes);
    LIMIT.store(usize::MAX, Relaxed);
    if let Err(message) = found {
        assert!(!message.is_empty(), "a refusal without a message");
    }
}
