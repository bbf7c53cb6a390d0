//! Where the engine's library is: given, in the cache, installed, or fetched.

use std::path::{Path, PathBuf};
use std::time::Duration;

use etcetera::BaseStrategy;
use thiserror::Error;

use super::fetch::{Cache, Fetch, FetchError};
use super::package::{Package, version};
use super::progress::Progress;

/// Environment variable that names the library when the settings do not.
pub const LIBRARY_VARIABLE: &str = "ORDERTRACE_ENGINE_LIBRARY";

/// Where chDB's official installer puts the library.
pub const INSTALLED_PATH: &str = "/usr/local/lib/libchdb.so";

/// Most time one fetch may take: 178 MB at 0.2 MB/s.
const FETCH_TIMEOUT: Duration = Duration::from_secs(15 * 60);

/// Where a library came from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Origin {
    /// Named in the settings or the environment.
    Given,
    /// Fetched by an earlier start.
    Cached,
    /// Put in place by the official installer.
    Installed,
    /// Fetched just now.
    Fetched,
}

/// A library that exists.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Library {
    /// The shared object.
    pub path: PathBuf,
    /// Where it came from.
    pub origin: Origin,
}

/// Why there is no library.
#[derive(Debug, Error)]
pub enum LibraryError {
    /// A library was named and is not there. Nothing else is tried: who names one wants that one.
    #[error("the engine library {} does not exist; correct the path or {LIBRARY_VARIABLE}, or leave it out to have it found or fetched", path.display())]
    GivenMissing {
        /// The path that was given.
        path: PathBuf,
    },
    /// No home, so no cache folder.
    #[error("no cache folder for the engine library: set HOME or XDG_CACHE_HOME, or name a cache folder")]
    NoCacheDir(#[from] etcetera::HomeDirError),
    /// Nothing found, and nothing to fetch for this platform.
    #[error("no ClickHouse engine found, and no pinned build exists for {platform}. {}", remedy())]
    NoPinnedBuild {
        /// Operating system and processor.
        platform: String,
    },
    /// Nothing found, and no npm to fetch it.
    #[error("no ClickHouse engine found, and `{}` is not there to fetch it. {}; or install npm and start again", npm.display(), remedy())]
    NoNpm {
        /// The program that was looked for.
        npm: PathBuf,
    },
    /// Fetching failed.
    #[error("no ClickHouse engine found, and fetching it failed. {}", remedy())]
    Fetch(#[source] FetchError),
}

fn remedy() -> String {
    format!(
        "Three ways to get one: name a chDB {} library by {LIBRARY_VARIABLE}=/path/to/libchdb.so; \
         run chDB's installer, which puts it at {INSTALLED_PATH}; or use any ClickHouse server by --clickhouse-url",
        version()
    )
}

/// The places a library may be at, in order.
#[derive(Clone, Debug)]
struct Places {
    given: Option<PathBuf>,
    cached: Option<PathBuf>,
    installed: PathBuf,
}

impl Places {
    /// The first place that has a library; `usable` tells whether one does.
    fn locate(self, usable: impl Fn(&Path, Origin) -> bool) -> Result<Option<Library>, LibraryError> {
        if let Some(path) = self.given {
            let found = usable(&path, Origin::Given);
            return if found {
                Ok(Some(Library { path, origin: Origin::Given }))
            } else {
                Err(LibraryError::GivenMissing { path })
            };
        }
        let cached = self.cached.map(|path| Library { path, origin: Origin::Cached });
        let installed = Library { path: self.installed, origin: Origin::Installed };
        Ok(cached.into_iter().chain([installed]).find(|library| usable(&library.path, library.origin)))
    }
}

impl Library {
    /// Finds the library or fetches it: `given` (else `ORDERTRACE_ENGINE_LIBRARY`), the cache folder (`cache_dir`, else
    /// `ordertrace/engine` in the XDG cache home), [`INSTALLED_PATH`], else `npm pack` of the pinned version.
    ///
    /// # Errors
    ///
    /// [`LibraryError`]; each names the ways to provide a library.
    pub async fn find(
        given: Option<&Path>,
        cache_dir: Option<&Path>,
        progress: &dyn Progress,
    ) -> Result<Self, LibraryError> {
        let named = || std::env::var_os(LIBRARY_VARIABLE).filter(|value| !value.is_empty()).map(PathBuf::from);
        let given = given.map(Path::to_owned).or_else(named);
        let cache_dir = match cache_dir {
            Some(path) => path.to_owned(),
            None => etcetera::choose_base_strategy()?.cache_dir().join("ordertrace/engine"),
        };
        let package = Package::of_this_platform();
        let cache = package.map(|package| Cache::new(&cache_dir, package));
        let places =
            Places { given, cached: cache.as_ref().map(Cache::library_path), installed: PathBuf::from(INSTALLED_PATH) };
        let usable = |path: &Path, origin| match (&cache, origin) {
            (Some(cache), Origin::Cached) => cache.is_complete(),
            _ => path.is_file(),
        };
        if let Some(library) = places.locate(usable)? {
            return Ok(library);
        }
        let (Some(package), Some(cache)) = (package, cache) else {
            let platform = format!("{}-{}", std::env::consts::OS, std::env::consts::ARCH);
            return Err(LibraryError::NoPinnedBuild { platform });
        };
        let fetch = Fetch { package, cache, npm: PathBuf::from("npm"), timeout: FETCH_TIMEOUT };
        let outcome = fetch.run(progress).await;
        progress.finish();
        match outcome {
            Ok(path) => Ok(Self { path, origin: Origin::Fetched }),
            Err(FetchError::NpmMissing { npm }) => Err(LibraryError::NoNpm { npm }),
            Err(error) => Err(LibraryError::Fetch(error)),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn places(given: Option<&str>) -> Places {
        Places {
            given: given.map(PathBuf::from),
            cached: Some("/cache/lib".into()),
            installed: "/installed/lib".into(),
        }
    }

    fn locate(places: Places, existing: &[&str]) -> Result<Option<Origin>, LibraryError> {
        let found = places.locate(|path, _| existing.iter().any(|name| Path::new(name) == path))?;
        Ok(found.map(|library| library.origin))
    }

    #[test]
    fn the_given_one_comes_first_then_the_cache_then_the_installed() {
        let all = ["/given/lib", "/cache/lib", "/installed/lib"];
        assert_eq!(locate(places(Some("/given/lib")), &all).unwrap(), Some(Origin::Given));
        assert_eq!(locate(places(None), &all).unwrap(), Some(Origin::Cached));
        assert_eq!(locate(places(None), &all[2..]).unwrap(), Some(Origin::Installed));
        assert_eq!(locate(places(None), &[]).unwrap(), None);
    }

    #[test]
    fn a_given_one_that_is_missing_is_an_error_even_if_others_exist() {
        let error = locate(places(Some("/given/lib")), &["/cache/lib", "/installed/lib"]).unwrap_err();
        assert!(matches!(&error, LibraryError::GivenMissing { path } if path == Path::new("/given/lib")), "{error}");
    }

    #[test]
    fn without_a_pinned_build_the_cache_is_not_a_place() {
        let places = Places { cached: None, ..places(None) };
        assert_eq!(locate(places, &["/cache/lib", "/installed/lib"]).unwrap(), Some(Origin::Installed));
    }

    #[test]
    fn every_dead_end_names_the_three_ways() {
        let dead_ends =
            [LibraryError::NoNpm { npm: "npm".into() }, LibraryError::NoPinnedBuild { platform: "x-y".into() }];
        for message in dead_ends.map(|error| error.to_string()) {
            for way in [LIBRARY_VARIABLE, INSTALLED_PATH, "--clickhouse-url"] {
                assert!(message.contains(way), "{message} does not name {way}");
            }
        }
    }
}
