use std::path::PathBuf;

use clap::{Args, Parser, Subcommand, ValueEnum};

use crate::exec::BackendChoice;
use crate::flows::Family;

/// What a person typed.
#[derive(Parser, Debug)]
#[command(
    name = "tractable",
    version,
    about = "Teaches autoregressive and flow-based generative models by running them",
    long_about = "Teaches autoregressive and flow-based generative models by running them.\n\nWithout a command it opens the window; the commands do the same jobs without one.",
    after_help = "Example:\n  tractable                              open the window\n  tractable sample pixelcnn --count 16   draw 16 digits into pixelcnn-samples.png"
)]
pub struct Arguments {
    /// A command, or none for the window.
    #[command(subcommand)]
    pub command: Option<Command>,
    /// Options that every command takes.
    #[command(flatten)]
    pub common: Common,
}

/// Options that every command takes.
#[derive(Args, Clone, Debug, Default)]
pub struct Common {
    /// Print exactly one JSON object on standard output
    #[arg(long, global = true)]
    pub json: bool,
    /// Seed of everything random; the lesson's own if not given
    #[arg(long, global = true)]
    pub seed: Option<u64>,
    /// Where to compute: auto takes the GPU when it is a real one
    #[arg(long, global = true, value_enum, default_value_t)]
    pub backend: Backend,
    /// Threads of the CPU; all cores if not given
    #[arg(long, global = true, value_parser = clap::value_parser!(u16).range(1..=256))]
    pub threads: Option<u16>,
}

impl Common {
    /// Threads to compute on.
    pub fn threads(&self) -> usize {
        self.threads.map_or_else(|| std::thread::available_parallelism().map_or(1, usize::from), usize::from)
    }
}

/// Where to compute.
#[derive(ValueEnum, Clone, Copy, PartialEq, Eq, Debug, Default)]
pub enum Backend {
    /// The GPU when the adapter is a real one, else the CPU.
    #[default]
    Auto,
    /// The CPU.
    Cpu,
    /// The GPU, even if it is a software rasteriser.
    Gpu,
}

impl From<Backend> for BackendChoice {
    fn from(backend: Backend) -> BackendChoice {
        match backend {
            Backend::Auto => BackendChoice::Auto,
            Backend::Cpu => BackendChoice::Cpu,
            Backend::Gpu => BackendChoice::Gpu,
        }
    }
}

/// What to do without a window.
#[derive(Subcommand, Debug)]
pub enum Command {
    /// Say what this machine offers: processor, graphics, display
    #[command(after_help = "Example:\n  tractable doctor --json")]
    Doctor,
    /// List the lessons that ship with the program
    #[command(after_help = "Example:\n  tractable list")]
    List,
    /// Fit a lesson's model to its data and save the weights
    #[command(
        after_help = "Examples:\n  tractable train realnvp --from-scratch --seconds 30\n  tractable train realnvp --data points.csv --from-scratch --out mine.safetensors\n  tractable train realnvp --family maf --data table.csv   (a flow in as many dimensions as the table has columns)\n  tractable train pixelcnn-small --weights mine.safetensors   (goes on from its step)"
    )]
    Train(TrainArguments),
    /// Draw from a trained model
    #[command(
        after_help = "Examples:\n  tractable sample pixelcnn-small --count 64 --class 3 --out threes.png\n  tractable sample pixelcnn --method jacobi\n  tractable sample realnvp --count 1000 --out points.csv"
    )]
    Sample(SampleArguments),
    /// Measure how well a trained model explains data that it was not trained on
    #[command(after_help = "Example:\n  tractable score pixelcnn --json")]
    Score(ScoreArguments),
    /// Measure the speed of training and sampling on this machine
    #[command(after_help = "Example:\n  tractable bench --json --backend cpu")]
    Bench(BenchArguments),
    /// Draw what the window shows into a file: a picture, a clip, a figure, a table
    #[command(
        after_help = "Examples:\n  tractable render pixelcnn-small --step 90 --out pixelcnn.png\n  tractable render realnvp --canvas --scale 2 --theme light --out flow.png\n  tractable render pixelcnn-small --canvas --size 960x600 --out sample.gif"
    )]
    Render(RenderArguments),
    /// Open the window on a lesson, a chapter or a saved session
    #[command(
        after_help = "Examples:\n  tractable open mine.tractable.json\n  tractable open pixelcnn-hour --monitor 1   (a lecture: F5 begins the show)"
    )]
    Open(OpenArguments),
}

/// Options of `render`.
#[derive(Args, Clone, Debug)]
pub struct RenderArguments {
    /// A preset (`tractable list`), a chapter, or a *.tractable.json file
    pub lesson: String,
    /// Where the walk stands: a pixel, a layer [default: where the lesson opens; a clip shows all places]
    #[arg(long, value_name = "T")]
    pub step: Option<f64>,
    /// Size of the window in logical pixels
    #[arg(long, value_name = "WxH", default_value = "1280x720", value_parser = size)]
    pub size: (u32, u32),
    /// Pixels of the file for each logical one
    #[arg(long, value_name = "1-4", default_value_t = 1, value_parser = clap::value_parser!(u8).range(1..=4))]
    pub scale: u8,
    /// The theme; the lesson's own, else dark
    #[arg(long, value_enum)]
    pub theme: Option<Picture>,
    /// Only the canvas
    #[arg(long)]
    pub canvas: bool,
    /// The file; its ending says what it becomes
    #[arg(long, value_name = "FILE.png|.apng|.gif|.svg|.csv|.npz")]
    pub out: PathBuf,
}

/// Options of `open`.
#[derive(Args, Clone, Debug)]
pub struct OpenArguments {
    /// A preset (`tractable list`), a chapter, or a *.tractable.json file
    pub lesson: String,
    /// Show it in full screen on this monitor, counted from 0, with the presenter's window on the other
    #[arg(long, value_name = "N")]
    pub monitor: Option<usize>,
}

/// The look of a picture.
#[derive(ValueEnum, Clone, Copy, PartialEq, Eq, Debug)]
pub enum Picture {
    /// Quiet dark panels
    Dark,
    /// Dark ink on light panels
    Light,
    /// Black on white in large type
    Projector,
}

fn size(text: &str) -> Result<(u32, u32), String> {
    let sides = text.split_once(['x', '×']).and_then(|(w, h)| Some((w.trim().parse().ok()?, h.trim().parse().ok()?)));
    match sides {
        Some((w @ 320..=8192, h @ 240..=8192)) => Ok((w, h)),
        _ => Err("expected a width and a height such as 1280x720, at least 320x240".into()),
    }
}

/// Options of `train`.
#[derive(Args, Clone, Debug)]
pub struct TrainArguments {
    /// A preset (`tractable list`) or a *.tractable.json file
    pub lesson: String,
    /// Learn from this instead: a CSV of points (x and y, longitude and latitude, two columns without names) or of a table (any other columns), an
    /// image, or the name of a data set such as eight-gaussians or penguins
    #[arg(long, value_name = "FILE")]
    pub data: Option<PathBuf>,
    /// For a flow's lesson: another family, in a size that suits it (maf, planar, rq-spline, ffjord, ...)
    #[arg(long, value_name = "NAME", value_parser = family)]
    pub family: Option<Family>,
    /// For a flow's lesson: another number of layers
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u32).range(1..=32))]
    pub layers: Option<u32>,
    /// For a flow's lesson: learn the points given their class (moons, Gaussians, colours of a drawing; of a table the column named class, label,
    /// species or target, else its only column of 2 to 8 names)
    #[arg(long)]
    pub by_class: bool,
    /// Make this many updates [default: as many as the lesson lacks]
    #[arg(long, value_name = "N", conflicts_with = "seconds")]
    pub steps: Option<u64>,
    /// Train for this long
    #[arg(long, value_name = "S", value_parser = positive)]
    pub seconds: Option<f64>,
    /// Start from fresh weights instead of the trained ones
    #[arg(long, conflicts_with = "weights")]
    pub from_scratch: bool,
    /// Go on from these weights, at the step where they were saved
    #[arg(long, value_name = "FILE")]
    pub weights: Option<PathBuf>,
    /// Learning rate, instead of the lesson's
    #[arg(long, value_parser = positive)]
    pub rate: Option<f64>,
    /// Examples in a step, instead of the lesson's
    #[arg(long, value_parser = clap::value_parser!(u32).range(1..=65_536))]
    pub batch: Option<u32>,
    /// Where the weights go; saved every 10 seconds and at the end [default: a new NAME.safetensors here]
    #[arg(long, value_name = "FILE.safetensors")]
    pub out: Option<PathBuf>,
}

/// Options of `sample`.
#[derive(Args, Clone, Debug)]
pub struct SampleArguments {
    /// A preset (`tractable list`) or a *.tractable.json file
    pub lesson: String,
    /// Trained weights, instead of the lesson's own
    #[arg(long, value_name = "FILE")]
    pub weights: Option<PathBuf>,
    /// Number of images or points [default: 16 images, 2000 points]
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u32).range(1..=1_000_000))]
    pub count: Option<u32>,
    /// Class of every image or point: its name in the table that was learned, else its number from 0 [default: the classes of images in turn, those of
    /// points by their shares]
    #[arg(long, value_name = "C")]
    pub class: Option<String>,
    /// Divides the logits (PixelCNN) or scales the noise (flows): below 1 for likelier samples
    #[arg(long, value_name = "T", default_value_t = 1.0, value_parser = positive)]
    pub temperature: f64,
    /// How a PixelCNN is sampled; all three draw the same image
    #[arg(long, value_enum, default_value_t)]
    pub method: Method,
    /// Picture or table of the samples [default: LESSON-samples.png; .csv in more than two dimensions]
    #[arg(long, value_name = "FILE.png|.csv")]
    pub out: Option<PathBuf>,
}

/// How a PixelCNN is sampled.
#[derive(ValueEnum, Clone, Copy, PartialEq, Eq, Debug, Default)]
pub enum Method {
    /// Every activation once, in sampling order
    #[default]
    Cached,
    /// A whole forward pass for each pixel
    Full,
    /// Whole forward passes on all pixels at once until nothing changes
    Jacobi,
}

/// Options of `score`.
#[derive(Args, Clone, Debug)]
pub struct ScoreArguments {
    /// A preset (`tractable list`) or a *.tractable.json file
    pub lesson: String,
    /// Trained weights, instead of the lesson's own
    #[arg(long, value_name = "FILE")]
    pub weights: Option<PathBuf>,
    /// Score on this instead: all rows of a CSV, an image, or the name of a data set
    #[arg(long, value_name = "FILE")]
    pub data: Option<PathBuf>,
}

/// Options of `bench`.
#[derive(Args, Clone, Debug)]
pub struct BenchArguments {
    /// Workloads to measure [default: all]
    #[arg(value_enum, value_name = "WORKLOAD")]
    pub workloads: Vec<Workload>,
    /// Timed repetitions of each; the median counts
    #[arg(long, default_value_t = 5, value_parser = clap::value_parser!(u32).range(5..=1000))]
    pub repetitions: u32,
}

/// A thing whose speed is measured.
#[derive(ValueEnum, Clone, Copy, PartialEq, Eq, Debug)]
pub enum Workload {
    /// Training a plain PixelCNN of 28x28, 64 channels, 7 layers, batch 64
    W1,
    /// Sampling one image of it
    W3,
    /// Training a RealNVP of 8 couplings, width 64, batch 512
    W4,
    /// Training 4 rational-quadratic couplings of 8 bins, width 64, batch 512
    W5,
    /// Training a MAF of 5 layers, width 64, batch 512
    W6,
    /// The RealNVP's density on a grid of 256x256 points
    W7,
    /// Training a continuous flow by 20 Runge-Kutta steps with the exact trace, width 64, batch 512
    W8,
}

fn family(text: &str) -> Result<Family, String> {
    Family::named(text).ok_or_else(|| {
        let known: Vec<String> = Family::ALL.iter().map(|family| family.name()).collect();
        format!("expected one of {}", known.join(", "))
    })
}

fn positive(text: &str) -> Result<f64, String> {
    match text.parse::<f64>() {
        Ok(value) if value.is_finite() && value > 0.0 => Ok(value),
        _ => Err("expected a finite number above 0".into()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use clap::CommandFactory;

    #[test]
    fn the_definitions_are_consistent_and_every_command_shows_an_example() {
        let mut command = Arguments::command();
        command.clone().debug_assert();
        command.build();
        for sub in command.get_subcommands_mut().filter(|sub| sub.get_name() != "help") {
            assert!(sub.render_long_help().to_string().contains("Example"), "{}", sub.get_name());
        }
    }

    #[test]
    fn options_stand_before_or_after_the_command() {
        for line in ["tractable --json --seed 3 list", "tractable list --json --seed 3"] {
            let arguments = Arguments::try_parse_from(line.split(' ')).unwrap();
            assert!(arguments.common.json && arguments.common.seed == Some(3));
        }
    }
}
