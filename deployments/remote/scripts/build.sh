# build.sh WORK LIMIT_S MEMORY_KB SPACE_KB PROCESSES FILE_BLOCKS CPU_S COMMAND NAME=VALUE…
# Runs one command of a project in WORK and exits with its code. The environment is the given pairs
# alone, PATH and HOME among them. HOME is fresh for each build: whoever has it in the
# environment belongs to the build and is ended with the command. COMMAND empty: only that.
# Both streams of the command go to stdout; stderr is ours: 64 bad argument, 74 no such folder.
# LIMIT_S is for a builder that lost its caller. Limits of 512-byte blocks, kilobytes, seconds.
# Where the kernel lets an account make namespaces, the command is alone in one: it sees no other
# process, and when it ends nothing of it is left, whatever it did to hide.

[ $# -ge 10 ] || fail 64 "build.sh needs a folder, seven limits, a command and variables."
cd -P -- "$1" || fail 74 "The build folder $1 is missing."
shift

names=$(awk 'BEGIN { for (name in ENVIRON) print name }')
for name in $names; do
    case $name in
        [0-9]* | *[!A-Za-z0-9_]*) ;;
        *) unset -v "$name" ;;
    esac
done
limit=$1 memory=$2 space=$3 processes=$4 blocks=$5 cpu=$6 command=$7
shift 7
for pair in "$@"; do
    export "${pair?}"
done
[ -n "${HOME-}" ] || fail 64 "build.sh needs HOME among its variables."
umask 022
exec 2>&1 </dev/null

# A limit that is lower already cannot be raised; that is no error. `-p` is dash's, `-u` bash's.
# shellcheck disable=SC3045
set_limits() {
    for limited in "-c 0" "-f $blocks" "-t $cpu" "-v $space" "-d $memory" "-p $processes" \
        "-u $processes"; do
        # shellcheck disable=SC2086
        ulimit $limited 2>/dev/null
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
status=0
if [ -n "$command" ]; then
    # The outer shell stays, as the namespace's first process: it collects what others leave.
    # shellcheck disable=SC2016,SC2086
    (set_limits; exec timeout --foreground --signal=KILL "$limit" \
        $alone sh -c 'sh -c "$1"; exit $?' sh "$command")
    status=$?
fi
end_build
exit "$status"
