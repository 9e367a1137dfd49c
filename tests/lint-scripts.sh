#!/bin/sh
# Lints the scripts that run on servers as they are sent: each behind prelude.sh.
set -eu
cd "$(dirname "$0")/../deployments/remote/scripts"
for script in *.sh; do
    # SC2317: no script calls all of the prelude.
    [ "$script" = prelude.sh ] || cat prelude.sh "$script" | shellcheck -s sh -e SC2317 -
done
