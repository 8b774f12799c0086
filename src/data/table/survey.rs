//! Which columns of a table hold what. Every row is asked: the first one may have a gap.

use std::io::BufRead;
use std::path::Path;

use super::{LABELS, Learned, MOST_CLASSES, is_plane};
use crate::data::DataError;
use crate::data::csv_points::named;
use crate::data::csv_rows::{Row, column_name, counts_rows, each_row};

/// What stands in a cell whose value is not known, in letters of either case.
const GAPS: [&str; 5] = ["", "NA", "N/A", "null", "?"];
/// Among fewer rows than this, numbers that count up may do so by chance.
const COUNTED: usize = 3;

/// Whether a cell holds no value.
pub(super) fn is_gap(cell: &str) -> bool {
    GAPS.iter().any(|gap| cell.eq_ignore_ascii_case(gap))
}

/// The columns of a table by what they hold.
#[derive(Clone, Debug, Default, PartialEq)]
pub(super) struct Survey {
    /// The header's names; none without a header.
    pub(super) names: Vec<String>,
    /// The columns of numbers that are learned from.
    pub(super) numbers: Vec<usize>,
    /// Those of them that do not hold the same number in every row.
    pub(super) varying: Vec<usize>,
    /// The column that names the class of a row.
    pub(super) class: Option<usize>,
    /// Names of the text columns of which each could name classes, where none of them is called so.
    pub(super) candidates: Vec<String>,
    /// Names of the columns that only count the rows; they are left out.
    pub(super) counters: Vec<String>,
    /// Names of the columns of numbers that the weights have not learned.
    pub(super) spare: Vec<String>,
    /// Line and number of cells of the first row of data; none without one.
    pub(super) first: Option<(u64, usize)>,
}

/// What the cells of one column are.
#[derive(Clone, Debug, Default)]
struct Kind {
    numbers: usize,
    texts: usize,
    first: Option<f64>,
    varies: bool,
    /// Every row so far holds a whole number, one more than the row before.
    counts: bool,
    /// The different cells, until they are too many for classes.
    labels: Vec<String>,
}

impl Kind {
    /// A column that begins in row `row`, counted from 0: one that is missing in the rows before counts nothing.
    fn from_row(row: usize) -> Kind {
        Kind { counts: row == 0, ..Kind::default() }
    }

    fn see(&mut self, row: usize, value: Option<f64>, cell: &str) {
        if let Some(value) = value {
            self.numbers += 1;
            let first = *self.first.get_or_insert(value);
            self.varies |= value != first;
            self.counts &= value.fract() == 0.0 && value == first + row as f64;
        } else {
            self.counts = false;
            if is_gap(cell) {
                return;
            }
            self.texts += 1;
        }
        if self.labels.len() <= MOST_CLASSES && !self.labels.iter().any(|label| label == cell) {
            self.labels.push(cell.to_owned());
        }
    }

    /// Numbers, but for a few mistakes, which are told where the rows are read.
    fn is_numeric(&self) -> bool {
        self.numbers > 0 && self.numbers >= self.texts
    }

    fn names_classes(&self) -> bool {
        (2..=MOST_CLASSES).contains(&self.labels.len())
    }
}

impl Survey {
    /// Reads all rows once. What weights have learned is found by its names where it is there, since the rows of another file may look otherwise.
    ///
    /// # Errors
    /// What cannot be read.
    pub(super) fn of(source: impl BufRead, path: &Path, learned: Option<&Learned>) -> Result<Survey, DataError> {
        let (mut kinds, mut first, mut rows): (Vec<Kind>, _, usize) = (Vec::new(), None, 0);
        let names = each_row(source, path, |row: &Row, _: &[String]| {
            first.get_or_insert((row.line, row.cells.len()));
            kinds.resize_with(row.cells.len().max(kinds.len()), || Kind::from_row(rows));
            for (c, kind) in kinds.iter_mut().enumerate() {
                let cell = row.cells.get(c).map_or("", String::as_str);
                kind.see(rows, row.value(c), cell);
            }
            rows += 1;
            Ok(())
        })?;
        Ok(Survey { first, ..Survey::sorted(names, &kinds, rows, learned) })
    }

    fn sorted(names: Vec<String>, kinds: &[Kind], rows: usize, learned: Option<&Learned>) -> Survey {
        let name = |c: usize| column_name(c, &names);
        let picked = learned
            .filter(|learned| !learned.standard.columns.is_empty())
            .and_then(|learned| places(&learned.standard.columns, &(0..kinds.len()).map(name).collect::<Vec<_>>()));
        let called = names.iter().position(|name| LABELS.iter().any(|label| name.eq_ignore_ascii_case(label)));
        let mut numbers: Vec<usize> = (0..kinds.len()).filter(|&c| kinds[c].is_numeric() && Some(c) != called).collect();
        let mut counters = Vec::new();
        // Columns that were learned stay apart, whatever they look like here.
        numbers.retain(|c| picked.as_ref().is_none_or(|picked| !picked.contains(c)));
        let fixed = picked.as_ref().map_or(0, Vec::len);
        if fixed + numbers.len() > 1
            && let Some(at) = numbers.iter().position(|&c| counts_rows(c, &names))
        {
            counters.push(numbers.remove(at));
        }
        while fixed + numbers.len() > 2
            && rows >= COUNTED
            && let Some(at) = numbers.iter().position(|&c| kinds[c].counts)
        {
            counters.push(numbers.remove(at));
        }
        let texts = (0..kinds.len()).filter(|&c| called.is_none() && !kinds[c].is_numeric() && kinds[c].names_classes());
        let candidates: Vec<usize> = texts.collect();
        let only = if candidates.len() == 1 { candidates.first().copied() } else { None };
        let known = learned.map_or(&[][..], |learned| &learned.classes);
        let names_known = |c: &usize| !kinds[*c].labels.is_empty() && kinds[*c].labels.iter().all(|label| known.contains(label));
        let class = called.or_else(|| (0..kinds.len()).filter(|&c| !kinds[c].is_numeric()).find(names_known)).or(only);
        let (numbers, spare) = match picked {
            Some(picked) => (picked, numbers.into_iter().map(name).collect()),
            None => (numbers, Vec::new()),
        };
        let varying = numbers.iter().copied().filter(|&c| kinds[c].varies).collect();
        let candidates = candidates.into_iter().filter(|_| class.is_none()).map(name).collect();
        let counters = counters.into_iter().map(name).collect();
        Survey { names, numbers, varying, class, candidates, counters, spare, first: None }
    }

    /// Whether the file is a table, not points of the plane: those have two columns of numbers that make a plane, or two that are named x and y among
    /// more, and no classes.
    pub(super) fn is_table(&self) -> bool {
        let columns = self.columns();
        match columns.len() {
            0 | 1 => false,
            2 => self.class.is_some() || !is_plane(&columns, columns.len()),
            _ => named(&self.names).is_none(),
        }
    }

    /// Names of the columns of numbers.
    pub(super) fn columns(&self) -> Vec<String> {
        self.numbers.iter().map(|&c| column_name(c, &self.names)).collect()
    }

    /// The two columns that are shown first: the first that vary, else the first.
    pub(super) fn first_two(&self) -> Option<[String; 2]> {
        let two = self.varying.first_chunk::<2>().or(self.numbers.first_chunk::<2>())?;
        Some(two.map(|c| column_name(c, &self.names)))
    }
}

/// Where the columns of these names are, each at a place of its own; none if one is missing.
fn places(wanted: &[String], names: &[String]) -> Option<Vec<usize>> {
    let mut found = Vec::with_capacity(wanted.len());
    for name in wanted {
        let place = (0..names.len()).find(|place| names[*place] == *name && !found.contains(place))?;
        found.push(place);
    }
    Some(found)
}
