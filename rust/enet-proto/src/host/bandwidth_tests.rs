use super::*;

fn vectors() -> Vec<serde_json::Value> {
    let path = format!("{}/tests/vectors/bandwidth_throttle.json", env!("CARGO_MANIFEST_DIR"));
    let file: serde_json::Value = serde_json::from_str(&std::fs::read_to_string(path).unwrap()).unwrap();
    file["vectors"].as_array().unwrap().clone()
}

fn numbers(list: &serde_json::Value, key: &str) -> Vec<u32> {
    list.as_array().unwrap().iter().map(|row| row[key].as_u64().unwrap() as u32).collect()
}

#[test]
fn outgoing_bandwidth_is_divided_alike() {
    for vector in vectors() {
        let name = vector["name"].as_str().unwrap();
        if name.starts_with("overflow") {
            continue; // 32-bit products of the C library overflow; these do not
        }
        let incoming = numbers(&vector["peers"], "incomingBandwidth");
        let bytes = numbers(&vector["peers"], "outgoingDataTotal");
        let mut loads: Vec<Load> = incoming
            .iter()
            .zip(&bytes)
            .map(|(&remote_incoming, &bytes)| Load { bytes: u64::from(bytes), remote_incoming, limit: None })
            .collect();
        let outgoing = vector["host"]["outgoingBandwidth"].as_u64().unwrap() as u32;
        divide_outgoing(outgoing, vector["elapsed_ms"].as_u64().unwrap(), &mut loads);
        let limits: Vec<u32> = loads.iter().map(|load| load.limit.unwrap()).collect();
        let expected: Vec<u32> = serde_json::from_value(vector["packetThrottleLimit"].clone()).unwrap();
        assert_eq!(limits, expected, "{name}");
    }
}

#[test]
fn limits_beyond_32_bits_of_work_are_not_exceeded() {
    let mut loads = [Load { bytes: 1_000_000, remote_incoming: 0, limit: None }];
    divide_outgoing(5_000_000, 1000, &mut loads);
    assert_eq!(loads[0].limit, Some(32));
}

#[test]
fn incoming_bandwidth_is_shared_alike() {
    for vector in vectors().iter().filter(|vector| vector["recalculate"] == true) {
        let announced = numbers(&vector["peers"], "outgoingBandwidth");
        let incoming = vector["host"]["incomingBandwidth"].as_u64().unwrap() as u32;
        let told: Vec<(u32, u32)> =
            serde_json::from_value(vector["bandwidth_limit_sent_in_out"].clone()).unwrap();
        let expected: Vec<u32> = told.into_iter().map(|(incoming, _)| incoming).collect();
        assert_eq!(divide_incoming(incoming, &announced), expected, "{}", vector["name"]);
    }
}

#[test]
fn windows_follow_the_narrower_side() {
    for (outgoing, incoming, window) in [
        (0, 0, 65536),
        (1, 0, 4096),
        (0, 300_000, 16384),
        (2_000_000, 0, 65536),
        (300_000, 140_000, 8192),
        (u32::MAX, u32::MAX, 65536),
    ] {
        assert_eq!(send_window(outgoing, incoming), window, "{outgoing} {incoming}");
    }
}
