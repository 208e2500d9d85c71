//! What `--help` says below the options: how it behaves, and examples to begin with.

pub(crate) const PROGRAM: &str = "\
Examples:
  aqueduct copy big.iso tcp://10.0.0.7:9000
  aqueduct check pipelines.toml && aqueduct run pipelines.toml
  aqueduct stages lines

Exit codes: 0 done or drained, 1 failed, 2 bad usage or a file with mistakes, 130 interrupted.";

pub(crate) const RUN: &str = "\
All pipelines run at once, until each has delivered everything. When one fails, the others are
stopped.

Ctrl-C and SIGTERM drain: producers are asked for nothing more, and what they gave is delivered.
A second one stops at once, and no file that is not complete gets its name.

Example, which writes the lines with ERROR of access.log to errors.log:
  cat > errors.toml <<'END'
  [[pipeline.errors.stage]]
  file = { read = \"access.log\" }

  [[pipeline.errors.stage]]
  lines = {}

  [[pipeline.errors.stage]]
  filter = { contains = \"ERROR\" }

  [[pipeline.errors.stage]]
  file = { write = \"errors.log\" }
  END
  aqueduct run errors.toml

`aqueduct stages` tells what else there is.";

pub(crate) const CHECK: &str = "\
Nothing is started, connected to or looked up. A file is good if nothing is told.

Examples:
  aqueduct check pipelines.toml
  aqueduct check --json *.toml";

pub(crate) const GRAPH: &str = "\
Actors are boxes with their stages, links are arrows with their marks. GitHub and many editors draw
Mermaid where it stands in a fence, graphviz draws DOT, and every browser shows an SVG.

Examples:
  aqueduct graph pipelines.toml
  aqueduct graph pipelines.toml --format svg --output pipelines.svg
  aqueduct graph pipelines.toml --format dot | dot -Tpng > pipelines.png";

pub(crate) const STAGES: &str = "\
Examples:
  aqueduct stages
  aqueduct stages filter
  aqueduct stages --schema > aqueduct.schema.json";

pub(crate) const COPY: &str = "\
Places:
  PATH                    a file
  -                       stdin as SOURCE, stdout as TARGET
  tcp://HOST:PORT         connect
  tcp-listen://HOST:PORT  listen, and take the first connection

A file gets its name only when everything is in it and on the disk: a copy that fails or is
interrupted leaves nothing there.

A raw TCP stream cannot tell a killed sender from a finished one. Say what is to come with
--expect-bytes or --sha256; then a short or a wrong stream fails, and no file is left behind.

Between files and connections the kernel moves the bytes by itself; the report tells so. What is
expected has to be looked at, and is read and written, as with --user-space.

Examples:
  aqueduct copy big.iso tcp://10.0.0.7:9000
  aqueduct copy tcp-listen://0.0.0.0:9000 big.iso --expect-bytes 1GiB
  tar c src | aqueduct copy - backup.tar";

pub(crate) const COMPLETIONS: &str = "\
Examples:
  aqueduct completions bash > ~/.local/share/bash-completion/completions/aqueduct
  aqueduct completions zsh > ~/.zfunc/_aqueduct
  aqueduct completions fish > ~/.config/fish/completions/aqueduct.fish";

pub(crate) const MAN: &str = "\
Example:
  aqueduct man | man -l -";
