#!/usr/bin/env bash
# Writes every hashed lock file from its .in file. Versions that still fit are kept;
# `dev/build/lock.sh --upgrade` takes the newest that fit.
set -euo pipefail
cd "$(dirname "$0")/../.."
uv=${UV:-uv}

# --universal: one file for Linux and macOS, arm64 and x86_64. No index address may be written,
# because each machine has its own.
lock() {
  local name=$1
  shift
  echo "locking ${name}.txt"
  "$uv" pip compile "${name}.in" --output-file "${name}.txt" --quiet --universal \
    --python-version 3.13 --generate-hashes --no-emit-index-url --no-emit-find-links \
    --custom-compile-command "dev/build/lock.sh" "$@"
}

# A package that the layer ships must not be shipped again by a function: constrained to the
# layer's version, then left out of the function's file.
lock_function() {
  local without=()
  for package in $(sed -n 's/^\([a-z0-9._-]*\)==.*/\1/p' layers/shared/requirements.txt); do
    without+=(--no-emit-package "$package")
  done
  lock "functions/$1/requirements" --constraints layers/shared/requirements.txt "${without[@]}" "${@:2}"
}

# dnspython: email-validator imports it only to look up domains, which nothing here does.
lock layers/shared/requirements --no-emit-package dnspython "$@"
lock_function chat "$@"
lock_function mailer "$@"
lock requirements/dev --constraints layers/shared/requirements.txt \
  --constraints functions/chat/requirements.txt --constraints functions/mailer/requirements.txt "$@"
lock requirements/sam "$@"
lock requirements/stack "$@"
