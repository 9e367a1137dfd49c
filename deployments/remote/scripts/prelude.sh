# In front of every script: words they share. $1 is the random word that introduces our answers.
# Answers go to stdout (say), sentences for people to stderr (fail). Exit codes of all scripts:
#   64 bad argument               77 `current` is a real folder or file    81 content differs
#   74 I/O error                  78 a release folder is missing           82 no permission
#   75 lock busy                  79 disk or inodes full                   83 switched by another
#   76 newer worker has the fence 80 a shared file is missing
# Below .releasemgr, names ending in .new are unfinished; the lock's next holder replaces them.
set -u
unset CDPATH
LC_ALL=C
export LC_ALL
MARK=$1
shift
NEWLINE='
'

fail() {
    printf '%s\n' "$2" >&2
    exit "$1"
}

say() {
    rest=$2 escaped=
    while head=${rest%%[\\"$NEWLINE"]*} && [ "$head" != "$rest" ]; do
        rest=${rest#"$head"}
        case $rest in
        \\*) escaped="$escaped$head\\\\" ;;
        *) escaped="$escaped$head\\n" ;;
        esac
        rest=${rest#?}
    done
    printf '%s %s=%s\n' "$MARK" "$1" "$escaped$rest"
}

# try DOING COMMAND…: its failure is the script's, with the exit code that fits.
try() {
    doing=$1
    shift
    said=$("$@" 2>&1) && return
    for words in 79:'No space left' 79:'quota exceeded' 82:'ermission denied' 82:'not permitted' \
        82:'Read-only file system' 74:; do
        case $said in *"${words#*:}"*) break ;; esac
    done
    # Of many lines the one that tells why.
    before=${said%%"${words#*:}"*}
    said=${before##*"$NEWLINE"}${said#"$before"}
    fail "${words%%:*}" "Could not $doing (as $(id -un)): ${said%%"$NEWLINE"*}"
}

# put FILE MODE CONTENT [GROUP]: replaces the file in one rename; a reader sees old or new.
put() { try "write $1" write_file "$@"; }

write_file() {
    if [ -L "$1" ] || [ ! -f "$1" ] || ! printf '%s' "$3" | cmp -s - "$1"; then
        (umask 077 && { [ ! -e "$1.new" ] || rm -rf -- "$1.new"; } &&
            printf '%s' "$3" | cat >"$1.new") &&
            own "$1.new" "$2" "${4-}" && sync -- "$1.new" && mv -fT -- "$1.new" "$1"
    else
        own "$1" "$2" "${4-}"
    fi
}

# own PATH MODE GROUP: the group first, because changing it takes the setgid bit away.
own() { { [ -z "$3" ] || chgrp -- "$3" "$1"; } && chmod "$2" -- "$1"; }

# use_root ROOT: sets ROOT and OURS, reads `current`; changes nothing.
use_root() {
    ROOT=${1%/} OURS=${1%/}/.releasemgr
    case $ROOT in /*) ;; *) fail 64 "The site's folder must be an absolute path, not '$1'." ;; esac
    read_current
}

# is_there PATH: a dangling link is there too.
is_there() { [ -e "$1" ] || [ -L "$1" ]; }

make_folder() { [ -d "$1" ] || try "make $1" mkdir -p -- "$1"; }

# read_current: CURRENT becomes the link's raw target, "" when there is none.
read_current() {
    CURRENT=
    if [ -L "$ROOT/current" ]; then
        CURRENT=$(readlink -n -- "$ROOT/current" && echo .)
        CURRENT=${CURRENT%.}
    elif [ -d "$ROOT/current" ]; then
        fail 77 "$ROOT/current is a real folder, not a link; nothing was changed. To convert it, \
run on the server: mkdir -p -- $(quoted "$ROOT/releases") && mv -T -- $(quoted "$ROOT/current") \
$(quoted "$ROOT/releases/before-releasemgr") && \
ln -s -- releases/before-releasemgr $(quoted "$ROOT/current")"
    elif [ -e "$ROOT/current" ]; then
        fail 77 "$ROOT/current is a file, not a link; nothing was changed. To put it aside, run on \
the server: mv -T -- $(quoted "$ROOT/current") $(quoted "$ROOT/current.before-releasemgr")"
    fi
}

quoted() { printf "'" && printf '%s' "$1" | sed "s/'/'\\\\''/g" && printf "'"; }

# locate TARGET: PLACE becomes the absolute path of a raw link target.
# shellcheck disable=SC2034 # its callers read it
locate() {
    PLACE=$1
    [ "${1#/}" != "$1" ] || PLACE=$ROOT/$1
}

number() {
    case $1 in
    '' | *[!0-9]* | ??????????????????*) fail 64 "'$1' is not a number, or too large." ;;
    esac
}

# plain NAME: one path component.
plain() { case $1 in '' | . | .. | */*) fail 64 "'$1' cannot be the name of a release." ;; esac }

check_entries() {
    [ $(($# % 2)) -eq 0 ] || fail 64 "Entries come as a kind and a path each."
    while [ $# -gt 0 ]; do
        case $1 in
        file | create | dir | writable | asset) ;;
        *) fail 64 "'$1' is not file, create, dir, writable or asset." ;;
        esac
        case /$2/ in
        *//* | */./* | */../* | /.releasemgr/* | /REVISION/*)
            fail 64 "'$2' cannot be a shared, writable or asset path." ;;
        esac
        shift 2
    done
}

has_digest() { [ -f "$1" ] && [ "$(sha256sum <"$1" | cut -d ' ' -f 1)" = "$2" ]; }

write_marker() {
    make_folder "$1/.releasemgr"
    name=$(printf '%s' "$2" | sed "s/[\\\\']/\\\\&/g" && echo .)
    put "$1/.releasemgr/marker.php" 0644 "<?php return '${name%.}';"
}

# read_marker FOLDER: RELEASE_NAME becomes what PHP gets from including the marker.
read_marker() {
    name=$(cat -- "$1/.releasemgr/marker.php" && echo .)
    name=${name#"<?php return '"}
    RELEASE_NAME=$(printf '%s' "${name%"';."}" | sed 's/\\\(.\)/\1/g' && echo .)
    RELEASE_NAME=${RELEASE_NAME%.}
}

# sweep: moves what older workers left unfinished into the trash; needs the lock.
sweep() {
    for path in "$OURS"/*.new "$OURS"/door/*.new "$OURS"/sessions/*.new; do
        ! is_there "$path" || try "remove $path" rm -rf -- "$path"
    done
    for path in "$OURS"/incoming/*; do
        case ${path##*.} in '' | *[!0-9]*) continue ;; esac
        [ "${path##*.}" -ge "$FENCE" ] || discard "$path"
    done
}

discard() {
    make_folder "$OURS/trash"
    try "empty $OURS/trash" rm -rf -- "$OURS/trash/${1##*/}.$$"
    try "move $1 to the trash" mv -T -- "$1" "$OURS/trash/${1##*/}.$$"
}

# empty_trash: fails when files are left that PHP's user made and we may not remove.
empty_trash() { find "$OURS/trash" -mindepth 1 -maxdepth 1 -exec rm -rf -- {} + 2>/dev/null; }
