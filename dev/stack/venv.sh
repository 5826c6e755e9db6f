#!/usr/bin/env bash
# Makes a virtual environment that holds exactly what a lock file names: venv.sh .venv requirements/dev.txt
# With --no-compile the bytecode of what is really used comes with its first use: right for large ones.
# A copy of the lock is left inside, so that an unchanged one costs nothing.
set -euo pipefail
cd "$(dirname "$0")/../.."
folder=$1 lock=$2 options=("${@:3}")
stamp=$folder/installed.txt
if cmp -s "$lock" "$stamp"; then exit 0; fi

if ! python3.13 -c 'import sys; sys.exit(sys.version_info[:2] != (3, 13))' 2>/dev/null; then
  cat >&2 <<'TEXT'

Python 3.13 is missing: there is no working `python3.13` on the PATH.
  Debian, Ubuntu   sudo apt install python3.13 python3.13-venv   (or pyenv, or uv: below)
  macOS            brew install python@3.13
  anywhere         pyenv install 3.13 && pyenv local 3.13
                   uv python install 3.13
Then run the same command again.

TEXT
  exit 1
fi

echo "$folder: installing $(grep -c '==' "$lock") packages from $lock"
start=$SECONDS
unset PYTHONHOME PYTHONPATH
rm -rf "$folder"
python3.13 -m venv "$folder"
# Warnings of pip concern the machine's own configuration; errors are shown.
"$folder/bin/python" -m pip install --require-hashes --no-input --disable-pip-version-check \
  "${options[@]+"${options[@]}"}" --requirement "$lock" 2> >(grep -v '^WARNING: ' >&2) |
  awk -v name="$folder" '
    /^Collecting / { if (++n % 20 == 0) print name ": " n " packages found"; fflush() }
    /^Installing collected/ { print name ": installing them"; fflush() }'
cp "$lock" "$stamp"
echo "$folder: done in $((SECONDS - start)) s"
