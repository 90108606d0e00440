//! The protocol with every interleaving of its two sides, by [`loom`].
//!
//! The rings here are plain queues behind a lock, as each of their operations is to look from outside;
//! that [`rtrb`]'s do is its own affair, and the stress run's.

use super::protocol::{AnsweringEnd, AskingEnd, Entry, Exit, Rings, StopFlag};
use loom::sync::atomic::{AtomicBool, Ordering};
use loom::sync::{Arc, Mutex};
use loom::thread;
use std::collections::VecDeque;
use std::sync::Arc as StdArc;
use std::sync::atomic::{AtomicU32, Ordering::Relaxed};

struct Ring {
    queue: Mutex<VecDeque<Token>>,
    room: usize,
    is_abandoned: AtomicBool,
}

struct In(Arc<Ring>);
struct Out(Arc<Ring>);

fn ring(room: usize) -> (In, Out) {
    let ring = Arc::new(Ring {
        queue: Mutex::new(VecDeque::new()),
        room,
        is_abandoned: AtomicBool::new(false),
    });
    (In(ring.clone()), Out(ring))
}

impl Entry<Token> for In {
    fn push(&mut self, job: Token) -> Result<(), Token> {
        let mut queue = self.0.queue.lock().unwrap();
        if queue.len() == self.0.room {
            return Err(job);
        }
        queue.push_back(job);
        Ok(())
    }
}

impl Drop for In {
    fn drop(&mut self) {
        self.0.is_abandoned.store(true, Ordering::Release);
    }
}

impl Exit<Token> for Out {
    fn pop(&mut self) -> Option<Token> {
        self.0.queue.lock().unwrap().pop_front()
    }

    fn waiting(&self) -> usize {
        self.0.queue.lock().unwrap().len()
    }

    fn is_abandoned(&self) -> bool {
        self.0.is_abandoned.load(Ordering::Acquire)
    }
}

#[derive(Clone)]
struct Flag(Arc<AtomicBool>);

impl StopFlag for Flag {
    fn raise(&self) {
        self.0.store(true, Ordering::Release);
    }

    fn is_raised(&self) -> bool {
        self.0.load(Ordering::Acquire)
    }
}

struct Modelled;

impl Rings<Token> for Modelled {
    type Entry = In;
    type Exit = Out;
    type Stop = Flag;
}

type Asking = AskingEnd<Token, Modelled>;
type Answering = AnsweringEnd<Token, Modelled>;

/// A job that counts its death.
struct Token {
    number: u32,
    answers: u32,
    deaths: StdArc<AtomicU32>,
}

impl Drop for Token {
    fn drop(&mut self) {
        self.deaths.fetch_add(1, Relaxed);
    }
}

const JOBS: u32 = 2;

/// Runs `model` in every interleaving: every job must end exactly once, whatever happens.
fn every_interleaving(model: fn(Asking, Answering)) {
    loom::model(move || {
        let deaths = StdArc::new(AtomicU32::new(0));
        let token = |number| Token {
            number,
            answers: 0,
            deaths: deaths.clone(),
        };
        let (ask, asked) = ring(JOBS as usize);
        let (answer, answered) = ring(JOBS as usize);
        let stop = Flag(Arc::new(AtomicBool::new(false)));
        // Taken from the end: 0 first.
        let jobs = (0..JOBS).rev().map(token).collect();
        let asking = AskingEnd::new(ask, answered, stop.clone(), jobs);
        model(asking, AnsweringEnd::new(asked, answer, stop));
        assert_eq!(deaths.load(Relaxed), JOBS);
        assert_eq!(StdArc::strong_count(&deaths), 1);
    });
}

/// Answers until it is stopped.
fn serve(mut worker: Answering) {
    while !worker.is_stopped() {
        match worker.take() {
            Some(job) => answer(&mut worker, job),
            None => thread::yield_now(),
        }
    }
}

fn answer(worker: &mut Answering, mut job: Token) {
    job.answers += 1;
    worker.answer(job);
}

/// Sends all free jobs, marked as not answered.
fn send_all(audio: &mut Asking) {
    while let Some(mut job) = audio.take_free() {
        job.answers = 0;
        audio.send(job);
    }
}

fn receive(audio: &mut Asking, number: u32) {
    let job = loop {
        match audio.receive() {
            Some(job) => break job,
            None => thread::yield_now(),
        }
    };
    assert_eq!((job.number, job.answers), (number, 1));
    audio.give_back(job);
}

#[test]
fn every_job_comes_back_answered_once_and_in_order_and_a_stop_ends_the_worker() {
    every_interleaving(|mut audio, worker| {
        let worker = thread::spawn(move || serve(worker));
        send_all(&mut audio);
        assert_eq!(audio.outstanding(), 2);
        receive(&mut audio, 0);
        // That one goes round again while the other is under way.
        send_all(&mut audio);
        receive(&mut audio, 1);
        receive(&mut audio, 0);
        assert_eq!((audio.outstanding(), audio.arrived()), (0, 0));
        assert!(!audio.is_dead());
        audio.stop();
        worker.join().unwrap();
        assert!(audio.is_dead());
    });
}

#[test]
fn the_audio_side_may_go_at_any_moment() {
    every_interleaving(|mut audio, worker| {
        let worker = thread::spawn(move || serve(worker));
        send_all(&mut audio);
        if let Some(job) = audio.receive() {
            assert_eq!(job.answers, 1);
            audio.give_back(job);
        }
        drop(audio);
        worker.join().unwrap();
    });
}

#[test]
fn the_worker_may_go_at_any_moment_and_what_it_answered_can_be_read() {
    every_interleaving(|mut audio, mut worker| {
        let worker = thread::spawn(move || {
            let mut answered = 0;
            if let Some(job) = worker.take() {
                answer(&mut worker, job);
                answered += 1;
            }
            // Dies with this one in its hand, if it has come.
            let _in_hand = worker.take();
            answered
        });
        send_all(&mut audio);
        let mut received = 0;
        while !audio.is_dead() {
            received += u32::from(audio.receive().is_some());
            thread::yield_now();
        }
        // It is gone: all that it answered is there now.
        let arrived = audio.arrived() as u32;
        while let Some(job) = audio.receive() {
            assert_eq!(job.answers, 1);
            received += 1;
            audio.give_back(job);
        }
        assert!(arrived <= received);
        assert_eq!(received, worker.join().unwrap());
        assert_eq!(audio.outstanding() as u32, JOBS - received);
        // Sending into the void loses nothing but the jobs.
        send_all(&mut audio);
        assert!(audio.receive().is_none());
    });
}

#[test]
fn both_may_go_at_once() {
    every_interleaving(|mut audio, mut worker| {
        let worker = thread::spawn(move || {
            if let Some(job) = worker.take() {
                answer(&mut worker, job);
            }
        });
        send_all(&mut audio);
        drop(audio);
        worker.join().unwrap();
    });
}
