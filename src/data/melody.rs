//! A melody as a sequence of symbols: the pitches of Bach's first prelude, one for each sixteenth.

use std::sync::LazyLock;

/// Steps of a bar: sixteenths of four quarters.
pub const BAR: usize = 16;
/// The last bars are kept for testing.
pub const TEST_BARS: usize = 8;
/// The number of steps; a chord of five notes follows, which is no melody.
const STEPS: usize = 544;
/// Names of the twelve pitches of an octave, from C.
const NAMES: [&str; 12] = ["C", "C#", "D", "Eb", "E", "F", "F#", "G", "Ab", "A", "Bb", "B"];

static PRELUDE: LazyLock<Melody> = LazyLock::new(|| {
    let rows = include_str!("../../presets/data/score_prelude.csv").lines().skip(1).take(STEPS);
    let pitch = |row: &str| row.rsplit(',').next().and_then(|cell| cell.parse().ok());
    Melody::new(rows.map(|row| pitch(row).expect("a shipped row ends in its pitch: a test reads them all")).collect())
});

/// Pitches in order, and the range that they lie in.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Melody {
    /// The lowest pitch, as a MIDI number (60 is middle C): symbol 0.
    pub lowest: u8,
    /// Number of semitones from the lowest to the highest pitch, both counted: the values of a symbol.
    pub levels: usize,
    /// Semitones above the lowest pitch, one for each step.
    pub symbols: Vec<u8>,
}

impl Melody {
    /// A melody of MIDI pitches.
    pub fn new(pitches: Vec<u8>) -> Melody {
        let lowest = pitches.iter().copied().min().unwrap_or(0);
        let symbols: Vec<u8> = pitches.iter().map(|pitch| pitch - lowest).collect();
        let levels = symbols.iter().max().map_or(0, |&highest| usize::from(highest) + 1);
        Melody { lowest, levels, symbols }
    }

    /// Prelude in C major BWV 846 (J. S. Bach 1722), 34 bars; its last chord is left out.
    pub fn prelude() -> &'static Melody {
        &PRELUDE
    }

    /// The part that trains and the part that tests: the last [`TEST_BARS`] bars.
    pub fn split(&self) -> (&[u8], &[u8]) {
        self.symbols.split_at(self.symbols.len().saturating_sub(TEST_BARS * BAR))
    }

    /// Name of a symbol: `C4` is middle C.
    pub fn name(&self, symbol: usize) -> String {
        let pitch = usize::from(self.lowest) + symbol;
        // Octave 4 begins at 60.
        format!("{}{}", NAMES[pitch % 12], (pitch / 12) as i32 - 1)
    }
}

/// Nats of a symbol that is drawn by its frequency alone: the entropy of the unigram law of these symbols.
pub fn unigram_nats(symbols: &[u8]) -> f64 {
    let mut counts = [0usize; 256];
    symbols.iter().for_each(|&symbol| counts[usize::from(symbol)] += 1);
    let n = symbols.len() as f64;
    counts.iter().filter(|&&count| count > 0).map(|&count| count as f64 / n).map(|p| -p * p.ln()).sum()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_prelude_is_complete_and_begins_on_middle_c() {
        let prelude = Melody::prelude();
        assert_eq!((prelude.symbols.len(), prelude.lowest, prelude.levels), (544, 36, 46));
        let first: Vec<String> = prelude.symbols[..8].iter().map(|&s| prelude.name(usize::from(s))).collect();
        assert_eq!(first, ["C4", "E4", "G4", "C5", "E5", "G4", "C5", "E5"]);
        let (train, test) = prelude.split();
        assert_eq!((train.len(), test.len()), (416, 128));
        // Each half of a bar is played twice, until the coda.
        assert!((0..train.len()).filter(|t| t % BAR >= 8).all(|t| train[t] == train[t - 8]));
    }

    #[test]
    fn four_equal_symbols_cost_ln_4() {
        assert!((unigram_nats(&[3, 9, 3, 1, 9, 1, 7, 7]) - 4f64.ln()).abs() < 1e-12);
        assert_eq!(unigram_nats(&[5, 5]), 0.0);
    }
}
