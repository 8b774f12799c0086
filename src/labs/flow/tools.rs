//! Drawing: the brush, the eraser, undo and redo. The fit goes on while the target changes under it.

use std::time::{Duration, Instant};

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

    /// The brush or eraser touches the plane.
    pub(super) fn begin_stroke(&mut self, at: [f64; 2]) {
        let tools = &mut self.tools;
        tools.drawing.begin(at.map(|v| v as f32), tools.radius as f32, tools.tool == Tool::Eraser);
        tools.under_way = true;
    }

    /// It moves, if it touches the plane.
    pub(super) fn extend_stroke(&mut self, to: [f64; 2]) {
        if self.tools.under_way {
            self.tools.drawing.extend(to.map(|v| v as f32));
            if self.tools.told.elapsed() > TELL_EVERY {
                self.tell(false);
            }
        }
    }

    /// It leaves the plane.
    pub(super) fn end_stroke(&mut self) {
        if std::mem::take(&mut self.tools.under_way) {
            self.tell(true);
        }
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
