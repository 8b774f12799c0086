//! Questions before something is lost. A question takes the focus, and its keys act inside it only.

use std::path::PathBuf;

use egui::{Context, RichText};

use super::TractableApp;
use crate::labs::Command;
use crate::labs::working::end_aside;
use crate::ui::chips;

/// What would be lost.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(super) enum Question {
    /// What was drawn or trained, in the chapter's own words.
    Reset(Command, &'static str),
    /// A file of this name that another session wrote; the second path is where the session is to be saved.
    Replace(PathBuf, PathBuf),
}

impl Question {
    /// The question, and the answer that loses something.
    fn words(&self) -> (String, String) {
        match self {
            Question::Reset(command, loses) => {
                let title = command.entry().title;
                (format!("{title}? {loses}"), format!("Yes: {}", title.to_lowercase()))
            }
            Question::Replace(file, _) => {
                let name = file.file_name().unwrap_or_default().to_string_lossy();
                (format!("Replace {name}? This file is there already, and what is in it is lost."), "Yes: replace it".into())
            }
        }
    }
}

/// A question that is open.
pub(super) struct Asked {
    pub(super) question: Question,
    /// It has not yet taken the focus.
    fresh: bool,
}

impl TractableApp {
    /// Asks.
    pub(super) fn ask(&mut self, question: Question, ctx: &Context) {
        self.opens_here(ctx);
        self.confirm = Some(Asked { question, fresh: true });
    }

    /// Asks before something is lost; true if it may happen now: nothing is lost, or it was asked for once more under the open question.
    pub(super) fn may_reset(&mut self, command: Command, ctx: &Context) -> bool {
        let again = self.confirm.take().is_some_and(|asked| matches!(asked.question, Question::Reset(open, _) if open == command));
        let loses = self.labs[self.active].as_ref().and_then(|lab| lab.loses(command));
        match loses.filter(|_| !again) {
            Some(loses) => {
                self.ask(Question::Reset(command, loses), ctx);
                false
            }
            None => true,
        }
    }

    /// The open question, above everything.
    pub(super) fn question(&mut self, ctx: &Context) {
        let window = self.modal("question");
        let Some(asked) = &mut self.confirm else { return };
        let palette = self.shared.palette();
        let (question, yes) = asked.question.words();
        let (mut lose, mut keep) = (false, false);
        let modal = window.show(ctx, |ui| {
            ui.set_width((ctx.content_rect().width() - 80.0).clamp(280.0, 480.0));
            ui.label(RichText::new(question).size(16.0).color(palette.text));
            ui.add_space(6.0);
            ui.horizontal_wrapped(|ui| {
                let safe = chips::primary_button(ui, "Keep it");
                if std::mem::take(&mut asked.fresh) {
                    safe.request_focus();
                }
                keep = safe.clicked();
                lose = chips::button(ui, &yes).clicked();
            });
        });
        if lose {
            self.confirmed = true;
        } else if keep || modal.should_close() {
            self.confirm = None;
        }
    }

    /// The answer was yes.
    pub(super) fn carry_out(&mut self, question: Question) {
        match question {
            Question::Reset(command, _) => self.reset(command),
            Question::Replace(_, path) => self.save_session(&path),
        }
    }

    /// Carries out a reset; a lab that has none of its own is opened anew.
    pub(super) fn reset(&mut self, command: Command) {
        let chapter = self.chapter();
        self.desk.forget_weights(chapter);
        if self.offer(command) {
            return;
        }
        match command {
            Command::ResetAll => {
                end_aside(self.labs[self.active].take());
                self.open(self.active);
                self.shared.done("The chapter is as it opened.");
            }
            other => self.nothing_to_do(other),
        }
    }
}
