use std::fs;
use std::io::Read;
use std::os::unix::fs::{MetadataExt, PermissionsExt, symlink};
use std::path::{Path, PathBuf};

use tempfile::TempDir;

use super::*;

fn folder() -> (TempDir, impl Fn(&str) -> PathBuf) {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().to_owned();
    (dir, move |name: &str| path.join(name))
}

fn write(path: &Path, text: &str) -> Result<()> {
    let mut output = Output::create(path)?;
    output.put(text.as_bytes())?;
    output.commit()
}

fn names(dir: &TempDir) -> Vec<String> {
    let mut names: Vec<String> =
        fs::read_dir(dir.path()).unwrap().map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect();
    names.sort_unstable();
    names
}

#[test]
fn an_output_appears_whole_or_not_at_all() {
    let (dir, path) = folder();
    let mut output = Output::create(&path("a")).unwrap();
    output.put(b"text").unwrap();
    let unfinished = names(&dir);
    assert!(unfinished.len() == 1 && is_temporary(unfinished[0].as_ref()), "{unfinished:?}");
    assert!(unfinished[0].starts_with(".a.attentrack-"), "{unfinished:?}");
    drop(output);
    assert_eq!(names(&dir), [""; 0]);
    write(&path("a"), "text").unwrap();
    assert_eq!((names(&dir), fs::read_to_string(path("a")).unwrap()), (vec!["a".to_owned()], "text".to_owned()));
}

#[test]
fn links_are_followed_and_keep_their_targets() {
    let (dir, path) = folder();
    fs::create_dir(path("real")).unwrap();
    fs::write(path("real/a"), "old").unwrap();
    symlink("real/a", path("one")).unwrap();
    symlink("one", path("two")).unwrap();
    symlink("real/new", path("dangling")).unwrap();
    write(&path("two"), "new").unwrap();
    write(&path("dangling"), "made").unwrap();
    assert_eq!(fs::read_to_string(path("real/a")).unwrap(), "new");
    assert_eq!(fs::read_to_string(path("real/new")).unwrap(), "made");
    for link in ["one", "two", "dangling"] {
        assert!(fs::symlink_metadata(path(link)).unwrap().is_symlink(), "{link}");
    }
    symlink("circle", path("circle")).unwrap();
    assert!(write(&path("circle"), "").unwrap_err().to_string().contains("circle"));
    drop(dir);
}

#[test]
fn a_new_file_has_the_usual_mode_and_an_old_one_keeps_its_own() {
    let (_dir, path) = folder();
    fs::write(path("usual"), "").unwrap();
    write(&path("new"), "").unwrap();
    let mode = |name: &str| fs::metadata(path(name)).unwrap().permissions().mode() & 0o777;
    assert_eq!(mode("new"), mode("usual"));
    fs::set_permissions(path("usual"), fs::Permissions::from_mode(0o640)).unwrap();
    write(&path("usual"), "").unwrap();
    assert_eq!(mode("usual"), 0o640);
}

#[test]
fn what_is_no_file_to_write_is_refused_in_words() {
    let (dir, path) = folder();
    let socket = std::os::unix::net::UnixListener::bind(path("socket")).unwrap();
    for (name, words) in
        [("", "folder"), ("socket", "socket"), ("new/", "not a file name"), ("absent/a", "does not exist")]
    {
        let message = write(&dir.path().join(name), "").unwrap_err().to_string();
        assert!(message.contains(words), "{name}: {message}");
    }
    drop(socket);
    assert_eq!(names(&dir), ["socket"]);
}

#[test]
fn a_pipe_is_written_to_also_by_formats_that_jump_back_and_forth() {
    let (_dir, path) = folder();
    let pipe = path("pipe");
    assert!(std::process::Command::new("mkfifo").arg(&pipe).status().unwrap().success());
    let reader = |pipe: PathBuf| {
        std::thread::spawn(move || {
            let mut text = String::new();
            fs::File::open(pipe).unwrap().read_to_string(&mut text).unwrap();
            text
        })
    };
    let read = reader(pipe.clone());
    write(&pipe, "streamed").unwrap();
    assert_eq!(read.join().unwrap(), "streamed");
    let read = reader(pipe.clone());
    let pending = PendingFile::create(&pipe).unwrap();
    pending.open().unwrap().write_all(b"copied").unwrap();
    let temporary = pending.path().to_owned();
    pending.commit().unwrap();
    assert_eq!(read.join().unwrap(), "copied");
    assert!(!temporary.exists());
    assert!(!fs::metadata(&pipe).unwrap().is_file());
}

#[test]
fn what_a_killed_run_left_goes_and_what_a_live_one_writes_stays() {
    let (dir, path) = folder();
    let other = tempfile::tempdir().unwrap();
    // as a killed process leaves it: without a lock
    let orphan = |name: &str| fs::write(path(name), "").unwrap();
    let orphans = [".a.attentrack-0123456789abcdef.tmp", ".a.attentrack-ffffffffffffffff.tmp"];
    orphans.iter().for_each(|name| orphan(name));
    let others = [".ab.attentrack-0123456789abcdef.tmp", ".a.attentrack-0123.tmp", ".a.1234.tmp"];
    others.iter().for_each(|name| orphan(name));
    let live = fs::File::create(path(".a.attentrack-00000000000000ff.tmp")).unwrap();
    live.lock().unwrap();
    fs::write(other.path().join("victim"), "precious").unwrap();
    symlink(other.path().join("victim"), path(".a.attentrack-aaaaaaaaaaaaaaaa.tmp")).unwrap();
    write(&path("a"), "text").unwrap();
    let mut expected = vec!["a", ".a.attentrack-00000000000000ff.tmp", ".a.attentrack-aaaaaaaaaaaaaaaa.tmp"];
    expected.extend(others);
    expected.sort_unstable();
    assert_eq!(names(&dir), expected);
    assert_eq!(fs::read_to_string(other.path().join("victim")).unwrap(), "precious");
}

#[test]
fn a_long_name_has_a_temporary_one_that_fits() {
    let (_dir, path) = folder();
    for name in ["x".repeat(255), "ä".repeat(127)] {
        write(&path(&name), "text").unwrap();
        assert_eq!(fs::read_to_string(path(&name)).unwrap(), "text");
    }
}

#[test]
fn no_output_replaces_an_input_by_whatever_name() {
    let (_dir, path) = folder();
    fs::write(path("in"), "precious").unwrap();
    fs::hard_link(path("in"), path("hard")).unwrap();
    symlink("in", path("link")).unwrap();
    protect("--input", &path("in"));
    for name in ["in", "hard", "link", "./in"] {
        let message = write(&path(name), "lost").unwrap_err().to_string();
        assert!(message.contains("--input") && message.contains("destroyed"), "{name}: {message}");
        assert_eq!(fs::read_to_string(path("in")).unwrap(), "precious");
    }
}

#[test]
fn one_file_is_not_written_under_two_names() {
    let (_dir, path) = folder();
    write(&path("a"), "1").unwrap();
    // a state is written again and again
    write(&path("a"), "2").unwrap();
    symlink("a", path("link")).unwrap();
    write(&path("link"), "3").unwrap();
    fs::hard_link(path("a"), path("b")).unwrap();
    let message = write(&path("b"), "4").unwrap_err().to_string();
    assert!(message.contains("just written"), "{message}");
    assert_eq!(fs::read_to_string(path("a")).unwrap(), "3");
}

#[test]
fn an_identity_is_that_of_the_file() {
    let (_dir, path) = folder();
    fs::write(path("a"), "").unwrap();
    fs::hard_link(path("a"), path("b")).unwrap();
    symlink("new", path("dangling")).unwrap();
    assert_eq!(Identity::of_input(&path("a")), Identity::of_output(&path("b")));
    assert_eq!(Identity::of_output(&path("dangling")), Identity::of_output(&path("./new")));
    assert_ne!(Identity::of_output(&path("new")), Identity::of_output(&path("other")));
    assert_eq!(Identity::of_output(Path::new("/dev/null")), None);
    assert_eq!(Identity::of_input(Path::new("/dev/null")), None);
    let inode = fs::metadata(path("a")).unwrap().ino();
    assert!(matches!(Identity::of_input(&path("a")), Some(Identity::There(_, found)) if found == inode));
}
