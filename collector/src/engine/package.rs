//! The pinned npm package that carries the library: its identity, its check, its unpacking.

use std::fs::File;
use std::io::{self, BufReader, Read, Write};
use std::path::{Path, PathBuf};

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use flate2::read::GzDecoder;
use sha2::{Digest, Sha512};
use thiserror::Error;

use super::progress::{Advance, Step};

/// The library inside the package.
const ENTRY: &str = "package/libchdb.so";

/// How much is read, hashed or written between two reports, in bytes.
const BLOCK_BYTES: usize = 1 << 20;

/// An exact version of an npm package.
#[derive(Debug)]
pub(super) struct Package {
    /// Name on npm.
    pub(super) name: &'static str,
    /// Version on npm.
    pub(super) version: &'static str,
    /// SHA-512 of the packed file in base64: npm's `integrity` without its `sha512-`.
    pub(super) integrity: &'static str,
    /// Size of the packed file.
    pub(super) packed_bytes: u64,
    /// Size of the library inside.
    pub(super) library_bytes: u64,
}

const LINUX_X64_GNU: Package = Package {
    name: "@chdb/lib-linux-x64-gnu",
    version: "26.7.3-stable.1",
    integrity: "XP97mMqnc5tZpKQywR8N7cLTsHNiTmHr30pC5mzo3jWmukjKn2IBa60c2B/gWUNcuFjOMjWoorQICCqBVj5wpw==",
    packed_bytes: 177_817_999,
    library_bytes: 566_330_096,
};

/// The version of chDB this program is built for and tested with.
pub(super) const fn version() -> &'static str {
    LINUX_X64_GNU.version
}

/// Why a packed file is not the pinned one or could not be unpacked.
#[derive(Debug, Error)]
pub enum PackageError {
    /// The packed file could not be read.
    #[error("reading the package {} failed", path.display())]
    Read {
        /// The packed file.
        path: PathBuf,
        /// What the system answered.
        source: io::Error,
    },
    /// The packed file is not the pinned one.
    #[error("{package} is not the pinned one: its sha512 is {found}, expected {expected}; it was discarded")]
    Integrity {
        /// Name and version.
        package: String,
        /// The pinned hash, base64.
        expected: String,
        /// The file's hash, base64.
        found: String,
    },
    /// The packed file has no such library, or another than expected.
    #[error("{package} holds no {ENTRY} of {expected_bytes} bytes")]
    Entry {
        /// Name and version.
        package: String,
        /// The pinned size, in bytes.
        expected_bytes: u64,
    },
    /// The library could not be written.
    #[error("writing the library {} failed; {needed_bytes} bytes are needed", path.display())]
    Write {
        /// The file being written.
        path: PathBuf,
        /// Its whole size, in bytes.
        needed_bytes: u64,
        /// What the system answered.
        source: io::Error,
    },
}

impl Package {
    /// The pinned package for this platform, if one was pinned.
    pub(super) const fn of_this_platform() -> Option<&'static Self> {
        if cfg!(all(target_os = "linux", target_arch = "x86_64", target_env = "gnu")) {
            Some(&LINUX_X64_GNU)
        } else {
            None
        }
    }

    /// What npm is asked for.
    pub(super) fn spec(&self) -> String {
        format!("{}@{}", self.name, self.version)
    }

    /// Compares the packed file with the pinned hash.
    pub(super) fn verify(&self, packed: &Path, mut report: impl FnMut(Advance)) -> Result<(), PackageError> {
        let read_error = |source| PackageError::Read { path: packed.to_owned(), source };
        let mut file = File::open(packed).map_err(read_error)?;
        let mut hasher = Sha512::new();
        let mut block = vec![0; BLOCK_BYTES];
        let mut done_bytes = 0;
        loop {
            let read = read_block(&mut file, &mut block).map_err(read_error)?;
            if read == 0 {
                break;
            }
            hasher.update(&block[..read]);
            done_bytes += read as u64;
            report(Advance {
                step: Step::Verify,
                done_bytes: done_bytes.min(self.packed_bytes),
                total_bytes: self.packed_bytes,
            });
        }
        let found = STANDARD.encode(hasher.finalize());
        if found == self.integrity {
            return Ok(());
        }
        Err(PackageError::Integrity { package: self.spec(), expected: self.integrity.to_owned(), found })
    }

    /// Writes the library, and nothing else of the packed file, to `target`, and makes it durable.
    pub(super) fn unpack(
        &self,
        packed: &Path,
        target: &Path,
        mut report: impl FnMut(Advance),
    ) -> Result<(), PackageError> {
        let read_error = |source| PackageError::Read { path: packed.to_owned(), source };
        let total_bytes = self.library_bytes;
        let write_error = |source| PackageError::Write { path: target.to_owned(), needed_bytes: total_bytes, source };
        let missing = || PackageError::Entry { package: self.spec(), expected_bytes: total_bytes };

        let file = File::open(packed).map_err(read_error)?;
        let mut archive = tar::Archive::new(GzDecoder::new(BufReader::with_capacity(BLOCK_BYTES, file)));
        for entry in archive.entries().map_err(read_error)? {
            let mut entry = entry.map_err(read_error)?;
            if entry.path_bytes() != ENTRY.as_bytes() {
                continue;
            }
            if !entry.header().entry_type().is_file() || entry.size() != total_bytes {
                return Err(missing());
            }
            let mut library = File::create_new(target).map_err(write_error)?;
            let mut block = vec![0; BLOCK_BYTES];
            let mut done_bytes = 0;
            while done_bytes < total_bytes {
                let read = read_block(&mut entry, &mut block).map_err(read_error)?;
                if read == 0 {
                    return Err(missing());
                }
                library.write_all(&block[..read]).map_err(write_error)?;
                done_bytes += read as u64;
                report(Advance { step: Step::Unpack, done_bytes, total_bytes });
            }
            return library.sync_all().map_err(write_error);
        }
        Err(missing())
    }
}

/// Reads what one call gives, repeated when a signal came in between.
fn read_block(reader: &mut impl Read, block: &mut [u8]) -> io::Result<usize> {
    loop {
        match reader.read(block) {
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            outcome => return outcome,
        }
    }
}
