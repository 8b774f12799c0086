//! Studying one image: its price pixel by pixel, and how the model would complete the part that is known.

mod complete;
mod hand;
mod score;

use std::path::{Path, PathBuf};
use std::sync::Arc;

use egui::{Color32, TextEdit, Ui, WidgetInfo, vec2};
use serde::{Deserialize, Serialize};

use super::lab::PixelcnnLab;
use crate::labs::Shared;
use crate::train::Model;
use crate::train::pixelcnn_job::{Ask, SampleRun, Study, StudyOrder, Subject};
use crate::ui::chips;
use crate::ui::transport::TransportModel;

/// What the canvas is for.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(super) enum Task {
    /// The model draws.
    #[default]
    Sample,
    /// It completes an image of which a part is known.
    Complete,
    /// It says what an image costs.
    Score,
}

/// What a person chose to study; kept while another task is open.
pub(super) struct Desk {
    pub(super) task: Task,
    pub(super) subject: Subject,
    /// Known pixels, row by row; in the size of the model that they were painted for.
    pub(super) known: Vec<bool>,
    /// Whether the brush takes away.
    erase: bool,
    /// Where the brush was seen last while it is pressed.
    stroke: Option<egui::Pos2>,
    /// The class of the next digit becomes the class that is asked for.
    adopt: bool,
    /// The class that the sampler had before a digit brought its own, and that one.
    adopted: Option<(Option<usize>, usize)>,
    /// The place at which drawing was left.
    drawn: Option<usize>,
    path: String,
    sent: Option<StudyOrder>,
}

impl Default for Desk {
    fn default() -> Self {
        Desk {
            task: Task::Sample,
            subject: Subject::Test(0),
            known: Vec::new(),
            erase: false,
            stroke: None,
            adopt: false,
            adopted: None,
            drawn: None,
            path: String::new(),
            sent: None,
        }
    }
}

impl Desk {
    /// The known pixels as a row of 0 and 1; empty for the upper half.
    pub(super) fn known_text(&self) -> String {
        if self.known == upper_half(self.known.len()) {
            return String::new();
        }
        self.known.iter().map(|&known| if known { '1' } else { '0' }).collect()
    }

    /// Takes over known pixels.
    pub(super) fn set_known(&mut self, text: &str) {
        self.known = if text.is_empty() { upper_half(self.known.len()) } else { text.chars().map(|c| c == '1').collect() };
    }
}

/// The part that a raster model can really use.
fn upper_half(pixels: usize) -> Vec<bool> {
    (0..pixels).map(|i| i < pixels / 2).collect()
}

impl PixelcnnLab {
    /// Opens a task. An image is scored as it is, so time stands at its end; a completion starts where drawing starts.
    pub(super) fn open_task(&mut self, task: Task) {
        if self.desk.task == task {
            return;
        }
        if self.desk.task == Task::Sample {
            self.desk.drawn = Some(self.walk.wanted());
        }
        self.desk.task = task;
        self.desk.adopt = self.desk.sent.is_none() && self.desk.subject == Subject::Test(0);
        self.walk.set_playing(false);
        match task {
            Task::Sample => self.draw_on(),
            Task::Complete | Task::Score => self.walk.show(usize::MAX, false, self.walk.speed()),
        }
    }

    /// A class that was asked for by name is not given up for the next digit's own.
    pub(super) fn keep_class(&mut self) {
        self.desk.adopt = false;
    }

    /// Back at the sampler, drawing stands as it was left; a class that only came with a digit goes with it.
    fn draw_on(&mut self) {
        self.desk.adopt = false;
        if let Some((before, digit)) = self.desk.adopted.take()
            && self.settings.class == Some(digit)
        {
            self.settings.class = before;
            self.redraw();
        }
        if let Some(place) = self.desk.drawn.take() {
            self.walk.show(place, false, self.walk.speed());
        }
    }

    /// Tells the worker what is to be studied, when that has changed.
    pub(super) fn send_study(&mut self) {
        let size = self.model_pixels();
        if size > 0 && self.desk.known.len() != size {
            self.desk.known = upper_half(size);
        }
        let wanted = (self.desk.task != Task::Sample && size > 0).then(|| StudyOrder {
            subject: self.desk.subject.clone(),
            known: (self.desk.task == Task::Complete).then(|| self.desk.known.clone()),
        });
        if wanted != self.desk.sent {
            self.desk.sent.clone_from(&wanted);
            self.ask(Ask::Study(wanted));
        }
    }

    /// The worker has forgotten everything: tell it anew.
    pub(super) fn forget_sent_study(&mut self) {
        self.desk.sent = None;
    }

    /// The study of what is open, if it has arrived.
    pub(super) fn study(&self) -> Option<&Arc<Study>> {
        let study = self.snapshot.as_ref()?.study.as_ref()?;
        (self.desk.task != Task::Sample && study.scored.len() == self.model_pixels()).then_some(study)
    }

    /// The sample that the transport walks through in this task.
    pub(super) fn walked(&self) -> Option<&Arc<SampleRun>> {
        match self.desk.task {
            Task::Sample => self.snapshot.as_ref()?.sample.as_ref(),
            Task::Score => self.study().map(|study| &study.scored),
            Task::Complete => self.study().and_then(|study| study.completions.first()),
        }
    }

    /// After a digit was chosen, the class that is asked for is its own.
    pub(super) fn adopt_label(&mut self) {
        let Some(study) = self.study().cloned() else { return };
        if self.desk.adopt && study.order.subject == self.desk.subject {
            self.desk.adopt = false;
            if let Some(label) = study.label.filter(|label| *label < self.classes() && self.settings.class != Some(*label)) {
                let before = self.desk.adopted.map_or(self.settings.class, |(before, _)| before);
                self.desk.adopted = Some((before, label));
                self.settings.class = Some(label);
                self.redraw();
            }
        }
    }

    /// Scores or completes a picture from a file, in the size and the levels of the model that is open.
    pub(super) fn study_file(&mut self, path: &Path, shared: &mut Shared) {
        if self.desk.task == Task::Sample {
            self.versus.other.on = false;
            self.open_task(Task::Score);
        }
        self.desk.subject = Subject::File(path.to_owned());
        shared.opened.push(path.to_owned());
        self.desk.adopt = false;
        self.forget_sent_study();
        let name = path.file_name().unwrap_or_default().to_string_lossy();
        match self.open_lesson().map(|lesson| lesson.model) {
            Some(Model::Pixelcnn { config, .. }) => shared.done(format!(
                "{name} is fitted to this model: resized to {}×{} pixels and rounded to {} grey levels.",
                config.height, config.width, config.levels
            )),
            _ => shared.done(format!("{name} is fitted to this model's pixels and grey levels.")),
        }
    }

    /// Whether the worker gave the image up.
    fn study_failed(&self) -> bool {
        let heard = |snapshot: &crate::train::pixelcnn_job::Snapshot| snapshot.heard == self.asked.get() && !snapshot.pending;
        self.desk.sent.is_some() && self.snapshot.as_ref().is_some_and(heard)
    }

    fn model_pixels(&self) -> usize {
        match self.snapshot.as_ref().map(|snapshot| &snapshot.lesson.model) {
            Some(crate::train::Model::Pixelcnn { config, .. }) => config.pixels(),
            _ => 0,
        }
    }

    fn next_digit(&mut self) {
        let next = match self.desk.subject {
            Subject::Test(i) => i + 1,
            _ => 0,
        };
        self.desk.subject = Subject::Test(next);
        self.desk.adopt = true;
    }

    /// Puts an image of the model's size on the desk.
    fn put(&mut self, run: &SampleRun, pixels: Vec<u8>) {
        self.desk.subject = Subject::Drawn { cols: run.cols, levels: run.levels, pixels };
        self.desk.adopt = false;
    }
}

/// The canvas of both tasks.
pub(super) fn show(lab: &mut PixelcnnLab, ui: &mut Ui, shared: &mut Shared, width: f32) {
    sources(lab, ui, shared);
    if let Some(leak) = lab.mask().and_then(|mask| mask.leak) {
        chips::note(ui, &format!("Scoring and completing are refused: {}, so there is no likelihood.", leak.sentence()));
        return;
    }
    let Some(study) = lab.study().cloned() else {
        match lab.study_failed() {
            true => chips::note(ui, "No image is open here: the last one could not be read. Choose another, or the next test digit."),
            false => chips::note(ui, "The image is being studied."),
        };
        return;
    };
    match lab.desk.task {
        Task::Complete => complete::show(lab, ui, shared, &study, width),
        _ => score::show(lab, ui, shared, &study, width),
    }
}

/// Where the image comes from.
fn sources(lab: &mut PixelcnnLab, ui: &mut Ui, shared: &mut Shared) {
    ui.horizontal_wrapped(|ui| {
        ui.spacing_mut().item_spacing = vec2(5.0, 4.0);
        if chips::button(ui, "Next test digit").on_hover_text("A digit that no model was trained on").clicked() {
            lab.next_digit();
        }
        let sample = lab.snapshot.as_ref().and_then(|snapshot| snapshot.sample.clone());
        if let Some(run) = sample {
            if chips::button(ui, "The sample").on_hover_text("What the model drew itself").clicked() {
                lab.put(&run, run.pixels.clone());
            }
            if chips::button(ui, "Blank").on_hover_text("An empty canvas to draw on").clicked() {
                lab.put(&run, vec![0; run.len()]);
            }
        }
        let desk = &mut lab.desk;
        let response = ui.add(TextEdit::singleline(&mut desk.path).hint_text("path of an image").desired_width(110.0));
        response.widget_info(|| {
            let mut info = WidgetInfo::labeled(egui::Role::TextInput, true, "Path of an image");
            info.current_text_value = Some(desk.path.clone());
            info
        });
        if chips::button(ui, "Open").on_hover_text("Reads the image file of this path").clicked() {
            let path = desk.path.trim();
            if path.is_empty() {
                shared.warn("There is no path to an image: type one first.");
            } else {
                let path = PathBuf::from(path);
                lab.study_file(&path, shared);
            }
        }
    });
}

/// Ink or eraser, known or unknown.
fn brush(lab: &mut PixelcnnLab, ui: &mut Ui, on: &str, off: &str) {
    for (erase, label) in [(false, on), (true, off)] {
        if chips::chip(ui, label, lab.desk.erase == erase).clicked() {
            lab.desk.erase = erase;
        }
    }
}

/// What the image is and as what it is looked at.
fn caption(study: &Study) -> String {
    let what = match (&study.order.subject, study.label) {
        (Subject::Test(i), Some(label)) => format!("test image {i}, a {label}"),
        (Subject::Test(i), None) => format!("test image {i}"),
        (Subject::Drawn { .. }, _) => "your image".into(),
        (Subject::File(path), _) => path.file_name().map_or_else(|| "a file".into(), |name| name.to_string_lossy().into_owned()),
    };
    match study.settings.class {
        Some(class) => format!("{what}, looked at as class {class}"),
        None => what,
    }
}

fn cell_grey(level: u8, levels: usize) -> Color32 {
    super::canvas::grey(level, levels)
}
