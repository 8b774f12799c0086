//! Drawing: the brush, the eraser, undo and redo. The fit goes on while the target changes under it.

use std::time::{Duration, Instant};

use egui::Context;

use super::{Command, FlowLab, Shared};
use crate::data::Drawing;
use crate::train::PointData;
use crate::train::flow_job::FlowCommand;

/// During a stroke the worker hears of it this often.
const TELL_EVERY: Duration = Duration::from_millis(100);

/// What the mouse does in data space.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Tool {
    /// Moves the probe.
    Probe,
    /// Draws.
    Brush,
    /// Takes away.
    Eraser,
}

/// The drawing and the tool in hand.
pub(super) struct Tools {
    pub(super) tool: Tool,
    /// Standard deviation of the brush's dabs.
    pub(super) radius: f64,
    pub(super) drawing: Drawing,
    under_way: bool,
    told: Instant,
}

impl Default for Tools {
    fn default() -> Tools {
        Tools { tool: Tool::Probe, radius: 0.18, drawing: Drawing::default(), under_way: false, told: Instant::now() }
    }
}

impl Tools {
    /// Other data was chosen: the drawing is kept for later.
    pub(super) fn leave(&mut self) {
        self.tool = Tool::Probe;
        self.under_way = false;
    }
}

impl FlowLab {
    /// Takes a tool in hand. The first brush opens the drawing, empty or as it was left.
    pub(super) fn take_tool(&mut self, tool: Tool) {
        self.tools.tool = tool;
        if tool != Tool::Probe && !self.shows_drawing() {
            self.tell(true);
        }
    }

    /// Whether the data is the drawing.
    pub(super) fn shows_drawing(&self) -> bool {
        let source = self.snapshot.as_ref().map(|snapshot| &snapshot.source);
        source.is_some_and(|source| matches!(source, PointData::Drawing { .. }))
    }

    /// The pointer of the brush or eraser: somewhere while it is pressed, `None` when it is not.
    pub(super) fn stroke(&mut self, at: Option<[f64; 2]>, ctx: &Context) {
        let Some(at) = at.map(|p| p.map(|v| v as f32)) else {
            if std::mem::take(&mut self.tools.under_way) {
                self.tell(true);
            }
            return;
        };
        let tools = &mut self.tools;
        if tools.under_way {
            let last = tools.drawing.strokes().last().and_then(|stroke| stroke.points.last());
            if last.is_some_and(|p| (p[0] - at[0]).hypot(p[1] - at[1]) < 1e-3) {
                return;
            }
            tools.drawing.extend(at);
        } else {
            tools.drawing.begin(at, tools.radius as f32, tools.tool == Tool::Eraser);
            tools.under_way = true;
        }
        if tools.told.elapsed() > TELL_EVERY {
            self.tell(false);
        }
        ctx.request_repaint();
    }

    /// Takes the last change of the drawing back, or makes it again.
    pub(super) fn change_back(&mut self, redo: bool, shared: &mut Shared) {
        if !self.shows_drawing() {
            shared.warn("There is no drawing on screen to change; take the brush, or choose “Your drawing”.");
            return;
        }
        let drawing = &mut self.tools.drawing;
        if if redo { drawing.redo() } else { drawing.undo() } {
            self.tell(true);
        } else {
            let command = if redo { Command::Redo } else { Command::Undo };
            shared.warn(format!("“{}” has nothing left to do.", command.entry().title));
        }
    }

    pub(super) fn clear_drawing(&mut self) {
        self.tools.drawing.clear();
        self.tell(true);
    }

    /// Tells the worker what is drawn.
    pub(super) fn tell(&mut self, finished: bool) {
        self.tools.told = Instant::now();
        self.send(FlowCommand::Draw { drawing: self.tools.drawing.clone(), finished });
    }
}
