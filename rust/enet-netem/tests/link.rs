//! Each knob of a link alone, with statistics over many datagrams, and what holds for all of them together.

use enet_netem::{BurstLoss, Link, LinkConfig};

const COUNT: u32 = 20_000;

/// Sends `count` numbered datagrams, one a millisecond, and takes out everything that arrives, with its time.
fn run(config: LinkConfig, seed: u64, count: u32) -> (Link, Vec<(u64, Vec<u8>)>) {
    let mut link = Link::new(config, seed);
    for number in 0..count {
        link.send(u64::from(number), &number.to_be_bytes());
    }
    let arrived = drain(&mut link);
    (link, arrived)
}

fn drain(link: &mut Link) -> Vec<(u64, Vec<u8>)> {
    let mut arrived = Vec::new();
    while let Some(now) = link.next_arrival() {
        arrived.push((now, link.poll(now).expect("next_arrival named this time")));
    }
    arrived
}

fn number(datagram: &[u8]) -> u32 {
    u32::from_be_bytes(datagram.try_into().expect("run() sends four bytes"))
}

fn numbers(arrived: &[(u64, Vec<u8>)]) -> Vec<u32> {
    arrived.iter().map(|(_, datagram)| number(datagram)).collect()
}

#[track_caller]
fn assert_share(count: u64, expected: f64) {
    let share = count as f64 / f64::from(COUNT);
    assert!((share - expected).abs() < 0.1 * expected, "{share} instead of {expected}");
}

#[test]
fn a_perfect_link_delivers_everything_at_once() {
    let (link, arrived) = run(LinkConfig::default(), 1, COUNT);
    assert!(
        arrived
            .iter()
            .zip(0..)
            .all(|((time, datagram), sent)| *time == sent && u64::from(number(datagram)) == sent)
    );
    assert_eq!(
        (link.stats().delivered, link.stats().delivered_bytes),
        (u64::from(COUNT), 4 * u64::from(COUNT))
    );
    assert_eq!(link.config(), &LinkConfig::PERFECT);
}

#[test]
fn nothing_arrives_before_its_delay() {
    let mut link = Link::new(LinkConfig { delay_ms: 20, ..LinkConfig::PERFECT }, 1);
    link.send(5, b"a");
    link.send(5, b"b");
    assert_eq!(link.poll(24), None);
    assert_eq!(link.poll(25).as_deref(), Some(&b"a"[..]), "ties keep the sending order");
    assert_eq!(link.poll(25).as_deref(), Some(&b"b"[..]));
    assert_eq!(link.next_arrival(), None);
}

#[test]
fn jitter_spreads_arrivals_but_keeps_the_order() {
    let config = LinkConfig { delay_ms: 10, jitter_ms: 8, ..LinkConfig::PERFECT };
    let (_, arrived) = run(config.clone(), 2, COUNT);
    assert!(numbers(&arrived).into_iter().eq(0..COUNT), "out of order");

    // Far apart, no datagram waits for another: the extra delay is then what was drawn.
    let mut link = Link::new(config, 2);
    let mut seen = [0_u32; 9];
    for sent in (0..u64::from(COUNT)).map(|n| n * 100) {
        link.send(sent, b"");
        let arrival = link.next_arrival().expect("nothing is lost");
        seen[usize::try_from(arrival - sent - 10).expect("small")] += 1;
        assert!(link.poll(arrival).is_some());
    }
    seen.iter().for_each(|&count| assert_share(count.into(), 1.0 / 9.0));
}

#[test]
fn loss_takes_its_share() {
    let (link, arrived) = run(LinkConfig { loss: 0.2, ..LinkConfig::PERFECT }, 3, COUNT);
    assert_share(link.stats().lost, 0.2);
    assert_eq!(arrived.len() as u64 + link.stats().lost, u64::from(COUNT));
}

#[test]
fn burst_loss_takes_neighbours() {
    let burst_loss = Some(BurstLoss::average(0.1, 10.0));
    let (link, arrived) = run(LinkConfig { burst_loss, ..LinkConfig::PERFECT }, 4, 10 * COUNT);
    let gaps = numbers(&arrived).windows(2).filter(|pair| pair[1] - pair[0] > 1).count();
    assert_share(link.stats().lost / 10, 0.1);
    let length = link.stats().lost as f64 / gaps as f64;
    assert!((9.0..11.0).contains(&length), "{length} lost in a row");
}

#[test]
fn duplicates_follow_their_original() {
    let (link, arrived) = run(LinkConfig { duplicate: 0.1, ..LinkConfig::PERFECT }, 5, COUNT);
    let twice = numbers(&arrived).windows(2).filter(|pair| pair[0] == pair[1]).count() as u64;
    assert_share(link.stats().duplicated, 0.1);
    assert_eq!(twice, link.stats().duplicated);
    assert_eq!(link.stats().delivered, u64::from(COUNT) + twice);
}

#[test]
fn corruption_flips_exactly_one_bit() {
    let (link, arrived) = run(LinkConfig { corrupt: 0.25, ..LinkConfig::PERFECT }, 6, COUNT);
    let flipped: Vec<u32> = numbers(&arrived).iter().zip(0..).map(|(got, sent)| got ^ sent).collect();
    assert!(flipped.iter().all(|bits| bits.count_ones() <= 1));
    assert_eq!(flipped.iter().filter(|&&bits| bits != 0).count() as u64, link.stats().corrupted);
    assert_share(link.stats().corrupted, 0.25);
    assert_eq!(flipped.iter().fold(0, |all, bits| all | bits), u32::MAX, "every bit has its turn");
}

#[test]
fn an_empty_datagram_has_nothing_to_corrupt() {
    let mut link = Link::new(LinkConfig { corrupt: 1.0, ..LinkConfig::PERFECT }, 6);
    link.send(0, b"");
    assert_eq!(link.poll(0), Some(Vec::new()));
    assert_eq!(link.stats().corrupted, 0);
}

#[test]
fn reorder_holds_its_share_back_and_loses_none() {
    let config = LinkConfig { delay_ms: 5, reorder: 0.1, ..LinkConfig::PERFECT };
    let (link, arrived) = run(config, 7, COUNT);
    assert_share(link.stats().held_back, 0.1);
    let mut numbers = numbers(&arrived);
    let overtaken = numbers.windows(2).filter(|pair| pair[0] > pair[1]).count() as u64;
    assert!(overtaken > link.stats().held_back / 2, "{overtaken} overtaken");
    let late = arrived.iter().map(|(time, datagram)| time - 5 - u64::from(number(datagram)));
    assert!(late.into_iter().all(|late| late <= 20), "nothing is held longer than promised");
    numbers.sort_unstable();
    assert!(numbers.into_iter().eq(0..COUNT), "not each of them once");
}

#[test]
fn the_rate_limit_is_met() {
    let config = LinkConfig { rate_bytes_per_second: Some(50_000), ..LinkConfig::PERFECT };
    let mut link = Link::new(config, 8);
    (0..1000).for_each(|_| link.send(0, &[0; 500]));
    let arrived = drain(&mut link);
    assert_eq!(arrived.len(), 1000);
    assert_eq!(arrived[0].0, 10);
    assert_eq!(arrived[999].0, 10_000, "500000 bytes at 50000 a second");
}

#[test]
fn the_queue_drops_its_tail() {
    let config =
        LinkConfig { rate_bytes_per_second: Some(1000), queue_bytes: Some(1000), ..LinkConfig::PERFECT };
    let mut link = Link::new(config, 9);
    for number in 0..20_u8 {
        link.send(0, &[number; 100]);
    }
    assert_eq!(link.stats().dropped_by_queue, 10);
    let arrived = drain(&mut link);
    assert!(arrived.iter().zip(0..).all(|((_, datagram), sent)| datagram[..] == [sent; 100]));
    assert_eq!(arrived.len(), 10);
    link.send(1000, &[99; 100]);
    assert_eq!(drain(&mut link).len(), 1, "the queue has emptied");
}

#[test]
fn drop_next_drops_exactly_that_many() {
    let mut link = Link::new(LinkConfig::PERFECT, 10);
    link.drop_next(1);
    link.drop_next(2);
    (0..5_u32).for_each(|number| link.send(0, &number.to_be_bytes()));
    assert_eq!(numbers(&drain(&mut link)), [3, 4]);
    assert_eq!(link.stats().dropped_on_request, 3);
}

#[test]
fn a_new_configuration_holds_for_what_is_sent_later() {
    let mut link = Link::new(LinkConfig { delay_ms: 50, ..LinkConfig::PERFECT }, 11);
    link.send(0, b"slow");
    link.set_config(LinkConfig::PERFECT);
    link.send(1, b"fast");
    assert_eq!(drain(&mut link), [(50, b"slow".to_vec()), (50, b"fast".to_vec())], "order is kept");
    link.set_config(LinkConfig { loss: 1.0, ..LinkConfig::PERFECT });
    link.send(60, b"lost");
    assert_eq!(link.next_arrival(), None);
}

#[test]
fn labels_travel_with_their_datagrams_and_copies() {
    let config = LinkConfig { duplicate: 1.0, reorder: 0.5, ..LinkConfig::PERFECT };
    let mut link = Link::labelled(config, 13);
    for label in 0..100_u8 {
        link.send_labelled(u64::from(label), label, &[label; 3]);
    }
    assert_eq!((link.in_transit(), link.in_transit_bytes()), (200, 100 * 2 * 3));
    let mut arrived = 0;
    while let Some((label, datagram)) = link.poll_labelled(u64::MAX) {
        assert_eq!(datagram, [label; 3]);
        arrived += 1;
    }
    assert_eq!((arrived, link.in_transit_bytes()), (200, 0));
}

#[test]
fn extreme_values_are_harmless() {
    let config = LinkConfig {
        delay_ms: u32::MAX,
        jitter_ms: u32::MAX,
        reorder: 1.0,
        duplicate: f64::INFINITY,
        loss: f64::NAN,
        rate_bytes_per_second: Some(1),
        ..LinkConfig::PERFECT
    };
    let mut link = Link::new(config, u64::MAX);
    link.send(u64::MAX, &[1; 1000]);
    link.send(0, &[1; 1000]);
    assert_eq!(drain(&mut link).len(), 4);
}

#[test]
fn the_same_seed_replays_every_preset_to_the_byte() {
    for (name, config) in presets() {
        let (link, first) = run(config.clone(), 42, 5000);
        let (again, second) = run(config.clone(), 42, 5000);
        assert_eq!(first, second, "{name}");
        assert_eq!(link.stats(), again.stats(), "{name}");
        if config.jitter_ms > 0 {
            assert_ne!(first, run(config, 43, 5000).1, "{name}: another seed, another outcome");
        }
    }
}

#[test]
fn a_new_seed_begins_anew() {
    let config = LinkConfig { loss: 0.5, ..LinkConfig::PERFECT };
    let (mut link, first) = run(config, 42, 1000);
    link.reseed(42);
    (0..1000_u32).for_each(|number| link.send(1000 + u64::from(number), &number.to_be_bytes()));
    assert_eq!(numbers(&drain(&mut link)), numbers(&first));
}

#[test]
fn presets_are_what_they_say() {
    for (name, config) in presets() {
        let (link, arrived) = run(config.clone(), 12, COUNT);
        let stats = link.stats();
        let delivered = stats.sent + stats.duplicated - stats.lost;
        assert_eq!((stats.delivered, stats.dropped_by_queue), (delivered, 0), "{name}");
        let late = arrived.iter().map(|(time, datagram)| time - u64::from(number(datagram)));
        let (least, jitter) = (u64::from(config.delay_ms), u64::from(config.jitter_ms));
        let most = least + jitter + 1 + if config.reorder > 0.0 { jitter + 20 } else { 0 };
        assert!(late.into_iter().all(|late| (least..=most).contains(&late)), "{name}");
        let lossy = config.loss + config.burst_loss.map_or(0.0, |burst| burst.enter / burst.leave);
        let lost = stats.lost as f64 / f64::from(COUNT);
        assert!((lost - lossy).abs() < 0.002 + 0.25 * lossy, "{name}: lost {lost}, configured {lossy}");
    }
}

fn presets() -> [(&'static str, LinkConfig); 6] {
    [
        ("perfect", LinkConfig::PERFECT),
        ("lan", LinkConfig::lan()),
        ("wifi_good", LinkConfig::wifi_good()),
        ("wifi_lossy", LinkConfig::wifi_lossy()),
        ("mobile", LinkConfig::mobile()),
        ("satellite", LinkConfig::satellite()),
    ]
}
