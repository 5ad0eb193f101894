//! `down`: stops everything in the reverse order and waits until it is gone.

use crate::Error;
use crate::component::Component;
use crate::layout::Layout;
use crate::process::Stopped;
use crate::say::say;
use crate::state::State;

/// Takes the stack down. Data stays, unless `volumes` says that it goes too.
///
/// # Errors
/// When something does not end, or its data cannot be removed.
pub fn down(layout: &Layout, volumes: bool) -> Result<(), Error> {
    let _lock = layout.lock()?;
    let mut state = State::load(layout)?;
    let mut any = false;
    for component in Component::IN_ORDER.into_iter().rev() {
        any |= stop(component, &mut state)?;
    }
    if !any {
        say("nothing was running");
    }
    for file in [layout.gateway_ready(), layout.gateway_config()] {
        remove(&file, |file| std::fs::remove_file(file))?;
    }
    if volumes {
        let cluster = layout.data.join("postgres");
        let partial = cluster.with_extension("partial");
        for folder in [cluster, partial, layout.data.join("redis"), layout.prometheus_folder()] {
            remove(&folder, |folder| std::fs::remove_dir_all(folder))?;
        }
        for file in [layout.password_file(), layout.admin_token_file(), layout.service_token_file()] {
            remove(&file, |file| std::fs::remove_file(file))?;
        }
        if layout.data != layout.run {
            remove(&layout.data, |folder| std::fs::remove_dir(folder))?;
        }
        say("the data is removed");
    }
    Ok(())
}

/// Stops one component and notes that it is gone. Says whether there was a process to stop.
///
/// # Errors
/// When it does not end.
pub(crate) fn stop(component: Component, state: &mut State) -> Result<bool, Error> {
    let Some(running) = state.get(component) else { return Ok(false) };
    let stopped = running.process.stop(component.stop())?;
    let (name, pid) = (component.name(), running.process.pid);
    match stopped {
        Stopped::Gone => say(format_args!("{name:<10} had ended already (pid {pid})")),
        Stopped::Politely => say(format_args!("{name:<10} stopped (pid {pid})")),
        Stopped::Killed => say(format_args!("{name:<10} did not stop when asked and was killed (pid {pid})")),
    }
    state.forget(component)?;
    Ok(stopped != Stopped::Gone)
}

fn remove(path: &std::path::Path, how: impl FnOnce(&std::path::Path) -> std::io::Result<()>) -> Result<(), Error> {
    match how(path) {
        Err(error) if error.kind() != std::io::ErrorKind::NotFound => Err(Error::path("remove", path)(error)),
        _ => Ok(()),
    }
}
