use egui::{RichText, Ui, vec2};

use super::race::mark;
use super::state::Page;
use super::{TaxonomyLab, words};
use crate::data::Toy;
use crate::flows::Family;
use crate::labs::Command;
use crate::train::PointData;
use crate::train::taxonomy_job::{CONTESTANTS, TaxonomyCommand};
use crate::ui::chips;
use crate::ui::theme::Palette;

/// The three pictures of the lab.
const PAGES: [(Page, &str); 3] = [(Page::Chart, "Chart"), (Page::Costs, "Fast and slow"), (Page::Race, "Race")];

/// The row of chips above the picture.
pub(super) fn pages(lab: &mut TaxonomyLab, ui: &mut Ui) {
    if chips::segmented(ui, &mut lab.state.page, &PAGES) {
        lab.follow();
    }
    ui.add_space(6.0);
}

/// The column of what can be chosen, for the picture that is shown.
pub(super) fn show(lab: &mut TaxonomyLab, ui: &mut Ui) {
    match lab.state.page {
        Page::Chart | Page::Costs => chart(lab, ui),
        Page::Race => race(lab, ui),
    }
}

fn chart(lab: &mut TaxonomyLab, ui: &mut Ui) {
    chips::section(ui, "Dimension D", "");
    chips::segmented(ui, &mut lab.state.dim, &[(2, "2"), (6, "6")]);
    chips::note(ui, "In the plane every pattern is a corner of a square; six coordinates show it.");
    ui.add_space(6.0);
    chips::section(ui, "Family", "");
    let family = lab.state.family;
    ui.label(RichText::new(family.title()).color(Palette::of(ui).now));
    let kind = words::KINDS.iter().find(|kind| kind.0 == family.jacobian());
    if let Some((_, title, help)) = kind {
        chips::note(ui, &format!("{title}: {help}."));
    }
    ui.horizontal_wrapped(|ui| {
        ui.spacing_mut().item_spacing = vec2(6.0, 5.0);
        if chips::button(ui, "Let it race").on_hover_text("Puts it into the next place of the race").clicked() {
            lab.enter(family);
            lab.state.page = Page::Race;
            lab.follow();
        }
        if chips::button(ui, "Measure again").on_hover_text("The times depend on what else this machine does").clicked() {
            lab.work.send(TaxonomyCommand::MeasureAgain);
        }
    });
    chips::note(ui, "Weights: the initial ones of the seed with normal noise added, because many layers start as the identity.");
}

fn race(lab: &mut TaxonomyLab, ui: &mut Ui) {
    chips::section(ui, "Race", "");
    train_buttons(lab, ui);
    ui.add_space(6.0);
    chips::section(ui, "Data", "");
    let mut data = lab.state.data.clone();
    ui.horizontal_wrapped(|ui| {
        ui.spacing_mut().item_spacing = vec2(5.0, 5.0);
        let toys = Toy::ALL.into_iter().map(|toy| (toy.title(), PointData::Toy { toy }));
        for (title, choice) in toys.chain([("World map", PointData::World), ("Dino", PointData::Shape { name: "dino".into() })]) {
            if chips::chip(ui, title, data == choice).clicked() {
                data = choice;
            }
        }
        // What a session or a file brought stays in sight.
        let other = match &data {
            PointData::Drawing { .. } | PointData::File { .. } => Some(data.title()),
            _ => None,
        };
        if let Some(title) = other {
            chips::chip(ui, &title, true);
        }
    });
    lab.state.data = data;
    chips::toggle(ui, "show points", &mut lab.state.points);
    ui.add_space(6.0);
    chips::section(ui, "Families", "");
    let slots: Vec<(usize, String)> =
        (0..CONTESTANTS).map(|place| (place, format!("{} {}", mark(place).1, lab.state.racers[place].short()))).collect();
    let named: Vec<(usize, &str)> = slots.iter().map(|(place, name)| (*place, &name[..])).collect();
    chips::segmented(ui, &mut lab.slot, &named);
    chips::note(ui, &format!("A click puts a family into place {}.", mark(lab.slot).1));
    let mut entered = None;
    ui.horizontal_wrapped(|ui| {
        ui.spacing_mut().item_spacing = vec2(5.0, 4.0);
        for family in Family::ALL.into_iter().filter(|family| family.is_first_variant()) {
            if chips::chip(ui, family.short(), lab.state.racers.contains(&family)).on_hover_text(family.title()).clicked() {
                entered = Some(family);
            }
        }
    });
    if let Some(family) = entered {
        lab.enter(family);
    }
    chips::note(ui, "Every family in its own size, batches of 256, Adam at 0.002. Who has learned for the shortest time learns next.");
}

fn train_buttons(lab: &mut TaxonomyLab, ui: &mut Ui) {
    let running = lab.state.training;
    ui.horizontal_wrapped(|ui| {
        ui.spacing_mut().item_spacing = vec2(6.0, 5.0);
        let label = if running { "Pause the race" } else { "Start the race" };
        if chips::primary_button(ui, label).on_hover_text(Command::Train.tooltip()).clicked() {
            lab.train(!running);
        }
        if chips::button(ui, "From scratch").on_hover_text(Command::Reset.tooltip()).clicked() {
            lab.restart();
        }
    });
}
