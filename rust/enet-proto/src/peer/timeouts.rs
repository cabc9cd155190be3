//! What is due for a peer and when: losses, the end of patience, pings. Answers for `enet_protocol_check_timeouts`.

use super::recovery::MAX_OVERTAKEN;
use super::retransmission::{Transmission, Verdict};
use super::send_queue::Lane;
use super::{Peer, PeerState, payload_length};
use crate::channel::Outstanding;
use crate::time::Millis;
use crate::wire::CONTROL_CHANNEL;

impl Peer {
    /// Examines what is in flight: what was lost is queued again. Returns whether the remote is to be given up.
    pub(crate) fn check_timeouts(&mut self, now: Millis) -> bool {
        if self.timer.has_given_up(now) || self.handshake_deadline.is_some_and(|deadline| deadline <= now) {
            return true;
        }
        if self.timer.deadline().is_none_or(|deadline| deadline > now) {
            return false;
        }
        let usual_ms = self.rtt.retransmission_timeout(self.retransmission_slack_ms);
        self.timer.begin_check();
        let is_request = self.state == PeerState::Connecting && self.recovery.is_on();
        let Self {
            control,
            channels,
            timer,
            queue,
            loss,
            recovery,
            send_window,
            in_flight,
            in_flight_bytes,
            ..
        } = self;
        let data = channels.iter_mut().map(|(_, channel)| (Lane::Reliable, &mut channel.outgoing));
        for (lane, outgoing) in std::iter::once((Lane::Other, control)).chain(data) {
            for sent in outgoing.iter_mut().filter(|sent| sent.in_flight) {
                let lost = Transmission {
                    sent_at: sent.sent_at,
                    timeout_ms: sent.timeout_ms,
                    attempts: sent.attempts,
                    answers: sent.answers,
                    usual_ms,
                };
                let patient_until = recovery.patient_until(usual_ms, sent.overtaken);
                let lost_at = timer.lost_at(lost).max(patient_until);
                if lost_at > now {
                    timer.on_sent(lost_at);
                    continue;
                }
                let verdict =
                    if is_request { timer.on_request_lost(now, lost) } else { timer.on_lost(now, lost) };
                let Verdict::SendAgain { timeout_ms, attempts } = verdict else { return true };
                loss.on_lost();
                send_window.on_lost();
                recovery.on_lost(now);
                sent.timeout_ms = timeout_ms;
                sent.attempts = attempts;
                sent.in_flight = false;
                *in_flight -= 1;
                *in_flight_bytes -= payload_length(&sent.command);
                queue.push_lost(lane, sent);
            }
        }
        false
    }

    /// When this peer next needs attention, if nothing arrives and nothing is sent.
    pub(crate) fn deadline(&self) -> Option<Millis> {
        Millis::earliest([
            self.timer.deadline(),
            self.handshake_deadline,
            self.ping_due_at(),
            self.second_due_at,
            self.send_window.due_at(),
        ])
    }

    /// When the remote is to be asked whether it is still there. Nothing reliable in flight means nothing else would.
    fn ping_due_at(&self) -> Option<Millis> {
        let applies = self.state == PeerState::Connected && self.in_flight == 0;
        applies.then(|| self.pings.due_at(&self.timer, self.id.slot))
    }

    /// Whether there is a reason to build a datagram beside what was queued.
    pub(crate) fn is_sending_due(&self, now: Millis) -> bool {
        let is_spaced_out = self.send_window.due_at().is_some_and(|due| due <= now);
        is_spaced_out || self.is_ping_due(now) || self.is_second_due(now)
    }

    pub(crate) fn is_ping_due(&self, now: Millis) -> bool {
        self.ping_due_at().is_some_and(|at| at <= now)
    }

    /// Whether a ping is to leave with the answer to the remote's.
    pub(crate) fn may_ping_ride(&self, now: Millis) -> bool {
        self.ping_due_at().is_some() && self.pings.rides_at(&self.timer) <= now
    }

    /// Something that was in flight is lost.
    pub(super) fn on_lost(&mut self, now: Millis) {
        self.loss.on_lost();
        self.send_window.on_lost();
        self.recovery.on_lost(now);
    }

    /// Queues again what later sendings have overtaken.
    pub(super) fn queue_overtaken(&mut self, now: Millis) {
        while let Some(sending) = self.recovery.take_overtaken(self.rtt.reordering_ms()) {
            let timeout_ms = self.rtt.retransmission_timeout(self.retransmission_slack_ms);
            let lane = if sending.channel == CONTROL_CHANNEL { Lane::Other } else { Lane::Reliable };
            let is_meant = |sent: &&mut Outstanding| {
                sent.in_flight && sent.sent_at == sending.at && sent.overtaken < MAX_OVERTAKEN
            };
            let Self { control, channels, queue, .. } = self;
            let outgoing = if sending.channel == CONTROL_CHANNEL {
                control
            } else {
                &mut channels.get_or_create(sending.channel).outgoing
            };
            let Some(sent) = outgoing.outstanding_mut(sending.number).filter(is_meant) else { continue };
            sent.overtaken += 1;
            sent.timeout_ms = timeout_ms;
            sent.attempts = 0;
            sent.in_flight = false;
            queue.push_lost(lane, sent);
            self.in_flight -= 1;
            self.in_flight_bytes -= payload_length(&sent.command);
            self.on_lost(now);
        }
    }
}
