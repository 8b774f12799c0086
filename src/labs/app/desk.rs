//! Sessions: what is saved, opened, dropped, kept by itself, and offered again.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::mpsc::{Receiver, Sender, channel};
use std::time::{Duration, Instant, SystemTime};

use egui::Context;
use serde_json::Value;

use super::confirm::Question;
use super::settings::KeptSettings;
use super::{Over, TractableApp};
use crate::data::write_atomic;
use crate::labs::code;
use crate::labs::document::{Document, FORMAT_VERSION, in_place, stem};
use crate::labs::explain::Place;
use crate::labs::files::Opened;
use crate::labs::keep::{EVERY, Keeper, Left, modified};
use crate::labs::picker::{NO_DIALOG, never_appeared};
use crate::labs::shared::Tone;

/// Files that are remembered.
const RECENT: usize = 10;
/// Weights that are not written after so many of the intervals are asked for again.
const ORDER_IS_LOST: u32 = 6;
/// How long the end of the program waits for weights that were asked for.
const LAST_ORDERS: Duration = Duration::from_secs(3);

/// What a path is chosen for.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Purpose {
    Open,
    Save,
    Export,
}

/// What other threads tell the window.
pub(super) enum News {
    Done(String),
    Warning(String),
    /// A system dialog was answered; nothing was chosen, or there is no dialog here.
    Picked(Purpose, Option<PathBuf>),
    /// How far an export is.
    Progress(String),
    /// A picture of the window that stands still for the audience.
    Still(egui::ColorImage),
    Ended,
}

/// Weights that a worker was asked to write.
struct Ordered {
    version: String,
    /// When the file was last written before.
    before: Option<SystemTime>,
    since: Instant,
}

/// The desk.
pub(super) struct Desk {
    pub(super) keeper: Option<Keeper>,
    /// Sessions that earlier runs left and that nobody has answered for, the newest first.
    pub(super) left: Vec<Left>,
    /// They are not offered above the canvas any more, and the person has begun to press what is below.
    pub(super) aside: bool,
    pub(super) begun: bool,
    root: Option<PathBuf>,
    /// What the weights of each chapter were when they were written last.
    kept: BTreeMap<String, String>,
    /// Weights that a worker was asked to write and that are not on the disk yet.
    ordered: BTreeMap<String, Ordered>,
    pub(super) session: Option<PathBuf>,
    pub(super) path: String,
    pub(super) recent: Vec<PathBuf>,
    pub(super) settings: KeptSettings,
    /// States of chapters that a session has and that were not opened yet.
    pub(super) waiting: BTreeMap<String, Value>,
    /// Weights and places in the text of such chapters.
    pub(super) waiting_weights: BTreeMap<String, PathBuf>,
    pub(super) waiting_explain: BTreeMap<String, Place>,
    /// The state of each chapter as it opened.
    pub(super) fresh: BTreeMap<&'static str, Value>,
    pub(super) tell: Sender<News>,
    news: Receiver<News>,
    picking: Option<Instant>,
}

impl Desk {
    /// A desk that keeps sessions below `root`, or nothing at all.
    pub(super) fn new(root: Option<&Path>, every: Option<Duration>) -> (Desk, Option<String>) {
        let (tell, news) = channel();
        let opened = root.map(|root| Keeper::open(root, every.unwrap_or(EVERY)));
        let (keeper, left, trouble) = match opened {
            Some(Ok((mut keeper, left))) => {
                let damaged = keeper.damaged();
                (Some(keeper), left, damaged)
            }
            Some(Err(sentence)) => (None, Vec::new(), Some(sentence)),
            None => (None, Vec::new(), None),
        };
        let recent = root.and_then(|root| std::fs::read(root.join("recent.json")).ok());
        let recent = recent.and_then(|bytes| serde_json::from_slice(&bytes).ok()).unwrap_or_default();
        let desk = Desk {
            keeper,
            left,
            aside: false,
            begun: false,
            root: root.map(Path::to_owned),
            kept: BTreeMap::new(),
            ordered: BTreeMap::new(),
            session: None,
            path: String::new(),
            recent,
            settings: KeptSettings::open(root),
            waiting: BTreeMap::new(),
            waiting_weights: BTreeMap::new(),
            waiting_explain: BTreeMap::new(),
            fresh: BTreeMap::new(),
            tell,
            news,
            picking: None,
        };
        (desk, trouble)
    }

    fn remember(&mut self, path: &Path) {
        let path = std::path::absolute(path).unwrap_or_else(|_| path.to_owned());
        self.recent.retain(|known| *known != path);
        self.recent.insert(0, path);
        self.recent.truncate(RECENT);
        if let (Some(root), Ok(bytes)) = (&self.root, serde_json::to_vec(&self.recent)) {
            // A list of names that cannot be kept is not worth a message.
            let _ = write_atomic(&root.join("recent.json"), &bytes);
        }
    }

    /// Counts as kept what workers have written since they were asked for it; true if that is anything.
    fn take_delivery(&mut self) -> bool {
        let Some(keeper) = &self.keeper else { return false };
        let (before, kept) = (self.ordered.len(), &mut self.kept);
        self.ordered.retain(|chapter, order| {
            let waits = modified(&keeper.weights(chapter)) == order.before;
            if !waits {
                kept.insert(chapter.clone(), std::mem::take(&mut order.version));
            }
            waits
        });
        self.ordered.len() < before
    }

    /// What a chapter has learned is lost on purpose: nobody goes on with weights of it that were kept before.
    pub(super) fn forget_weights(&mut self, chapter: &str) {
        self.kept.remove(chapter);
        self.ordered.remove(chapter);
        self.keeper.iter_mut().for_each(|keeper| keeper.forget_weights(chapter));
    }

    /// Opens the system's dialog on a thread of its own.
    pub(super) fn pick(&mut self, purpose: Purpose, name: &str, ctx: &Context) {
        if self.picking.is_some() {
            return;
        }
        let (tell, ctx, name) = (self.tell.clone(), ctx.clone(), name.to_owned());
        let work = move || {
            let dialog = rfd::FileDialog::new();
            let path = match purpose {
                Purpose::Open => dialog.set_title("Open").pick_file(),
                Purpose::Save => dialog.set_title("Save the session").set_file_name(name).save_file(),
                Purpose::Export => dialog.set_title("Export").set_file_name(name).save_file(),
            };
            // The window may be gone by now.
            let _ = tell.send(News::Picked(purpose, path));
            ctx.request_repaint();
        };
        if std::thread::Builder::new().name("file dialog".into()).spawn(work).is_ok() {
            self.picking = Some(Instant::now());
        }
    }
}

impl TractableApp {
    /// Everything that is open, as a document.
    #[must_use]
    pub fn document(&self) -> Document {
        let mut others = self.desk.waiting.clone();
        for (chapter, lab) in self.chapters.iter().zip(&self.labs) {
            if let Some(lab) = lab {
                others.insert(chapter.id.to_owned(), lab.state());
            }
        }
        let mut explain = self.desk.waiting_explain.clone();
        explain.extend(self.explains.iter().map(|explain| (explain.chapter().to_owned(), explain.place())));
        let lesson = self.labs[self.active].as_ref().and_then(|lab| lab.lesson());
        let (model, training) = lesson.map(|lesson| (json(&lesson.model), json(&lesson.training))).unwrap_or_default();
        let chapter = self.chapter().to_owned();
        let view = others.remove(&chapter).unwrap_or_default();
        others.retain(|_, state| !state.is_null());
        Document {
            format_version: FORMAT_VERSION,
            name: "session".into(),
            title: format!("{}, seed {}", self.chapters[self.active].title, self.shared.seed),
            chapter,
            seed: Some(self.shared.seed),
            theme: Some(self.before_projector.unwrap_or(self.shared.theme).name().to_lowercase()),
            units: Some(self.shared.units.name().to_owned()),
            view,
            model,
            training,
            explain,
            others,
            ..self.lecture_part()
        }
    }

    /// What other threads and the person's hands brought; keeps what has changed.
    pub(super) fn tend(&mut self, ctx: &Context) {
        let news: Vec<News> = self.desk.news.try_iter().collect();
        for news in news {
            self.hear(news, ctx);
        }
        let dropped = std::mem::take(&mut ctx.plugin_or_default::<crate::labs::keys::KeyPlugin>().lock().dropped);
        for path in dropped {
            self.open_file(&path, ctx);
        }
        // One that cannot be opened is told of where it was asked for.
        for path in std::mem::take(&mut self.shared.opened).iter().filter(|path| Opened::look(path).is_ok()) {
            self.desk.remember(path);
        }
        self.keep_settings();
        // What is kept by itself is not worth a message each time.
        self.shared.toasts.retain(|toast| toast.tone == Tone::Warning || !toast.text.contains("autosave-"));
        if self.desk.keeper.as_ref().is_some_and(Keeper::due) {
            // Before the next writing: what was asked for the last time is on the disk by now.
            self.desk.keeper.iter_mut().for_each(Keeper::tidy);
            self.keep();
        } else if self.desk.take_delivery() {
            self.keep_session();
        }
        if let Some(keeper) = &self.desk.keeper {
            ctx.request_repaint_after(keeper.every());
            if let Some(sentence) = keeper.trouble() {
                self.shared.warn(format!("What is open here cannot be kept by itself. {sentence}"));
            }
        }
    }

    /// Has what changed written: weights by the workers that hold them, and the session with those that are on the disk.
    pub(super) fn keep(&mut self) {
        let Some(keeper) = &mut self.desk.keeper else { return };
        for (chapter, lab) in self.chapters.iter().zip(&mut self.labs) {
            let Some(lab) = lab else { continue };
            let version = lab.weights_version();
            let patience = ORDER_IS_LOST * keeper.every();
            let ordered = self.desk.ordered.get(chapter.id).is_some_and(|order| order.since.elapsed() < patience);
            if ordered || self.desk.kept.get(chapter.id) == Some(&version) {
                continue;
            }
            let path = keeper.weights(chapter.id);
            let before = modified(&path);
            if lab.save_weights(&path) {
                self.desk.ordered.insert(chapter.id.to_owned(), Ordered { version, before, since: Instant::now() });
                keeper.touch();
            } else if !version.is_empty() && self.desk.kept.remove(chapter.id).is_some() {
                // What is open now has nothing of its own: the weights of what was open before belong to another model.
                keeper.touch();
            }
        }
        for (chapter, weights) in &mut self.desk.waiting_weights {
            // The folder that they are in may be removed before that chapter is opened.
            let own = keeper.weights(chapter);
            if *weights != own && std::fs::copy(&*weights, &own).is_ok() {
                self.desk.kept.insert(chapter.clone(), own.display().to_string());
                *weights = own;
            }
        }
        self.desk.take_delivery();
        self.keep_session();
    }

    /// Has the session written, which names the weights that are on the disk.
    fn keep_session(&mut self) {
        let mut document = self.document();
        let active = self.chapters[self.active].id;
        let Some(keeper) = &mut self.desk.keeper else { return };
        for chapter in self.desk.kept.keys() {
            let file = keeper.weights(chapter).file_name().map(PathBuf::from);
            if chapter == active {
                document.weights = file;
            } else {
                document.other_weights.extend(file.map(|file| (chapter.clone(), file)));
            }
        }
        keeper.keep(&document);
    }

    /// Keeps everything at the end of the program, as soon as the workers have written what they are asked for.
    pub(super) fn keep_at_the_end(&mut self) {
        self.keep();
        let begin = Instant::now();
        while !self.desk.ordered.is_empty() && begin.elapsed() < LAST_ORDERS {
            std::thread::sleep(Duration::from_millis(10));
            self.desk.take_delivery();
        }
        self.keep_session();
    }

    fn hear(&mut self, news: News, ctx: &Context) {
        match news {
            News::Done(text) => self.shared.done(text),
            News::Warning(text) => self.shared.warn(text),
            News::Progress(text) => self.export.progress = text,
            News::Ended => self.export.ended(),
            News::Still(image) => self.freeze_with(image, ctx),
            News::Picked(purpose, path) => {
                let quick = self.desk.picking.take().is_some_and(never_appeared);
                match (purpose, path) {
                    (_, None) if quick => {
                        self.shared.warn(NO_DIALOG);
                    }
                    (_, None) => {}
                    (Purpose::Open, Some(path)) => {
                        self.over = Over::Nothing;
                        self.open_file(&path, ctx);
                    }
                    (Purpose::Save, Some(path)) => {
                        self.over = Over::Nothing;
                        // The system's dialog has asked about the file that it names.
                        if session_path(&path) == path { self.save_session(&path) } else { self.save_where_free(&path, ctx) }
                    }
                    (Purpose::Export, Some(path)) => self.export.path = path.display().to_string(),
                }
            }
        }
    }

    /// Opens whatever a path leads to.
    pub(super) fn open_file(&mut self, path: &Path, ctx: &Context) {
        let word = path.to_string_lossy().into_owned();
        let is_code = code::is_code(&word) && !path.exists();
        let is_name = is_code || !path.exists() && path.extension().is_none() && path.file_name() == Some(path.as_os_str());
        // As on the command line, the name of a lesson or a lecture is enough.
        let opened = if is_name { Document::open(&word).map(|document| Opened::Document(Box::new(document))) } else { Opened::look(path) };
        let name = if is_code { "The code".into() } else { path.file_name().unwrap_or_default().to_string_lossy() };
        let outcome = match &opened {
            Err(sentence) => Err(sentence.clone()),
            Ok(Opened::Document(document)) => {
                let outcome =
                    self.open_document(document, ctx).map_err(|sentence| in_place(&name.replace("The code", "the code"), &sentence));
                if outcome.is_ok() && document.steps.is_empty() {
                    // What a code or a name opened is no file yet: saving asks for one.
                    self.desk.session = (!is_name).then(|| path.to_owned());
                }
                outcome
            }
            Ok(Opened::Weights(path, chapter)) => self.open_weights(path, chapter.as_deref(), ctx),
            Ok(Opened::Points(path)) => self.hand_over(path, "flow", ctx),
            Ok(Opened::Image(path)) => {
                let chapter = if self.chapter() == "flow" { "flow" } else { "pixelcnn" };
                self.hand_over(path, chapter, ctx)
            }
        };
        match outcome {
            Ok(()) => {
                if !is_name {
                    self.desk.remember(path);
                }
                if matches!(opened, Ok(Opened::Document(_))) {
                    self.shared.done(format!("{name} is open."));
                }
            }
            Err(sentence) => self.shared.warn(sentence),
        }
    }

    fn open_weights(&mut self, path: &Path, chapter: Option<&str>, ctx: &Context) -> Result<(), String> {
        let index = chapter.and_then(|id| self.chapters.iter().position(|chapter| chapter.id == id && chapter.open.is_some()));
        self.open(index.unwrap_or(self.active));
        let mut lab = self.labs[self.active].take().ok_or("These weights belong to no chapter that is built.")?;
        lab.update(ctx, &mut self.shared);
        lab.load_weights(path);
        self.labs[self.active] = Some(lab);
        Ok(())
    }

    /// Gives a file to the lab that knows what to do with it.
    fn hand_over(&mut self, path: &Path, chapter: &str, ctx: &Context) -> Result<(), String> {
        let index = self.chapters.iter().position(|known| known.id == chapter && known.open.is_some());
        self.open(index.ok_or("No chapter that is built can open this file.")?);
        let mut lab = self.labs[self.active].take().ok_or("No chapter that is built can open this file.")?;
        lab.update(ctx, &mut self.shared);
        let taken = lab.open_file(path, &mut self.shared);
        self.labs[self.active] = Some(lab);
        // A lab may need its next frame for it.
        ctx.request_repaint();
        if taken { Ok(()) } else { Err(format!("“{}” has no use for {}.", self.chapters[self.active].title, path.display())) }
    }

    /// Saves the session where nothing is lost by it; over a file that is there already only if the person says so.
    pub(super) fn save_where_free(&mut self, path: &Path, ctx: &Context) {
        let path = session_path(path);
        let weights = path.with_file_name(format!("{}.safetensors", stem(&path)));
        let same = self.desk.session.as_ref().is_some_and(|own| std::path::absolute(own).ok() == std::path::absolute(&path).ok());
        let there = [&path, &weights].into_iter().find(|file| !same && file.exists()).cloned();
        match there {
            Some(file) => self.ask(Question::Replace(file, path), ctx),
            None => self.save_session(&path),
        }
    }

    /// Saves the session, and the weights beside it.
    pub(super) fn save_session(&mut self, path: &Path) {
        let path = session_path(path);
        let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
        if !folder.is_dir() {
            let folder = folder.display();
            self.shared.warn(format!("The session is not saved: there is no folder {folder}; choose another one, or make it first."));
            return;
        }
        let mut document = self.document();
        document.name = stem(&path);
        if let Err(sentence) = self.save_weights_beside(&mut document, &path) {
            self.shared.warn(sentence);
        }
        match document.write(&path) {
            Ok(()) => {
                self.desk.remember(&path);
                self.shared.done(format!("The session is saved in {}.", path.display()));
                self.desk.session = Some(path);
            }
            Err(sentence) => self.shared.warn(sentence),
        }
    }

    /// Saves the weights of every chapter that has some of its own beside the session, and names them in it.
    fn save_weights_beside(&mut self, document: &mut Document, path: &Path) -> Result<(), String> {
        let name = document.name.clone();
        for (index, (chapter, lab)) in self.chapters.iter().zip(&mut self.labs).enumerate() {
            let Some(lab) = lab else { continue };
            let file = if index == self.active { format!("{name}.safetensors") } else { format!("{name}-{}.safetensors", chapter.id) };
            if !lab.save_weights(&path.with_file_name(&file)) {
                continue;
            }
            if index == self.active {
                document.weights = Some(file.into());
            } else {
                document.other_weights.insert(chapter.id.to_owned(), file.into());
            }
        }
        for (chapter, weights) in &mut self.desk.waiting_weights {
            let file = PathBuf::from(format!("{name}-{chapter}.safetensors"));
            let target = path.with_file_name(&file);
            if *weights != target {
                std::fs::copy(&*weights, &target).map_err(|error| {
                    format!("The weights of “{chapter}” are not saved: {} cannot be copied, {error}.", weights.display())
                })?;
                *weights = target;
            }
            document.other_weights.insert(chapter.clone(), file);
        }
        Ok(())
    }

    /// Saves the session under this path, wherever it was saved before.
    pub fn save_as(&mut self, path: &Path) {
        self.save_session(path);
    }

    /// Ctrl+S: to where it was saved before, else the person is asked where.
    pub(super) fn save_or_ask(&mut self) {
        match self.desk.session.clone() {
            Some(path) => self.save_session(&path),
            None => {
                self.desk.path = format!("{}-seed{}.tractable.json", self.chapter(), self.shared.seed);
                self.over = Over::Save;
            }
        }
    }
}

/// The path of a session, with its ending.
fn session_path(path: &Path) -> PathBuf {
    let mut path = path.to_owned();
    if !path.to_string_lossy().ends_with(".json") {
        path.as_mut_os_string().push(".tractable.json");
    }
    path
}

/// A part of a lesson as JSON.
fn json(part: &impl serde::Serialize) -> Value {
    serde_json::to_value(part).unwrap_or_default()
}
