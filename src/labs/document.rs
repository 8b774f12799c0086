//! What can be opened and kept: a lesson, a saved session, a chapter. One JSON format, `*.tractable.json`.
//!
//! A lesson names a model with its data (see [`Lesson`]); a session names a chapter. Both may carry `view`, a patch of the lab's state, and
//! `steps` for a lecture. A session that was saved during a lecture has no steps of its own: it carries the lecture in `lecture`.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::OnceLock;

use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::code;
use super::explain::Place;
use super::registry;
use super::state::{SETTING, understood};
use crate::data::{table, write_atomic};
use crate::train::Lesson;
use crate::ui::theme::Theme;
use crate::ui::units::Units;

/// Version of the format that is written, and the newest that is read.
pub const FORMAT_VERSION: u32 = 1;
/// A document larger than this was not written by this program.
const LARGEST: u64 = 64 << 20;

/// One step of a lecture.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct Step {
    /// A few words, as in the list of steps.
    pub title: String,
    /// The slide of the lecture that it belongs to, if there is one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub slide: Option<u32>,
    /// What the speaker wants to remember; never on the audience's window.
    pub note: String,
    /// The chapter; that of the step before if absent.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub chapter: Option<String>,
    /// The heading of the explanation that stands beside it; what it would set is not set.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub explain: Option<String>,
    /// What it changes in the lab's state.
    #[serde(skip_serializing_if = "Value::is_null")]
    pub patch: Value,
    /// Commands that are run after the patch, by their names in the command table.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub commands: Vec<String>,
    /// Where the walk stands.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub at: Option<f64>,
    /// Whether the audience sees the two side panels.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub controls: Option<bool>,
    /// Which of the places around the canvas are seen, of `top`, `chapters`, `controls`, `explain`, `transport`; as before if absent.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub show: Option<Vec<String>>,
}

/// A lecture with the step on screen. It has all its steps: the file that it came from may be changed or gone when a session goes on.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct Lecture {
    /// Title on the screen.
    pub title: String,
    /// The step on screen, counted from 0.
    pub at: usize,
    /// The lecture that the step after the last one opens: a name or a path, as [`Document::open`] takes it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub then: Option<String>,
    /// The steps in order.
    pub steps: Vec<Step>,
}

/// Something that was opened, or is to be kept.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Document {
    /// Version of the format.
    pub format_version: u32,
    /// Short name, part of the names of exported files.
    #[serde(default)]
    pub name: String,
    /// Title on the screen.
    #[serde(default)]
    pub title: String,
    /// The chapter's stable name.
    #[serde(default)]
    pub chapter: String,
    /// Seed of all noise.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub seed: Option<u64>,
    /// `dark`, `light` or `projector`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub theme: Option<String>,
    /// `nats` or `bits`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub units: Option<String>,
    /// A patch of the lab's state; in a session the whole state.
    #[serde(default, skip_serializing_if = "Value::is_null")]
    pub view: Value,
    /// Trained weights, a file beside this one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub weights: Option<PathBuf>,
    /// The model with its data, as a lesson has it: `tractable train` accepts the session.
    #[serde(default, skip_serializing_if = "Value::is_null")]
    pub model: Value,
    /// How it is trained.
    #[serde(default, skip_serializing_if = "Value::is_null")]
    pub training: Value,
    /// The weights of other chapters that were open, files beside this one.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub other_weights: BTreeMap<String, PathBuf>,
    /// Where each chapter's explanation stands.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub explain: BTreeMap<String, Place>,
    /// The states of other chapters that were open.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub others: BTreeMap<String, Value>,
    /// The steps of a lecture.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub steps: Vec<Step>,
    /// The lecture that follows a lecture.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub then: Option<String>,
    /// The lecture that was open in a session: it goes on at its step, with the session's view and not the step's.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub lecture: Option<Lecture>,
    /// Which of the places around the canvas its audience saw, as in [`Step::show`].
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub show: Option<Vec<String>>,
    /// Whether its audience saw the two side panels, where a step or the person had decided that.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub controls: Option<bool>,
    /// The shipped lesson that is meant, if it is one.
    #[serde(skip)]
    pub preset: Option<String>,
    /// Its view is a patch of the chapter as it opens, whatever it has become since: it came from a [`code`].
    #[serde(skip)]
    pub over_fresh: bool,
}

impl Document {
    /// The document of this name: a shipped lesson or lecture, a chapter, a [`code`], else a file.
    ///
    /// # Errors
    /// A sentence: nothing of that name, a file that cannot be read.
    pub fn open(name: &str) -> Result<Document, String> {
        if let Some(lesson) = Lesson::preset(name) {
            let value = serde_json::to_value(&lesson).map_err(|e| e.to_string())?;
            let mut document = from_value(value)?;
            document.preset = Some(name.to_owned());
            return Ok(document);
        }
        if let Some(text) = lecture(name) {
            return Document::parse(text);
        }
        if let Some(chapter) = registry::find(name) {
            let title = chapter.title.to_owned();
            return Ok(Document { format_version: FORMAT_VERSION, name: name.into(), title, chapter: name.into(), ..Document::default() });
        }
        let path = Path::new(name);
        if path.exists() {
            return Document::read(path);
        }
        if let Some(document) = code::decode(name) {
            return document;
        }
        let chapters: Vec<&str> = registry::CHAPTERS.iter().filter(|c| c.open.is_some()).map(|c| c.id).collect();
        Err(format!(
            "Expected a lesson, a chapter or a *.tractable.json file, found no {name:?}; the lessons are {}, {}, the chapters {}.",
            Lesson::PRESETS.join(", "),
            LECTURES.map(|(name, _)| name).join(", "),
            chapters.join(", ")
        ))
    }

    /// Reads a file; its weights are looked for beside it.
    ///
    /// # Errors
    /// A sentence: unreadable, no JSON, another format, a newer version.
    pub fn read(path: &Path) -> Result<Document, String> {
        let unreadable = |reason: String| format!("Expected a lesson or a session in {}, but {reason}.", path.display());
        let size = std::fs::metadata(path).map_err(|e| unreadable(e.to_string()))?.len();
        if size > LARGEST {
            return Err(unreadable(format!("it has {size} bytes; at most {LARGEST} are read")));
        }
        let text = std::fs::read_to_string(path).map_err(|e| unreadable(e.to_string()))?;
        let name = path.file_name().unwrap_or_default().to_string_lossy();
        let mut document = Document::parse(&text).map_err(|e| match e.starts_with(SETTING) {
            true => in_place(&name, &e),
            false => unreadable(e.trim_end_matches('.').to_owned()),
        })?;
        if document.name.is_empty() {
            document.name = stem(path);
        }
        if let Some(folder) = path.parent() {
            document.weights.iter_mut().chain(document.other_weights.values_mut()).for_each(|weights| *weights = folder.join(&weights));
            // The lecture that follows may lie beside it; a name of a shipped one stays.
            for then in document.then.iter_mut().chain(document.lecture.iter_mut().flat_map(|lecture| &mut lecture.then)) {
                let beside = folder.join(&*then);
                if beside.is_file() {
                    *then = beside.to_string_lossy().into_owned();
                }
            }
        }
        Ok(document)
    }

    /// Reads the text of a file.
    ///
    /// # Errors
    /// A sentence about the first thing that is wrong.
    pub fn parse(text: &str) -> Result<Document, String> {
        let value: Value = serde_json::from_str(text).map_err(|e| {
            let what = if e.is_eof() { "it ends too early, at" } else { "it is damaged in" };
            format!("it is no JSON: {what} line {}, column {}.", e.line(), e.column())
        })?;
        match value.get("format_version").and_then(Value::as_u64) {
            Some(version) if version > u64::from(FORMAT_VERSION) => {
                Err(format!("its format is version {version} and this program reads up to {FORMAT_VERSION}; take a newer program."))
            }
            Some(_) => from_value(value),
            None => Err("it has no number `format_version`.".into()),
        }
    }

    /// Writes the file, whole or not at all.
    ///
    /// # Errors
    /// A sentence from the disk.
    pub fn write(&self, path: &Path) -> Result<(), String> {
        let bytes = serde_json::to_vec_pretty(self).map_err(|e| format!("The session cannot be written as JSON: {e}."))?;
        write_atomic(path, &bytes).map_err(|e| e.to_string())
    }

    /// The theme, if one is named that exists.
    #[must_use]
    pub fn theme(&self) -> Option<Theme> {
        let name = self.theme.as_deref()?;
        [Theme::Dark, Theme::Light, Theme::Projector].into_iter().find(|theme| theme.name().eq_ignore_ascii_case(name))
    }

    /// The unit, if one is named that exists.
    #[must_use]
    pub fn units(&self) -> Option<Units> {
        let name = self.units.as_deref()?;
        [Units::Nats, Units::Bits].into_iter().find(|units| units.name().eq_ignore_ascii_case(name))
    }
}

/// A file's name without its endings.
pub(super) fn stem(path: &Path) -> String {
    let name = path.file_name().unwrap_or_default().to_string_lossy();
    name.strip_suffix(".tractable.json").or_else(|| name.split('.').next()).unwrap_or_default().to_owned()
}

/// A sentence about something in a file or a part of one.
pub(super) fn in_place(place: &str, sentence: &str) -> String {
    let mut letters = sentence.chars();
    let first = letters.next().map(|first| first.to_lowercase().to_string()).unwrap_or_default();
    format!("In {place}, {first}{}", letters.as_str())
}

fn from_value(value: Value) -> Result<Document, String> {
    let kind = value.pointer("/model/kind").and_then(Value::as_str).map(str::to_owned);
    let rain = value.pointer("/model/data/source").and_then(Value::as_str) == Some("rain");
    let flow = (kind.as_deref() == Some("realnvp")).then(|| value["model"].clone());
    // Read as it is: a `null` in the view is a part of it.
    let mut document: Document = serde_json::from_value(value.clone()).map_err(|error| {
        let known = serde_json::json!({ "format_version": FORMAT_VERSION });
        understood::<Document>(&known, value).err().unwrap_or_else(|| format!("it is no lesson: {error}."))
    })?;
    if document.chapter.is_empty() {
        document.chapter = match kind.as_deref() {
            Some("pixelcnn") if rain => "blind-spot",
            Some("pixelcnn") => "pixelcnn",
            Some("realnvp") => "flow",
            // The one-dimensional stacks of causal convolutions.
            Some(_) => "stack",
            None => return Err("it names neither a `chapter` nor a `model`.".into()),
        }
        .into();
    }
    if let Some(mut model) = flow.filter(|_| document.chapter == "flow") {
        if on_the_plane(&mut model) {
            // Those of more dimensions fit no flow of the plane.
            document.weights = None;
            if let (Some(x), Some(y)) = (model["data"]["columns"][0].as_str(), model["data"]["columns"][1].as_str()) {
                document.title = format!("{} (shown: {x}, {y})", document.title);
            }
        }
        own_flow(&mut document.view, &model);
    }
    Ok(document)
}

/// Makes a flow on a table of more columns one on two of them: the window shows the plane. True if it was one.
fn on_the_plane(model: &mut Value) -> bool {
    if model.pointer("/config/dim").and_then(Value::as_u64).is_none_or(|dim| dim <= 2) {
        return false;
    }
    model["config"]["dim"] = 2.into();
    let columns = model.pointer("/data/table").and_then(Value::as_str).and_then(|table| table::first_two(Path::new(table)).ok().flatten());
    // A table that cannot be read is told of where it is opened.
    if let Some(columns) = columns {
        model["data"]["columns"] = serde_json::json!(columns);
    }
    true
}

/// The lesson's own flow and data, where what was open does not say them.
fn own_flow(view: &mut Value, model: &Value) {
    if view.is_null() {
        *view = Value::Object(serde_json::Map::new());
    }
    let Some(view) = view.as_object_mut() else { return };
    for key in ["config", "data"] {
        if let Some(value) = model.get(key).filter(|value| !value.is_null()) {
            view.entry(key).or_insert_with(|| value.clone());
        }
    }
}

/// The shipped lectures.
const LECTURES: [(&str, &str); 2] = [
    ("pixelcnn-hour", include_str!("../../presets/lessons/pixelcnn-hour.tractable.json")),
    ("flow-hour", include_str!("../../presets/lessons/flow-hour.tractable.json")),
];

/// The shipped lectures: names, and titles for people.
pub(super) fn lectures() -> &'static [(&'static str, String)] {
    static TITLES: OnceLock<Vec<(&'static str, String)>> = OnceLock::new();
    let title = |name: &str, text| Document::parse(text).map_or_else(|_| name.to_owned(), |document| document.title);
    TITLES.get_or_init(|| LECTURES.into_iter().map(|(name, text)| (name, title(name, text))).collect())
}

fn lecture(name: &str) -> Option<&'static str> {
    LECTURES.iter().find(|(known, _)| *known == name).map(|(_, text)| *text)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lessons_lectures_and_chapters_open_in_a_chapter_that_exists() {
        let names = Lesson::PRESETS.into_iter().chain(LECTURES.map(|(name, _)| name)).chain(["flow", "pixelcnn"]);
        for name in names {
            let document = Document::open(name).unwrap();
            let chapter = registry::find(&document.chapter);
            assert!(chapter.is_some_and(|chapter| chapter.open.is_some()), "{name} opens in {}", document.chapter);
            assert_eq!(document.name, name);
        }
        assert!(Document::open("nothing").unwrap_err().contains("pixelcnn-small"));
    }

    #[test]
    fn a_flow_of_more_columns_opens_on_the_first_two() {
        let document = Document::open("power").unwrap();
        assert_eq!(document.view["config"]["dim"], 2);
        assert_eq!(document.view["data"]["columns"], serde_json::json!(["active_power", "voltage"]));
        assert_eq!(document.title, "Splines on household power, 6 columns (shown: active_power, voltage)");
    }

    #[test]
    fn a_document_survives_its_file() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("mine.tractable.json");
        let step = Step { title: "One".into(), patch: serde_json::json!({ "a": 1.5 }), at: Some(3.0), ..Step::default() };
        let document = Document {
            format_version: 1,
            name: "mine".into(),
            chapter: "flow".into(),
            seed: Some(u64::MAX),
            theme: Some("light".into()),
            view: serde_json::json!({ "x": [0.1, 1e-300, -7] }),
            steps: vec![step],
            ..Document::default()
        };
        document.write(&path).unwrap();
        assert_eq!(Document::read(&path).unwrap(), document);
        assert_eq!(document.theme(), Some(Theme::Light));
    }

    #[test]
    fn a_session_with_a_lecture_is_no_lecture_and_one_of_before_has_none() {
        let step = Step { title: "Two".into(), note: "Breathe.".into(), ..Step::default() };
        let lecture = Lecture { title: "An hour".into(), at: 1, then: Some("flow-hour".into()), steps: vec![Step::default(), step] };
        let session =
            Document { format_version: 1, chapter: "flow".into(), lecture: Some(lecture), controls: Some(false), ..Document::default() };
        let text = serde_json::to_string(&session).unwrap();
        let read = Document::parse(&text).unwrap();
        assert_eq!(read, session);
        assert!(read.steps.is_empty());
        let old = Document::parse(r#"{"format_version":1,"chapter":"flow"}"#).unwrap();
        assert_eq!((old.lecture, old.show, old.controls), (None, None, None));
        let odd = text.replace("\"at\":1", "\"at\":\"x\"");
        assert!(Document::parse(&odd).unwrap_err().starts_with("The setting “lecture.at” makes no sense"), "{odd}");
    }

    #[test]
    fn the_lecture_that_follows_is_looked_for_beside_the_one_before() {
        let folder = tempfile::tempdir().unwrap();
        let first = folder.path().join("one.tractable.json");
        let mut document =
            Document { format_version: 1, chapter: "flow".into(), then: Some("two.tractable.json".into()), ..Document::default() };
        document.write(&first).unwrap();
        assert_eq!(Document::read(&first).unwrap().then.as_deref(), Some("two.tractable.json"), "there is no such file");
        let second = folder.path().join("two.tractable.json");
        document.then = None;
        document.write(&second).unwrap();
        assert_eq!(Document::read(&first).unwrap().then.as_deref(), second.to_str());
    }

    #[test]
    fn what_is_wrong_with_a_file_is_a_sentence() {
        for (text, part) in
            [("{", "no JSON"), ("{}", "format_version"), (r#"{"format_version":9}"#, "newer"), (r#"{"format_version":1}"#, "neither")]
        {
            assert!(Document::parse(text).unwrap_err().contains(part), "{text}");
        }
    }
}
