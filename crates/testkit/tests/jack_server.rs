//! The JACK server of the tests starts, is found by its name alone, and leaves nothing behind.

use std::process::{Command, Stdio};

use testkit::jack::{JackServer, apart};

fn ports(server: &[(&str, String)]) -> Option<String> {
    let mut command = Command::new("jack_lsp");
    command.envs(server.iter().map(|(name, value)| (name, value)));
    let output = command.stderr(Stdio::null()).output().unwrap();
    let listed = String::from_utf8(output.stdout).unwrap();
    output.status.success().then_some(listed)
}

#[test]
fn two_servers_run_side_by_side_and_end() {
    let mut first = JackServer::start(48_000, 256).unwrap();
    let second = JackServer::start(44_100, 512).unwrap();
    assert_ne!(first.name(), second.name());
    assert_eq!((second.rate_hz(), second.period()), (44_100, 512));
    let (of_first, of_second) = (first.env(), second.env());
    for server in [&of_first, &of_second] {
        assert!(ports(server).unwrap().contains("system:playback_2"));
    }
    first.kill();
    assert_eq!(ports(&of_first), None);
    assert!(ports(&of_second).is_some());
    drop(second);
    assert_eq!(ports(&of_second), None);
    drop(first);
    assert_eq!(ports(&of_first), None);
}

#[test]
fn servers_beyond_what_jack_allows_wait_for_others_to_end() {
    let crowd: Vec<_> = (0..12)
        .map(|_| std::thread::spawn(|| JackServer::start(48_000, 1024).map(drop)))
        .collect();
    for one in crowd {
        assert_eq!(one.join().unwrap(), Ok(()));
    }
}

#[test]
fn a_process_apart_finds_its_own_server() {
    let output = apart("a_process_apart_finds_its_own_server", || {
        assert_eq!(ports(&[]), None);
        let mut server = JackServer::start(48_000, 64).unwrap();
        assert!(ports(&[]).is_some());
        server.stop();
        assert_eq!(ports(&[]), None);
        eprintln!("this is heard");
    });
    if let Some(output) = output {
        assert_eq!(String::from_utf8(output.stderr).unwrap(), "this is heard\n");
    }
}
