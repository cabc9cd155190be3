//! The project settings `enet/limits/…`: one for every limit of `ENetServer`, read each time a server is created. What a
//! script has set stays as it is, whatever the project says.

use std::time::Duration;

use enet_driver::enet_proto::AdmissionLimits;
use enet_format::limits::{MAX_DEPTH, MAX_PACKET_BYTES, MAX_VALUES};
use godot::classes::ProjectSettings;
use godot::prelude::*;
use godot::register::info::PropertyHint;

use crate::limits::{LEAST_WAITING, MOST_WAITING};
use crate::settings::Settings;

/// A project setting, and the limit that it is about.
struct Entry {
    /// Behind `enet/limits/`; that of the setter where there is one.
    name: &'static str,
    /// What lies outside counts as the nearest.
    range: (f64, f64),
    /// Behind the number in the editor.
    unit: &'static str,
    field: Field,
}

/// Where a limit is.
enum Field {
    Count(fn(&mut Settings) -> &mut u32),
    Size(fn(&mut Settings) -> &mut usize),
    /// Milliseconds, which are seconds in the project settings.
    Millis(fn(&mut Settings) -> &mut u32),
    Span(fn(&mut Settings) -> &mut Duration),
}

impl Field {
    fn get(&self, mut settings: Settings) -> f64 {
        match self {
            Self::Count(field) => f64::from(*field(&mut settings)),
            // No size comes near 2^53.
            Self::Size(field) => *field(&mut settings) as f64,
            Self::Millis(field) => f64::from(*field(&mut settings)) / 1000.0,
            Self::Span(field) => field(&mut settings).as_secs_f64(),
        }
    }

    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "the value is within the range"
    )]
    fn set(&self, settings: &mut Settings, value: f64) {
        match self {
            Self::Count(field) => *field(settings) = value as u32,
            Self::Size(field) => *field(settings) = value as usize,
            Self::Millis(field) => *field(settings) = (value * 1000.0) as u32,
            Self::Span(field) => *field(settings) = Duration::from_secs_f64(value),
        }
    }

    fn is_whole(&self) -> bool {
        matches!(self, Self::Count(_) | Self::Size(_))
    }
}

impl Entry {
    fn path(&self) -> String {
        format!("enet/limits/{}", self.name)
    }

    /// What the project says.
    fn told(&self) -> f64 {
        let settings = ProjectSettings::singleton();
        let path = self.path();
        let value = settings.has_setting(&path).then(|| settings.get_setting_with_override(&path));
        let number = value.and_then(|value| {
            value.try_to::<f64>().or_else(|_| value.try_to::<i64>().map(|number| number as f64)).ok()
        });
        let number = number.filter(|number| number.is_finite());
        number.map_or_else(
            || self.field.get(Settings::default()),
            |number| number.clamp(self.range.0, self.range.1),
        )
    }

    fn register(&self) {
        let mut settings = ProjectSettings::singleton();
        let (path, value) = (self.path(), self.variant(self.field.get(Settings::default())));
        if !settings.has_setting(&path) {
            settings.set_setting(&path, &value);
        }
        settings.set_initial_value(&path, &value);
        settings.set_as_basic(&path, true);
        let info = vdict! {
            "name" => path.as_str(),
            "type" => value.get_type().ord(),
            "hint" => PropertyHint::RANGE.ord(),
            "hint_string" => self.hint().as_str(),
        };
        settings.add_property_info(&info.upcast_any_dictionary());
    }

    fn hint(&self) -> String {
        let (least, most) = self.range;
        let step = if self.field.is_whole() { "1" } else { "0.001" };
        format!("{least},{most},{step},suffix:{}", self.unit)
    }

    fn variant(&self, value: f64) -> Variant {
        #[expect(clippy::cast_possible_truncation, reason = "it is whole")]
        if self.field.is_whole() { (value as i64).to_variant() } else { value.to_variant() }
    }
}

/// Makes the project settings known to the editor.
pub(crate) fn register() {
    ENTRIES.iter().for_each(Entry::register);
}

/// Reads the project settings. `before` is what they said last: what differs from it was set by a script, and stays.
pub(crate) fn follow(settings: &mut Settings, before: &mut Settings) {
    for entry in &ENTRIES {
        let told = entry.told();
        let is_own = entry.field.get(*settings) != entry.field.get(*before);
        entry.field.set(before, told);
        if !is_own {
            entry.field.set(settings, told);
        }
    }
}

const ANY: (f64, f64) = (0.0, u32::MAX as f64);
const PACKET: (f64, f64) = (1.0, MAX_PACKET_BYTES as f64);
const WAITING: (f64, f64) = (LEAST_WAITING as f64, MOST_WAITING as f64);

const ENTRIES: [Entry; 21] = [
    // who gets in
    Entry {
        name: "half_open_limit",
        range: (1.0, AdmissionLimits::MOST_HALF_OPEN as f64),
        unit: "clients",
        field: Field::Count(|settings| &mut settings.admission.half_open),
    },
    Entry {
        name: "connect_rate_limit",
        range: ANY,
        unit: "/s",
        field: Field::Count(|settings| &mut settings.admission.connects_per_second),
    },
    Entry {
        name: "connect_rate_limit_per_prefix",
        range: ANY,
        unit: "/s",
        field: Field::Count(|settings| &mut settings.admission.connects_per_prefix),
    },
    Entry {
        name: "max_peers_per_address",
        range: (1.0, 4095.0),
        unit: "clients",
        field: Field::Count(|settings| &mut settings.admission.connections_per_address),
    },
    Entry {
        name: "authentication_timeout",
        range: (0.0, 86_400.0),
        unit: "s",
        field: Field::Span(|settings| &mut settings.authentication_timeout),
    },
    Entry {
        name: "refused_login_limit",
        range: (0.0, 1_000_000.0),
        unit: "/min",
        field: Field::Count(|settings| &mut settings.limits.refused_logins),
    },
    Entry {
        name: "maximum_login_size",
        range: PACKET,
        unit: "bytes",
        field: Field::Size(|settings| &mut settings.limits.login_bytes),
    },
    // what a client may do
    Entry {
        name: "peer_packet_rate",
        range: ANY,
        unit: "/s",
        field: Field::Count(|settings| &mut settings.limits.rates.packets),
    },
    Entry {
        name: "peer_byte_rate",
        range: ANY,
        unit: "bytes/s",
        field: Field::Count(|settings| &mut settings.limits.rates.bytes),
    },
    Entry {
        name: "peer_rate_patience",
        range: (0.0, 3600.0),
        unit: "s",
        field: Field::Millis(|settings| &mut settings.limits.rates.patience_ms),
    },
    Entry {
        name: "maximum_packet_size",
        range: PACKET,
        unit: "bytes",
        field: Field::Size(|settings| &mut settings.limits.packet_bytes),
    },
    Entry {
        name: "maximum_decoded_depth",
        range: (0.0, MAX_DEPTH as f64),
        unit: "levels",
        field: Field::Size(|settings| &mut settings.limits.decode.depth),
    },
    Entry {
        name: "maximum_decoded_elements",
        range: (0.0, MAX_VALUES as f64),
        unit: "elements",
        field: Field::Size(|settings| &mut settings.limits.decode.values),
    },
    Entry {
        name: "maximum_event_name_length",
        range: PACKET,
        unit: "characters",
        field: Field::Size(|settings| &mut settings.limits.event_name),
    },
    // what may wait
    Entry {
        name: "maximum_waiting_data",
        range: WAITING,
        unit: "bytes",
        field: Field::Size(|settings| &mut settings.limits.waiting_of_one),
    },
    Entry {
        name: "maximum_total_waiting_data",
        range: WAITING,
        unit: "bytes",
        field: Field::Size(|settings| &mut settings.limits.waiting_of_all),
    },
    Entry {
        name: "maximum_queued_data",
        range: WAITING,
        unit: "bytes",
        field: Field::Size(|settings| &mut settings.limits.queued),
    },
    Entry {
        name: "maximum_queued_unreliable",
        range: WAITING,
        unit: "bytes",
        field: Field::Size(|settings| &mut settings.limits.queued_unreliable),
    },
    // silence
    Entry {
        name: "peer_timeout",
        range: (1.0, u32::MAX as f64),
        unit: "times",
        field: Field::Count(|settings| &mut settings.limits.timeouts.limit),
    },
    Entry {
        name: "peer_timeout_min",
        range: ANY,
        unit: "ms",
        field: Field::Count(|settings| &mut settings.limits.timeouts.minimum_ms),
    },
    Entry {
        name: "peer_timeout_max",
        range: ANY,
        unit: "ms",
        field: Field::Count(|settings| &mut settings.limits.timeouts.maximum_ms),
    },
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_field_is_one_of_its_own_and_takes_what_its_range_allows() {
        for (place, entry) in ENTRIES.iter().enumerate() {
            for value in [entry.range.0, entry.range.1] {
                let mut settings = Settings::default();
                entry.field.set(&mut settings, value);
                assert_eq!(entry.field.get(settings), value, "{}", entry.name);
                for other in
                    ENTRIES.iter().enumerate().filter(|(other, _)| *other != place).map(|(_, other)| other)
                {
                    let default = other.field.get(Settings::default());
                    assert_eq!(other.field.get(settings), default, "{} and {}", entry.name, other.name);
                }
            }
        }
    }

    #[test]
    fn every_setting_is_in_the_documentation() {
        let page = include_str!("../../../docs/hardening.md");
        for entry in &ENTRIES {
            let names = [format!("`{}`", entry.name), format!("`set_{}`", entry.name)];
            let is_known = names.iter().any(|name| page.contains(name));
            assert!(is_known, "docs/hardening.md does not know {}", entry.name);
            let default = entry.field.get(Settings::default());
            assert!((entry.range.0..=entry.range.1).contains(&default), "{}", entry.name);
        }
    }
}
