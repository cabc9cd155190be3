//! What happened since the last report, as far as there is room.

use std::collections::VecDeque;

/// One line of the tab's log.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Happening {
    /// On the engine's clock.
    pub(crate) msec: i64,
    pub(crate) host: u64,
    pub(crate) kind: Kind,
    /// The peer's key, or 0.
    pub(crate) peer: i64,
    /// An address, a reason, a class, or what limit was met.
    pub(crate) text: String,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Kind {
    Opened,
    Closed,
    Connected,
    Disconnected,
    Failed,
    Limited,
}

impl Kind {
    /// In the order of the variants.
    pub(super) const NAMES: [&'static str; 6] =
        ["opened", "closed", "connected", "disconnected", "failed", "limited"];
}

/// Keeps the latest happenings. A crowd that comes and goes must not make a report of any size.
#[derive(Debug, Default)]
pub(super) struct Journal {
    happenings: VecDeque<Happening>,
    forgotten: u64,
}

impl Journal {
    pub(super) fn write(&mut self, happening: Happening) {
        if self.happenings.len() == CAPACITY {
            self.happenings.pop_front();
            self.forgotten += 1;
        }
        self.happenings.push_back(happening);
    }

    /// Everything since the last call, and how many there was no room for.
    pub(super) fn take(&mut self) -> (Vec<Happening>, u64) {
        (self.happenings.drain(..).collect(), std::mem::take(&mut self.forgotten))
    }
}

/// The most happenings of one report.
const CAPACITY: usize = 128;

#[cfg(test)]
mod tests {
    use super::*;

    fn happening(peer: i64) -> Happening {
        Happening { msec: 0, host: 1, kind: Kind::Connected, peer, text: String::new() }
    }

    #[test]
    fn the_latest_stay_and_the_others_are_counted() {
        let mut journal = Journal::default();
        let crowd = i64::try_from(CAPACITY).expect("a small number") + 3;
        (0..crowd).for_each(|peer| journal.write(happening(peer)));
        let (kept, forgotten) = journal.take();
        assert_eq!((kept.len(), forgotten), (CAPACITY, 3));
        assert_eq!((kept.first(), kept.last()), (Some(&happening(3)), Some(&happening(crowd - 1))));
        assert_eq!(journal.take(), (Vec::new(), 0));
    }

    #[test]
    fn every_kind_has_its_name() {
        assert_eq!(Kind::NAMES[Kind::Opened as usize], "opened");
        assert_eq!(Kind::NAMES[Kind::Limited as usize], "limited");
    }
}
