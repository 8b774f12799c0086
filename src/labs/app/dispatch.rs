//! Carries out commands: the window's own here, the lab's in the lab, the transport's on the lab's transport.

use egui::{ViewportCommand, ViewportId};

use super::{Over, TractableApp};
use crate::labs::Command;
use crate::labs::keys::KeyPlugin;
use crate::ui::cursor;
use crate::ui::theme::Theme;
use crate::ui::transport::{TransportModel, run_or_pause, step_by};

impl TractableApp {
    /// Carries out one command, wherever it came from.
    pub(in crate::labs) fn run(&mut self, command: Command, ctx: &egui::Context) {
        if self.blank && !self.presenting && !matches!(command, Command::Blank | Command::Close | Command::FullScreen) {
            // Behind a blank screen nothing may move unseen.
            return;
        }
        let private = self.is_private();
        match command {
            Command::Sheet => {
                self.opens_here(ctx);
                self.over = toggled(self.over, Over::Sheet);
            }
            Command::Palette => {
                self.opens_here(ctx);
                self.palette.clear();
                self.over = toggled(self.over, Over::Palette);
            }
            Command::Overlays => {
                self.opens_here(ctx);
                self.over = toggled(self.over, Over::Overlays);
            }
            Command::Presenter => {
                let on = !self.presenting;
                self.present(on, ctx);
            }
            Command::Freeze => self.freeze(ctx),
            Command::Spotlight => self.audience.spotlight = !self.audience.spotlight,
            Command::LectureNext | Command::LectureBack => {
                if !self.step_lecture(command == Command::LectureNext, ctx) {
                    self.shared.warn("No lecture is open; Ctrl+O opens one.");
                }
            }
            Command::ResetModel | Command::ResetAll => {
                if self.may_reset(command, ctx) {
                    self.reset(command);
                }
            }
            Command::SaveSession => {
                self.opens_here(ctx);
                self.save_or_ask();
            }
            Command::OpenFile => {
                self.opens_here(ctx);
                self.desk.path.clear();
                self.over = toggled(self.over, Over::Open);
            }
            Command::Export => {
                self.opens_here(ctx);
                self.over = toggled(self.over, Over::Export);
            }
            Command::CopyCode => match self.code() {
                Ok(code) => {
                    self.shared.done(format!("A code of {} letters is in the clipboard; what was trained is not in it.", code.len()));
                    ctx.copy_text(code);
                }
                Err(sentence) => self.shared.warn(sentence),
            },
            Command::CheckSum => {
                match self.table().ok_or_else(|| "This chapter has no table of numbers.".to_owned()).and_then(|t| t.check()) {
                    Ok(sum) => {
                        let (chapter, seed) = (self.chapters[self.active].title, self.shared.seed);
                        self.shared.done(format!("Check sum {sum:08x}: the numbers of “{chapter}” with seed {seed}."));
                    }
                    Err(sentence) => self.shared.warn(sentence),
                }
            }
            Command::Close => self.close_one(ctx),
            Command::Blank => self.blank = !self.blank,
            Command::Theme => {
                self.shared.theme = if self.shared.theme == Theme::Dark { Theme::Light } else { Theme::Dark };
                self.before_projector = None;
            }
            Command::Projector => self.show_or_not(ctx),
            Command::Units => self.shared.units = self.shared.units.toggled(),
            Command::ReducedMotion => {
                self.shared.reduced_motion = !self.shared.reduced_motion;
                self.shared.done(if self.shared.reduced_motion {
                    "Reduced motion: cuts instead of movements."
                } else {
                    "Movements are shown."
                });
            }
            Command::FoldPanels => {
                self.panels_open = !self.panels_open || !["controls", "explain"].iter().all(|place| self.sees(place));
                self.hidden.retain(|place| !["controls", "explain"].contains(place));
                self.panels_chosen = true;
            }
            Command::FoldRail => {
                self.rail_open = !self.rail_open;
                self.rail_chosen = true;
            }
            Command::ScaleUp => self.user_scale = (self.user_scale * 1.1).min(3.0),
            Command::ScaleDown => self.user_scale = (self.user_scale / 1.1).max(0.5),
            Command::ScaleReset => self.user_scale = 1.0,
            Command::FullScreen => {
                // The presenter's window may be the one that asks.
                let full = ctx.input_for(ViewportId::ROOT, |input| input.viewport().fullscreen.unwrap_or(false));
                ctx.send_viewport_cmd_to(ViewportId::ROOT, ViewportCommand::Fullscreen(!full));
            }
            Command::FrameTimes => self.show_frame_times = !self.show_frame_times,
            Command::CanvasCursor => {
                let on = !self.shared.canvas_cursor;
                self.set_canvas_cursor(on, ctx);
            }
            Command::NewSeed => {
                self.shared.seed = rand::random_range(1..100_000);
                self.offer(command);
            }
            Command::NextExplain | Command::PreviousExplain => {
                if !self.explain_step(command) {
                    self.nothing_to_do(command);
                }
            }
            _ => {
                if !self.offer(command) {
                    self.nothing_to_do(command);
                }
            }
        }
        if private && !self.is_private() {
            // What was said of private work is not for the audience.
            self.shared.toasts.clear();
        }
        ctx.request_repaint();
    }

    /// Offers a command to the lab, then to the lab's transport; true if it meant something.
    pub(super) fn offer(&mut self, command: Command) -> bool {
        let Some(mut lab) = self.labs[self.active].take() else {
            return true;
        };
        let handled = lab.command(command, &mut self.shared) || lab.transport().is_some_and(|model| on_transport(command, model));
        self.labs[self.active] = Some(lab);
        // Who works has decided to decide later.
        self.desk.aside |= handled;
        handled
    }

    /// Goes on or back in the chapter's text; false if it has none.
    fn explain_step(&mut self, command: Command) -> bool {
        let chapter = self.chapters[self.active].id;
        let explain = self.explains.iter_mut().find(|explain| explain.chapter() == chapter);
        match (explain, self.labs[self.active].as_mut()) {
            (Some(explain), Some(lab)) => explain.step(command, lab.as_mut(), &mut self.shared),
            _ => false,
        }
    }

    /// Sets the seed that the user typed, and starts again with it.
    pub(super) fn set_seed(&mut self, seed: u64) {
        self.shared.seed = seed;
        self.offer(Command::Reset);
    }

    pub(super) fn nothing_to_do(&mut self, command: Command) {
        let title = command.entry().title;
        let chapter = self.chapters[self.active].title;
        self.shared.warn(format!("“{title}” has nothing to act on in “{chapter}”."));
    }

    /// F5: the projector's type, and with a lecture the show. Some clickers send Esc for the end of it, others F5 again.
    fn show_or_not(&mut self, ctx: &egui::Context) {
        self.projector();
        if self.lecture.is_some() || self.presenting {
            self.present(self.before_projector.is_some(), ctx);
        }
    }

    fn projector(&mut self) {
        match self.before_projector.take() {
            Some(theme) => self.shared.theme = theme,
            None if self.shared.theme == Theme::Projector => self.shared.theme = Theme::Dark,
            None => {
                self.before_projector = Some(self.shared.theme);
                self.shared.theme = Theme::Projector;
            }
        }
    }

    fn set_canvas_cursor(&mut self, on: bool, ctx: &egui::Context) {
        self.shared.canvas_cursor = on;
        ctx.plugin_or_default::<KeyPlugin>().lock().canvas_cursor = on;
        if on {
            cursor::request(ctx);
            self.shared.done("Arrow keys move over the picture. C or Esc gives them back to time.");
        } else {
            cursor::withdraw(ctx);
            surrender_focus(ctx);
        }
    }

    /// Esc: one thing, the innermost first, never the program. F5 and Esc come in turn from some clickers.
    fn close_one(&mut self, ctx: &egui::Context) {
        // What is open in the presenter's window lies nearer than the audience's blank screen, behind which it was opened.
        let open_here = self.at_presenter && (self.confirm.is_some() || self.over != Over::Nothing);
        let nearer = self.is_private() && (open_here || self.shared.canvas_cursor);
        if self.blank && !nearer {
            self.blank = false;
        } else if self.confirm.is_some() {
            self.confirm = None;
        } else if self.over != Over::Nothing {
            self.over = Over::Nothing;
        } else if self.audience.spotlight {
            self.audience.spotlight = false;
        } else if self.shared.canvas_cursor {
            self.set_canvas_cursor(false, ctx);
        } else if !self.shared.toasts.is_empty() {
            self.shared.toasts.clear();
        } else if self.before_projector.is_some() {
            self.show_or_not(ctx);
        } else if self.presenting {
            self.present(false, ctx);
        } else if ctx.input(|input| input.viewport().fullscreen.unwrap_or(false)) {
            ctx.send_viewport_cmd(ViewportCommand::Fullscreen(false));
        } else {
            surrender_focus(ctx);
        }
    }

    /// Shortens the time that messages stay by the time that has passed.
    pub(super) fn age_toasts(&mut self, ctx: &egui::Context) {
        let passed = ctx.input(|input| input.unstable_dt.min(2.0));
        self.shared.toasts.retain_mut(|toast| {
            toast.remaining -= passed;
            toast.remaining > 0.0
        });
        if let Some(next) = self.shared.toasts.iter().map(|toast| toast.remaining).min_by(f32::total_cmp) {
            ctx.request_repaint_after_secs(next.min(1.0));
        }
    }
}

/// Takes the focus from whatever has it.
pub(super) fn surrender_focus(ctx: &egui::Context) {
    ctx.memory_mut(|memory| {
        if let Some(id) = memory.focused() {
            memory.surrender_focus(id);
        }
    });
}

fn toggled(now: Over, wanted: Over) -> Over {
    if now == wanted { Over::Nothing } else { wanted }
}

/// The commands that every transport understands.
fn on_transport(command: Command, model: &mut dyn TransportModel) -> bool {
    match command {
        Command::RunPause => run_or_pause(model),
        Command::Step => drop(step_by(model, 1.0)),
        Command::Back => drop(step_by(model, -1.0)),
        Command::LargeStep | Command::LargeBack => {
            let large = model.large_step();
            step_by(model, if command == Command::LargeStep { large } else { -large });
        }
        Command::Home | Command::Reset => {
            model.set_playing(false);
            model.seek(0.0);
        }
        Command::End => {
            model.set_playing(false);
            model.seek(model.length());
        }
        Command::Slower | Command::Faster => {
            let factor = if command == Command::Faster { 2.0 } else { 0.5 };
            let range = model.speed_range();
            model.set_speed((model.speed() * factor).clamp(*range.start(), *range.end()));
        }
        _ => return false,
    }
    true
}
