//! Bodies of system exclusive messages, without F0 and F7.

pub(crate) const GM_ON: [u8; 4] = [0x7E, 0x7F, 0x09, 0x01];
pub(crate) const GM_OFF: [u8; 4] = [0x7E, 0x7F, 0x09, 0x02];
pub(crate) const GM2_ON: [u8; 4] = [0x7E, 0x7F, 0x09, 0x03];
/// As the manuals print it, checksum included.
pub(crate) const GS_RESET: [u8; 9] = [0x41, 0x10, 0x42, 0x12, 0x40, 0x00, 0x7F, 0x00, 0x41];
pub(crate) const XG_ON: [u8; 7] = [0x43, 0x10, 0x4C, 0x00, 0x00, 0x7E, 0x00];

/// Roland GS, "DT1": the checksum makes address, data and itself a multiple of 128.
pub(crate) fn gs(address: [u8; 3], data: &[u8]) -> Vec<u8> {
    let all = address.iter().chain(data);
    let sum: u32 = all.map(|&byte| u32::from(byte)).sum();
    let checksum = (128 - sum % 128) % 128;
    let head = [0x41, 0x10, 0x42, 0x12];
    [&head[..], &address, data, &[checksum as u8]].concat()
}

/// A GS part parameter, `40 1x` or `40 2x`: part 10 is block 0, parts 1 to 9 and 11 to 16 follow.
pub(crate) fn gs_part(group: u8, channel: u8, parameter: u8, data: &[u8]) -> Vec<u8> {
    let block = match channel {
        0..=8 => channel + 1,
        9 => 0,
        _ => channel,
    };
    gs([0x40, group | block, parameter], data)
}

/// Yamaha XG parameter change.
pub(crate) fn xg(address: [u8; 3], data: &[u8]) -> Vec<u8> {
    [&[0x43, 0x10, 0x4C][..], &address, data].concat()
}

/// An XG multi part parameter.
pub(crate) fn xg_part(channel: u8, parameter: u8, data: &[u8]) -> Vec<u8> {
    xg([0x08, channel, parameter], data)
}

/// Universal real time, to all devices.
pub(crate) fn real_time(body: &[u8]) -> Vec<u8> {
    [&[0x7F, 0x7F][..], body].concat()
}
