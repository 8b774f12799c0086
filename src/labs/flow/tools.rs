//! Drawing: what the mouse does in the planes. The fit goes on while the target changes under it.

use std::time::{Duration, Instant};

use serde::{Deserialize, Serialize};

use super::FlowLab;
use super::stamps::Stamps;
use crate::data::drawing::inside;
use crate::data::{Drawing, noise};
use crate::train::PointData;

/// During a stroke the worker hears of it this often.
const TELL_EVERY: Duration = Duration::from_millis(100);
/// Standard deviation of a sprayed or stamped dab, units of the plane.
pub(super) const FINE: f32 = 0.05;
/// A long frame sprays no more than this many seconds' worth.
const LONGEST_PUFF: f64 = 0.1;

/// What the mouse does in a plane.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum Tool {
    /// Moves the probe.
    #[default]
    Probe,
    /// Draws along the pointer's path.
    Brush,
    /// Scatters points around the pointer for as long as it is held.
    Spray,
    /// Draws a straight line.
    Line,
    /// Takes away.
    Eraser,
    /// Chooses what lies inside a loop, and moves it.
    Lasso,
    /// Draws a curve that is no data: it is shown in both planes at once.
    Trace,
}

impl Tool {
    /// All tools: their names on the chips and what they do.
    pub(super) const ALL: [(Tool, &'static str, &'static str); 7] = [
        (Tool::Probe, "probe", "Drag the amber point, in either plane: every number follows"),
        (
            Tool::Brush,
            "draw",
            "Draw with the mouse: each dab is a small Gaussian; on the right, a stroke is carried back through the layers",
        ),
        (Tool::Spray, "spray", "Hold the mouse: points fall inside the circle"),
        (Tool::Line, "line", "Drag from one end to the other"),
        (Tool::Eraser, "erase", "Take dabs away"),
        (Tool::Lasso, "lasso", "Draw a loop around some dabs, then drag them"),
        (Tool::Trace, "trace", "Draw a curve in either plane and see it in both; the data stay"),
    ];

    /// Whether it changes the drawing.
    pub(super) fn draws(self) -> bool {
        !matches!(self, Tool::Probe | Tool::Trace)
    }
}

/// A loop, and what is being done with it.
#[derive(Clone, Debug, Default)]
pub(super) struct Lasso {
    pub(super) outline: Vec<[f32; 2]>,
    /// It was closed: what it holds can be dragged.
    pub(super) closed: bool,
    /// Where the drag began.
    from: Option<[f64; 2]>,
    /// The loop when the drag began.
    start: Vec<[f32; 2]>,
    /// Dabs inside.
    pub(super) caught: usize,
}

/// The drawing and the tool in hand.
pub(super) struct Tools {
    pub(super) tool: Tool,
    /// Standard deviation of the brush's dabs, radius of the spray.
    pub(super) radius: f64,
    /// Points a second that the spray lays.
    pub(super) flow: f64,
    pub(super) drawing: Drawing,
    pub(super) lasso: Lasso,
    pub(super) stamps: Stamps,
    /// The tool was held to a plane in which it does nothing.
    pub(super) refused: bool,
    under_way: bool,
    at: [f64; 2],
    /// Dabs sprayed so far, and the part of one that is still owed: the noise is a function of the number.
    sprayed: (u64, f64),
    told: Instant,
}

impl Default for Tools {
    fn default() -> Tools {
        Tools {
            tool: Tool::Probe,
            radius: 0.18,
            flow: 200.0,
            drawing: Drawing::default(),
            lasso: Lasso::default(),
            stamps: Stamps::default(),
            refused: false,
            under_way: false,
            at: [0.0; 2],
            sprayed: (0, 0.0),
            told: Instant::now(),
        }
    }
}

impl Tools {
    /// Other data was chosen: the drawing is kept for later.
    pub(super) fn leave(&mut self) {
        if self.tool.draws() {
            self.tool = Tool::Probe;
        }
        self.under_way = false;
        self.lasso = Lasso::default();
    }

    /// The worker is being told of the drawing.
    pub(super) fn touch(&mut self) {
        self.told = Instant::now();
    }
}

impl FlowLab {
    /// Takes a tool in hand. The first one that draws opens the drawing, empty or as it was left.
    pub(super) fn take_tool(&mut self, tool: Tool) {
        self.tools.tool = tool;
        self.tools.lasso = Lasso::default();
        if tool.draws() && !self.shows_drawing() {
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

    /// A tool that draws touches the plane.
    pub(super) fn begin_stroke(&mut self, at: [f64; 2]) {
        self.mark();
        let tools = &mut self.tools;
        let (place, sigma) = (at.map(|v| v as f32), tools.radius as f32);
        tools.at = at;
        match tools.tool {
            Tool::Probe | Tool::Trace => return,
            Tool::Brush | Tool::Line => {
                tools.drawing.begin(place, sigma, false);
                tools.drawing.colour(self.desk.classes.brush);
            }
            Tool::Eraser => tools.drawing.begin(place, sigma, true),
            Tool::Spray => {
                tools.drawing.scatter(Vec::new(), FINE);
                tools.drawing.colour(self.desk.classes.brush);
                tools.sprayed.1 = 1.0;
            }
            Tool::Lasso => {
                let lasso = &mut tools.lasso;
                if lasso.closed && inside(place, &lasso.outline) {
                    lasso.from = Some(at);
                    lasso.start.clone_from(&lasso.outline);
                    tools.drawing.grab(lasso.outline.clone());
                } else {
                    *lasso = Lasso { outline: vec![place], ..Lasso::default() };
                }
            }
        }
        tools.under_way = true;
        self.puff(0.0);
    }

    /// It moves, if it touches the plane.
    pub(super) fn extend_stroke(&mut self, to: [f64; 2]) {
        let tools = &mut self.tools;
        if !tools.under_way {
            return;
        }
        tools.at = to;
        let place = to.map(|v| v as f32);
        match tools.tool {
            Tool::Probe | Tool::Trace | Tool::Spray => {}
            Tool::Brush | Tool::Eraser => tools.drawing.extend(place),
            Tool::Line => tools.drawing.aim(place),
            Tool::Lasso => match tools.lasso.from {
                Some(from) => {
                    let by = [0, 1].map(|axis| (to[axis] - from[axis]) as f32);
                    tools.drawing.aim(by);
                    tools.lasso.outline = tools.lasso.start.iter().map(|p| [p[0] + by[0], p[1] + by[1]]).collect();
                }
                None => tools.lasso.outline.push(place),
            },
        }
        self.tell_now_and_then();
    }

    /// Sprays for so many seconds where the pointer is held; true while it does.
    pub(super) fn puff(&mut self, seconds: f64) -> bool {
        let tools = &mut self.tools;
        if !tools.under_way || tools.tool != Tool::Spray {
            return false;
        }
        let (count, owed) = &mut tools.sprayed;
        *owed += tools.flow * seconds.min(LONGEST_PUFF);
        while *owed >= 1.0 {
            *owed -= 1.0;
            *count += 1;
            let u = noise::uniforms(self.lesson.seed, *count, 2);
            // Uniform in the disc: the square root makes equal areas equally likely.
            let (r, angle) = (tools.radius * f64::from(u[0]).sqrt(), std::f64::consts::TAU * f64::from(u[1]));
            tools.drawing.extend([(tools.at[0] + r * angle.cos()) as f32, (tools.at[1] + r * angle.sin()) as f32]);
        }
        self.tell_now_and_then();
        true
    }

    /// It leaves the plane.
    pub(super) fn end_stroke(&mut self) {
        if !std::mem::take(&mut self.tools.under_way) {
            return;
        }
        if self.tools.tool == Tool::Lasso && self.tools.lasso.from.take().is_none() {
            let lasso = &mut self.tools.lasso;
            lasso.caught = self.tools.drawing.dabs().iter().filter(|(p, _)| inside(*p, &lasso.outline)).count();
            lasso.closed = lasso.caught > 0;
            if !lasso.closed {
                lasso.outline.clear();
            }
            return;
        }
        self.tell(true);
    }

    pub(super) fn clear_drawing(&mut self) {
        self.tools.drawing.clear();
        self.tools.lasso = Lasso::default();
        self.tell(true);
    }

    fn tell_now_and_then(&mut self) {
        let changes = self.tools.tool != Tool::Lasso || self.tools.lasso.from.is_some();
        if changes && self.tools.told.elapsed() > TELL_EVERY {
            self.tell(false);
        }
    }
}
