//! The rounds of all hosts, and the sleeps between them.

use std::{
    collections::BTreeMap,
    io,
    sync::Arc,
    time::{Duration, Instant},
};

use crossbeam_channel::{Receiver, Sender};
use mio::{Events, Poll, Registry, Token};

use crate::{
    clock::Clock,
    command::Farewell,
    endpoint::Endpoint,
    pace::{Pace, Rest, Traffic},
    socket::Inbox,
    thread,
    wake::Wake,
};

/// What concerns the thread and not one of its hosts.
pub(crate) enum Control {
    Add(Box<Endpoint>),
    /// Close every host within the limit and end. `done` is dropped by then.
    ShutDown {
        limit: Duration,
        done: Sender<()>,
    },
}

/// Everything that whoever runs the rounds needs for it.
pub(crate) struct Service {
    poll: Poll,
    wake: Arc<Wake>,
    control: Receiver<Control>,
    endpoints: BTreeMap<Token, Endpoint>,
    next_token: usize,
    clock: Clock,
    /// When the last sleep was over.
    woken: Instant,
    /// How long it was.
    slept: Duration,
    /// When commands that came for sending alone are taken. Until then more of the same frame gather.
    gather_until: Option<Instant>,
    pace: Pace,
    rest: Option<Rest>,
    /// The last round moved so much that sends need hardly gather to fill their datagrams.
    is_bulk: bool,
    events: Events,
    inbox: Inbox,
    shut_down: Option<(Duration, Vec<Sender<()>>)>,
}

impl Service {
    pub(crate) fn new(poll: Poll, wake: Arc<Wake>, control: Receiver<Control>) -> Self {
        Self {
            poll,
            wake,
            control,
            endpoints: BTreeMap::new(),
            next_token: WAKE_TOKEN.0 + 1,
            clock: Clock::start(),
            woken: Instant::now(),
            slept: Duration::ZERO,
            gather_until: None,
            pace: Pace::new(Instant::now()),
            rest: None,
            is_bulk: false,
            events: Events::with_capacity(256),
            inbox: Inbox::new(),
            shut_down: None,
        }
    }

    /// A rest or a sleep, and a round of every host. `until` limits the sleep. False when the last host is gone.
    pub(crate) fn turn(&mut self, until: Option<Instant>) -> bool {
        let is_more = self.rest.is_some_and(|rest| rest.is_brief) && self.look();
        let receives = is_more || self.is_rested();
        if receives && !is_more {
            let has_answers = self.endpoints.values().any(Endpoint::has_answers);
            if has_answers && !self.round(false, false) {
                return false;
            }
            self.wait(until);
        }
        // A host whose wake-up is taken here is found in the round, with the commands it was woken for.
        let take_commands = self.is_time_for_commands();
        self.round(take_commands, receives)
    }

    /// A round for what the game has to say, which waits for nothing. False when the last host is gone.
    pub(crate) fn flush(&mut self) -> bool {
        // The answer that such a rest was for has come.
        self.rest = self.rest.filter(|rest| rest.goes_on);
        self.gather_until = None;
        let take_commands = self.wake.take() != 0;
        let has_more = || self.endpoints.values().any(Endpoint::has_answers);
        !(take_commands || has_more()) || self.round(take_commands, false)
    }

    fn round(&mut self, take_commands: bool, receives: bool) -> bool {
        self.take_control();
        let mut traffic = Traffic::default();
        for (&token, endpoint) in &mut self.endpoints {
            let registry = self.poll.registry();
            let round = Round { clock: self.clock, take_commands, receives, registry, token };
            endpoint.service(&round, &mut self.inbox, &mut traffic);
        }
        if self.let_go() {
            return false;
        }
        self.plan(traffic, receives);
        true
    }

    /// Takes the rest that the last round has earned. False if the game interrupts it: then it has its turn, and the network
    /// has not.
    fn is_rested(&mut self) -> bool {
        let Some(rest) = self.rest else { return true };
        let is_interrupted = self.wake.rest(rest.until);
        if !is_interrupted || !rest.goes_on {
            self.rest = None;
        }
        !is_interrupted
    }

    /// Lets datagrams gather for a moment while they come thick and fast, and the game answer.
    fn plan(&mut self, traffic: Traffic, received: bool) {
        if self.endpoints.values().any(Endpoint::is_behind) {
            self.rest = None;
        } else if received {
            let silence = std::mem::take(&mut self.slept);
            self.rest = self.pace.rest(Instant::now(), Traffic { silence, ..traffic });
        }
        self.is_bulk = traffic.is_bulk() || (self.is_bulk && !received);
    }

    /// Ends every host that is left, after the loop itself failed.
    pub(crate) fn fail(&mut self, message: &str) {
        while let Ok(control) = self.control.try_recv() {
            if let Control::Add(endpoint) = control {
                self.add(*endpoint);
            }
        }
        for endpoint in self.endpoints.values_mut() {
            endpoint.fail(message);
        }
        self.endpoints.clear();
    }

    /// Whether more has come meanwhile. Then there is no rest.
    fn look(&mut self) -> bool {
        self.poll(Duration::ZERO);
        let is_more = self.endpoints.values().any(Endpoint::is_behind);
        if is_more {
            self.rest = None;
        }
        is_more
    }

    fn wait(&mut self, until: Option<Instant>) {
        self.wake.on_polling();
        let mut longest = self.longest_sleep();
        let begin = Instant::now();
        if let Some(until) = until {
            longest = longest.min(until.saturating_duration_since(begin));
        }
        self.poll(longest);
        self.wake.on_polled();
        let before = std::mem::replace(&mut self.woken, Instant::now());
        self.slept = self.woken - begin;
        self.clock.on_woken(longest, self.woken - before);
    }

    fn poll(&mut self, longest: Duration) {
        match self.poll.poll(&mut self.events, Some(longest)) {
            Ok(()) => {}
            // The sets of the last wait are gone; what they said is remembered by the endpoints.
            Err(error) if error.kind() == io::ErrorKind::Interrupted => return,
            Err(error) => panic!("the poller failed: {error}"),
        }
        for event in &self.events {
            if let Some(endpoint) = self.endpoints.get_mut(&event.token()) {
                let readable = event.is_readable() || event.is_error();
                endpoint.on_ready(readable, event.is_writable(), self.poll.registry(), event.token());
            }
        }
    }

    fn longest_sleep(&mut self) -> Duration {
        if self.wake.is_urgent() || self.endpoints.values().any(Endpoint::has_work) {
            return Duration::ZERO;
        }
        let now = self.clock.now();
        let due = self.endpoints.values().filter_map(Endpoint::poll_timeout).min();
        // A deadline that a round has left behind is looked at again in a millisecond, not in a busy loop.
        let until_due = due.map(|due| Duration::from_millis(due.since(now).max(1)));
        let interval = self.endpoints.values().map(Endpoint::poll_interval).min();
        let gathering = self.gathering_until().map(|until| until.saturating_duration_since(Instant::now()));
        let longest = [until_due, interval, gathering].into_iter().flatten().min();
        longest.unwrap_or(LONGEST_SLEEP)
    }

    /// When the sends that gather are to leave. Those that came during a rest are found here.
    fn gathering_until(&mut self) -> Option<Instant> {
        if self.gather_until.is_none() && self.wake.is_asked() {
            let moment = if self.is_bulk { GATHER_IN_BULK } else { GATHER };
            self.gather_until = Some(Instant::now() + moment);
        }
        self.gather_until
    }

    /// Takes the wake-up, at once or when the sends of one frame had their moment to gather.
    fn is_time_for_commands(&mut self) -> bool {
        if !self.wake.is_asked() {
            return false;
        }
        let now = Instant::now();
        let until = self.gathering_until().unwrap_or(now);
        if !self.wake.is_urgent() && now < until {
            return false;
        }
        self.gather_until = None;
        self.wake.take();
        true
    }

    fn take_control(&mut self) {
        while let Ok(control) = self.control.try_recv() {
            match control {
                Control::Add(endpoint) => self.add(*endpoint),
                Control::ShutDown { limit, done } => self.shut_down(limit, done),
            }
        }
    }

    fn add(&mut self, mut endpoint: Endpoint) {
        let token = Token(self.next_token);
        self.next_token += 1;
        if let Err(error) = endpoint.register(self.poll.registry(), token) {
            endpoint.fail(&format!("The network socket cannot be watched: {error}"));
        } else if let Some((limit, _)) = &self.shut_down {
            endpoint.close(self.clock.now(), *limit, Farewell::Brief, None);
        }
        self.endpoints.insert(token, endpoint);
    }

    fn shut_down(&mut self, limit: Duration, done: Sender<()>) {
        for endpoint in self.endpoints.values_mut() {
            endpoint.close(self.clock.now(), limit, Farewell::Brief, None);
        }
        self.shut_down.get_or_insert_with(|| (limit, Vec::new())).1.push(done);
    }

    /// Drops the hosts that are done. True if it was the last one and the thread ends.
    fn let_go(&mut self) -> bool {
        let mut closed = Vec::new();
        let mut gone = 0;
        for (_, endpoint) in self.endpoints.extract_if(.., |_, endpoint| endpoint.is_done()) {
            closed.extend(endpoint.leave(self.poll.registry()));
            gone += 1;
        }
        // The registry decides first: whoever waits for a host may join the thread as soon as it is told.
        let is_last = thread::on_hosts_gone(gone);
        drop(closed);
        is_last
    }
}

/// What one round is about, for each host.
pub(crate) struct Round<'a> {
    pub(crate) clock: Clock,
    /// The game's commands are to be carried out.
    pub(crate) take_commands: bool,
    /// It is the network's turn, too.
    pub(crate) receives: bool,
    pub(crate) registry: &'a Registry,
    pub(crate) token: Token,
}

/// Names the waker among the poller's sources.
pub(crate) const WAKE_TOKEN: Token = Token(0);
/// How long sends gather before they leave, so that those of one frame share their datagrams.
const GATHER: Duration = Duration::from_millis(1);
/// The same while somebody waits for every answer: time for a few datagrams of small packets.
const GATHER_IN_BULK: Duration = Duration::from_micros(100);
/// The sleep of a thread whose first host is on its way; that host's wake-up ends it.
const LONGEST_SLEEP: Duration = Duration::from_millis(100);
