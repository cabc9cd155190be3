//! The peers of a host as rows of numbers: some in detail, all in sum. Knows no Godot type.

use enet_driver::enet_proto::PeerStats;

use super::PeerView;

/// What a row has, in order. Shares are in millionths, and a mean in the row of several peers; what is counted is a sum there.
pub(super) const COLUMNS: [&str; 15] = [
    "key",
    "id",
    "state",
    "rtt_ms",
    "jitter_ms",
    "loss",
    "throttle",
    "queued_bytes",
    "in_flight_bytes",
    "waiting_bytes",
    "sent_bytes",
    "received_bytes",
    "sent_packets",
    "received_packets",
    "retransmissions",
];

/// How many of the columns describe the peer, and have no sum.
const DESCRIPTIVE: usize = 3;
/// How many after those have a mean.
const MEANS: usize = 4;

pub(super) type Row = [i64; COLUMNS.len()];

pub(super) fn row(peer: &PeerView) -> Row {
    let stats = &peer.stats;
    [
        peer.key,
        peer.id,
        peer.stand as i64,
        stats.round_trip_time_ms.into(),
        stats.round_trip_time_variance_ms.into(),
        millionths(stats.packet_loss, 65_536),
        millionths(stats.packet_throttle, 32),
        whole(stats.queued_bytes),
        stats.in_flight_bytes.into(),
        whole(stats.waiting_bytes),
        whole(stats.sent_bytes),
        whole(stats.received_bytes),
        whole(sent_packets(stats)),
        whole(received_packets(stats)),
        whole(stats.retransmissions),
    ]
}

fn sent_packets(stats: &PeerStats) -> u64 {
    stats.sent_reliable_packets + stats.sent_unreliable_packets + stats.sent_unsequenced_packets
}

fn received_packets(stats: &PeerStats) -> u64 {
    stats.received_reliable_packets + stats.received_unreliable_packets + stats.received_unsequenced_packets
}

fn millionths(value: u32, whole: i64) -> i64 {
    i64::from(value) * 1_000_000 / whole
}

/// A counter as scripts know it.
pub(super) fn whole(count: u64) -> i64 {
    i64::try_from(count).unwrap_or(i64::MAX)
}

/// Several peers as one row.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Sum {
    pub(super) peers: i64,
    total: Row,
}

impl Sum {
    fn add(&mut self, row: &Row) {
        self.peers += 1;
        for (total, value) in self.total.iter_mut().zip(row).skip(DESCRIPTIVE) {
            *total = total.saturating_add(*value);
        }
    }

    /// Zeros when there is nobody.
    pub(super) fn row(&self) -> Row {
        let mut row = self.total;
        let means = row.iter_mut().skip(DESCRIPTIVE).take(MEANS);
        means.for_each(|total| *total /= self.peers.max(1));
        row
    }
}

/// The rows of one host.
#[derive(Debug)]
pub(super) struct Rows {
    /// How many more may come in detail.
    room: usize,
    /// Who comes in detail whether there is room or not.
    watched: Option<i64>,
    pub(super) detailed: Vec<PeerView>,
    /// All of them.
    pub(super) all: Sum,
    /// Those that are not in detail.
    pub(super) others: Sum,
}

impl Rows {
    pub(super) fn new(room: usize, watched: Option<i64>) -> Self {
        Self { room, watched, detailed: Vec::new(), all: Sum::default(), others: Sum::default() }
    }

    pub(super) fn add(&mut self, peer: &PeerView) {
        let row = row(peer);
        self.all.add(&row);
        if self.watched == Some(peer.key) {
            self.detailed.push(peer.clone());
        } else if self.room > 0 {
            self.room -= 1;
            self.detailed.push(peer.clone());
        } else {
            self.others.add(&row);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::observer::Stand;

    fn peer(key: i64, rtt: u32, sent: u64) -> PeerView {
        let stats = PeerStats {
            round_trip_time_ms: rtt,
            sent_bytes: sent,
            packet_loss: 32_768,
            packet_throttle: 32,
            ..PeerStats::default()
        };
        PeerView { key, id: key + 100, address: None, stand: Stand::Connected, stats }
    }

    fn at(row: &Row, column: &str) -> i64 {
        let index = COLUMNS.iter().position(|name| *name == column).expect("a column");
        row[index]
    }

    #[test]
    fn a_row_says_who_and_how() {
        let row = row(&peer(7, 40, 9));
        let named = ["key", "id", "state", "rtt_ms", "loss", "throttle", "sent_bytes"];
        assert_eq!(named.map(|name| at(&row, name)), [7, 107, 2, 40, 500_000, 1_000_000, 9]);
    }

    #[test]
    fn several_are_a_mean_or_a_sum() {
        let mut rows = Rows::new(9, None);
        [peer(1, 10, 100), peer(2, 30, 11)].iter().for_each(|peer| rows.add(peer));
        let all = rows.all.row();
        assert_eq!((rows.all.peers, rows.others.peers), (2, 0));
        assert_eq!(["key", "rtt_ms", "loss", "sent_bytes"].map(|name| at(&all, name)), [0, 20, 500_000, 111]);
        assert_eq!(Sum::default().row(), Row::default());
    }

    #[test]
    fn those_without_room_are_summed_but_for_the_watched_one() {
        let mut rows = Rows::new(2, Some(4));
        (1..=5).for_each(|key| rows.add(&peer(key, 10, 1)));
        let keys: Vec<i64> = rows.detailed.iter().map(|peer| peer.key).collect();
        assert_eq!((keys, rows.all.peers, rows.others.peers), (vec![1, 2, 4], 5, 2));
        assert_eq!(at(&rows.others.row(), "sent_bytes"), 2);
    }

    #[test]
    fn four_thousand_peers_are_a_bounded_report() {
        let mut rows = Rows::new(128, Some(3999));
        (0..4000).for_each(|key| rows.add(&peer(key, 10, 1)));
        assert_eq!((rows.detailed.len(), rows.others.peers), (129, 3871));
    }
}
