use std::fs;
use std::sync::Mutex;

use base64::Engine as _;
use flate2::Compression;
use flate2::write::GzEncoder;
use sha2::{Digest, Sha512};
use tempfile::tempdir;

use super::*;
use crate::engine::progress::Silent;

/// Remembers what it was told.
#[derive(Default)]
struct Recorder(Mutex<Vec<Advance>>);

impl Progress for Recorder {
    fn advance(&self, advance: Advance) {
        self.0.lock().unwrap().push(advance);
    }
    fn finish(&self) {}
}

/// A cache folder with a small package that the fake npm "downloads".
struct Scene {
    folder: TempDir,
    package: &'static Package,
}

const LIBRARY: &[u8] = b"not really a shared object";

fn packed(entries: &[(&str, &[u8])]) -> Vec<u8> {
    let mut builder = tar::Builder::new(GzEncoder::new(Vec::new(), Compression::fast()));
    for (path, content) in entries {
        let mut header = tar::Header::new_gnu();
        header.set_size(content.len() as u64);
        header.set_mode(0o755);
        builder.append_data(&mut header, path, *content).unwrap();
    }
    builder.into_inner().unwrap().finish().unwrap()
}

impl Scene {
    fn new() -> Self {
        Self::with(&packed(&[("package/package.json", b"{}"), ("package/libchdb.so", LIBRARY), ("package/more", b"x")]))
    }

    fn with(tgz: &[u8]) -> Self {
        let folder = tempdir().unwrap();
        fs::write(folder.path().join("package.tgz"), tgz).unwrap();
        let integrity = base64::engine::general_purpose::STANDARD.encode(Sha512::digest(tgz));
        let package = Package {
            name: "@test/lib",
            version: "1.2.3",
            integrity: integrity.leak(),
            packed_bytes: tgz.len() as u64,
            library_bytes: LIBRARY.len() as u64,
        };
        Self { folder, package: Box::leak(Box::new(package)) }
    }

    fn fetch(&self) -> Fetch {
        Fetch {
            package: self.package,
            cache: Cache::new(self.folder.path(), self.package),
            npm: Path::new(env!("CARGO_MANIFEST_DIR")).join("src/engine/fetch/fake-npm"),
            timeout: Duration::from_secs(30),
        }
    }

    fn wish(&self, name: &str) {
        fs::write(self.folder.path().join(name), "").unwrap();
    }

    fn runs(&self) -> String {
        fs::read_to_string(self.folder.path().join("runs")).unwrap_or_default()
    }

    /// What is in the folder of the version, sorted.
    fn left(&self) -> Vec<String> {
        let entries = fs::read_dir(self.folder.path().join("1.2.3")).unwrap();
        let mut names: Vec<_> = entries.map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect();
        names.sort();
        names
    }
}

#[tokio::test]
async fn the_library_and_nothing_else_lands_in_the_cache() {
    let scene = Scene::new();
    let fetch = scene.fetch();
    assert!(!fetch.cache.is_complete());
    let recorder = Recorder::default();
    let path = fetch.run(&recorder).await.unwrap();
    assert_eq!(fs::read(&path).unwrap(), LIBRARY);
    assert_eq!(path, fetch.cache.library_path());
    assert!(fetch.cache.is_complete());
    assert_eq!(scene.left(), ["fetch.lock", "libchdb.so", "libchdb.so.verified"]);
    assert_eq!(scene.runs(), "pack @test/lib@1.2.3\n");
    let advances = recorder.0.into_inner().unwrap();
    assert!(advances.iter().all(|advance| advance.done_bytes <= advance.total_bytes), "{advances:?}");
    assert_eq!(advances.first().unwrap().step, Step::Download);
    let end = Advance { step: Step::Unpack, done_bytes: LIBRARY.len() as u64, total_bytes: LIBRARY.len() as u64 };
    assert_eq!(advances.last(), Some(&end));
}

#[tokio::test]
async fn another_package_than_the_pinned_one_is_refused_and_leaves_nothing() {
    let scene = Scene::new();
    let other = packed(&[("package/libchdb.so", &LIBRARY.to_ascii_uppercase())]);
    fs::write(scene.folder.path().join("package.tgz"), other).unwrap();
    let error = scene.fetch().run(&Silent).await.unwrap_err();
    let FetchError::Package(PackageError::Integrity { package, expected, found }) = &error else { panic!("{error:?}") };
    assert_eq!((package.as_str(), expected.as_str()), ("@test/lib@1.2.3", scene.package.integrity));
    assert_ne!(expected, found);
    assert_eq!(scene.left(), ["fetch.lock"]);
}

#[tokio::test]
async fn two_at_once_download_once() {
    let scene = Scene::new();
    let (one, other) = (scene.fetch(), scene.fetch());
    let (one, other) = tokio::join!(one.run(&Silent), other.run(&Silent));
    assert_eq!(one.unwrap(), other.unwrap());
    assert_eq!(scene.runs().lines().count(), 1);
}

#[tokio::test]
async fn a_truncated_library_and_the_remains_of_a_killed_fetch_are_replaced() {
    let scene = Scene::new();
    let fetch = scene.fetch();
    let path = fetch.run(&Silent).await.unwrap();
    fs::write(&path, &LIBRARY[1..]).unwrap();
    let remains = path.with_file_name("fetch-killed");
    fs::create_dir(&remains).unwrap();
    fs::write(remains.join("package.tgz"), "half").unwrap();
    assert!(!fetch.cache.is_complete());
    fetch.run(&Silent).await.unwrap();
    assert_eq!(fs::read(&path).unwrap(), LIBRARY);
    assert_eq!(scene.left(), ["fetch.lock", "libchdb.so", "libchdb.so.verified"]);
}

#[tokio::test]
async fn npm_is_quoted_without_its_warnings() {
    let scene = Scene::new();
    scene.wish("fail");
    let error = scene.fetch().run(&Silent).await.unwrap_err();
    let FetchError::Npm { spec, outcome, output } = &error else { panic!("{error:?}") };
    assert_eq!((spec.as_str(), output.as_str()), ("@test/lib@1.2.3", "npm error code E404"));
    assert!(outcome.contains("exit status: 1"), "{outcome}");
    assert_eq!(scene.left(), ["fetch.lock"]);
}

#[tokio::test]
async fn npm_that_hangs_is_stopped() {
    let scene = Scene::new();
    scene.wish("hang");
    let fetch = Fetch { timeout: Duration::from_millis(300), ..scene.fetch() };
    let error = fetch.run(&Silent).await.unwrap_err();
    assert!(matches!(&error, FetchError::Npm { outcome, .. } if outcome.contains("too long")), "{error:?}");
    assert_eq!(scene.left(), ["fetch.lock"]);
}

#[tokio::test]
async fn npm_that_brings_nothing_or_is_not_there_is_told_apart() {
    let scene = Scene::new();
    fs::remove_file(scene.folder.path().join("package.tgz")).unwrap();
    let error = scene.fetch().run(&Silent).await.unwrap_err();
    assert!(matches!(&error, FetchError::Npm { outcome, .. } if outcome.contains("no .tgz")), "{error:?}");
    let fetch = Fetch { npm: scene.folder.path().join("no-npm"), ..scene.fetch() };
    let error = fetch.run(&Silent).await.unwrap_err();
    assert!(matches!(error, FetchError::NpmMissing { .. }), "{error:?}");
}

#[tokio::test]
async fn a_lock_that_is_never_given_back_is_named() {
    let scene = Scene::new();
    let fetch = Fetch { timeout: Duration::ZERO, ..scene.fetch() };
    let held = fetch.cache.try_lock().unwrap();
    let error = fetch.run(&Silent).await.unwrap_err();
    assert!(matches!(&error, FetchError::Locked { path, .. } if *path == fetch.cache.lock_path()), "{error:?}");
    drop(held);
}

#[tokio::test]
async fn a_package_without_the_expected_library_is_refused_though_its_hash_matches() {
    let absent = packed(&[("package/package.json", b"{}"), ("elsewhere/libchdb.so", LIBRARY)]);
    let of_other_size = packed(&[("package/libchdb.so", &LIBRARY[1..])]);
    for tgz in [absent, of_other_size] {
        let scene = Scene::with(&tgz);
        let error = scene.fetch().run(&Silent).await.unwrap_err();
        assert!(matches!(error, FetchError::Package(PackageError::Entry { .. })), "{error:?}");
        assert_eq!(scene.left(), ["fetch.lock"]);
    }
}

#[tokio::test]
async fn a_broken_archive_is_an_error_though_its_hash_matches() {
    let whole = packed(&[("package/libchdb.so", LIBRARY)]);
    for tgz in [&whole[..whole.len() / 2], b"no gzip at all"] {
        let scene = Scene::with(tgz);
        let error = scene.fetch().run(&Silent).await.unwrap_err();
        assert!(
            matches!(error, FetchError::Package(PackageError::Read { .. } | PackageError::Entry { .. })),
            "{error:?}"
        );
        assert_eq!(scene.left(), ["fetch.lock"]);
    }
}
