//! The bad network that a game, the command line or the project asks for: where it is said, and how it is announced.

use std::cell::RefCell;

use enet_driver::NetworkConditions;
use godot::builtin::{AnyDictionary, VarDictionary};
use godot::classes::{Os, ProjectSettings};
use godot::global::{Error, push_warning};
use godot::prelude::*;
use godot::register::info::PropertyHint;

use crate::outgoing::misuse;

/// What is to be simulated around a host, and what is.
#[derive(Debug, Default)]
pub(crate) struct Simulation {
    /// What scripts have asked for. As long as they have not, it is the command line's or the project's word.
    asked: RefCell<Option<Option<NetworkConditions>>>,
    /// What was begun or asked for last, in words.
    shown: RefCell<String>,
}

impl Simulation {
    /// Asks for the conditions that `wanted` describes: a text, a dictionary, or null for none. Announces them as those
    /// of `name` if it is given, which it is when a host runs already.
    pub(crate) fn set(
        &self,
        wanted: &Variant,
        name: Option<&str>,
    ) -> Result<Option<NetworkConditions>, Error> {
        let conditions = understand(wanted).map_err(|message| {
            let message =
                format!("These network conditions cannot be simulated: {message}. They stay as they were.");
            misuse(Error::ERR_INVALID_PARAMETER, &message)
        })?;
        self.decide(conditions.clone());
        if let (Some(name), Some(conditions)) = (name, &conditions) {
            announce(name, conditions);
        }
        Ok(conditions)
    }

    /// Asks for conditions that make sense, and announces nothing.
    pub(crate) fn decide(&self, conditions: Option<NetworkConditions>) {
        self.show(conditions.as_ref());
        self.asked.replace(Some(conditions));
    }

    /// What the host simulates, in words; nothing if it does not.
    pub(crate) fn shown(&self) -> String {
        self.shown.borrow().clone()
    }

    fn show(&self, conditions: Option<&NetworkConditions>) {
        self.shown.replace(conditions.map(ToString::to_string).unwrap_or_default());
    }

    /// Takes over what another one was told, unless this one was told something itself.
    pub(crate) fn inherit(&self, other: &Self) {
        if self.asked.borrow().is_none() {
            self.asked.replace(other.asked.borrow().clone());
        }
    }

    /// What a host of `name` that is opened now simulates. Announces it.
    pub(crate) fn begin(&self, name: &str) -> Option<NetworkConditions> {
        let conditions = self.current();
        self.show(conditions.as_ref());
        if let Some(conditions) = &conditions {
            announce(name, conditions);
        }
        conditions
    }

    /// Every value by its name, or nothing.
    pub(crate) fn to_dictionary(&self) -> VarDictionary {
        let values = self.current().map(|conditions| conditions.values());
        let pairs = values.into_iter().flatten();
        pairs.map(|(key, value)| (key.to_variant(), value.to_variant())).collect()
    }

    fn current(&self) -> Option<NetworkConditions> {
        self.asked.borrow().clone().unwrap_or_else(by_default)
    }
}

/// Makes the project setting known to the editor.
pub(crate) fn register_setting() {
    let mut settings = ProjectSettings::singleton();
    if !settings.has_setting(SETTING) {
        settings.set_setting(SETTING, &"".to_variant());
    }
    settings.set_initial_value(SETTING, &"".to_variant());
    settings.set_as_basic(SETTING, true);
    let info = vdict! {
        "name" => SETTING,
        "type" => VariantType::STRING.ord(),
        "hint" => PropertyHint::ENUM_SUGGESTION.ord(),
        "hint_string" => "lan,wifi_good,wifi_bad,mobile,satellite",
    };
    settings.add_property_info(&info.upcast_any_dictionary());
}

fn announce(name: &str, conditions: &NetworkConditions) {
    let message = format!(
        "{name} simulates a bad network, for tests: {conditions}. set_network_conditions(\"off\") turns it off."
    );
    push_warning(&[message.to_variant()]);
}

/// What scripts do not decide.
fn by_default() -> Option<NetworkConditions> {
    let arguments = Os::singleton().get_cmdline_user_args();
    let argument = arguments
        .as_slice()
        .iter()
        .rev()
        .map(GString::to_string)
        .find_map(|argument| argument.strip_prefix(ARGUMENT).map(str::to_owned));
    if let Some(text) = argument {
        return or_report(&text, "The command line's --enet-sim");
    }
    // No player is to get what a developer has forgotten to switch off.
    if !Os::singleton().is_debug_build() {
        return None;
    }
    let setting = ProjectSettings::singleton().get_setting_with_override(SETTING);
    or_report(&setting.stringify().to_string(), &format!("The project setting {SETTING}"))
}

fn or_report(text: &str, what: &str) -> Option<NetworkConditions> {
    NetworkConditions::parse(text).unwrap_or_else(|error| {
        misuse(Error::ERR_INVALID_PARAMETER, &format!("{what} is ignored: {error}."));
        None
    })
}

fn understand(wanted: &Variant) -> Result<Option<NetworkConditions>, String> {
    match wanted.get_type() {
        VariantType::NIL => Ok(None),
        VariantType::STRING | VariantType::STRING_NAME => {
            NetworkConditions::parse(&wanted.stringify().to_string()).map_err(|error| error.to_string())
        }
        VariantType::DICTIONARY => from_dictionary(&wanted.to::<AnyDictionary>()),
        _ => Err("they are a String, a Dictionary, or null".to_owned()),
    }
}

fn from_dictionary(wanted: &AnyDictionary) -> Result<Option<NetworkConditions>, String> {
    let mut preset = None;
    let mut values = Vec::new();
    for (key, value) in wanted.iter_shared() {
        let key = key.stringify().to_string();
        if key == "preset" {
            preset = Some(value.stringify().to_string());
            continue;
        }
        let number = value.try_to::<f64>().or_else(|_| value.try_to::<i64>().map(|whole| whole as f64));
        values.push((key.clone(), number.map_err(|_| format!("{key} is no number"))?));
    }
    NetworkConditions::assemble(preset.as_deref(), &values).map_err(|error| error.to_string())
}

/// Whether hosts of this project simulate a network, in debug builds.
const SETTING: &str = "enet/conditioner/conditions";
/// The same for one run, behind the `--` of the command line.
const ARGUMENT: &str = "--enet-sim=";
