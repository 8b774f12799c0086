//! The key-driven cursor of a canvas: the frame asks, the first canvas that is drawn takes the keyboard.

use egui::{EventFilter, Id, Key, Response, Ui};

fn request_id() -> Id {
    Id::unique("tractable canvas cursor request")
}

/// Asks the next canvas that is drawn to take the keyboard focus.
pub fn request(ctx: &egui::Context) {
    ctx.data_mut(|data| data.insert_temp(request_id(), true));
}

/// Withdraws a request that no canvas took.
pub fn withdraw(ctx: &egui::Context) {
    ctx.data_mut(|data| data.remove_temp::<bool>(request_id()));
}

/// The arrow keys pressed on a focused canvas in this frame, as steps right and down, ten at once with Shift; (0, 0) without focus.
///
/// Call it once for a canvas, after its response was made.
pub fn steps(ui: &Ui, response: &Response) -> (i32, i32) {
    if ui.ctx().data_mut(|data| data.remove_temp::<bool>(request_id())).is_some() {
        response.request_focus();
    }
    if !response.has_focus() {
        return (0, 0);
    }
    ui.memory_mut(|memory| {
        let filter = EventFilter { horizontal_arrows: true, vertical_arrows: true, ..EventFilter::default() };
        memory.set_focus_lock_filter(response.id, filter);
    });
    ui.input(|input| {
        let pressed = |key: Key| i32::try_from(input.num_presses(key)).unwrap_or(0);
        let stride = if input.modifiers.shift { 10 } else { 1 };
        let right = pressed(Key::ArrowRight) - pressed(Key::ArrowLeft);
        let down = pressed(Key::ArrowDown) - pressed(Key::ArrowUp);
        (right * stride, down * stride)
    })
}

fn arrows_id() -> Id {
    Id::unique("tractable arrows belong to a widget")
}

/// Says that the focused widget uses the arrow keys itself in the next frame (a slider that was reached with Tab).
pub fn keep_arrows(ctx: &egui::Context) {
    let frame = ctx.cumulative_frame_nr();
    ctx.data_mut(|data| data.insert_temp(arrows_id(), frame));
}

/// Whether a widget said so in the frame before this one.
#[must_use]
pub fn arrows_kept(ctx: &egui::Context) -> bool {
    let frame = ctx.cumulative_frame_nr();
    ctx.data(|data| data.get_temp::<u64>(arrows_id())).is_some_and(|kept| kept + 1 >= frame)
}
