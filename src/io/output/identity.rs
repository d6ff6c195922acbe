//! Which file a path leads to, whatever its name.

use std::ffi::OsString;
use std::fs::{self, File, Metadata};
use std::io;
use std::os::fd::AsFd;
use std::os::unix::fs::{FileTypeExt, MetadataExt};
use std::path::Path;

use super::place::{Place, folder_of};

/// Which file a path leads to: two paths to one file have the same, through links, hard links, `./`, and
/// names that differ in case alone where the file system says that this is no difference.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum Identity {
    /// A file that is there, by device and inode.
    There(u64, u64),
    /// A file that is not there yet, by the device and inode of its folder and by its name; where there is no
    /// folder either, by its path.
    Absent(Option<(u64, u64)>, OsString),
    /// Standard output that is not a file.
    Stdout,
}

impl Identity {
    /// Identity of a file that is read (`-` is standard input); `None` for devices, which can be read and written at once.
    pub fn of_input(path: &Path) -> Option<Self> {
        if path == Path::new("-") {
            return Self::of(&metadata_of(io::stdin()).ok()?).filter(|_| is_file(io::stdin()));
        }
        match fs::metadata(path) {
            Ok(metadata) => Self::of(&metadata),
            Err(_) => Some(Self::absent(path)),
        }
    }

    /// Identity of a file that is written (`-` is standard output); `None` for devices, and for what cannot be written.
    pub fn of_output(path: &Path) -> Option<Self> {
        match Place::of(path).ok()? {
            Place::Stdout if is_file(io::stdout()) => Self::of(&metadata_of(io::stdout()).ok()?),
            Place::Stdout => Some(Identity::Stdout),
            Place::Stderr => None,
            Place::Stream(place) => Self::of(&fs::metadata(place).ok()?),
            Place::File(place) => match fs::metadata(&place) {
                Ok(metadata) => Self::of(&metadata),
                Err(_) => Some(Self::absent(&place)),
            },
        }
    }

    /// `None` of a device.
    pub(super) fn of(metadata: &Metadata) -> Option<Self> {
        let kind = metadata.file_type();
        let is_device = kind.is_char_device() || kind.is_block_device();
        (!is_device).then(|| Identity::There(metadata.dev(), metadata.ino()))
    }

    fn absent(path: &Path) -> Self {
        match fs::metadata(folder_of(path)) {
            Ok(folder) => {
                Identity::Absent(Some((folder.dev(), folder.ino())), path.file_name().unwrap_or_default().to_owned())
            }
            Err(_) => Identity::Absent(None, path.as_os_str().to_owned()),
        }
    }
}

fn is_file(descriptor: impl AsFd) -> bool {
    metadata_of(descriptor).is_ok_and(|metadata| metadata.is_file())
}

fn metadata_of(descriptor: impl AsFd) -> io::Result<Metadata> {
    File::from(descriptor.as_fd().try_clone_to_owned()?).metadata()
}
