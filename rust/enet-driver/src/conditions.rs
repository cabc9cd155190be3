//! The bad networks that a game can ask for: presets, and single values by name.

use std::fmt;

use enet_netem::{BurstLoss, LinkConfig};
use thiserror::Error;

/// A network to simulate around one host. All its remotes share it, as if the machine itself were behind it.
#[derive(Clone, Debug, PartialEq)]
pub struct NetworkConditions {
    /// From the remotes.
    pub incoming: LinkConfig,
    /// To the remotes.
    pub outgoing: LinkConfig,
    /// What decides about each datagram: the same seed and the same datagrams give the same outcome.
    pub seed: u64,
}

/// Why a description of a network is none. `Display` names what would be one.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
#[non_exhaustive]
pub enum ConditionsError {
    /// No such preset.
    #[error("there is no network \"{0}\"; there are off, {presets}", presets = preset_names())]
    UnknownPreset(String),
    /// No such value.
    #[error("there is no value \"{0}\"; there are {keys}, each also with in_ or out_ before it, and seed", keys = key_names())]
    UnknownKey(String),
    /// The value is no number, or none that makes sense.
    #[error("{key} must be a number from {least} to {most}")]
    OutOfRange {
        /// The value's name.
        key: String,
        /// The least it can be.
        least: u32,
        /// The most it can be.
        most: u32,
    },
    /// A part of a text that is neither a preset nor `key=value`.
    #[error("\"{0}\" is no number")]
    NoNumber(String),
}

impl NetworkConditions {
    /// Both directions alike.
    #[must_use]
    pub fn symmetric(link: LinkConfig) -> Self {
        Self { incoming: link.clone(), outgoing: link, seed: 1 }
    }

    /// One of `lan`, `wifi_good`, `wifi_bad`, `mobile` and `satellite`; `None` for `off`.
    ///
    /// # Errors
    /// [`ConditionsError::UnknownPreset`].
    pub fn preset(name: &str) -> Result<Option<Self>, ConditionsError> {
        if ["", "off"].contains(&name) {
            return Ok(None);
        }
        let preset = PRESETS.iter().find(|(preset, _)| *preset == name);
        let (_, link) = preset.ok_or_else(|| ConditionsError::UnknownPreset(name.to_owned()))?;
        Ok(Some(Self::symmetric(link())))
    }

    /// What a text such as `mobile`, `loss=0.05,latency=80` or `wifi_bad,out_bandwidth=50000,seed=7` describes: a preset,
    /// values by name, or a preset that is changed by values. Nothing, or `off`, is no simulation.
    ///
    /// # Errors
    /// The first part that cannot be understood.
    pub fn parse(text: &str) -> Result<Option<Self>, ConditionsError> {
        let mut preset = None;
        let mut values = Vec::new();
        for part in text.split(',').map(str::trim).filter(|part| !part.is_empty()) {
            match part.split_once('=') {
                None => preset = Some(part),
                Some((key, value)) => {
                    let number = value.trim().parse();
                    let number = number.map_err(|_| ConditionsError::NoNumber(value.trim().to_owned()))?;
                    values.push((key.trim().to_owned(), number));
                }
            }
        }
        Self::assemble(preset, &values)
    }

    /// A preset, or no preset, changed by values. The order of the values does not matter; of two with one name the
    /// later counts, and one for a single direction counts more than one for both. The preset `off` stays off.
    ///
    /// # Errors
    /// The first value that is unknown or out of range.
    pub fn assemble(preset: Option<&str>, values: &[(String, f64)]) -> Result<Option<Self>, ConditionsError> {
        let base = preset.map(Self::preset).transpose()?;
        if matches!(base, Some(None)) || (base.is_none() && values.is_empty()) {
            return Ok(None);
        }
        let mut conditions = base.flatten().unwrap_or_else(|| Self::symmetric(LinkConfig::PERFECT));
        if let Some((key, _)) = values.iter().find(|(key, _)| !is_key(key)) {
            return Err(ConditionsError::UnknownKey(key.clone()));
        }
        let find = |key: &str| values.iter().rev().find(|(name, _)| name == key).map(|(_, value)| *value);
        if let Some(seed) = find("seed") {
            conditions.seed = whole(check("seed", seed, 0, u32::MAX)?).into();
        }
        for key in &KEYS {
            for prefix in ["", "in_", "out_"] {
                let name = format!("{prefix}{}", key.name);
                let Some(value) = find(&name) else { continue };
                let value = check(&name, value, key.least, key.most)?;
                if prefix != "out_" {
                    (key.set)(&mut conditions.incoming, value);
                }
                if prefix != "in_" {
                    (key.set)(&mut conditions.outgoing, value);
                }
            }
        }
        Ok(Some(conditions))
    }

    /// Every value by its name: what [`assemble`](Self::assemble) makes the same conditions of.
    #[must_use]
    pub fn values(&self) -> Vec<(String, f64)> {
        let mut values = vec![("seed".to_owned(), self.seed as f64)];
        for (prefix, link) in [("in_", &self.incoming), ("out_", &self.outgoing)] {
            values.extend(KEYS.iter().map(|key| (format!("{prefix}{}", key.name), (key.get)(link))));
        }
        values
    }
}

/// What is simulated, in words.
impl fmt::Display for NetworkConditions {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { incoming, outgoing, seed } = self;
        if incoming == outgoing {
            write!(f, "each way {}", describe(incoming))?;
        } else {
            write!(f, "incoming {}; outgoing {}", describe(incoming), describe(outgoing))?;
        }
        write!(f, "; seed {seed}")
    }
}

/// A value of a link, as a game names it.
struct Key {
    name: &'static str,
    least: u32,
    most: u32,
    set: fn(&mut LinkConfig, f64),
    get: fn(&LinkConfig) -> f64,
    /// The value in words.
    show: fn(f64) -> String,
}

/// A queue is set after the rate that it belongs to, and a burst's length after its share: the former give the latter a
/// default.
const KEYS: [Key; 10] = [
    Key {
        name: "latency",
        least: 0,
        most: LONGEST_MS,
        set: |link, ms| link.delay_ms = whole(ms),
        get: |link| f64::from(link.delay_ms),
        show: |ms| format!("latency {ms} ms"),
    },
    Key {
        name: "jitter",
        least: 0,
        most: LONGEST_MS,
        set: |link, ms| link.jitter_ms = whole(ms),
        get: |link| f64::from(link.jitter_ms),
        show: |ms| format!("jitter {ms} ms"),
    },
    Key {
        name: "loss",
        least: 0,
        most: 1,
        set: |link, chance| link.loss = chance,
        get: |link| link.loss,
        show: |chance| format!("loss {}", percent(chance)),
    },
    Key {
        name: "burst_loss",
        least: 0,
        most: 1,
        set: |link, share| {
            let length = link.burst_loss.map_or(DEFAULT_BURST_LENGTH, length_of);
            link.burst_loss =
                (share > 0.0).then(|| BurstLoss::average(share.min(HIGHEST_BURST_SHARE), length));
        },
        get: |link| link.burst_loss.map_or(0.0, share_of),
        show: |share| format!("burst loss {}", percent(share)),
    },
    Key {
        name: "burst_length",
        least: 1,
        most: 10_000,
        set: |link, length| {
            link.burst_loss = link.burst_loss.map(|burst| BurstLoss::average(share_of(burst), length))
        },
        get: |link| link.burst_loss.map_or(DEFAULT_BURST_LENGTH, length_of),
        show: |_| String::new(),
    },
    Key {
        name: "duplicate",
        least: 0,
        most: 1,
        set: |link, chance| link.duplicate = chance,
        get: |link| link.duplicate,
        show: |chance| format!("duplication {}", percent(chance)),
    },
    Key {
        name: "reorder",
        least: 0,
        most: 1,
        set: |link, chance| link.reorder = chance,
        get: |link| link.reorder,
        show: |chance| format!("reordering {}", percent(chance)),
    },
    Key {
        name: "corrupt",
        least: 0,
        most: 1,
        set: |link, chance| link.corrupt = chance,
        get: |link| link.corrupt,
        show: |chance| format!("corruption {}", percent(chance)),
    },
    Key {
        name: "bandwidth",
        least: 0,
        most: u32::MAX,
        set: |link, rate| {
            let rate = whole(rate);
            link.rate_bytes_per_second = (rate > 0).then_some(rate);
            link.queue_bytes = (rate > 0).then(|| (rate as usize / 2).max(LEAST_DEFAULT_QUEUE));
        },
        get: |link| link.rate_bytes_per_second.map_or(0.0, f64::from),
        show: |rate| format!("{} kB/s", rate / 1000.0),
    },
    Key {
        name: "queue",
        least: 0,
        most: u32::MAX,
        set: |link, bytes| link.queue_bytes = Some(whole(bytes) as usize).filter(|&bytes| bytes > 0),
        get: |link| link.queue_bytes.map_or(0.0, |bytes| bytes as f64),
        show: |_| String::new(),
    },
];

type Preset = (&'static str, fn() -> LinkConfig);

const PRESETS: [Preset; 5] = [
    ("lan", LinkConfig::lan),
    ("wifi_good", LinkConfig::wifi_good),
    ("wifi_bad", LinkConfig::wifi_lossy),
    ("mobile", LinkConfig::mobile),
    ("satellite", LinkConfig::satellite),
];

/// The longest latency and the longest jitter.
const LONGEST_MS: u32 = 60_000;
/// Datagrams that a burst takes on average, unless it is set.
const DEFAULT_BURST_LENGTH: f64 = 5.0;
/// Bursts that took everything would never end.
const HIGHEST_BURST_SHARE: f64 = 0.95;
/// Half a second of a slow line would not take one large datagram.
const LEAST_DEFAULT_QUEUE: usize = 16 << 10;

fn is_key(name: &str) -> bool {
    let bare = name.strip_prefix("in_").or_else(|| name.strip_prefix("out_")).unwrap_or(name);
    name == "seed" || KEYS.iter().any(|key| key.name == bare)
}

fn check(key: &str, value: f64, least: u32, most: u32) -> Result<f64, ConditionsError> {
    let is_good = (f64::from(least)..=f64::from(most)).contains(&value);
    is_good.then_some(value).ok_or_else(|| ConditionsError::OutOfRange { key: key.to_owned(), least, most })
}

#[expect(
    clippy::cast_possible_truncation,
    reason = "a float-to-integer cast saturates, and ranges were checked"
)]
fn whole(value: f64) -> u32 {
    value.round() as u32
}

/// What all bursts together lose, of 1. Rounded, for `average` and this are each other's inverse but for the last bits.
fn share_of(burst: BurstLoss) -> f64 {
    round(burst.enter / (burst.enter + burst.leave))
}

fn length_of(burst: BurstLoss) -> f64 {
    round(1.0 / burst.leave)
}

fn round(value: f64) -> f64 {
    (value * 1e9).round() / 1e9
}

fn describe(link: &LinkConfig) -> String {
    let values = KEYS.iter().map(|key| (key, (key.get)(link))).filter(|(_, value)| *value > 0.0);
    let words: Vec<_> =
        values.map(|(key, value)| (key.show)(value)).filter(|text| !text.is_empty()).collect();
    if words.is_empty() { "nothing".to_owned() } else { words.join(", ") }
}

fn percent(chance: f64) -> String {
    format!("{} %", round(chance * 100.0))
}

fn preset_names() -> String {
    PRESETS.map(|(name, _)| name).join(", ")
}

fn key_names() -> String {
    KEYS.each_ref().map(|key| key.name).join(", ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn parse(text: &str) -> NetworkConditions {
        NetworkConditions::parse(text).expect("a good text").expect("a network")
    }

    #[test]
    fn a_text_names_a_preset_or_values_or_both() {
        assert_eq!(parse("mobile"), NetworkConditions::symmetric(LinkConfig::mobile()));
        let loss = LinkConfig { loss: 0.05, delay_ms: 80, ..LinkConfig::PERFECT };
        assert_eq!(
            parse(" loss=0.05, latency = 80,seed=7"),
            NetworkConditions { seed: 7, ..NetworkConditions::symmetric(loss) }
        );
        let changed = parse("loss=0.5,wifi_bad");
        assert_eq!(changed.incoming, LinkConfig { loss: 0.5, ..LinkConfig::wifi_lossy() });
        for text in ["", "off", " , ", "off,loss=0.5"] {
            assert_eq!(NetworkConditions::parse(text), Ok(None), "{text:?}");
        }
    }

    #[test]
    fn a_direction_can_have_values_of_its_own_in_any_order() {
        let conditions = parse("out_latency=100,latency=10,in_loss=1");
        assert_eq!((conditions.outgoing.delay_ms, conditions.incoming.delay_ms), (100, 10));
        assert_eq!((conditions.outgoing.loss, conditions.incoming.loss), (0.0, 1.0));
        let conditions = parse("out_queue=9000,bandwidth=100000");
        assert_eq!(conditions.outgoing.queue_bytes, Some(9000));
        assert_eq!(conditions.incoming.queue_bytes, Some(50_000), "half a second unless it is set");
    }

    #[test]
    fn what_is_no_network_is_named() {
        let error = |text| NetworkConditions::parse(text).expect_err(text).to_string();
        assert!(error("moble").contains("\"moble\"") && error("moble").contains("wifi_bad, mobile"));
        assert!(error("los=1").contains("\"los\"") && error("los=1").contains("burst_length"));
        assert_eq!(error("loss=1.5"), "loss must be a number from 0 to 1");
        assert_eq!(error("in_latency=-1"), "in_latency must be a number from 0 to 60000");
        assert_eq!(error("loss=NaN"), "loss must be a number from 0 to 1");
        assert_eq!(error("loss=much"), "\"much\" is no number");
        assert!(error("seed_=1").contains("seed_"));
    }

    #[test]
    fn values_give_the_same_conditions_back() {
        for text in
            ["lan", "wifi_good", "wifi_bad", "mobile", "satellite", "burst_loss=0.3", "in_loss=1,seed=9"]
        {
            let conditions = parse(text);
            let again = NetworkConditions::assemble(None, &conditions.values());
            let again = again.expect("good values").expect("values");
            assert_eq!(again.values(), conditions.values(), "{text}");
        }
    }

    #[test]
    fn a_burst_has_a_share_and_a_length() {
        let conditions = parse("burst_length=20,burst_loss=0.1");
        let burst = conditions.incoming.burst_loss.expect("a burst");
        assert_eq!((share_of(burst), length_of(burst), burst.loss), (0.1, 20.0, 1.0));
        assert!(parse("burst_loss=1").incoming.burst_loss.is_some_and(|burst| burst.enter.is_finite()));
    }

    #[test]
    fn what_is_simulated_can_be_read() {
        assert_eq!(
            parse("mobile").to_string(),
            "each way latency 50 ms, jitter 60 ms, loss 0.5 %, burst loss 1 %, duplication 0.1 %, reordering 1 %, \
             625 kB/s; seed 1"
        );
        assert_eq!(parse("out_loss=0.25,seed=3").to_string(), "incoming nothing; outgoing loss 25 %; seed 3");
    }
}
