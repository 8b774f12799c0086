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

/// A session that an earlier run left. It stays on the disk until the person has answered for it.
#[derive(Clone, Debug)]
pub struct Left {
    /// What was open.
    pub document: Document,
    /// When it was written.
    pub written: SystemTime,
    folder: PathBuf,
}

impl Left {
    /// How long ago it was written.
    #[must_use]
    pub fn age(&self) -> Duration {
        self.written.elapsed().unwrap_or_default()
    }

    /// Removes it: the person does not want it any more.
    pub fn discard(self) {
        // A folder that cannot be removed is offered again.
        let _ = std::fs::remove_dir_all(&self.folder);
    }
}

/// A session that was gone on with.
struct TakenOver {
    folder: PathBuf,
    since: SystemTime,
    /// Chapters of which it has weights.
    weights: Vec<String>,
    /// How often this run's session had been written by then.
    writes: u64,
}

/// Writes sessions on a thread of its own.
pub struct Keeper {
    folder: PathBuf,
    every: Duration,
    /// A sentence about each earlier session that cannot be opened.
    damaged: Vec<String>,
    last: Instant,
    written: Vec<u8>,
    /// Whether there is anything here that a fresh start would not show.
    touched: bool,
    /// How often the session was written.
    writes: u64,
    /// Sessions that this run went on with.
    taken_over: Vec<TakenOver>,
    writer: Option<Sender<Vec<u8>>>,
    trouble: Receiver<String>,
    thread: Option<JoinHandle<()>>,
}

impl Keeper {
    /// Begins to keep sessions below `root`, and finds what the runs that have ended left there, the newest first.
    ///
    /// # Errors
    /// A sentence where the folder cannot be made.
    pub fn open(root: &Path, every: Duration) -> Result<(Keeper, Vec<Left>), String> {
        let (left, damaged) = left(root);
        let folder = own_folder(root).map_err(|e| {
            let trouble = format!("Expected to keep sessions in {}, but {e}; nothing is kept by itself.", root.display());
            std::iter::once(trouble).chain(damaged.iter().cloned()).collect::<Vec<_>>().join(" ")
        })?;
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
        let keeper = Keeper {
            folder,
            every,
            damaged,
            last: Instant::now(),
            written: Vec::new(),
            touched: false,
            writes: 0,
            taken_over: Vec::new(),
            writer: Some(writer),
            trouble,
            thread,
        };
        Ok((keeper, left))
    }

    /// Whether it is time to look for changes; at the beginning at once, so that every change is one from a fresh start.
    #[must_use]
    pub fn due(&self) -> bool {
        self.written.is_empty() || self.last.elapsed() >= self.every
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
        self.touched |= !self.written.is_empty();
        self.writes += 1;
        self.written = bytes;
        true
    }

    /// Something was made here that the document does not tell: weights were trained.
    pub fn touch(&mut self) {
        self.touched = true;
    }

    /// This run goes on with a session. Its folder goes when this run has written all of it again.
    pub fn take_over(&mut self, left: &Left) {
        self.touched = true;
        let weights = with_weights(&left.document).map(str::to_owned).collect();
        self.taken_over.push(TakenOver { folder: left.folder.clone(), since: SystemTime::now(), weights, writes: self.writes });
    }

    /// A chapter's weights are lost on purpose: no session that this run went on with is kept for their sake.
    pub fn forget_weights(&mut self, chapter: &str) {
        self.taken_over.iter_mut().for_each(|taken| taken.weights.retain(|own| own != chapter));
    }

    /// Removes the sessions that this run went on with as soon as it has written all of them again.
    pub fn tidy(&mut self) {
        // What was asked of a worker before comes first.
        let every = self.every / 2;
        let (done, open): (Vec<TakenOver>, Vec<TakenOver>) = std::mem::take(&mut self.taken_over)
            .into_iter()
            .partition(|taken| taken.since.elapsed().is_ok_and(|age| age >= every) && self.has_all_of(taken));
        self.taken_over = open;
        for taken in done {
            // A folder that cannot be removed is offered again.
            let _ = std::fs::remove_dir_all(&taken.folder);
        }
    }

    /// Whether all that this run would leave was written after it went on with a session, and weights of every chapter of which that one has some.
    fn has_all_of(&self, taken: &TakenOver) -> bool {
        if self.writes == taken.writes {
            return false;
        }
        // The clock of a file system may be a tick behind.
        let time = taken.since - Duration::from_millis(20);
        let session = self.folder.join(SESSION);
        let Ok(document) = Document::read(&session) else { return false };
        if !taken.weights.iter().all(|chapter| with_weights(&document).any(|own| own == chapter)) {
            return false;
        }
        written(&session) >= time && document.weights.iter().chain(document.other_weights.values()).all(|file| written(file) >= time)
    }

    /// Where a chapter's weights are kept.
    #[must_use]
    pub fn weights(&self, chapter: &str) -> PathBuf {
        self.folder.join(format!("autosave-{chapter}.safetensors"))
    }

    /// What is to be said about earlier sessions that cannot be opened.
    pub fn damaged(&mut self) -> Option<String> {
        let sentences = std::mem::take(&mut self.damaged);
        Some(sentences.join(" ")).filter(|text| !text.is_empty())
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
        if !self.touched {
            // A fresh start shows the same. What cannot be removed is offered again.
            let _ = std::fs::remove_dir_all(&self.folder);
        }
        self.every = Duration::ZERO;
        self.tidy();
    }
}

/// The chapters of which a session has weights.
fn with_weights(document: &Document) -> impl Iterator<Item = &str> {
    let active = document.weights.is_some().then_some(document.chapter.as_str());
    active.into_iter().chain(document.other_weights.keys().map(String::as_str))
}

/// A new folder for this run. A process may have the number of an earlier one, whose session still waits in its folder.
fn own_folder(root: &Path) -> std::io::Result<PathBuf> {
    std::fs::create_dir_all(root)?;
    let process = std::process::id();
    for n in 1.. {
        let folder = root.join(if n == 1 { format!("{RUN}{process}") } else { format!("{RUN}{process}-{n}") });
        match std::fs::create_dir(&folder) {
            Err(error) if error.kind() == std::io::ErrorKind::AlreadyExists => {}
            made => return made.map(|()| folder),
        }
    }
    unreachable!("some number is free")
}

/// The sessions of runs that have ended, the newest first, and a sentence for each that cannot be opened. What is no JSON is set aside under
/// another name, where it may still be saved by hand, and told once; another program's version or a file that may not be read waits where it is.
fn left(root: &Path) -> (Vec<Left>, Vec<String>) {
    let (mut left, mut damaged) = (Vec::new(), Vec::new());
    let entries = std::fs::read_dir(root).into_iter().flatten().flatten();
    for entry in entries.filter(|entry| ended(&entry.file_name().to_string_lossy())) {
        let (folder, session) = (entry.path(), entry.path().join(SESSION));
        // Only an empty folder can be removed this way.
        let _ = std::fs::remove_dir(&folder);
        match Document::read(&session) {
            Ok(document) => {
                // Weights are written while the session beside them stays as it is.
                let weights = document.weights.iter().chain(document.other_weights.values());
                let newest = weights.map(|file| written(file)).fold(written(&session), SystemTime::max);
                left.push(Left { document, written: newest, folder });
            }
            Err(sentence) if session.exists() => {
                let place = if is_no_json(&session) { set_aside(root, &folder) } else { folder };
                let sentence = Document::read(&place.join(SESSION)).err().unwrap_or(sentence);
                damaged.push(format!("A session that an earlier run left cannot be opened: {sentence} It is kept in {}.", place.display()));
            }
            Err(_) => {}
        }
    }
    left.sort_by_key(|left| std::cmp::Reverse(left.written));
    (left, damaged)
}

fn is_no_json(file: &Path) -> bool {
    std::fs::read(file).is_ok_and(|bytes| serde_json::from_slice::<serde_json::Value>(&bytes).is_err())
}

/// Gives a session's folder a name that no run looks for; where it lies then.
fn set_aside(root: &Path, folder: &Path) -> PathBuf {
    let name = folder.file_name().unwrap_or_default().to_string_lossy().into_owned();
    let free = (1..1000).map(|n| root.join(if n == 1 { format!("damaged-{name}") } else { format!("damaged-{name}-{n}") }));
    let aside = free.into_iter().find(|aside| !aside.exists());
    aside.filter(|aside| std::fs::rename(folder, aside).is_ok()).unwrap_or_else(|| folder.to_owned())
}

/// When a file was written last; none where there is no file.
pub(super) fn modified(path: &Path) -> Option<SystemTime> {
    std::fs::metadata(path).and_then(|data| data.modified()).ok()
}

fn written(path: &Path) -> SystemTime {
    modified(path).unwrap_or(SystemTime::UNIX_EPOCH)
}

/// Whether this is the folder of a run whose process is gone (or has become another program's).
fn ended(name: &str) -> bool {
    let Some(process) = name.strip_prefix(RUN).and_then(|name| name.split('-').next()?.parse::<u32>().ok()) else { return false };
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
        assert!(left.is_empty());
        assert!(keeper.due() && keeper.keep(&document(1)) && keeper.keep(&document(2)));
        assert!(!keeper.keep(&document(2)), "nothing changed");
        drop(keeper);
        let (_keeper, left) = Keeper::open(root.path(), Duration::ZERO).unwrap();
        assert_eq!(left.len(), 1);
        assert_eq!(left[0].document.seed, Some(2));
        assert!(left[0].age() < Duration::from_secs(60));
    }

    #[test]
    fn a_session_that_cannot_be_read_is_told_once_and_kept() {
        let root = tempfile::tempdir().unwrap();
        let (mut keeper, _) = Keeper::open(root.path(), EVERY).unwrap();
        assert!(keeper.keep(&document(1)) && keeper.keep(&document(2)));
        let folder = keeper.folder.clone();
        drop(keeper);
        std::fs::write(folder.join(SESSION), "{\"format_version\": 1, ").unwrap();
        let (mut keeper, left) = Keeper::open(root.path(), EVERY).unwrap();
        let told = keeper.damaged().expect("it is told");
        let aside = root.path().join(format!("damaged-{}", folder.file_name().unwrap().to_string_lossy()));
        assert!(left.is_empty() && told.contains("cannot be opened") && told.contains(&aside.display().to_string()), "{told}");
        assert!(aside.join(SESSION).exists() && !folder.join(SESSION).exists(), "moved");
        drop(keeper);
        let (mut keeper, _) = Keeper::open(root.path(), EVERY).unwrap();
        assert_eq!(keeper.damaged(), None, "once");
        assert!(keeper.keep(&document(1)) && keeper.keep(&document(2)));
        let folder = keeper.folder.clone();
        drop(keeper);
        std::fs::write(folder.join(SESSION), "{\"format_version\": 99}").unwrap();
        let (mut keeper, _) = Keeper::open(root.path(), EVERY).unwrap();
        let told = keeper.damaged().expect("it is told");
        assert!(told.contains("newer") && folder.join(SESSION).exists(), "a newer program finds it: {told}");
    }

    #[test]
    fn every_session_waits_until_it_is_answered_for() {
        let root = tempfile::tempdir().unwrap();
        let work = |seeds: [u64; 2]| {
            let (mut keeper, left) = Keeper::open(root.path(), EVERY).unwrap();
            assert!(seeds.iter().all(|&seed| keeper.keep(&document(seed))));
            // Files' times are as fine as the system's tick.
            std::thread::sleep(Duration::from_millis(30));
            (keeper, left)
        };
        drop(work([1, 2]));
        drop(work([3, 4]));
        let seeds = |left: &[Left]| left.iter().filter_map(|left| left.document.seed).collect::<Vec<_>>();
        let (mut keeper, left) = work([5, 6]);
        assert_eq!(seeds(&left), [4, 2]);
        keeper.take_over(&left[1]);
        assert!(left[1].folder.exists(), "until all of it is written again");
        std::thread::sleep(Duration::from_millis(30));
        keeper.keep(&document(2));
        drop(keeper);
        let (keeper, mut left) = Keeper::open(root.path(), EVERY).unwrap();
        assert_eq!(seeds(&left), [2, 4], "one was gone on with, the other still waits");
        left.remove(1).discard();
        drop(keeper);
        assert_eq!(seeds(&Keeper::open(root.path(), EVERY).unwrap().1), [2]);
    }

    #[test]
    fn a_session_with_weights_waits_until_they_are_written_again() {
        let root = tempfile::tempdir().unwrap();
        let with = |keeper: &Keeper| {
            std::fs::write(keeper.weights("flow"), "weights").unwrap();
            Document { chapter: "flow".into(), weights: keeper.weights("flow").file_name().map(Into::into), ..document(1) }
        };
        let (mut keeper, _) = Keeper::open(root.path(), EVERY).unwrap();
        assert!(keeper.keep(&document(0)) && keeper.keep(&with(&keeper)));
        drop(keeper);
        for written in [false, true] {
            let (mut keeper, left) = Keeper::open(root.path(), EVERY).unwrap();
            let old = left.iter().find(|left| left.document.weights.is_some()).unwrap();
            keeper.take_over(old);
            std::thread::sleep(Duration::from_millis(30));
            assert!(keeper.keep(&Document { chapter: "flow".into(), ..document(2) }));
            if written {
                assert!(keeper.keep(&with(&keeper)));
            }
            drop(keeper);
            assert_eq!(old.folder.exists(), !written);
        }
    }

    #[test]
    fn a_run_that_changed_nothing_leaves_nothing_and_a_torn_session_is_not_offered() {
        let root = tempfile::tempdir().unwrap();
        drop(Keeper::open(root.path(), EVERY).unwrap());
        let (mut keeper, _) = Keeper::open(root.path(), EVERY).unwrap();
        keeper.keep(&document(1));
        drop(keeper);
        assert_eq!(std::fs::read_dir(root.path()).unwrap().count(), 0);
        // No process has the highest number.
        let torn = root.path().join(format!("{RUN}{}", u32::MAX));
        std::fs::create_dir(&torn).unwrap();
        std::fs::write(torn.join(SESSION), "{\"format_ver").unwrap();
        assert!(Keeper::open(root.path(), EVERY).unwrap().1.is_empty());
    }
}
