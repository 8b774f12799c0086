//! Classes of points: the colour of the brush, a flow that reads the class, and which class is shown.

use egui::{Color32, Rect, RichText, Ui, vec2};

use super::{FlowLab, Shared};
use crate::train::flow_job::{DataView, FlowCommand, Point, ProbeReading};
use crate::ui::bars::signed_bars;
use crate::ui::canvas2d::Plane;
use crate::ui::chips;
use crate::ui::math::Math;
use crate::ui::theme::Palette;
use crate::ui::units::number;

/// Colours of the brush.
const BRUSHES: u8 = 4;

/// The density of all points, in letters.
const SUM: &str = r"\begin{aligned}
&\log p(x) = \\
&\log \textstyle\sum_c p(c)\, p(x \mid c)
\end{aligned}";

/// What is in the hand and what is shown.
#[derive(Default)]
pub(super) struct Classes {
    /// Class of what the brush lays.
    pub(super) brush: u8,
    /// The class whose density is shown; none is the mixture.
    pub(super) shown: Option<usize>,
}

/// Paints points in the colours of their classes, where there are some.
pub(super) fn paint(plane: &Plane<'_>, points: &[Point], classes: &[u8], radius: f32, plain: Color32) {
    if classes.len() < points.len() {
        plane.points(points, radius, plain);
    } else {
        plane.points_with(points, radius, |i| Palette::category(classes[i].into()).gamma_multiply(0.8));
    }
}

/// The classes to colour the data by: those that the flow reads, or that a person drew or a table says.
pub(super) fn of_data(lab: &FlowLab) -> &[u8] {
    let Some(snapshot) = &lab.snapshot else { return &[] };
    let toy = matches!(snapshot.source, crate::train::PointData::Toy { .. });
    if snapshot.config.classes > 0 || !toy { &snapshot.data.classes } else { &[] }
}

/// The class that the brush lays.
pub(super) fn brush(lab: &mut FlowLab, ui: &mut Ui) {
    ui.horizontal_wrapped(|ui| {
        ui.spacing_mut().item_spacing = vec2(5.0, 5.0);
        ui.label("Class");
        for class in 0..BRUSHES {
            if tinted(ui, &format!("ink {}", class + 1), usize::from(class), lab.desk.classes.brush == class)
                .on_hover_text(format!("What is drawn next is of class {}", class + 1))
                .clicked()
            {
                lab.desk.classes.brush = class;
            }
        }
    });
}

/// Why the family cannot read the classes that the data have, if it cannot: below the families, so that none of them moves under the pointer.
pub(super) fn refusal(lab: &FlowLab, ui: &mut Ui) {
    let family = lab.wish.config.family;
    let has_classes = lab.data().is_some_and(|data| data.shares.len() > 1);
    if let Some(why) = family.without_conditioner().filter(|_| has_classes) {
        chips::note(ui, &format!("{} cannot read a class: {why}.", family.title()));
    }
}

/// The switch, the choice of the class that is shown, and what Bayes' rule says of the probe.
pub(super) fn show(lab: &mut FlowLab, ui: &mut Ui) {
    let Some(data) = lab.data() else { return };
    let (shares, names) = (data.shares.clone(), names(data));
    if shares.len() < 2 {
        if lab.shows_drawing() {
            chips::note(ui, "A second colour of the brush makes classes.");
        }
        return;
    }
    chips::section(ui, "Classes", &format!("{}", shares.len()));
    let why = lab.wish.config.family.without_conditioner();
    let mut on = lab.wish.config.classes > 0;
    let switch = ui.add_enabled_ui(why.is_none(), |ui| chips::toggle(ui, "by class", &mut on)).inner;
    if switch.on_hover_text("Every conditioner also reads the class: the flow learns p(x | c), and starts anew").changed() {
        lab.wish.config.classes = if on { shares.len() } else { 0 };
    }
    if lab.snapshot.as_ref().is_none_or(|snapshot| snapshot.config.classes != shares.len()) {
        return;
    }
    let mut shown = lab.desk.classes.shown;
    ui.horizontal_wrapped(|ui| {
        ui.spacing_mut().item_spacing = vec2(5.0, 5.0);
        let help = "The density of all points, the sum of p(c) p(x | c); the grids are those of the first class";
        if chips::chip(ui, "mixture", shown.is_none()).on_hover_text(help).clicked() {
            shown = None;
        }
        for (class, name) in names.iter().enumerate() {
            if tinted(ui, name, class, shown == Some(class))
                .on_hover_text(format!("Shows p(x | {name}), its grid and its samples"))
                .clicked()
            {
                shown = Some(class);
            }
        }
    });
    if shown != lab.desk.classes.shown {
        lab.show_class(shown);
    }
    posterior(lab, ui, &names);
}

fn posterior(lab: &FlowLab, ui: &mut Ui, names: &[String]) {
    let Some(reading) = lab.reading().filter(|reading| reading.posterior.len() == names.len()) else { return };
    if lab.desk.classes.shown.is_none() {
        chips::note(ui, &format!("Grids and layers are those of {}; density and log p are those of all classes together.", names[0]));
    }
    let best = (0..names.len()).max_by(|&a, &b| reading.posterior[a].total_cmp(&reading.posterior[b])).unwrap_or(0);
    chips::note(ui, &format!("By Bayes' rule the probe is most likely of {}, p(c | x):", names[best]));
    for (class, (name, p)) in names.iter().zip(&reading.posterior).enumerate() {
        chips::value_row(ui, &format!("p({name} | x)"), &number(*p, 3), Palette::category(class));
    }
}

/// What a density is of: `x`, or `x | NAME` where one class is shown.
pub(super) fn subject(lab: &FlowLab) -> String {
    let shown = lab.snapshot.as_ref().filter(|snapshot| snapshot.config.classes > 0).and_then(|snapshot| snapshot.shown);
    let name = shown.and_then(|class| lab.data().and_then(|data| names(data).into_iter().nth(class)));
    name.map_or_else(|| "x".into(), |name| format!("x | {name}"))
}

/// In place of the layers' bars where the density is the sum over the classes: what each class gives to it.
pub(super) fn parts(lab: &FlowLab, ui: &mut Ui, shared: &Shared, reading: &ProbeReading) {
    Math::new(SUM).size(16.0).show(ui);
    let Some(names) = lab.data().map(names).filter(|names| names.len() == reading.posterior.len()) else { return };
    ui.label(RichText::new("one bar a class, its part p(c | x)").small().color(Palette::of(ui).text_dim));
    let log_p = number(shared.units.convert(reading.shown_log_prob()), 3);
    signed_bars(ui, &format!("log p = {log_p} of all classes together"), &names, &reading.posterior, 1.0, None);
    chips::note(ui, "The layers move each class in its own way: choose one under “Classes” to see what they add.");
}

/// A chip with a bar in the colour of its class.
fn tinted(ui: &mut Ui, name: &str, class: usize, on: bool) -> egui::Response {
    let chip = chips::chip(ui, name, on);
    let bar = Rect::from_min_max(chip.rect.left_bottom() + vec2(11.0, -5.0), chip.rect.right_bottom() + vec2(-11.0, -2.0));
    ui.painter().rect_filled(bar, 1.5, Palette::category(class));
    chip
}

/// What the classes are called.
pub(super) fn names(data: &DataView) -> Vec<String> {
    (0..data.shares.len()).map(|class| data.class_names.get(class).cloned().unwrap_or_else(|| format!("class {}", class + 1))).collect()
}

impl FlowLab {
    /// Shows the density of one class, or of all.
    pub(super) fn show_class(&mut self, class: Option<usize>) {
        self.desk.classes.shown = class;
        self.send(FlowCommand::Show(class));
    }
}
