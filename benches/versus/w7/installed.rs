//! Programs that people install for this work.

use std::{
    fs::File,
    path::{Path, PathBuf},
    process::Command,
};

use super::{
    child::{Work, find, installed},
    process::Route,
    scratch::Scratch,
};
use crate::contest::Failed;

/// Where nginx has the module that relays, where it is not built in.
const NGINX_MODULES: [&str; 3] =
    ["/usr/lib/nginx/modules", "/usr/lib64/nginx/modules", "/usr/share/nginx/modules"];

/// haproxy with buffers of 64 KiB; 16 KiB are usual.
pub(super) fn haproxy(scratch: &Scratch, route: Route) -> Result<Work, Failed> {
    haproxy_with(scratch, route, "")
}

/// haproxy that splices what a client sends, through a pipe as large as ours.
///
/// With `splice-auto` it decides by itself, and here it decides to read and write.
pub(super) fn haproxy_splice(scratch: &Scratch, route: Route) -> Result<Work, Failed> {
    haproxy_with(scratch, route, "option splice-request")
}

fn haproxy_with(scratch: &Scratch, route: Route, option: &str) -> Result<Work, Failed> {
    let program = installed("haproxy", "haproxy")?;
    let Route { listen, target } = route;
    let text = format!(
        "global
            nbthread 1
            maxconn 16
            maxpipes 16
            tune.bufsize 65536
            tune.pipesize 1048576
        defaults
            mode tcp
            timeout connect 10s
            timeout client 60s
            timeout server 60s
            {option}
        listen relay
            bind 127.0.0.1:{listen}
            server sink 127.0.0.1:{target}\n"
    );
    let file = scratch.text("haproxy.cfg", &text)?;
    Ok(Work::program(program).and("-db").and("-f").and(file))
}

/// nginx with buffers of 64 KiB; 16 KiB are usual.
pub(super) fn nginx(scratch: &Scratch, route: Route) -> Result<Work, Failed> {
    let program = installed("nginx", "nginx libnginx-mod-stream")?;
    let Route { listen, target } = route;
    let module = NGINX_MODULES.map(|folder| Path::new(folder).join("ngx_stream_module.so"));
    let load = module.iter().find(|module| module.is_file());
    let load = load.map_or_else(String::new, |path| format!("load_module {};", path.display()));
    let text = format!(
        "{load}
        daemon off;
        master_process off;
        pid nginx.pid;
        error_log stderr;
        events {{ worker_connections 16; }}
        stream {{
            proxy_buffer_size 64k;
            server {{ listen 127.0.0.1:{listen}; proxy_pass 127.0.0.1:{target}; }}
        }}"
    );
    let file = scratch.text("nginx.conf", &text)?;
    let words = |test| nginx_words(test, &file, scratch.folder());
    let tested = Command::new(&program).args(words(true)).output()?;
    if !tested.status.success() {
        let why = "nginx cannot relay TCP: apt-get install libnginx-mod-stream";
        return Err(Failed::Skipped(why.into()));
    }
    Ok(words(false).into_iter().fold(Work::program(program), Work::and))
}

fn nginx_words(test: bool, file: &Path, folder: &Path) -> Vec<PathBuf> {
    let usual =
        ["-e".into(), "stderr".into(), "-p".into(), folder.into(), "-c".into(), file.into()];
    usual.into_iter().chain(test.then(|| "-t".into())).collect()
}

/// socat with buffers of 64 KiB; 8 KiB are usual.
pub(super) fn socat(_: &Scratch, route: Route) -> Result<Work, Failed> {
    let program = installed("socat", "socat")?;
    let Route { listen, target } = route;
    let listen = format!("TCP4-LISTEN:{listen},bind=127.0.0.1,reuseaddr");
    Ok(Work::program(program)
        .and("-b")
        .and("65536")
        .and(listen)
        .and(format!("TCP4:127.0.0.1:{target}")))
}

/// `cat FROM > TO`
pub(super) fn cat(_: &Scratch, from: &Path, to: &Path) -> Result<Work, Failed> {
    Ok(Work::program(installed("cat", "coreutils")?).and(from).into_file(File::create(to)?))
}

/// `cp FROM TO`
pub(super) fn cp(_: &Scratch, from: &Path, to: &Path) -> Result<Work, Failed> {
    Ok(Work::program(installed("cp", "coreutils")?).and(from).and(to))
}

/// `pv -q FROM > TO`
pub(super) fn pv(_: &Scratch, from: &Path, to: &Path) -> Result<Work, Failed> {
    Ok(Work::program(installed("pv", "pv")?).and("-q").and(from).into_file(File::create(to)?))
}

/// A Python that has Twisted.
pub(super) fn python() -> Result<PathBuf, Failed> {
    let named = std::env::var_os("AQUEDUCT_PYTHON").map(PathBuf::from);
    let has_twisted = |python: &PathBuf| {
        let asked = Command::new(python).args(["-c", "import twisted"]).output();
        asked.is_ok_and(|answer| answer.status.success())
    };
    named.or_else(|| find("python3")).filter(has_twisted).ok_or_else(|| {
        let why =
            "no Python has Twisted: pip install twisted, and set AQUEDUCT_PYTHON to its Python";
        Failed::Skipped(why.into())
    })
}

/// Twisted's own relay, whose two producers pause each other.
pub(super) fn twisted(_: &Scratch, route: Route) -> Result<Work, Failed> {
    let Route { listen, target } = route;
    let script = include_str!("twisted_relay.py");
    let work = Work::program(python()?).and("-c").and(script);
    Ok(work.and(listen.to_string()).and(target.to_string()))
}

/// Twisted's `FileSender`.
pub(super) fn file_sender(_: &Scratch, from: &Path, target: u16) -> Result<Work, Failed> {
    let script = include_str!("twisted_send.py");
    Ok(Work::program(python()?).and("-c").and(script).and(from).and(target.to_string()))
}
