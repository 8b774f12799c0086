use serde_json::json;

use crate::data::Toy;
use crate::flows::Family;
use crate::labs::Action;

/// What can be asked for by name.
pub(super) fn all() -> Vec<Action> {
    let pages = [("Chart of the families", "chart"), ("Fast and slow direction", "costs"), ("Race of four families", "race")];
    let page = pages.into_iter().map(|(title, page)| Action { title: title.into(), patch: json!({ "page": page }) });
    let family = Family::ALL
        .into_iter()
        .map(|family| Action { title: format!("Chart: {}", family.title()), patch: json!({ "page": "chart", "family": family.name() }) });
    let dim = [2, 6].map(|dim| Action { title: format!("Chart in {dim} dimensions"), patch: json!({ "page": "chart", "dim": dim }) });
    let toy = Toy::ALL.into_iter().map(|toy| Action {
        title: format!("Race on {}", toy.title()),
        patch: json!({ "page": "race", "data": { "source": "toy", "toy": toy.name() } }),
    });
    let world = Action { title: "Race on the world map".into(), patch: json!({ "page": "race", "data": { "source": "world" } }) };
    let fields = [
        ("Race: the affine ones", ["nice", "realnvp", "glow-lu", "maf"]),
        ("Race: the autoregressive ones", ["maf", "naf", "sos", "rq-ar"]),
        ("Race: one of each kind", ["rq-spline", "maf", "sylvester", "residual"]),
    ];
    let field = fields.map(|(title, racers)| Action { title: title.into(), patch: json!({ "page": "race", "racers": racers }) });
    page.chain(family).chain(dim).chain(toy).chain([world]).chain(field).collect()
}
