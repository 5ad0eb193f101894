//! Where everything is: the run folder of a clone, the data, the logs, the programs.

use std::fs::File;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};

use clap::Args;

use crate::account::{Account, is_root};
use crate::component::Component;
use crate::postgres::{Cluster, write_private};
use crate::redis::Store;
use crate::{Error, port, programs, secret};

/// What can be chosen on the command line.
#[derive(Args, Clone, Debug)]
pub struct Options {
    /// The folder for state, logs and data
    #[arg(long, env = "SUPPLEX_RUN", value_name = "FOLDER", default_value = ".run", global = true)]
    pub run: PathBuf,

    /// The gateway's program [default: `supplex` beside this one]
    #[arg(long, env = "SUPPLEX_GATEWAY", value_name = "PATH", global = true)]
    pub gateway: Option<PathBuf>,

    /// The catalogue's program [default: `svc-products` beside this one]
    #[arg(long, env = "SUPPLEX_PRODUCTS", value_name = "PATH", global = true)]
    pub products: Option<PathBuf>,

    /// The payments' program [default: `svc-payments` beside this one]
    #[arg(long, env = "SUPPLEX_PAYMENTS", value_name = "PATH", global = true)]
    pub payments: Option<PathBuf>,

    /// The users' program [default: `svc-users` beside this one]
    #[arg(long, env = "SUPPLEX_USERS", value_name = "PATH", global = true)]
    pub users: Option<PathBuf>,

    /// The orders' program [default: `svc-orders` beside this one]
    #[arg(long, env = "SUPPLEX_ORDERS", value_name = "PATH", global = true)]
    pub orders: Option<PathBuf>,

    /// Where the gateway should listen; the next free port if this one is taken
    #[arg(long, env = "SUPPLEX_PORT", value_name = "PORT", default_value = "8080", global = true)]
    pub port: u16,

    /// Where its admin endpoint should listen; the next free port if this one is taken
    #[arg(long, env = "SUPPLEX_ADMIN_PORT", value_name = "PORT", default_value = "9900", global = true)]
    pub admin_port: u16,

    /// Where Prometheus should listen; the next free port if this one is taken
    #[arg(long, env = "SUPPLEX_PROMETHEUS_PORT", value_name = "PORT", default_value = "9090", global = true)]
    pub prometheus_port: u16,

    /// How often Prometheus looks
    #[arg(long, env = "SUPPLEX_SCRAPE_SECONDS", value_name = "N", default_value = "5", global = true,
        value_parser = clap::value_parser!(u32).range(1..=300))]
    pub scrape_seconds: u32,

    /// Leave Prometheus out, even where it is installed
    #[arg(long, env = "SUPPLEX_NO_PROMETHEUS", global = true, value_parser = clap::builder::FalseyValueParser::new())]
    pub no_prometheus: bool,

    /// Where the gateway and the services send spans of traces, by OTLP over plain HTTP [default: nowhere]
    #[arg(long, env = "OTEL_EXPORTER_OTLP_ENDPOINT", value_name = "URL", global = true)]
    pub otlp_endpoint: Option<String>,
}

impl Options {
    /// What the command line has by default, for the stack in this folder.
    #[must_use]
    pub fn in_folder(run: &Path) -> Self {
        let (gateway, products, payments, users, orders) = (None, None, None, None, None);
        Self {
            run: run.to_owned(),
            gateway,
            products,
            payments,
            users,
            orders,
            port: 8080,
            admin_port: 9900,
            prometheus_port: 9090,
            scrape_seconds: 5,
            no_prometheus: false,
            otlp_endpoint: None,
        }
    }
}

/// Makes one configuration of the gateway from another, or says why it cannot.
pub type Adjust = fn(&str) -> Result<String, String>;

/// The places of one clone. All paths are absolute.
#[derive(Clone, Debug)]
pub struct Layout {
    /// State and logs.
    pub run: PathBuf,
    /// Data of Postgres and Redis. The run folder itself, if their accounts can reach it.
    pub data: PathBuf,
    /// The gateway's program.
    pub gateway: PathBuf,
    /// The catalogue's program.
    pub products: PathBuf,
    /// The payments' program.
    pub payments: PathBuf,
    /// The users' program.
    pub users: PathBuf,
    /// The orders' program.
    pub orders: PathBuf,
    /// The gateway's preferred port.
    pub port: u16,
    /// Its admin endpoint's preferred port.
    pub admin_port: u16,
    /// Prometheus's program; `None` where it is not installed or not wanted.
    pub prometheus: Option<PathBuf>,
    /// Prometheus's preferred port.
    pub prometheus_port: u16,
    /// Seconds between two looks of Prometheus.
    pub scrape_seconds: u32,
    /// Makes another configuration of the gateway from the usual one. `None`: the usual one.
    pub adjust: Option<Adjust>,
    /// Where the gateway and the services send spans, by OTLP. `None`: nowhere.
    pub otlp_endpoint: Option<String>,
}

impl Layout {
    /// Finds the places. Makes the run folder, and nothing else.
    ///
    /// # Errors
    /// When the run folder cannot be made.
    pub fn new(options: &Options) -> Result<Self, Error> {
        create_open(&options.run)?;
        let run = options.run.canonicalize().map_err(Error::path("find", &options.run))?;
        let us = std::env::current_exe().map_err(Error::io("find this program"))?;
        let beside = |name: &str| us.with_file_name(name);
        let absolute = |given: &Option<PathBuf>, name| match given {
            Some(path) => path.canonicalize().map_err(Error::path("find", path)),
            None => Ok(beside(name)),
        };
        Ok(Self {
            data: data_folder(&run)?,
            run,
            gateway: absolute(&options.gateway, "supplex")?,
            products: absolute(&options.products, "svc-products")?,
            payments: absolute(&options.payments, "svc-payments")?,
            users: absolute(&options.users, "svc-users")?,
            orders: absolute(&options.orders, "svc-orders")?,
            port: options.port,
            admin_port: options.admin_port,
            prometheus: programs::find("prometheus").filter(|_| !options.no_prometheus),
            prometheus_port: options.prometheus_port,
            scrape_seconds: options.scrape_seconds,
            adjust: None,
            otlp_endpoint: options.otlp_endpoint.clone().filter(|url| !url.is_empty()),
        })
    }

    /// The parts of this stack, each after those it needs.
    pub fn components(&self) -> impl DoubleEndedIterator<Item = Component> {
        let wanted = move |component: &Component| *component != Component::Prometheus || self.prometheus.is_some();
        Component::IN_ORDER.into_iter().filter(wanted)
    }

    /// Makes the folders for data and logs, and the password if there is none.
    ///
    /// # Errors
    /// When they cannot be made.
    pub fn prepare(&self) -> Result<(), Error> {
        create_open(&self.data)?;
        create_open(&self.run.join("log"))?;
        if !self.password_file().exists() {
            write_private(&self.password_file(), &secret::new()?)?;
        }
        Ok(())
    }

    /// Keeps others from changing the stack at the same time, as long as the file lives.
    ///
    /// # Errors
    /// When somebody else holds it.
    pub fn lock(&self) -> Result<File, Error> {
        let path = self.run.join("lock");
        let file = File::create(&path).map_err(Error::path("open", &path))?;
        match file.try_lock() {
            Ok(()) => Ok(file),
            Err(std::fs::TryLockError::WouldBlock) => {
                Err(Error::State("another `supplex-stack` is at work on this clone; try again when it is done".into()))
            }
            Err(std::fs::TryLockError::Error(error)) => Err(Error::path("lock", &path)(error)),
        }
    }

    /// Postgres's data.
    ///
    /// # Errors
    /// When the password cannot be read.
    pub fn cluster(&self) -> Result<Cluster, Error> {
        Ok(Cluster { data: self.data.join("postgres"), password: self.password()? })
    }

    /// Redis's data.
    ///
    /// # Errors
    /// When the password cannot be read.
    pub fn store(&self) -> Result<Store, Error> {
        Ok(Store { data: self.data.join("redis"), password: self.password()? })
    }

    /// The folder with Prometheus's configuration and data.
    #[must_use]
    pub fn prometheus_folder(&self) -> PathBuf {
        self.data.join("prometheus")
    }

    /// The file with the password of both.
    #[must_use]
    pub fn password_file(&self) -> PathBuf {
        self.data.join("password")
    }

    fn password(&self) -> Result<String, Error> {
        let path = self.password_file();
        std::fs::read_to_string(&path).map_err(Error::path("read", &path))
    }

    /// The log of a component.
    #[must_use]
    pub fn log(&self, component: Component) -> PathBuf {
        self.run.join("log").join(component.name()).with_extension("log")
    }

    /// The gateway's generated configuration.
    #[must_use]
    pub fn gateway_config(&self) -> PathBuf {
        self.run.join("gateway.toml")
    }

    /// The file the gateway writes once it serves.
    #[must_use]
    pub fn gateway_ready(&self) -> PathBuf {
        self.run.join("gateway.ready")
    }

    /// The port a component had before, if it is free; else a free one.
    ///
    /// # Errors
    /// When there is none.
    pub fn port_again(before: Option<u16>) -> Result<u16, Error> {
        before.filter(|before| port::is_free(*before)).map_or_else(port::free, Ok)
    }
}

/// The run folder, unless we are root and the account of a database cannot reach it, as in `/root`.
fn data_folder(run: &Path) -> Result<PathBuf, Error> {
    if !is_root() {
        return Ok(run.to_owned());
    }
    for (name, account) in [("postgres", "postgres"), ("redis", "redis")] {
        if let Some(account) = Account::for_data(&run.join(name), &[account])?
            && !account.can_enter(run)
        {
            return Ok(PathBuf::from(format!("/var/lib/supplex-{:016x}", fingerprint(run))));
        }
    }
    Ok(run.to_owned())
}

/// FNV-1a: the same in every build, unlike the hashes of the standard library.
fn fingerprint(path: &Path) -> u64 {
    use std::os::unix::ffi::OsStrExt;
    let mix = |hash: u64, byte: &u8| (hash ^ u64::from(*byte)).wrapping_mul(0x0100_0000_01b3);
    path.as_os_str().as_bytes().iter().fold(0xcbf2_9ce4_8422_2325, mix)
}

/// Makes a folder that the accounts of the databases can pass through but not list, whatever the umask.
fn create_open(path: &Path) -> Result<(), Error> {
    if path.is_dir() {
        return Ok(());
    }
    std::fs::create_dir_all(path).map_err(Error::path("create", path))?;
    std::fs::set_permissions(path, std::fs::Permissions::from_mode(0o711)).map_err(Error::path("open up", path))
}

#[cfg(test)]
mod tests {
    use clap::Parser;

    use super::*;

    #[derive(Parser)]
    struct Cli {
        #[command(flatten)]
        options: Options,
    }

    #[test]
    fn the_token_of_the_services_is_made_once_and_private() {
        let folder = tempfile::tempdir().expect("a folder");
        let run = folder.path().join("run");
        let cli = Cli::try_parse_from(["stack", "--run", &run.display().to_string()]).expect("options");
        let layout = Layout { data: run, ..Layout::new(&cli.options).expect("places") };
        let token = layout.service_token().expect("a token");
        assert!(token.len() >= 16 && token.bytes().all(|byte| byte.is_ascii_graphic()), "{token}");
        assert_eq!(layout.service_token().expect("a token"), token);
        let file = layout.service_token_file();
        let mode = std::fs::metadata(&file).expect("a file").permissions().mode();
        assert_eq!(mode & 0o777, 0o600);
        std::fs::write(&file, "").expect("writes");
        assert_ne!(layout.service_token().expect("a token"), token, "half of one is none");
    }
}
