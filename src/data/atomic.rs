//! Writing a file whole or not at all.

use std::{io, io::Write, path::Path};

use super::DataError;

/// Write `bytes` to `path`: aside in the same folder first, then renamed over the old file. Whoever reads sees the old file or the
/// new one, and a failure leaves the old one untouched.
///
/// # Errors
/// [`DataError::NoFolder`], [`DataError::DiskFull`] or [`DataError::Write`].
pub fn write_atomic(path: &Path, bytes: &[u8]) -> Result<(), DataError> {
    let folder = match path.parent() {
        Some(parent) if !parent.as_os_str().is_empty() => parent,
        _ => Path::new("."),
    };
    if !folder.is_dir() {
        return Err(DataError::NoFolder { path: folder.to_owned() });
    }
    write_aside(folder, path, |file| {
        file.write_all(bytes)?;
        file.flush()
    })
    .map_err(|error| explain(&error, path, bytes.len()))
}

fn write_aside(folder: &Path, path: &Path, write: impl FnOnce(&mut std::fs::File) -> io::Result<()>) -> io::Result<()> {
    if path.is_dir() {
        return Err(io::Error::new(io::ErrorKind::IsADirectory, "there is a folder of that name"));
    }
    let mut builder = tempfile::Builder::new();
    builder.prefix(".tractable-").suffix(".tmp");
    #[cfg(unix)]
    {
        // A temporary file is private by default; a saved file gets what the user's umask allows.
        use std::os::unix::fs::PermissionsExt;
        builder.permissions(std::fs::Permissions::from_mode(0o666));
    }
    let mut aside = builder.tempfile_in(folder)?;
    write(aside.as_file_mut())?;
    // Before the rename, or a crash may leave the new name with no content.
    aside.as_file().sync_all()?;
    aside.persist(path)?;
    Ok(())
}

fn explain(error: &io::Error, path: &Path, bytes: usize) -> DataError {
    match error.kind() {
        io::ErrorKind::StorageFull | io::ErrorKind::QuotaExceeded | io::ErrorKind::FileTooLarge => {
            DataError::DiskFull { path: path.to_owned(), bytes }
        }
        _ => DataError::Write { path: path.to_owned(), reason: error.to_string() },
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn writes_and_replaces_and_leaves_nothing_aside() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("a.bin");
        write_atomic(&path, b"one").unwrap();
        write_atomic(&path, b"second").unwrap();
        assert_eq!(std::fs::read(&path).unwrap(), b"second");
        assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 1);
    }

    #[test]
    fn a_failed_write_keeps_the_old_file() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("a.bin");
        write_atomic(&path, b"old").unwrap();
        let full = write_aside(folder.path(), &path, |file| {
            file.write_all(b"half")?;
            Err(io::Error::from(io::ErrorKind::StorageFull))
        });
        let error = explain(&full.unwrap_err(), &path, 7);
        assert!(matches!(error, DataError::DiskFull { bytes: 7, .. }));
        assert!(error.to_string().contains("disk is full"));
        assert_eq!(std::fs::read(&path).unwrap(), b"old");
        assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 1);
    }

    #[test]
    fn a_missing_folder_and_a_folder_in_the_way_are_sentences() {
        let folder = tempfile::tempdir().unwrap();
        let missing = write_atomic(&folder.path().join("no/a.bin"), b"x").unwrap_err();
        assert!(matches!(missing, DataError::NoFolder { .. }));
        assert!(missing.to_string().contains("create it"));
        let taken = write_atomic(folder.path(), b"x").unwrap_err();
        assert!(matches!(taken, DataError::Write { .. }), "{taken}");
    }
}
