//! What this process has: memory, threads, descriptors, children, temporary files.

use std::{
    fmt, fs, io,
    path::{Path, PathBuf},
};

/// What this process has at one moment, as Linux tells it in `/proc`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Census {
    /// Resident memory, in bytes.
    pub rss_bytes: u64,
    /// Threads.
    pub threads: usize,
    /// Open descriptors.
    pub descriptors: usize,
    /// Child processes that run, or that nobody has waited for.
    pub children: usize,
    /// Temporary files of Aqueduct's in the folder that was named.
    pub drafts: usize,
}

impl Census {
    /// Counts what there is; temporary files are looked for in `folder` and below.
    ///
    /// # Errors
    /// If `/proc` is not there or cannot be read.
    pub fn take(folder: &Path) -> io::Result<Self> {
        Ok(Self {
            rss_bytes: rss_bytes()?,
            threads: fs::read_dir("/proc/self/task")?.count(),
            // The one that reads the folder is there while it is read.
            descriptors: fs::read_dir("/proc/self/fd")?.count() - 1,
            children: children()?,
            drafts: drafts(folder),
        })
    }

    /// Tells what there is more of than at `base`, memory not counted.
    #[must_use]
    pub fn left_since(&self, base: &Self) -> Vec<String> {
        let kinds = [
            ("threads", self.threads, base.threads),
            ("descriptors", self.descriptors, base.descriptors),
            ("child processes", self.children, base.children),
            ("temporary files", self.drafts, base.drafts),
        ];
        let more = kinds.iter().filter(|(_, now, before)| now > before);
        more.map(|(kind, now, before)| format!("{now} {kind}, and {before} before")).collect()
    }
}

impl fmt::Display for Census {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "RSS {:.1} MiB, {} descriptors, {} threads",
            self.rss_bytes as f64 / f64::from(1 << 20),
            self.descriptors,
            self.threads
        )
    }
}

/// Resident memory. The sum over the mappings is exact; the count in `status` may be off by some
/// dozen pages for each thread, and is for kernels that have no sum.
fn rss_bytes() -> io::Result<u64> {
    let exact = fs::read_to_string("/proc/self/smaps_rollup").ok();
    let exact = exact.as_deref().and_then(|text| kib_of(text, "Rss:"));
    if let Some(bytes) = exact {
        return Ok(bytes);
    }
    let status = fs::read_to_string("/proc/self/status")?;
    kib_of(&status, "VmRSS:").ok_or_else(|| io::Error::other("no VmRSS in /proc/self/status"))
}

/// The bytes in the line that begins with this key, as `Rss:  1204 kB`.
fn kib_of(text: &str, key: &str) -> Option<u64> {
    let rest = text.lines().find_map(|line| line.strip_prefix(key))?;
    let kib: u64 = rest.trim().strip_suffix("kB")?.trim().parse().ok()?;
    kib.checked_mul(1024)
}

fn children() -> io::Result<usize> {
    let own = std::process::id();
    let mut children = 0;
    for entry in fs::read_dir("/proc")? {
        let name = entry?.file_name();
        let is_process = name.to_str().is_some_and(|name| name.parse::<u32>().is_ok());
        if !is_process {
            continue;
        }
        // Processes may end while the folder is read.
        let stat = fs::read_to_string(Path::new("/proc").join(name).join("stat"));
        children += usize::from(stat.is_ok_and(|stat| parent_of(&stat) == Some(own)));
    }
    Ok(children)
}

/// The parent in a line of `/proc/PID/stat`: the second field behind the command, which may have
/// spaces and parentheses of its own.
fn parent_of(stat: &str) -> Option<u32> {
    let (_, behind) = stat.rsplit_once(')')?;
    behind.split_whitespace().nth(1)?.parse().ok()
}

/// How many temporary files of Aqueduct's are in this folder and below; a folder that is not there
/// has none.
fn drafts(folder: &Path) -> usize {
    let mut folders: Vec<PathBuf> = vec![folder.into()];
    let mut drafts = 0;
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(folder).into_iter().flatten().flatten() {
            if entry.file_type().is_ok_and(|kind| kind.is_dir()) {
                folders.push(entry.path());
            }
            drafts += usize::from(is_draft(&entry.file_name().to_string_lossy()));
        }
    }
    drafts
}

fn is_draft(name: &str) -> bool {
    name.starts_with(".aqueduct-") && name.ends_with(".part")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn memory_is_read_from_the_line_that_has_it() {
        let text = "55d0-7ffe ---p 00000000 00:00 0  [rollup]\nRss:    1204 kB\nPss:     7 kB\n";
        assert_eq!(kib_of(text, "Rss:"), Some(1_204 << 10));
        assert_eq!(kib_of("Name: soak\nVmRSS:\t  512 kB\n", "VmRSS:"), Some(512 << 10));
        for broken in ["", "Rss: kB", "Rss: 12", "Rss: x kB", "Pss: 12 kB"] {
            assert_eq!(kib_of(broken, "Rss:"), None, "{broken}");
        }
    }

    #[test]
    fn a_parent_is_found_behind_any_name_of_a_command() {
        assert_eq!(parent_of("12 (cat) S 7 12 0"), Some(7));
        assert_eq!(parent_of("12 (a ) S 9 (b) R 8 12 0"), Some(8));
        assert_eq!(parent_of("12 (cat"), None);
    }

    #[test]
    fn descriptors_threads_and_drafts_are_counted_one_by_one() {
        let folder = tempfile::tempdir().unwrap();
        let base = Census::take(folder.path()).unwrap();
        assert_eq!(base.drafts, 0);
        let below = folder.path().join("below");
        fs::create_dir(&below).unwrap();
        fs::write(folder.path().join("kept.part"), "").unwrap();
        let draft = fs::File::create(below.join(".aqueduct-1-0-ff.part")).unwrap();
        let now = Census::take(folder.path()).unwrap();
        assert_eq!(now.drafts, 1);
        assert!(now.rss_bytes > 0 && now.threads > 0);
        // Other tests run beside this one, so that only drafts are sure.
        assert!(now.left_since(&base).contains(&"1 temporary files, and 0 before".to_owned()));
        drop(draft);
    }

    #[test]
    fn what_is_less_is_no_complaint() {
        let base = Census { rss_bytes: 1, threads: 3, descriptors: 9, children: 1, drafts: 0 };
        let now = Census { rss_bytes: 9, threads: 2, descriptors: 9, children: 0, drafts: 0 };
        assert_eq!(now.left_since(&base), Vec::<String>::new());
        assert_eq!(
            base.left_since(&now),
            ["3 threads, and 2 before", "1 child processes, and 0 before"]
        );
    }
}
