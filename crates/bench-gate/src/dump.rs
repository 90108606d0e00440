//! What callgrind writes ("Callgrind Format Specification", Valgrind User Manual), as far as it is needed: the
//! instructions that functions took themselves, by the file of their code.

/// Beginnings of the names of the C library's file. Its copying and filling is left out: how many instructions
/// that takes goes by the library's version. Mathematical functions are in another file and count.
const C_LIBRARY: [&str; 3] = ["libc.so", "libc-", "libc.musl-"];

/// The instructions of a dump outside the C library.
///
/// # Errors
/// Where the dump counts something else, or does not add up.
pub(crate) fn instructions(dump: &str) -> Result<u64, &'static str> {
    let field = |name: &str| dump.lines().find_map(|line| line.strip_prefix(name));
    if field("events:").map(str::trim) != Some("Ir") {
        return Err("it counts no instructions");
    }
    let total: u64 = field("totals:")
        .and_then(|total| total.trim().parse().ok())
        .ok_or("it has no total")?;

    // A name is written out once, behind a number that stands for it from then on.
    let mut left_out_ids: Vec<&str> = Vec::new();
    let mut is_left_out = false;
    let mut is_call = false;
    let (mut counted, mut left_out) = (0, 0);
    for line in dump.lines() {
        if let Some(object) = line.strip_prefix("ob=").or(line.strip_prefix("cob=")) {
            let (id, path) = object.split_once(' ').unwrap_or((object, ""));
            let name = path.rsplit('/').next().unwrap_or_default();
            if C_LIBRARY
                .iter()
                .any(|beginning| name.starts_with(beginning))
            {
                left_out_ids.push(id);
            }
            if line.starts_with("ob=") {
                is_left_out = left_out_ids.contains(&id);
            }
        } else if line.starts_with("calls=") {
            is_call = true;
        } else if line.starts_with(|first: char| first.is_ascii_digit() || "+-*".contains(first)) {
            // What a called function took is said there.
            if std::mem::take(&mut is_call) {
                continue;
            }
            let cost = line.split(' ').nth(1).and_then(|cost| cost.parse().ok());
            let cost: u64 = cost.ok_or("a cost is no number")?;
            *(if is_left_out {
                &mut left_out
            } else {
                &mut counted
            }) += cost;
        }
    }
    match (counted + left_out == total, counted) {
        (false, _) => Err("its parts do not make up its total"),
        (true, 0) => Err("nothing was counted"),
        (true, counted) => Ok(counted),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const DUMP: &str = "\
version: 1
positions: line
events: Ir

ob=(1) /target/release/bench-gate
fl=(1) ???
fn=(1) call
3 10
+2 5
cob=(2) /usr/lib/libc.so.6
cfn=(2) memcpy
calls=2 0
* 70
cob=(3) /usr/lib/libm.so.6
cfn=(3) expf
calls=1 0
* 4

ob=(3)
fn=(3)
0 4
ob=(2)
fl=(2) memcpy.S
fn=(2)
0 70
ob=(1)
fn=(4) other
-1 1

totals: 90
";

    #[test]
    fn all_but_the_c_library_counts() {
        assert_eq!(instructions(DUMP), Ok(10 + 5 + 4 + 1));
    }

    #[test]
    fn what_does_not_add_up_is_refused() {
        let refused = |from: &str, to: &str| instructions(&DUMP.replace(from, to)).unwrap_err();
        assert!(refused("events: Ir", "events: Dr").contains("no instructions"));
        assert!(refused("totals: 90", "").contains("no total"));
        assert!(refused("totals: 90", "totals: 91").contains("do not make up"));
        assert!(refused("3 10", "3 ten").contains("no number"));
        let nothing = "events: Ir\nob=(1) /lib/libc.so.6\n0 3\ntotals: 3\n";
        assert!(instructions(nothing).unwrap_err().contains("nothing"));
    }
}
