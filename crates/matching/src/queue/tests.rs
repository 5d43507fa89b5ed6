//! The core against a plain list. What is checked after every step: a task is with at most one poller, nothing is lost
//! when pollers vanish, no live poller waits while there is something for it, and the order is urgency, then turns of fairness keys, then age.

use std::cell::Cell;
use std::collections::VecDeque;
use std::rc::Rc;

use abide_cluster::matching::QueueKind;
use abide_engine::run::{QueueName, Subject, TaskId};
use abide_model::{NamespaceId, RunId, RunKey, WorkflowKey};
use proptest::prelude::*;

use super::*;

pub(crate) fn key(name: &str) -> QueueKey {
    QueueKey { namespace: NamespaceId(Uuid::nil()), kind: QueueKind::Workflow, queue: QueueName::normal(name) }
}

pub(crate) fn sticky_key(name: &str) -> QueueKey {
    let queue = QueueName { name: name.into(), normal_name: "normal".into() };
    QueueKey { queue, ..key("") }
}

pub(crate) fn run_key(run: u32) -> RunKey {
    let workflow = WorkflowKey { namespace: NamespaceId(Uuid::nil()), workflow_id: format!("workflow-{run}") };
    RunKey { workflow, run_id: RunId(Uuid::from_u128(run.into())) }
}

pub(crate) fn task(run: u32, stamp: u64, priority: i32, at_millis: i64) -> QueuedTask {
    QueuedTask {
        run: run_key(run),
        task: TaskId { subject: Subject::WorkflowTask, stamp },
        queue: key("queue"),
        scheduled_at: Timestamp::from_millis(at_millis),
        priority,
        fairness_key: String::new(),
        fairness_weight: 0.0,
    }
}

pub(crate) fn poll_by(identity: &str, rate: Option<f64>) -> Poll {
    Poll {
        queue: key("queue"),
        poller: Poller { identity: identity.into(), ..Poller::default() },
        wait: Duration::ZERO,
        rate,
        worker_instance_key: String::new(),
        version: Default::default(),
    }
}

pub(crate) fn query_task(id: u32) -> QueryTask {
    QueryTask {
        id: Uuid::from_u128(id.into()),
        run: run_key(id),
        workflow_type: "type".into(),
        task_queue: "queue".into(),
        previous_started_event_id: 3,
        history: Vec::new().into(),
        next_event_id: None,
        query: Default::default(),
    }
}

#[derive(Clone, Debug, Default)]
pub(crate) struct FakeEar(Rc<Cell<bool>>);

impl Ear for FakeEar {
    fn is_gone(&self) -> bool {
        self.0.get()
    }
}

#[derive(Clone, Debug)]
enum Step {
    Offer {
        run: u32,
        priority: i32,
        at: i64,
        key: &'static str,
    },
    OfferAgain(usize),
    Poll,
    /// The caller is gone, but its waiter is still in the queue.
    HangUp(usize),
    /// The waiter of a caller that is gone, or whose time is up, is removed.
    Leave(usize),
    Reserve,
    DropReservation(usize),
    UseReservation(usize),
    Finish(usize),
    GiveBack(usize),
    Ask,
    Answer(usize),
    LoseQuery(usize),
    Withdraw(usize),
}

fn steps() -> impl Strategy<Value = Vec<Step>> {
    let any = 0..1000_usize;
    let step = prop_oneof![
        6 => (0..8_u32, 0..7_i32, 0..5_i64, prop_oneof![Just(""), Just("a"), Just("b")])
            .prop_map(|(run, priority, at, key)| Step::Offer { run, priority, at, key }),
        1 => any.clone().prop_map(Step::OfferAgain),
        6 => Just(Step::Poll),
        2 => any.clone().prop_map(Step::HangUp),
        2 => any.clone().prop_map(Step::Leave),
        2 => Just(Step::Reserve),
        1 => any.clone().prop_map(Step::DropReservation),
        1 => any.clone().prop_map(Step::UseReservation),
        2 => any.clone().prop_map(Step::Finish),
        2 => any.clone().prop_map(Step::GiveBack),
        2 => Just(Step::Ask),
        1 => any.clone().prop_map(Step::Answer),
        1 => any.clone().prop_map(Step::LoseQuery),
        1 => any.prop_map(Step::Withdraw),
    ];
    prop::collection::vec(step, 1..120)
}

/// A task as the model keeps it: its place, spelled out, and itself.
type Placed = ((i32, i64, u128), QueuedTask);

#[derive(Default)]
struct Model {
    tasks: VecDeque<Placed>,
    queries: VecDeque<Uuid>,
    /// Those that wait, longest first, and whether they are gone.
    pollers: Vec<(u64, FakeEar)>,
    leased: Vec<(Turn, Placed)>,
    reserved: Vec<Waiter<FakeEar>>,
    asked: Vec<QueryTask>,
    numbers: u64,
}

impl Model {
    fn number(&mut self) -> u64 {
        self.numbers += 1;
        self.numbers
    }

    fn insert(&mut self, placed: Placed) {
        let run = placed.1.run.run_id;
        if let Some(here) = self.tasks.iter().position(|(_, task)| task.run.run_id == run) {
            if self.tasks[here].1.task.stamp >= placed.1.task.stamp {
                return;
            }
            self.tasks.remove(here);
        }
        self.tasks.push_back(placed);
        self.tasks.make_contiguous().sort_by_key(|(place, _)| *place);
    }

    /// What was handed out is what had to be.
    fn got(&mut self, item: Item) {
        match item {
            Item::Query(query) => {
                assert_eq!(self.queries.pop_front(), Some(query.id), "queries come first, in order");
                self.asked.push(*query);
            }
            Item::Task(turn, task, backlog) => {
                assert!(self.queries.is_empty(), "queries come before tasks");
                let urgency = self.tasks.front().expect("only a task that waits is handed out").0.0;
                // Whose turn it is, is the business of the order's own tests.
                let is_next = |(place, other): &Placed| place.0 == urgency && other.fairness_key == task.fairness_key;
                let here = self.tasks.iter().position(is_next).expect("the most urgent first");
                let placed = self.tasks.remove(here).expect("it was found there");
                assert_eq!(placed.1, task, "the oldest of its key");
                assert_eq!(backlog, self.tasks.len() as i64);
                let id = (task.run.run_id, task.task);
                assert!(
                    self.leased.iter().all(|(_, (_, other))| (other.run.run_id, other.task) != id),
                    "one at a time"
                );
                self.leased.push((turn, placed));
            }
        }
    }

    /// The live poller that has waited longest is taken out.
    fn took(&mut self, waiter: &Waiter<FakeEar>) {
        self.pollers.retain(|(_, ear)| !ear.is_gone());
        assert!(!waiter.ear.is_gone(), "only live pollers are served");
        assert_eq!(self.pollers.first().map(|(arrival, _)| *arrival), Some(waiter.arrival), "longest waiting first");
        self.pollers.remove(0);
    }

    fn has_live_poller(&self) -> bool {
        self.pollers.iter().any(|(_, ear)| !ear.is_gone())
    }
}

fn pick<T>(list: &mut Vec<T>, index: usize) -> Option<T> {
    if list.is_empty() { None } else { Some(list.remove(index % list.len())) }
}

fn waiter(arrival: u64) -> Waiter<FakeEar> {
    Waiter { arrival, poller: Poller::default(), worker_instance_key: String::new(), ear: FakeEar::default() }
}

fn take_step(queue: &mut Queue<FakeEar>, model: &mut Model, step: Step, now: Timestamp) {
    match step {
        Step::Offer { run, priority, at, key } => {
            let task = QueuedTask { fairness_key: key.into(), ..task(run, model.number(), priority, at) };
            queue.offer(task.clone(), now);
            let urgency = if priority == 0 { 3 } else { priority.min(5) };
            model.insert(((urgency, at, run.into()), task));
        }
        Step::OfferAgain(index) if !model.tasks.is_empty() => {
            let task = model.tasks[index % model.tasks.len()].1.clone();
            queue.offer(task, now);
        }
        Step::OfferAgain(_) => {}
        Step::Poll => match queue.take(now) {
            Some(item) => model.got(item),
            None => {
                let waiter = waiter(model.number());
                model.pollers.push((waiter.arrival, waiter.ear.clone()));
                queue.wait(waiter);
            }
        },
        Step::HangUp(index) if !model.pollers.is_empty() => {
            model.pollers[index % model.pollers.len()].1.0.set(true);
        }
        Step::HangUp(_) => {}
        Step::Leave(index) => {
            if let Some((arrival, _)) = pick(&mut model.pollers, index) {
                queue.poll_dropped(arrival);
            }
        }
        Step::Reserve => {
            let must_not = !model.tasks.is_empty() || !model.queries.is_empty() || !model.has_live_poller();
            let waiter = queue.reserve(3, now);
            assert_eq!(waiter.is_none(), must_not);
            if let Some(waiter) = waiter {
                model.took(&waiter);
                model.reserved.push(waiter);
            }
        }
        Step::DropReservation(index) => {
            if let Some(waiter) = pick(&mut model.reserved, index) {
                model.pollers.push((waiter.arrival, waiter.ear.clone()));
                model.pollers.sort_by_key(|(arrival, _)| *arrival);
                queue.unreserve(waiter, 3, now);
            }
        }
        Step::UseReservation(index) => drop(pick(&mut model.reserved, index)),
        Step::Finish(index) => drop(pick(&mut model.leased, index)),
        Step::GiveBack(index) => {
            if let Some((turn, placed)) = pick(&mut model.leased, index) {
                queue.give_back(turn, placed.1.clone(), now);
                model.insert(placed);
            }
        }
        Step::Ask => {
            let query = query_task(model.number() as u32);
            model.queries.push_back(query.id);
            assert!(queue.ask(Box::new(query)));
        }
        Step::Answer(index) => drop(pick(&mut model.asked, index)),
        Step::LoseQuery(index) => {
            if let Some(query) = pick(&mut model.asked, index) {
                model.queries.push_front(query.id);
                queue.ask_again(Box::new(query));
            }
        }
        Step::Withdraw(index) if !model.queries.is_empty() => {
            let id = model.queries.remove(index % model.queries.len()).expect("the index is within the list");
            queue.withdraw(id);
        }
        Step::Withdraw(_) => {}
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(500))]

    #[test]
    fn a_queue_behaves_like_a_list(steps in steps()) {
        let now = Timestamp::from_millis(1);
        let mut queue = Queue::new(key("queue"), 100);
        let mut model = Model::default();
        for step in steps {
            take_step(&mut queue, &mut model, step, now);
            for Delivery { waiter, item } in queue.deliveries(now) {
                model.took(&waiter);
                model.got(item);
            }
            let has_item = !model.tasks.is_empty() || !model.queries.is_empty();
            assert!(!(has_item && model.has_live_poller()), "no poller waits while there is something for it");
            assert_eq!(queue.backlog(), model.tasks.len() as i64);
        }
        while let Some(item) = queue.take(now) {
            model.got(item);
        }
        assert!(model.tasks.is_empty() && model.queries.is_empty(), "nothing is lost");
    }
}

#[test]
fn a_rate_keeps_tasks_and_pollers_apart_but_not_queries() {
    let at = Timestamp::from_millis;
    let mut queue = Queue::<FakeEar>::new(key("queue"), 100);
    queue.poll_began(&poll_by("me", Some(1.0)), at(0));
    for run in 1..=2 {
        queue.offer(task(run, 1, 3, 0), at(0));
        queue.wait(waiter(u64::from(run) + 10));
    }
    assert_eq!(queue.deliveries(at(0)).len(), 1);
    assert_eq!(queue.deliveries(at(500)).len(), 0);
    let until = queue.blocked_until(at(500)).unwrap();
    assert!(until > at(999) && until <= at(1001), "{until:?}");
    assert!(queue.ask(Box::new(query_task(7))));
    assert!(matches!(queue.deliveries(at(500))[..], [Delivery { item: Item::Query(_), .. }]));
    queue.wait(waiter(20));
    assert_eq!(queue.deliveries(until).len(), 1);
    queue.wait(waiter(21));
    assert!(queue.reserve(3, until).is_none(), "a reservation needs a token as well");
    assert!(queue.reserve(3, at(2100)).is_some());
}

#[test]
fn queries_beyond_the_bound_are_refused() {
    let mut queue = Queue::<FakeEar>::new(key("queue"), 100);
    for id in 0..limits::QUEUE_QUERIES_MAX as u32 {
        assert!(queue.ask(Box::new(query_task(id))));
    }
    assert!(!queue.ask(Box::new(query_task(u32::MAX))));
}

fn configured(queue_rate: Option<f32>, key_rate: Option<f32>) -> Arc<QueueConfig> {
    use abide_engine::queue_config::{LimitUpdate, Update};
    use abide_engine::{Emit, Machine};
    let limit = |rate: Option<f32>| Some(LimitUpdate { rate, ..LimitUpdate::default() });
    let update = Update { queue: limit(queue_rate), keys: limit(key_rate), ..Update::default() };
    let mut config = QueueConfig::default();
    config.handle(update, Timestamp::EPOCH, &mut Emit::default()).unwrap();
    Arc::new(config)
}

#[test]
fn a_configured_rate_outdoes_the_workers_until_it_is_lifted() {
    use abide_cluster::matching::EffectiveRate;
    let at = Timestamp::from_millis;
    let mut queue = Queue::<FakeEar>::new(key("queue"), 100);
    queue.poll_began(&poll_by("me", Some(1.0)), at(0));
    assert_eq!(queue.describe(at(0)).rate, EffectiveRate::Worker(1.0));
    queue.configure(configured(Some(0.0), None), at(0));
    assert_eq!(queue.describe(at(0)).rate, EffectiveRate::Configured(0.0));
    queue.offer(task(1, 1, 3, 0), at(0));
    assert!(queue.take(at(1_000_000)).is_none(), "zero stops the queue");
    assert!(queue.describe(at(1_000_000)).rate_limited);
    queue.configure(configured(None, None), at(1_000_000));
    assert!(queue.take(at(1_000_000)).is_some());
    queue.poll_began(&poll_by("me", None), at(1_000_000));
    assert_eq!(queue.describe(at(1_000_000)).rate, EffectiveRate::Unlimited, "the last poll named none");
}

#[test]
fn a_rate_of_fairness_keys_holds_back_each_key_alone_and_ends_on_time() {
    let at = Timestamp::from_millis;
    let mut queue = Queue::new(key("queue"), 100);
    queue.configure(configured(None, Some(1.0)), at(0));
    for (run, fairness_key) in [(1, "a"), (2, "a"), (3, "b")] {
        queue.offer(QueuedTask { fairness_key: fairness_key.into(), ..task(run, 1, 3, run.into()) }, at(0));
        queue.wait(waiter(run.into()));
    }
    assert_eq!(queue.deliveries(at(0)).len(), 2);
    let until = queue.blocked_until(at(0)).unwrap();
    assert!(until > at(999) && until <= at(1001), "{until:?}");
    assert_eq!(queue.deliveries(until).len(), 1);
    queue.wait(waiter(9));
    assert!(queue.reserve(3, until).is_none(), "a task in one commit would not be asked for its key");
}

#[test]
fn pollers_are_advised_by_what_they_waited_for() {
    let at = Timestamp::from_millis;
    let long = limits::POLLER_SCALE_DOWN_WAIT;
    let mut queue = Queue::<FakeEar>::new(key("queue"), 100);
    assert_eq!(queue.advise(long, PollEnded::Otherwise, at(0)), -1);
    assert_eq!(queue.advise(Duration::ZERO, PollEnded::Otherwise, at(0)), 0);
    let old = limits::POLLER_SCALE_UP_AGE * 2;
    assert_eq!(queue.advise(long, PollEnded::WithTask(old), at(0)), 0, "a rate held it back");
    queue.offer(task(1, 1, 3, 0), at(0));
    assert_eq!(queue.advise(Duration::ZERO, PollEnded::Otherwise, at(201)), 1);
    let advice = |queue: &mut Queue<FakeEar>, millis| queue.advise(Duration::ZERO, PollEnded::Otherwise, at(millis));
    let given: i32 = (0..100).map(|_| advice(&mut queue, 1000)).sum();
    assert!(given <= 10, "{given} in one second");
    queue.configure(configured(Some(0.0), None), at(5000));
    assert!(queue.take(at(5000)).is_none());
    assert_eq!(advice(&mut queue, 5000), 0, "more pollers would wait as well");
}
