//! Lines of standard input, read on a thread of their own.

use std::io::{self, BufRead};
use std::sync::mpsc::{Receiver, SyncSender, sync_channel};
use std::thread::Builder;

/// A longer line is nobody's music.
const LONGEST_BYTES: usize = 64 << 10;
/// Lines that are read ahead.
const AHEAD: usize = 256;

/// What was read.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Input {
    /// A line, counted from 1; what is no text in it is replaced by U+FFFD.
    Line(u64, String),
    /// A line that is too long; its content is gone.
    TooLong(u64),
    /// Nothing can be read any more, and why.
    Failed(String),
}

/// Begins to read; the end of input hangs up.
pub(super) fn listen() -> io::Result<Receiver<Input>> {
    let (sender, receiver) = sync_channel(AHEAD);
    Builder::new()
        .name("standard input".to_owned())
        .spawn(move || read_all(&mut io::stdin().lock(), &sender))?;
    Ok(receiver)
}

fn read_all(input: &mut dyn BufRead, sender: &SyncSender<Input>) {
    for number in 1.. {
        let read = match read_line(input) {
            Ok(None) => return,
            Ok(Some(Some(line))) => {
                let line = String::from_utf8_lossy(&line).into_owned();
                Input::Line(number, line)
            }
            Ok(Some(None)) => Input::TooLong(number),
            Err(error) => Input::Failed(error.to_string()),
        };
        let failed = matches!(read, Input::Failed(_));
        if sender.send(read).is_err() || failed {
            return;
        }
    }
}

/// The next line without its end; `None` at the end of input, `Some(None)` for one that is too long.
fn read_line(input: &mut dyn BufRead) -> io::Result<Option<Option<Vec<u8>>>> {
    let mut line = Vec::new();
    let (mut begun, mut too_long) = (false, false);
    loop {
        let there = match input.fill_buf() {
            Err(error) if error.kind() == io::ErrorKind::Interrupted => continue,
            there => there?,
        };
        if there.is_empty() {
            let whole = (!too_long).then_some(line);
            return Ok(begun.then_some(whole));
        }
        begun = true;
        let end = there.iter().position(|&byte| byte == b'\n');
        let taken = end.unwrap_or(there.len());
        too_long |= line.len() + taken > LONGEST_BYTES;
        match too_long {
            true => line = Vec::new(),
            false => line.extend(&there[..taken]),
        }
        input.consume(taken + usize::from(end.is_some()));
        if end.is_some() {
            return Ok(Some((!too_long).then_some(line)));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(bytes: &[u8]) -> Vec<Input> {
        let (sender, receiver) = sync_channel(AHEAD);
        read_all(&mut io::BufReader::with_capacity(7, bytes), &sender);
        drop(sender);
        receiver.into_iter().collect()
    }

    #[test]
    fn lines_of_any_bytes() {
        let line = |number, text: &str| Input::Line(number, text.to_owned());
        assert_eq!(read(b""), []);
        assert_eq!(read(b"q\n\nw"), [line(1, "q"), line(2, ""), line(3, "w")]);
        assert_eq!(read(b"q\r\n"), [line(1, "q\r")]);
        assert_eq!(read(b"\xff\0\n"), [line(1, "\u{fffd}\0")]);
    }

    #[test]
    fn a_line_without_end_takes_no_memory_without_end() {
        let long = vec![b'q'; LONGEST_BYTES + 1];
        let text = [&long[..], b"\nw\n", &long[1..], b"\n", &long].concat();
        let read = read(&text);
        assert_eq!(read.len(), 4);
        assert_eq!(read[0], Input::TooLong(1));
        assert_eq!(read[1], Input::Line(2, "w".to_owned()));
        assert!(matches!(&read[2], Input::Line(3, line) if line.len() == LONGEST_BYTES));
        assert_eq!(read[3], Input::TooLong(4));
    }
}
