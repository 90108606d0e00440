//! What is done to the synthesizer, from the first minute, which sees everything once, to the end.

use std::path::Path;
use std::process::{Command, ExitStatus};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use serde_json::Value;

use crate::chance::Chance;
use crate::footprint::{self, Footprint, Watch};
use crate::hearing::{self, Hearing};
use crate::memory::Rest;
use crate::options::Options;
use crate::score::Score;
use crate::stage::{Exit, Stage};
use crate::stalls::{StallWatch, Stalls};
use crate::synth::Said;

/// Rates of the JACK server, Hz.
const RATES_HZ: [u32; 3] = [48_000, 96_000, 44_100];
/// Rates that the synthesizer is asked for beside the server's, Hz; the first one needs the most memory.
const ASKED_RATES_HZ: [u32; 4] = [192_000, 22_050, 88_200, 8_000];
/// What is played at a time, seconds.
const SLICE_S: f64 = 0.5;
/// Of which a round has so many before something is done to the server, and as many afterwards.
const SLICES: usize = 12;
/// Slices from one status to the next.
const STATUS_SLICES: usize = 5;
/// Rounds in which everything happens that takes memory.
const FIRST_ROUNDS: u64 = 3;
/// The first minute may be used to take memory.
const FIRST_MINUTE_S: f64 = 60.0;
/// A note is there after so long, whatever its attack, and longer, seconds.
const SETS_IN_S: f64 = 0.75;
const HOLD_S: f64 = 1.5;
/// Below this (-60 dBFS) a held note is not heard.
const HEARD: f32 = 1e-3;
/// Below this (-90 dBFS) it is silent...
const SILENT: f32 = 3.162e-5;
/// ...within this time after everything was let go, seconds. The longest release of a shipped instrument is
/// the double bass's, 1.73 s for 60 dB; the parameter makes it eight times longer, and voices end 90 dB down.
const DIES_AWAY_S: f64 = 25.0;

/// What came of it.
pub(crate) struct Outcome {
    /// What ended it early.
    pub(crate) broken: Option<String>,
    pub(crate) played: Duration,
    pub(crate) hearing: Hearing,
    pub(crate) sent: u64,
    pub(crate) too_long: u64,
    pub(crate) servers: u64,
    pub(crate) asked_rates: u64,
    pub(crate) lines: u64,
    pub(crate) checks: u64,
    /// Held notes that were not heard all the time.
    pub(crate) unheard: u64,
    /// Times that it did not fall silent.
    pub(crate) unsilent: u64,
    /// Voices that were left when everything had been let go; `None` if that was never reached.
    pub(crate) left_voices: Option<u64>,
    pub(crate) slowest_answer: Duration,
    pub(crate) footprints: Vec<Footprint>,
    pub(crate) rests: Vec<Rest>,
    pub(crate) stalls: Stalls,
    /// From when on memory must not grow, seconds.
    pub(crate) flat_from_s: f64,
    pub(crate) said: Arc<Mutex<Said>>,
    pub(crate) end: Option<(ExitStatus, Option<Value>)>,
}

/// A parameter and what it takes.
struct Parameter {
    name: String,
    lowest: f64,
    highest: f64,
    default: f64,
}

struct Tour {
    stage: Stage,
    chance: Chance,
    instruments: Vec<String>,
    parameters: Vec<Parameter>,
    begun: Instant,
    length: Duration,
    /// The key that was typed and not let go yet.
    typed: Option<u64>,
    lines: u64,
    asked_rates: u64,
    checks: u64,
    unheard: u64,
    unsilent: u64,
    left_voices: Option<u64>,
    overruns: u64,
    /// Whether nothing counts what the program holds.
    shipped: bool,
    /// What the machine's host had kept at the last slices, the oldest first: a status is two seconds old.
    stolen: [u64; STATUS_SLICES],
    rests: Vec<Rest>,
    flat_from_s: f64,
}

/// Plays for as long as is asked.
pub(crate) fn soak(options: &Options) -> Result<Outcome, String> {
    let mut chance = Chance::new(options.seed);
    let instruments = list(&options.synth, "instruments")?;
    let instruments = instruments.iter().filter_map(|it| it["name"].as_str());
    let instruments: Vec<String> = instruments.map(str::to_owned).collect();
    let parameters = list(&options.synth, "parameters")?;
    let parameters: Vec<Parameter> = parameters.iter().filter_map(parameter).collect();
    if instruments.is_empty() || parameters.is_empty() {
        return Err("the program lists no instruments or no parameters".to_owned());
    }
    let score = Score::new(chance.branch());
    let stage = Stage::open(options, score, RATES_HZ[0])?;
    let watch = Watch::begin(stage.synth.id());
    let stall_watch = StallWatch::begin();
    let mut tour = Tour {
        stage,
        chance,
        instruments,
        parameters,
        begun: Instant::now(),
        length: options.length(),
        typed: None,
        lines: 0,
        asked_rates: 0,
        checks: 0,
        unheard: 0,
        unsilent: 0,
        left_voices: None,
        overruns: 0,
        shipped: options.shipped,
        stolen: [footprint::stolen_by_the_host(); STATUS_SLICES],
        rests: Vec::new(),
        flat_from_s: FIRST_MINUTE_S,
    };
    let gone_through = tour.go();
    let played = tour.begun.elapsed();
    let footprints = watch.end();
    let stalls = stall_watch.end();
    let servers = tour.stage.servers;
    let (synth, score, hearing, server) = tour.stage.leave();
    let said = synth.ear();
    let slowest_answer = synth.slowest_answer;
    let ended = synth.end();
    drop(server);
    let (end, why) = match ended {
        Ok((status, output)) => (Some((status, serde_json::from_str(&output).ok())), None),
        Err(why) => (None, Some(why)),
    };
    Ok(Outcome {
        broken: gone_through.err().or(why),
        played,
        hearing,
        sent: score.messages(),
        too_long: score.too_long(),
        servers,
        asked_rates: tour.asked_rates,
        lines: tour.lines,
        checks: tour.checks,
        unheard: tour.unheard,
        unsilent: tour.unsilent,
        left_voices: tour.left_voices,
        slowest_answer,
        footprints,
        rests: tour.rests,
        stalls,
        flat_from_s: tour.flat_from_s,
        said,
        end,
    })
}

impl Tour {
    fn go(&mut self) -> Result<(), String> {
        self.line("gate 0.1".to_owned())?;
        for round in 0.. {
            self.play_slices()?;
            if self.is_over() {
                break;
            }
            self.disturb(round)?;
            self.play_slices()?;
            self.check_one_note()?;
            if round + 1 == FIRST_ROUNDS {
                self.flat_from_s = self.begun.elapsed().as_secs_f64().max(FIRST_MINUTE_S);
            }
        }
        self.let_everything_go()
    }

    fn is_over(&self) -> bool {
        self.begun.elapsed() >= self.length
    }

    fn line(&mut self, line: String) -> Result<(), String> {
        self.lines += 1;
        self.stage.synth.type_line(&line)
    }

    fn play_slices(&mut self) -> Result<(), String> {
        for _ in 0..SLICES {
            if self.is_over() {
                break;
            }
            for line in self.some_lines() {
                self.line(line)?;
            }
            let frames = self.stage.frames(SLICE_S);
            let events = self.stage.score.play(frames, self.stage.rate_hz);
            self.stage.play(events, SLICE_S)?;
            self.look_for_overruns();
        }
        self.stage.synth.settle()
    }

    /// Tells of an overrun when it has happened, for whoever looks for its cause.
    fn look_for_overruns(&mut self) {
        let (overruns, said) = {
            let said = self.stage.synth.said();
            (said.overruns, said.last.clone())
        };
        let stolen = footprint::stolen_by_the_host();
        if overruns > self.overruns {
            eprintln!(
                "soak: {} overruns in the two seconds up to {:.1} s at {} Hz, while the machine's host kept \
                 {} ms; at last it said: {said:#?}",
                overruns - self.overruns,
                self.begun.elapsed().as_secs_f64(),
                self.stage.rate_hz,
                10 * (stolen - self.stolen[0]),
            );
            self.overruns = overruns;
        }
        self.stolen.rotate_left(1);
        self.stolen[STATUS_SLICES - 1] = stolen;
    }

    /// What somebody types who cannot keep still.
    fn some_lines(&mut self) -> Vec<String> {
        let mut lines = Vec::new();
        let chance = &mut self.chance;
        if chance.one_in(2) {
            let at = chance.below(self.parameters.len() as u64) as usize;
            lines.push(self.parameters[at].random(chance));
        }
        if chance.one_in(4) {
            let at = chance.below(self.instruments.len() as u64) as usize;
            lines.push(format!("instrument {}", self.instruments[at]));
        }
        if chance.one_in(8) {
            lines.push(format!("device {}", chance.of(&["cpu", "reference"])));
        }
        if chance.one_in(3) {
            lines.push(
                chance
                    .of(&["qet", "z c b", "octave 1", "octave -1"])
                    .to_owned(),
            );
        }
        if chance.one_in(4) {
            let (number, value) = (chance.below(120), chance.seven_bits());
            lines.push(format!("cc {number} {value}"));
        }
        if chance.one_in(4) {
            lines.push(format!("bend {:.2}", 48.0 * chance.unit() - 24.0));
        }
        if chance.one_in(4) {
            lines.push(format!("pedal {}", chance.of(&["on", "off"])));
        }
        if chance.one_in(3) {
            match self.typed.take() {
                Some(key) => lines.push(format!("off {key}")),
                None => {
                    let key = chance.below(128);
                    lines.push(format!("on {key} {}", 1 + chance.below(127)));
                    self.typed = Some(key);
                }
            }
        }
        if chance.one_in(30) {
            lines.push("panic".to_owned());
        }
        lines
    }

    /// The server goes, or another rate is asked for; in the first rounds both.
    fn disturb(&mut self, round: u64) -> Result<(), String> {
        let is_early = round < FIRST_ROUNDS;
        if is_early || round.is_multiple_of(6) {
            let number = self.stage.servers as usize;
            let rate_hz = RATES_HZ[(number + 1) % RATES_HZ.len()];
            let exit = match number % 2 {
                0 => Exit::Stop,
                _ => Exit::Kill,
            };
            let mut meanwhile = Vec::new();
            if number % 3 == 2 {
                meanwhile = self.some_lines();
                self.lines += meanwhile.len() as u64;
            }
            self.stage.change_server(exit, rate_hz, &meanwhile)?;
        }
        if round == 0 || round % 6 == 3 {
            let rate_hz = ASKED_RATES_HZ[self.asked_rates as usize % ASKED_RATES_HZ.len()];
            self.stage.ask_for_rate(rate_hz)?;
            self.asked_rates += 1;
        }
        Ok(())
    }

    /// Everything as it was at first; then a note must be heard, and silence afterwards.
    fn check_one_note(&mut self) -> Result<(), String> {
        self.calm_down()?;
        self.line("panic".to_owned())?;
        self.stage.synth.settle()?;
        let reset = self.stage.score.reset();
        self.stage.play(reset, SLICE_S)?;
        self.checks += 1;
        let key = 48 + self.chance.below(24) as u8;
        let on = self.stage.score.given(&[&[0x90, key, 100]]);
        let held = self.stage.play(on, HOLD_S)?;
        let softest = hearing::softest_peak(&held, SETS_IN_S, self.stage.rate_hz);
        if softest < HEARD {
            self.unheard += 1;
            eprintln!("soak: key {key} was held and not heard (peak {softest})");
        }
        let off = self.stage.score.given(&[&[0x80, key, 64]]);
        self.stage.play(off, SLICE_S)?;
        self.wait_for_silence()?;
        self.rest()
    }

    /// Sees what it holds when there is nothing to hold.
    fn rest(&mut self) -> Result<(), String> {
        self.line("status".to_owned())?;
        self.stage.synth.settle()?;
        let at_s = self.begun.elapsed().as_secs_f64();
        let heap = self.stage.synth.said().heap;
        let heap = match self.shipped {
            true => 0,
            false => heap.ok_or("the program does not tell what it holds; see scripts/soak.sh")?,
        };
        if let Some(footprint) = footprint::look(self.stage.synth.id(), at_s) {
            self.rests.push(Rest {
                at_s,
                rate_hz: self.stage.rate_hz,
                heap,
                resident: 1024 * footprint.memory_kib,
            });
        }
        Ok(())
    }

    /// Everything as at first, nothing typed held.
    fn calm_down(&mut self) -> Result<(), String> {
        self.typed = None;
        self.line(format!("instrument {}", self.instruments[0]))?;
        self.line("device cpu".to_owned())?;
        for at in 0..self.parameters.len() {
            let line = self.parameters[at].to_default();
            self.line(line)?;
        }
        self.stage.synth.settle()
    }

    fn wait_for_silence(&mut self) -> Result<(), String> {
        let slices = (DIES_AWAY_S / SLICE_S) as usize;
        for _ in 0..slices {
            let heard = self.stage.play(Vec::new(), SLICE_S)?;
            if hearing::peak(&heard) < SILENT {
                return Ok(());
            }
        }
        self.unsilent += 1;
        let voices = self.stage.synth.said().voices;
        eprintln!(
            "soak: not silent {DIES_AWAY_S} s after everything was let go ({voices:?} voices)"
        );
        Ok(())
    }

    /// Every key and pedal comes up, and nothing else helps.
    fn let_everything_go(&mut self) -> Result<(), String> {
        let typed = self.typed;
        self.calm_down()?;
        if let Some(key) = typed {
            self.line(format!("off {key}"))?;
        }
        self.line("pedal off".to_owned())?;
        self.stage.synth.settle()?;
        let events = self.stage.score.let_go();
        self.stage.play(events, SLICE_S)?;
        self.wait_for_silence()?;
        self.line("status".to_owned())?;
        self.stage.synth.settle()?;
        self.left_voices = self.stage.synth.said().voices;
        Ok(())
    }
}

impl Parameter {
    fn random(&self, chance: &mut Chance) -> String {
        // More voices than it was made for are refused, which is no news.
        let highest = match self.name.as_str() {
            "polyphony" => self.highest.min(128.0),
            _ => self.highest,
        };
        let value = self.lowest + (highest - self.lowest) * chance.unit();
        format!("set {}={value:.3}", self.name)
    }

    fn to_default(&self) -> String {
        format!("set {}={}", self.name, self.default)
    }
}

fn parameter(entry: &Value) -> Option<Parameter> {
    Some(Parameter {
        name: entry["name"].as_str()?.to_owned(),
        lowest: entry["lowest"].as_f64()?,
        highest: entry["highest"].as_f64()?,
        default: entry["default"].as_f64()?,
    })
}

/// What the program lists.
fn list(program: &Path, what: &str) -> Result<Vec<Value>, String> {
    let output = Command::new(program).args([what, "--json"]).output();
    let output =
        output.map_err(|error| format!("{} cannot be started: {error}", program.display()))?;
    serde_json::from_slice(&output.stdout).map_err(|error| {
        let said = String::from_utf8_lossy(&output.stderr);
        format!("{} {what} --json: {error}; {said}", program.display())
    })
}
