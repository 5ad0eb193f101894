//! Prometheus in the stack: looks at the gateway and the services, and judges by the rules that `docker/prometheus/` has.
//!
//! The rules are part of this program, so that a stack works wherever it is started. What differs from the containers is
//! where things are, and that everything is looked at as often as it is judged.

use std::fmt::Write;
use std::net::SocketAddr;
use std::os::unix::fs::DirBuilderExt;
use std::path::Path;

use crate::Error;
use crate::account::Account;
use crate::postgres::write_private;
use crate::process::Program;

/// The files of rules, by name.
pub const RULES: [(&str, &str); 3] = [
    ("gateway.yaml", include_str!("../../../docker/prometheus/rules/gateway.yaml")),
    ("services.yaml", include_str!("../../../docker/prometheus/rules/services.yaml")),
    ("slo.yaml", include_str!("../../../docker/prometheus/rules/slo.yaml")),
];

/// The configuration that looks at these addresses, by job.
#[must_use]
pub fn config(seconds: u32, jobs: &[(&str, Vec<SocketAddr>)]) -> String {
    let mut text = format!(
        "# Made by `make up`, and made anew whenever an address changes.\n\
         global:\n  scrape_interval: {seconds}s\n  evaluation_interval: {seconds}s\n\
         rule_files: [rules/*.yaml]\nscrape_configs:\n"
    );
    for (job, addresses) in jobs {
        let targets: Vec<String> = addresses.iter().map(|address| format!("\"{address}\"")).collect();
        let targets = targets.join(", ");
        // Writing into a text cannot fail.
        let _ = write!(text, "  - job_name: {job}\n    static_configs:\n      - targets: [{targets}]\n");
    }
    text
}

/// Lays out the configuration and the rules in `folder`, and says how to start `program` on them. The data is there too.
///
/// # Errors
/// When the folder cannot be written.
pub fn program(program: &Path, folder: &Path, address: SocketAddr, config: &str) -> Result<Program, Error> {
    let account = Account::for_data(folder, &["prometheus"])?;
    let (rules, data, file) = (folder.join("rules"), folder.join("data"), folder.join("prometheus.yaml"));
    for part in [folder, &rules, &data] {
        if !part.is_dir() {
            let mut private = std::fs::DirBuilder::new();
            private.mode(0o700).create(part).map_err(Error::path("create", part))?;
        }
        account.map_or(Ok(()), |account| account.own(part))?;
    }
    let texts = RULES.iter().map(|(name, text)| (rules.join(name), *text)).chain([(file.clone(), config)]);
    for (path, text) in texts {
        write_private(&path, text)?;
        account.map_or(Ok(()), |account| account.own(&path))?;
    }
    let arguments = [
        format!("--config.file={}", file.display()),
        format!("--storage.tsdb.path={}", data.display()),
        // The slowest burn of an error budget is seen over three days.
        "--storage.tsdb.retention.time=15d".to_owned(),
        format!("--web.listen-address={address}"),
        "--log.level=warn".to_owned(),
    ];
    let (path, folder) = (program.to_owned(), folder.to_owned());
    Ok(Program { path, arguments: arguments.into(), environment: vec![], account, folder })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::port::local;

    #[test]
    fn the_configuration_looks_at_every_address() {
        let text = config(5, &[("gateway", vec![local(9900)]), ("products", vec![local(7102), local(7112)])]);
        let document: serde_json::Value = serde_saphyr::from_str(&text).expect("YAML");
        let jobs = serde_json::json!([
            { "job_name": "gateway", "static_configs": [{ "targets": ["127.0.0.1:9900"] }] },
            { "job_name": "products", "static_configs": [{ "targets": ["127.0.0.1:7102", "127.0.0.1:7112"] }] },
        ]);
        assert_eq!(document["scrape_configs"], jobs);
        assert_eq!(document["global"]["scrape_interval"], "5s");
        assert_eq!(document["rule_files"], serde_json::json!(["rules/*.yaml"]));
    }
}
