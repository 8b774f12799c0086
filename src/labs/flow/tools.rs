//! Drawing: the brush, the eraser, undo and redo. The fit goes on while the target changes under it.

use std::time::{Duration, Instant};

use serde::{Deserialize, Serialize};

use super::FlowLab;
use crate::data::Drawing;
use crate::train::PointData;
use crate::train::flow_job::FlowCommand;

/// During a stroke the worker hears of it this often.
const TELL_EVERY: Duration = Duration::from_millis(100);

/// What the mouse does in data space.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum Tool {
    /// Moves the probe.
    #[default]
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

    /// Whether a stroke is being drawn.
    pub(super) fn stroke_under_way(&self) -> bool {
        self.tools.under_way
    }

    /// Whether the data is the drawing.
    pub(super) fn shows_drawing(&self) -> bool {
        matches!(self.source, PointData::Drawing { .. })
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

    pub(super) fn clear_drawing(&mut self) {
        self.tools.drawing.clear();
        self.tell(true);
    }

    /// Tells the worker what is drawn.
    pub(super) fn tell(&mut self, finished: bool) {
        self.tools.told = Instant::now();
        self.source = PointData::Drawing { drawing: Drawing::default() };
        self.send(FlowCommand::Draw { drawing: self.tools.drawing.clone(), finished });
    }
}
