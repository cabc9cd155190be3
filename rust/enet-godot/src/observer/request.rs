//! What the tab asks for. Whatever it sends is checked here and done between two frames: a message may come in the middle of a
//! script.

use enet_driver::NetworkConditions;
use godot::builtin::AnyArray;
use godot::prelude::*;

use super::hosts;

/// The most requests that wait for the end of a frame. A debugger that sends more has lost its way.
pub(super) const MOST_WAITING: usize = 256;

#[derive(Clone, Debug, PartialEq)]
pub(super) enum Request {
    /// The names of everything, again.
    Names,
    /// Every statistic of this peer from here on: host and key. Or of nobody any more.
    Watch(Option<(u64, i64)>),
    Simulate(u64, Option<NetworkConditions>),
    Kick(u64, i64),
}

impl Request {
    /// Understands a message by its name, with or without the prefix, and its values.
    pub(super) fn read(name: &str, values: &AnyArray) -> Result<Self, String> {
        let name = name.strip_prefix("enet_server:").unwrap_or(name);
        match name {
            "names" => Ok(Self::Names),
            "watch" if values.is_empty() => Ok(Self::Watch(None)),
            "watch" => Ok(Self::Watch(Some((host(values)?, number(values, 1)?)))),
            "simulate" => Ok(Self::Simulate(host(values)?, conditions(values)?)),
            "kick" => Ok(Self::Kick(host(values)?, number(values, 1)?)),
            _ => Err(format!("there is no request \"{name}\"")),
        }
    }

    /// Does what the hosts have to do. A host or a peer that is gone by now is nobody's fault.
    pub(super) fn carry_out(&self) {
        match self {
            Self::Simulate(host, conditions) => drop(hosts::simulate(*host, conditions.as_ref())),
            Self::Kick(host, key) => drop(hosts::kick(*host, *key)),
            Self::Names | Self::Watch(_) => {}
        }
    }
}

fn number(values: &AnyArray, index: usize) -> Result<i64, String> {
    let value = values.get(index).and_then(|value| value.try_to::<i64>().ok());
    value.ok_or_else(|| format!("value {index} is no number"))
}

fn host(values: &AnyArray) -> Result<u64, String> {
    u64::try_from(number(values, 0)?).map_err(|_| "there is no such host".to_owned())
}

fn conditions(values: &AnyArray) -> Result<Option<NetworkConditions>, String> {
    let text = values.get(1).and_then(|value| value.try_to::<GString>().ok());
    let text = text.ok_or_else(|| "value 1 is no text".to_owned())?;
    NetworkConditions::parse(&text.to_string()).map_err(|error| error.to_string())
}
