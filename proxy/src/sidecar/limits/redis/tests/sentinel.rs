//! The line to a master that sentinels name. Some are real, and some say what the test wants.

use std::cell::Cell;

use supplex_engine::config::redis::{Login, Node, Sentinel};
use supplex_stack::redis::member::Running;
use supplex_stack::redis::watched::{NAME, Watched};
use tokio::io::{AsyncBufReadExt, AsyncWriteExt, BufReader};
use tokio::net::{TcpListener, TcpStream};

use super::*;

/// Names whichever port it is told to, whoever that is.
struct Puppet {
    port: u16,
    names: Rc<Cell<u16>>,
}

impl Puppet {
    async fn naming(port: u16) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
        let (own, names) = (listener.local_addr().expect("an address").port(), Rc::new(Cell::new(port)));
        let named = Rc::clone(&names);
        spawn_local(async move {
            while let Ok((stream, _)) = listener.accept().await {
                spawn_local(Self::talk(stream, Rc::clone(&named)));
            }
        });
        Self { port: own, names }
    }

    /// Takes every command for granted, and answers the one that matters.
    async fn talk(stream: TcpStream, names: Rc<Cell<u16>>) {
        let mut stream = BufReader::new(stream);
        while let Some(words) = command(&mut stream).await {
            let port = names.get().to_string();
            let reply = match words.first().map(String::as_str) {
                Some("SENTINEL") => format!("*2\r\n$9\r\n127.0.0.1\r\n${}\r\n{port}\r\n", port.len()),
                _ => "+OK\r\n".to_owned(),
            };
            if stream.write_all(reply.as_bytes()).await.is_err() {
                return;
            }
        }
    }
}

async fn command(stream: &mut BufReader<TcpStream>) -> Option<Vec<String>> {
    let mut line = String::new();
    stream.read_line(&mut line).await.ok()?;
    let count: usize = line.trim().strip_prefix('*')?.parse().ok()?;
    let mut words = Vec::new();
    for _ in 0..count {
        let mut word = String::new();
        stream.read_line(&mut line).await.ok()?;
        stream.read_line(&mut word).await.ok()?;
        words.push(word.trim().to_owned());
    }
    Some(words)
}

fn settings(password: &str, sentinels: &[u16]) -> Redis {
    let login = Login { username: None, password: Some(password.into()) };
    let nodes = sentinels.iter().map(|port| Node { host: "127.0.0.1".into(), port: *port }).collect();
    let sentinel_login = login.clone();
    let place = Place::Sentinel(Sentinel { master: NAME.into(), nodes, sentinel_login, login, database: 3 });
    Redis { place, timeout: Duration::from_secs(2) }
}

fn port(running: &Running) -> u16 {
    running.address().port()
}

async fn watched(sentinels: usize) -> Bench<Watched> {
    let watched = Watched::start(sentinels).await.expect("they start");
    let ports: Vec<_> = watched.sentinels.iter().map(port).collect();
    let settings = settings(watched.master.password(), &ports);
    Bench::over(watched, vec![still("a", 100)], &settings)
}

#[test]
fn a_replica_that_was_promoted_goes_on_where_the_master_was() {
    block_on(async {
        let mut bench = watched(1).await;
        assert_eq!(bench.remaining("k").await, 99);
        assert_eq!(bench.found(), Some(port(&bench.server.master)));
        bench.server.replica.tells("SELECT 3\r\nDBSIZE", ":1").await.expect("the replica has it");
        bench.server.master.signal("KILL").await.expect("it is there");
        until("the line is down", || !bench.line.is_up()).await;
        bench.ask("k");
        assert_eq!(bench.worker.answers().remove(0).result, Err(StoreError::Unreachable), "at once");
        bench.is_up().await;
        assert_eq!(bench.found(), Some(port(&bench.server.replica)));
        assert_eq!(bench.remaining("k").await, 98, "the bucket is there");
        assert!(bench.last_failure().contains("no connection"), "{}", bench.last_failure());

        bench.server.calm().await.expect("they answer");
        // Back as a master, as it believes, until the sentinel makes it a replica.
        bench.server.master.start_again().await.expect("it starts");
        bench.server.master.tells("ROLE", "slave").await.expect("it becomes a replica");
        assert_eq!(bench.remaining("k").await, 97);
        assert_eq!((bench.found(), bench.connects()), (Some(port(&bench.server.replica)), 2));
    });
}

#[test]
fn a_master_that_hands_over_is_left_though_nobody_asks() {
    block_on(async {
        let bench = watched(1).await;
        assert_eq!(bench.remaining("k").await, 99);
        bench.server.replica.tells("SELECT 3\r\nDBSIZE", ":1").await.expect("the replica has it");
        bench.server.sentinels[0].tells(&format!("SENTINEL FAILOVER {NAME}"), "+OK").await.expect("it begins");
        until("the other is found", || bench.found() == Some(port(&bench.server.replica))).await;
        assert_eq!(bench.remaining("k").await, 98);
    });
}

#[test]
fn a_sentinel_that_names_a_replica_is_not_believed() {
    block_on(async {
        let watched = Watched::start(0).await.expect("they start");
        let stale = Puppet::naming(port(&watched.replica)).await;
        let right = Puppet::naming(port(&watched.master)).await;
        let settings = settings(watched.master.password(), &[1, stale.port, right.port]);
        let bench = Bench::over(watched, vec![still("a", 100)], &settings);
        assert_eq!(bench.remaining("k").await, 99);
        assert_eq!((bench.found(), bench.connects()), (Some(port(&bench.server.master)), 1));
        right.names.set(port(&bench.server.replica));
        until("it is left", || bench.worker.measure.server.borrow().is_none()).await;
        until("it is said why", || bench.last_failure().contains("it is a slave, not a master")).await;
    });
}

#[test]
fn a_master_that_no_sentinel_names_any_more_is_left() {
    block_on(async {
        let watched = Watched::start(0).await.expect("they start");
        // Both call themselves master, as when one was cut off from the sentinels.
        watched.replica.tells("REPLICAOF NO ONE", "+OK").await.expect("a master");
        let (one, other) = (port(&watched.master), port(&watched.replica));
        let puppets = [Puppet::naming(one).await, Puppet::naming(one).await];
        let settings = settings(watched.master.password(), &[puppets[0].port, puppets[1].port]);
        let bench = Bench::over(watched, vec![still("a", 100)], &settings);
        bench.is_up().await;
        puppets[0].names.set(other);
        tokio::time::sleep(Duration::from_millis(2500)).await;
        assert_eq!((bench.found(), bench.connects()), (Some(one), 1), "one of two still names it");
        puppets[1].names.set(other);
        until("the other is found", || bench.found() == Some(other)).await;
        assert_eq!(bench.remaining("k").await, 99);
    });
}
