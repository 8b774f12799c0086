//! What takes all keys while it is open: the sheet, the palette, the dialogs, a question. It opens in the window in which it was asked for.

use egui::{Color32, Context, Id, Modal, ViewportId};

use super::dispatch::surrender_focus;
use super::{Over, TractableApp};
use crate::labs::Command;
use crate::labs::keys::KeyPlugin;

/// How opaque the chapter is behind a dialog. A backdrop would be blended over every pixel, which takes a software rasteriser as long as all the rest.
pub(super) const BEHIND: f32 = 0.4;

impl Over {
    /// Its name in the log of the frames.
    pub(super) fn name(self) -> &'static str {
        match self {
            Over::Nothing => "",
            Over::Sheet => "sheet",
            Over::Palette => "palette",
            Over::Overlays => "overlays",
            Over::Open => "open",
            Over::Save => "save",
            Over::Export => "export",
        }
    }
}

impl TractableApp {
    /// What is opened now opens in the window in which one types: in the presenter's, the audience does not see it. While its picture stands
    /// still, nothing is laid out there.
    pub(super) fn opens_here(&mut self, ctx: &Context) {
        let typed_in = ctx.plugin_or_default::<KeyPlugin>().lock().typed_in;
        self.at_presenter = self.presenting && (typed_in != ViewportId::ROOT || self.is_private());
        // Space and Enter would click what has the focus behind it.
        surrender_focus(ctx);
    }

    /// Whether something is open over the chapter in this window.
    pub(super) fn is_covered(&self) -> bool {
        !self.at_presenter && (self.over != Over::Nothing || self.confirm.is_some())
    }

    /// A dialog. What lies behind it is paler already ([`BEHIND`]), but not in the presenter's window.
    pub(super) fn modal(&self, name: &str) -> Modal {
        let modal = Modal::new(Id::unique(name));
        if self.at_presenter { modal } else { modal.backdrop_color(Color32::TRANSPARENT) }
    }

    /// Draws what is open, and tells the keys.
    pub(super) fn modals(&mut self, ctx: &Context) {
        match self.over {
            Over::Nothing => {}
            Over::Sheet => self.sheet(ctx),
            Over::Palette => self.command_palette(ctx),
            Over::Overlays => self.overlay_menu(ctx),
            Over::Open => self.open_dialog(ctx),
            Over::Save => self.save_dialog(ctx),
            Over::Export => self.export_dialog(ctx),
        }
        self.question(ctx);
    }

    /// Tells the keys whether something takes them all.
    pub(super) fn tell_modal(&self, ctx: &Context) {
        let seen = self.at_presenter || !(self.blank || self.is_frozen());
        let meant: Option<&'static [Command]> = match self.over {
            _ if !seen => None,
            _ if self.confirm.is_some() => Some(&[Command::Close]),
            Over::Nothing => None,
            Over::Sheet => Some(&[Command::Close, Command::Sheet, Command::Palette]),
            Over::Palette => Some(&[Command::Close, Command::Palette]),
            Over::Overlays => Some(&[Command::Close, Command::Overlays]),
            Over::Open | Over::Save | Over::Export => Some(&[Command::Close]),
        };
        ctx.plugin_or_default::<KeyPlugin>().lock().modal = meant;
    }

    /// Closes what is open in the presenter's window, which ends.
    pub(super) fn close_at_presenter(&mut self) {
        if std::mem::take(&mut self.at_presenter) {
            self.over = Over::Nothing;
            self.confirm = None;
        }
    }
}
