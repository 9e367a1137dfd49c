# Runs one command of a project in WORK and exits with its code; COMMAND empty: only ends a build.
#
# WORK LIMIT_S MEMORY_KB SPACE_KB PROCESSES FILE_BLOCKS CPU_S COMMAND NAME=VALUE…
# The pairs are all of the environment, PATH and HOME among them. HOME is new for each build: who has
# it in the environment belongs to the build and is ended with the command. LIMIT_S is for a builder
# that lost its caller. Where accounts may make namespaces the command is alone in one: it sees no
# other process and leaves none, however it hides.
# The command's output is stdout; stderr is ours: 64 bad argument, 74 no such folder.

[ $# -ge 10 ] || fail 64 "build.sh needs a folder, seven limits, a command and variables."
cd -P -- "$1" || fail 74 "The build folder $1 is missing."

names=$(awk 'BEGIN { for (name in ENVIRON) print name }')
for name in $names; do
    case $name in
    [0-9]* | *[!A-Za-z0-9_]*) ;;
    *) unset -v "$name" ;;
    esac
done
limit_s=$2 memory=$3 space=$4 processes=$5 blocks=$6 cpu=$7 command=$8
shift 8
for pair in "$@"; do
    export "${pair?}"
done
[ -n "${HOME-}" ] || fail 64 "build.sh needs HOME among its variables."
umask 022
exec 2>&1 </dev/null

# A limit that is lower already stays. `-p` is dash's, `-u` bash's.
# shellcheck disable=SC3045
set_limits() {
    for limit in c:0 f:"$blocks" t:"$cpu" v:"$space" d:"$memory" p:"$processes" u:"$processes"; do
        ulimit "-${limit%:*}" "${limit#*:}" 2>/dev/null
    done
}

end_build() {
    for round in 1 2 3 4 5; do
        # shellcheck disable=SC2097,SC2098 # grep itself must not be found
        found=$(HOME=/ grep -lzxF -- "HOME=$HOME" /proc/[0-9]*/environ 2>/dev/null)
        [ -n "$found" ] || break
        for file in $found; do
            pid=${file#/proc/}
            kill -KILL "${pid%/environ}" 2>/dev/null
        done
        [ "$round" = 1 ] || sleep 0.1
    done
}

alone="unshare --user --map-current-user --pid --fork --kill-child --mount-proc"
$alone true 2>/dev/null || alone=""
# The outer sh stays: a namespace's first process collects the orphans.
# shellcheck disable=SC2016,SC2086
[ -z "$command" ] || (set_limits; exec timeout --foreground --signal=KILL "$limit_s" \
    $alone sh -c 'sh -c "$1"; exit $?' sh "$command")
status=$?
end_build
exit "$status"
