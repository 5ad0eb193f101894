//! Several limits on one route: all must let a request pass, and one that refuses has nothing taken from the others.

use super::passed;
use crate::harness::{Client, Config, Gateway, Upstream};

#[test]
fn all_or_nothing() {
    let upstream = Upstream::saying("ok");
    let toml = format!(
        "[[routes]]\nname = \"both\"\nmatch = {{ prefix = \"/both\" }}\nupstream = \"up\"\nlimits = [\"narrow\", \"wide\"]\n\
         [[routes]]\nname = \"rest\"\nmatch = {{ prefix = \"/\" }}\nupstream = \"up\"\nlimits = [\"wide\"]\n\
         [upstreams.up]\nendpoints = [\"{}\"]\n\
         [limits.narrow]\nrate = \"1/h\"\nburst = 3\nkey = \"global\"\nprecision = \"exact\"\n\
         [limits.wide]\nrate = \"1/h\"\nburst = 10\nkey = \"global\"\nprecision = \"exact\"\n",
        upstream.address()
    );
    let gateway = Gateway::start(&Config::of(&toml));
    let mut client = Client::connect(&gateway);
    let both = (0..20).filter(|_| client.get("/both").status() == 200).count();
    assert_eq!(both, 3);
    assert_eq!(passed(&mut client, 20), 7, "17 refused requests took nothing from the other limit");
}
