//! Doors for the vectors and the fuzz targets: states that only a long exchange would lead to.

use super::*;

impl Peer {
    pub(crate) fn set_newest_delivered(&mut self, channel: u8, newest: u16) {
        self.channels.get_or_create(channel).incoming.set_newest(newest);
    }

    pub(crate) fn set_last_numbers(&mut self, channel: u8, reliable: u16, unreliable: u16, group: u16) {
        self.channels.get_or_create(channel).outgoing.set_last(Seq16(reliable), unreliable);
        self.unsequenced_groups = UnsequencedGroups::after(Seq16(group));
    }

    pub(crate) fn set_unsequenced_base(&mut self, base: u16) {
        self.unsequenced = UnsequencedWindow::beginning_at(base);
    }
}

#[cfg(test)]
impl Peer {
    pub(crate) fn set_last_control(&mut self, number: u16) {
        self.control.set_last(Seq16(number), 0);
    }

    pub(crate) fn set_round_trip_time(&mut self, mean: u32, variance: u32) {
        self.rtt.mean = mean;
        self.rtt.variance = variance;
    }
}
