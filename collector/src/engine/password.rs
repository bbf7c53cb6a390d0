//! The password of the engine's user: given, or random once and kept, so that what is configured with it keeps working.

use std::fs;
use std::io::{self, Write};
use std::path::Path;

use tempfile::NamedTempFile;

use super::EngineError;

/// The password to use, kept in `<data dir>/password` with mode 0600.
pub(super) fn settle(data_dir: &Path, given: Option<&str>) -> Result<String, EngineError> {
    let path = data_dir.join("password");
    let failed = |action| {
        let path = path.clone();
        move |source| EngineError::DataDir { action, path, source }
    };
    let kept = match fs::read_to_string(&path) {
        Ok(text) => Some(text.trim_end().to_owned()).filter(|password| !password.is_empty()),
        Err(error) if error.kind() == io::ErrorKind::NotFound => None,
        Err(error) => return Err(failed("read")(error)),
    };
    let password = given.map(str::to_owned).or_else(|| kept.clone()).unwrap_or_else(random);
    if kept.as_ref() != Some(&password) {
        keep(data_dir, &path, &password).map_err(failed("written"))?;
    }
    Ok(password)
}

/// 128 random bits in hexadecimal.
fn random() -> String {
    hex::encode(rand::random::<[u8; 16]>())
}

/// Writes a private file, whole or not at all.
pub(super) fn keep(folder: &Path, path: &Path, text: &str) -> io::Result<()> {
    // A NamedTempFile is created with mode 0600.
    let mut file = NamedTempFile::new_in(folder)?;
    file.write_all(text.as_bytes())?;
    file.as_file().sync_all()?;
    file.persist(path).map_err(|error| error.error)?;
    Ok(())
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::PermissionsExt;

    use super::*;

    #[test]
    fn a_random_password_is_kept_private_and_a_given_one_replaces_it() {
        let folder = tempfile::tempdir().unwrap();
        let first = settle(folder.path(), None).unwrap();
        assert_eq!(first.len(), 32);
        assert_eq!(settle(folder.path(), None).unwrap(), first);
        let mode = fs::metadata(folder.path().join("password")).unwrap().permissions().mode();
        assert_eq!(mode & 0o777, 0o600);
        assert_eq!(settle(folder.path(), Some("given")).unwrap(), "given");
        assert_eq!(settle(folder.path(), None).unwrap(), "given");
    }

    #[test]
    fn two_folders_have_two_passwords() {
        let folders = [tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap()];
        let [one, other] = folders.each_ref().map(|folder| settle(folder.path(), None).unwrap());
        assert_ne!(one, other);
    }
}
