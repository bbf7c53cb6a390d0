//! Policy that no compiler checks: layout, sizes, names and calls.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "a test stops at the first surprise")]

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

/// Longest file, and the length from which a file needs a reason.
const LONGEST: usize = 800;
const LONG: usize = 400;

/// Files above [`LONG`] lines and why they are one.
const REASONS: [(&str, &str); 0] = [];

/// Names that say nothing about what is inside.
const EMPTY_NAMES: [&str; 8] = ["utils", "util", "common", "helpers", "helper", "manager", "misc", "stuff"];

/// Calls that are banned outside tests, and what to use instead.
const BANNED: [(&str, &str); 5] = [
    ("unbounded_channel", "a bounded channel: everything has a limit"),
    ("mpsc::unbounded", "a bounded channel: everything has a limit"),
    ("todo!(", "the finished thing"),
    ("unimplemented!(", "the finished thing"),
    ("process::exit(", "a returned ExitCode, so that destructors run"),
];

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).parent().expect("the workspace").to_owned()
}

/// What git tracks or would track, relative to the workspace.
fn files(extension: &str) -> Vec<String> {
    let listing = Command::new("git")
        .args(["ls-files", "--cached", "--others", "--exclude-standard"])
        .current_dir(root())
        .output()
        .expect("git lists the files");
    assert!(listing.status.success(), "git ls-files: {}", String::from_utf8_lossy(&listing.stderr));
    let listing = String::from_utf8(listing.stdout).expect("file names are UTF-8");
    let files: Vec<String> = listing
        .lines()
        .filter(|file| file.ends_with(extension) && root().join(file).is_file())
        .map(str::to_owned)
        .collect();
    assert!(!files.is_empty(), "no {extension} file found");
    files
}

fn read(file: &str) -> String {
    fs::read_to_string(root().join(file)).unwrap_or_else(|error| panic!("{file}: {error}"))
}

/// The part of a source file that is not its test module.
fn production(text: &str) -> &str {
    text.split("#[cfg(test)]\nmod tests").next().unwrap_or(text)
}

fn is_test(file: &str) -> bool {
    file.starts_with("tests/") || file.contains("/tests/") || file.ends_with("tests.rs")
}

#[test]
fn the_folders_of_the_design_exist() {
    for folder in ["agent", "api", "collector", "dashboards", "docs", "shop", "tests", "tui"] {
        let has_files = fs::read_dir(root().join(folder)).is_ok_and(|mut entries| entries.next().is_some());
        assert!(has_files, "{folder}/ is missing or empty");
    }
}

#[test]
fn files_are_short() {
    for file in files(".rs") {
        let lines = read(&file).lines().count();
        assert!(lines <= LONGEST, "{file} has {lines} lines; split it, {LONGEST} is the limit");
        let reason = REASONS.iter().any(|(with_reason, _)| *with_reason == file);
        assert!(lines <= LONG || reason, "{file} has {lines} lines; split it, or write its reason into REASONS");
        assert!(lines > LONG || !reason, "{file} has {lines} lines and needs no reason any more");
    }
}

#[test]
fn executables_only_parse_configure_and_exit() {
    for file in files("src/main.rs") {
        let lines = read(&file).lines().count();
        assert!(lines < 150, "{file} has {lines} lines; move what it does into the library");
    }
}

#[test]
fn names_say_what_is_inside() {
    for file in files(".rs") {
        for part in Path::new(&file).with_extension("").iter() {
            let name = part.to_string_lossy();
            assert!(!EMPTY_NAMES.contains(&name.as_ref()), "{file}: {name:?} says nothing about what is inside");
        }
    }
}

#[test]
fn banned_calls_are_not_made() {
    for file in files(".rs").iter().filter(|file| !is_test(file)) {
        let text = read(file);
        for (at, line) in production(&text).lines().enumerate() {
            for (call, instead) in BANNED {
                assert!(!line.contains(call), "{file}:{}: {call} is banned; use {instead}", at + 1);
            }
        }
    }
}

#[test]
fn every_crate_takes_versions_and_lints_from_the_workspace() {
    for file in files("Cargo.toml").iter().filter(|file| file.contains('/')) {
        let text = read(file);
        assert!(text.contains("[lints]\nworkspace = true"), "{file}: the workspace's lints are not taken over");
        for line in text.lines().skip_while(|line| !line.starts_with("[dependencies]")) {
            let versioned =
                line.contains("version = \"") || line.split('=').nth(1).is_some_and(|v| v.trim().starts_with('"'));
            let manifest_key = line.starts_with('[') || line.starts_with("name") || line.starts_with("path");
            assert!(!versioned || manifest_key, "{file}: {line:?}; versions belong into the workspace's Cargo.toml");
        }
    }
}
