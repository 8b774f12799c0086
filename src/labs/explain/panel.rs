//! The text above a lab's own live panels: which step, its formula and words, and what it does to the lab.

use std::collections::HashMap;
use std::rc::Rc;

use egui::{Color32, Label, RichText, Role, ScrollArea, Ui, WidgetInfo};
use egui_commonmark::{CommonMarkCache, CommonMarkViewer};

use serde::{Deserialize, Serialize};

use super::script::{Script, Step};
use crate::labs::{Command, Lab, Shared};
use crate::ui::icons::{Icon, icon_button};
use crate::ui::math::Math;
use crate::ui::theme::{Palette, Theme};
use crate::ui::{chips, link};

/// Part of the panel's height that a text may always take; the bars under it stay in sight. In a lecture hall the text is what is read, and
/// the panel scrolls.
const MOST: f32 = 0.36;
const MOST_IN_HALL: f32 = 0.66;
/// Height of the line between the text and the lab's panels with the space around it.
const UNDER: f32 = 16.0;
/// Points an em of a formula on its own line, and in a line of text, whose letters are smaller than KaTeX's.
const DISPLAY: f32 = 17.0;
const INLINE: f32 = 15.0;
/// In a lecture hall a formula is as large as its column holds, up to 48 pixels an em on a screen of 1080 lines.
const HALL: f32 = 30.0;

/// Where an explanation stands, as a session keeps it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Place {
    /// The step, from 0.
    pub step: usize,
    /// Whether the text is folded away.
    pub folded: bool,
}

/// The explanation of one chapter, and which step is shown.
pub struct Explain {
    chapter: &'static str,
    script: Option<Script>,
    /// The text does not come from a file.
    fixed: bool,
    at: usize,
    folded: bool,
    /// How high the lab's own panels were in the last frame; not known before it.
    below: Option<f32>,
    markdown: CommonMarkCache,
}

impl Explain {
    /// The text of a chapter; a file of the user's that cannot be read is told in a message, and the built-in text is shown.
    #[must_use]
    pub fn open(chapter: &'static str, shared: &mut Shared) -> Explain {
        let mut explain =
            Explain { chapter, script: None, fixed: false, at: 0, folded: false, below: None, markdown: CommonMarkCache::default() };
        explain.read(shared);
        explain
    }

    /// A text from elsewhere; it is not read again.
    ///
    /// # Errors
    /// What is wrong with it.
    pub fn with_text(chapter: &'static str, text: &str) -> Result<Explain, String> {
        Ok(Explain {
            chapter,
            script: Some(Script::parse(text)?),
            fixed: true,
            at: 0,
            folded: false,
            below: None,
            markdown: CommonMarkCache::default(),
        })
    }

    /// The chapter's stable name.
    #[must_use]
    pub fn chapter(&self) -> &'static str {
        self.chapter
    }

    /// Where it stands.
    #[must_use]
    pub fn place(&self) -> Place {
        Place { step: self.at, folded: self.folded }
    }

    /// Stands there, as far as the text goes, and leaves the lab as it is.
    pub fn stand_at(&mut self, place: Place) {
        self.at = place.step.min(self.script.as_ref().map_or(0, |script| script.steps.len() - 1));
        self.folded = place.folded;
    }

    /// Stands at the step of this heading and leaves the lab as it is; false if the text has none for what is open.
    pub fn stand_at_heading(&mut self, heading: &str, lab: &dyn Lab) -> bool {
        let Some(script) = &self.script else { return false };
        let found = script.steps_for(&lab.subjects()).iter().position(|step| step.title == heading);
        self.at = found.unwrap_or(self.at);
        found.is_some()
    }

    /// Reads the text again: a teacher may have edited it.
    fn read(&mut self, shared: &mut Shared) {
        if self.fixed {
            return;
        }
        match super::open(self.chapter) {
            Ok(script) => self.script = script,
            Err(sentence) => {
                shared.warn(format!("The explanation is the built-in one: {sentence}"));
                self.script = super::built_in(self.chapter).ok().flatten();
            }
        }
        self.at = self.at.min(self.script.as_ref().map_or(0, |script| script.steps.len() - 1));
    }

    /// Goes one step on or back; false where the chapter has no text.
    pub fn step(&mut self, command: Command, lab: &mut dyn Lab, shared: &mut Shared) -> bool {
        self.read(shared);
        let Some(script) = &self.script else { return false };
        let steps = script.steps_for(&lab.subjects());
        let (at, last) = (self.at.min(steps.len() - 1), steps.len() - 1);
        let next = if command == Command::NextExplain { (at + 1).min(last) } else { at.saturating_sub(1) };
        if next != self.at || self.folded {
            self.at = next;
            self.folded = false;
            enter(steps[next], lab, shared);
        }
        true
    }

    /// The lab's own panels below took this height: a text may have what they leave.
    pub fn leave_room_for(&mut self, height: f32) {
        self.below = Some(height);
    }

    /// Draws head, formula and words, and the lab's own panels under them.
    pub fn show(&mut self, ui: &mut Ui, lab: &mut dyn Lab, shared: &mut Shared) {
        let Some(script) = &self.script else { return };
        let steps = script.steps_for(&lab.subjects());
        let at = self.at.min(steps.len() - 1);
        let step = steps[at];
        if let Some(name) = step.highlight.as_deref().filter(|_| !self.folded) {
            link::point_at(ui.ctx(), name);
        }
        let top = ui.cursor().top();
        let asked = head(ui, step, at, steps.len(), &mut self.folded);
        if !self.folded {
            let hall = shared.theme == Theme::Projector;
            // The panel scrolls as a whole, so what is in sight is what its frame shows.
            let height = ui.clip_rect().height();
            let share = height * if hall { MOST_IN_HALL } else { MOST };
            // What the head above and the lab's panels below leave is the text's as well.
            let left = self.below.map_or(0.0, |below| height - below - (ui.cursor().top() - top) - UNDER);
            let room = share.max(left);
            ScrollArea::vertical().id_salt(("step", at)).max_height(room).auto_shrink([false, true]).show(ui, |ui| {
                ui.set_width(ui.available_width() - 4.0);
                let size = if hall { HALL } else { DISPLAY };
                text(ui, &mut self.markdown, step, lab, size);
            });
        }
        ui.add_space(2.0);
        ui.separator();
        if let Some(command) = asked {
            self.step(command, lab, shared);
        }
    }
}

/// Does to the lab what the step says.
fn enter(step: &Step, lab: &mut dyn Lab, shared: &mut Shared) {
    if let Some(patch) = &step.set
        && let Err(sentence) = lab.restore(patch, shared)
    {
        shared.warn(format!("The step “{}” could not set everything: {sentence}", step.title));
    }
    if step.pause
        && let Some(walk) = lab.transport()
    {
        walk.set_playing(false);
    }
}

/// The line with the buttons and the title; gives the command that was asked for.
fn head(ui: &mut Ui, step: &Step, at: usize, steps: usize, folded: &mut bool) -> Option<Command> {
    let palette = Palette::of(ui);
    let mut asked = None;
    ui.horizontal(|ui| {
        ui.spacing_mut().item_spacing.x = 6.0;
        for (icon, command) in [(Icon::Back, Command::PreviousExplain), (Icon::Step, Command::NextExplain)] {
            if icon_button(ui, icon, command.entry().title, 22.0, false).on_hover_text(command.tooltip()).clicked() {
                asked = Some(command);
            }
            if command == Command::PreviousExplain {
                ui.label(RichText::new(format!("step {} of {steps}", at + 1)).small().color(palette.text_dim));
            }
        }
        ui.with_layout(egui::Layout::right_to_left(egui::Align::Center), |ui| {
            let help = "Folds the text away, so that only the live panels are left";
            let fold = chips::button(ui, if *folded { "text" } else { "fold" }).on_hover_text(help);
            if fold.clicked() {
                *folded = !*folded;
            }
            if let Some(slide) = step.slide {
                let words = RichText::new(format!("slide {slide}")).small().color(palette.text_dim);
                // Large type has no room for it beside the buttons.
                let font = egui::TextStyle::Small.resolve(ui.style());
                let width = ui.painter().layout_no_wrap(words.text().to_owned(), font, palette.text_dim).size().x;
                if width <= ui.available_width() {
                    ui.label(words);
                } else {
                    fold.on_hover_text(words);
                }
            }
        });
    });
    if !*folded {
        // A title longer than the column must wrap: it would push the panel out of the window.
        let title = ui.add(Label::new(RichText::new(&step.title).heading().color(palette.text)).wrap());
        title.widget_info(|| WidgetInfo::labeled(Role::Heading, true, &step.title));
    }
    asked
}

fn text(ui: &mut Ui, markdown: &mut CommonMarkCache, step: &Step, lab: &dyn Lab, size: f32) {
    let numbers: HashMap<String, (String, Color32)> =
        step.names().into_iter().filter_map(|name| lab.live(&name).map(|live| (name, (live.text, live.color)))).collect();
    let numbers = Rc::new(numbers);
    let math = move |ui: &mut Ui, tex: &str, inline: bool| {
        let number = |name: &str| numbers.get(name).cloned();
        let math = Math::new(tex).numbers(&number);
        if inline {
            math.size(INLINE).inline().show(ui)
        } else {
            math.size(size).show(ui)
        };
    };
    CommonMarkViewer::new().render_math_fn(Some(&math)).show(ui, markdown, &step.body);
}
