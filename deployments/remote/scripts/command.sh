# Runs one command of the project in a release, in a session of its own that ends with it.
#
# ROOT RELEASE TIMEOUT_S COMMAND [NAME=VALUE]…
# prints what the command prints, both streams to stdout; says exit (124 when it took too long)
# exits 0 whatever the command's code, 64 78
use_root "$1"
plain "$2"
number "$3"
[ "$3" -ge 1 ] || fail 64 "A command needs a limit of at least 1 s: 0 would be none at all."
release=$2 limit=$3 command=$4
shift 4
for pair; do
    case ${pair%%=*} in
    "$pair" | '' | [0-9]* | *[!A-Za-z0-9_]*) fail 64 "'${pair%%=*}' cannot name a variable." ;;
    esac
done
cd -- "$ROOT/releases/$release" 2>/dev/null || fail 78 "There is no folder $ROOT/releases/$release."

# LIMIT COMMAND NAME=VALUE…: positional, because exporting a pair may overwrite any variable here.
run() {
    unset LC_ALL
    export_rest "$@"
    exec setsid timeout -k 5 "$1" sh -c -- "$2" </dev/null 2>&1
}

export_rest() {
    shift 2
    for pair; do export "${pair?}"; done
}

# Kills whatever is left of the session; fails when that is nothing. In /proc/PID/stat the last ")"
# ends the name, which may hold anything; behind it stand state, parent, group, session, numbers.
kill_session() {
    found=$(grep -lszE "\) [^Z] [0-9]+ [0-9]+ $session( -?[0-9]+){20}" /proc/[0-9]*/stat)
    for file in $found; do
        pid=${file#/proc/}
        kill -s KILL "${pid%/stat}" 2>/dev/null
    done
    [ -n "$found" ]
}

started=$(date +%s)
run "$limit" "$command" "$@" &
session=$!
wait "$session"
code=$?
# A command that does not heed timeout's first signal takes timeout with it (137).
[ $code -ne 137 ] || [ $(($(date +%s) - started)) -lt "$limit" ] || code=124
for _ in 1 2 3 4 5; do
    kill_session || break
    sleep 0.1
done
say exit $code
