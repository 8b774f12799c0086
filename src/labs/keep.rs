//! Keeps what is open, so that a crash or a power cut loses at most a few seconds: a session in a folder of its own for each run.

use std::path::{Path, PathBuf};
use std::sync::mpsc::{Receiver, Sender, channel};
use std::thread::JoinHandle;
use std::time::{Duration, Instant, SystemTime};

use super::document::Document;
use crate::data::write_atomic;

/// What was changed is on the disk after so long, at the latest: half of what may be lost, because writing takes time too.
pub const EVERY: Duration = Duration::from_secs(5);
/// The session's name in its folder.
const SESSION: &str = "autosave.tractable.json";
/// How the folder of a run begins; its process's number follows.
const RUN: &str = "run-";

/// A session that an earlier run left.
#[derive(Clone, Debug)]
pub struct Left {
    /// What was open.
    pub document: Document,
    /// How long ago it was written.
    pub age: Duration,
}

/// Writes sessions on a thread of its own.
pub struct Keeper {
    folder: PathBuf,
    every: Duration,
    last: Instant,
    written: Vec<u8>,
    writer: Option<Sender<Vec<u8>>>,
    trouble: Receiver<String>,
    thread: Option<JoinHandle<()>>,
}

impl Keeper {
    /// Begins to keep sessions below `root`, and finds what the newest run that has ended left there.
    ///
    /// # Errors
    /// A sentence where the folder cannot be made.
    pub fn open(root: &Path, every: Duration) -> Result<(Keeper, Option<Left>), String> {
        let left = left(root);
        let folder = root.join(format!("{RUN}{}", std::process::id()));
        std::fs::create_dir_all(&folder)
            .map_err(|e| format!("Expected to keep sessions in {}, but {e}; nothing is kept by itself.", folder.display()))?;
        let (writer, work) = channel::<Vec<u8>>();
        let (tell, trouble) = channel();
        let path = folder.join(SESSION);
        let write = move || {
            for bytes in work {
                if let Err(error) = write_atomic(&path, &bytes) {
                    // The window may be closing: nobody is left to tell.
                    let _ = tell.send(error.to_string());
                }
            }
        };
        let thread = std::thread::Builder::new().name("sessions".into()).spawn(write).ok();
        let keeper = Keeper { folder, every, last: Instant::now(), written: Vec::new(), writer: Some(writer), trouble, thread };
        Ok((keeper, left))
    }

    /// Whether it is time to look for changes.
    #[must_use]
    pub fn due(&self) -> bool {
        self.last.elapsed() >= self.every
    }

    /// When to look next.
    #[must_use]
    pub fn every(&self) -> Duration {
        self.every
    }

    /// Has the document written if it is another one than the last; true if so.
    pub fn keep(&mut self, document: &Document) -> bool {
        self.last = Instant::now();
        let Ok(bytes) = serde_json::to_vec(document) else { return false };
        if bytes == self.written {
            return false;
        }
        if let Some(writer) = &self.writer {
            // The writer lives as long as its channel.
            let _ = writer.send(bytes.clone());
        }
        self.written = bytes;
        true
    }

    /// Where a chapter's weights are kept.
    #[must_use]
    pub fn weights(&self, chapter: &str) -> PathBuf {
        self.folder.join(format!("autosave-{chapter}.safetensors"))
    }

    /// Why something could not be kept, if so.
    #[must_use]
    pub fn trouble(&self) -> Option<String> {
        self.trouble.try_iter().last()
    }
}

impl Drop for Keeper {
    fn drop(&mut self) {
        // What was handed over is written before the program ends.
        self.writer = None;
        if let Some(thread) = self.thread.take() {
            let _ = thread.join();
        }
        if self.written.is_empty() {
            // Only an empty folder can be removed this way.
            let _ = std::fs::remove_dir(&self.folder);
        }
    }
}

/// The newest session of a run that has ended; older ones are removed.
fn left(root: &Path) -> Option<Left> {
    let mut found: Vec<(SystemTime, PathBuf)> = std::fs::read_dir(root)
        .ok()?
        .flatten()
        .filter(|entry| ended(&entry.file_name().to_string_lossy()))
        .map(|entry| (written(&entry.path().join(SESSION)), entry.path()))
        .collect();
    found.sort();
    let mut left = None;
    for (time, folder) in found.into_iter().rev() {
        if left.is_none()
            && let Ok(document) = Document::read(&folder.join(SESSION))
        {
            left = Some(Left { document, age: time.elapsed().unwrap_or_default() });
        } else if left.is_some() {
            // A folder that cannot be removed is looked at again next time.
            let _ = std::fs::remove_dir_all(&folder);
        }
    }
    left
}

fn written(path: &Path) -> SystemTime {
    std::fs::metadata(path).and_then(|data| data.modified()).unwrap_or(SystemTime::UNIX_EPOCH)
}

/// Whether this is the folder of a run whose process is gone (or has become another program's).
fn ended(name: &str) -> bool {
    let Some(process) = name.strip_prefix(RUN).and_then(|number| number.parse::<u32>().ok()) else { return false };
    if process == std::process::id() {
        return true;
    }
    let program = |path: &str| std::fs::read_link(path).ok();
    match (program(&format!("/proc/{process}/exe")), program("/proc/self/exe")) {
        (Some(theirs), Some(ours)) => theirs != ours,
        _ => true,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn document(seed: u64) -> Document {
        Document { format_version: 1, chapter: "flow".into(), seed: Some(seed), ..Document::default() }
    }

    #[test]
    fn the_next_run_finds_what_the_last_one_left() {
        let root = tempfile::tempdir().unwrap();
        let (mut keeper, left) = Keeper::open(root.path(), Duration::ZERO).unwrap();
        assert!(left.is_none());
        assert!(keeper.due() && keeper.keep(&document(1)) && keeper.keep(&document(2)));
        assert!(!keeper.keep(&document(2)), "nothing changed");
        drop(keeper);
        let (_keeper, left) = Keeper::open(root.path(), Duration::ZERO).unwrap();
        let left = left.unwrap();
        assert_eq!(left.document.seed, Some(2));
        assert!(left.age < Duration::from_secs(60));
    }

    #[test]
    fn a_run_that_changed_nothing_leaves_nothing_and_a_torn_session_is_not_offered() {
        let root = tempfile::tempdir().unwrap();
        drop(Keeper::open(root.path(), EVERY).unwrap());
        assert_eq!(std::fs::read_dir(root.path()).unwrap().count(), 0);
        // No process has the highest number.
        let torn = root.path().join(format!("{RUN}{}", u32::MAX));
        std::fs::create_dir(&torn).unwrap();
        std::fs::write(torn.join(SESSION), "{\"format_ver").unwrap();
        assert!(Keeper::open(root.path(), EVERY).unwrap().1.is_none());
    }
}
