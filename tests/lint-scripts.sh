#!/bin/sh
# Lints the scripts that run on servers as they are sent: each behind the words that it shares.
set -eu
cd "$(dirname "$0")/../deployments/remote/scripts"
for script in *.sh; do
    case $script in
    prelude.sh | lock.sh) continue ;; # they are in front of all others
    rights.sh | service.sh | webconf.sh) set -- prelude.sh lock.sh sudo.sh "$script" ;;
    *) set -- prelude.sh lock.sh "$script" ;;
    esac
    # SC2317: no script calls all of the shared words.
    cat "$@" | shellcheck -s sh -e SC2317 -
done
