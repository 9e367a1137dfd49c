# Runs one command of the project in a release, once for each KEY, and to its end even without us.
#
# ROOT FENCE KEY RELEASE TIMEOUT_S COMMAND [NAME=VALUE]…
#   KEY is DEPLOYMENT-moment-index. One that ended with 0 is not run again, one that still runs is
#   waited for; one that ended otherwise or was cut off is run again
# prints what the command prints, both streams to stdout; says exit (124 when it took too long; none
#   when it was cut off, so nobody knows), ran_before (1: it is not we who ran it), waited (1: it
#   still ran when we came), again (we ran it although it ran before: its code then, or "cut off")
# exits 0 whatever the command's code, 64 74 75 76 77 78 79 82
key=''
case $3 in *[!a-z0-9-]* | -* | *-) ;; *-*-*) key=$3 ;; esac
[ -n "$key" ] || fail 64 "'$3' cannot be the key of a command."
number "${3%%-*}"
plain "$4"
number "$5"
[ "$5" -ge 1 ] || fail 64 "A command needs a limit of at least 1 s: 0 would be none at all."
take_fence "$1" "$2"
release=$4 limit=$5 command=$6
shift 6
for pair; do
    case ${pair%%=*} in
    "$pair" | '' | [0-9]* | *[!A-Za-z0-9_]*) fail 64 "'${pair%%=*}' cannot name a variable." ;;
    esac
done
cd -- "$ROOT/releases/$release" 2>/dev/null || fail 78 "There is no folder $ROOT/releases/$release."
record=$OURS/sessions/$key
# A result counts only for this command of this release: numbers begin anew in a new database.
what=$key-$(printf '%s\n' "$release" "$command" | sha256sum | cut -c 1-16)

# It goes on, but nobody may be left who keeps its output from flowing.
end_viewer() {
    recorded "$record.viewer" && know "$$" && [ "$START" -lt "$BORN" ] &&
        end_recorded "$record.viewer" 0
}

waited=''
while lives "$record"; do
    end_viewer
    let_go
    waited=1 left=$((5 * (limit + 10)))
    while [ $left -gt 0 ] && lives "$record"; do
        left=$((left - 1))
        sleep 0.2
    done
    take_fence "$ROOT" "$FENCE"
    if [ $left = 0 ]; then
        end_recorded "$record" 50 || cannot_end "$record"
        printf '124\n' 1<>"$record.exit"
    fi
done

code='' again=''
# shellcheck disable=SC2153 # recorded sets WHAT
if recorded "$record" && [ "$WHAT" = "$what" ]; then
    read -r code <"$record.exit" || :
    case $code:$waited in
    0:* | [0-9]*:1)
        say exit "$code"
        say ran_before 1
        [ -z "$waited" ] || say waited 1
        exit
        ;;
    [0-9]*) again=$code ;;
    *) again='cut off' ;;
    esac
fi

# In a session of its own. Positional, because a pair may be named like any variable: none is set
# before the command has started. RECORD REST LIMIT COMMAND, then START, TIME, tee's and the
# command's number. The lock is held until the record names this session.
# shellcheck disable=SC2016
run() {
    unset LC_ALL
    export_rest "$@"
    exec setsid sh -c '
        set -- "$@" "$(sed "s/.*) //" "/proc/$$/stat" | cut -d " " -f 20)" "$(date +%s)"
        [ -n "$5" ] && printf "%s\n" "$$ $5 $$ $2" 1<>"$1" || exit
        exec 9>&- 6<>"$1.pipe" 4<"$1.pipe" 5>"$1.pipe" 6>&- 2>/dev/null
        rm -f -- "$1.pipe"
        (trap "" TERM; exec tee -p /dev/null <&4 4<&- 5>&-) &
        set -- "$@" $!
        timeout -k 5 "$3" sh -c -- "$4" >&5 2>&1 4<&- 5>&- &
        set -- "$@" $!
        exec 4<&- 5>&-
        wait "$8"
        code=$?
        # A command that does not heed the first signal of timeout takes it with it (137).
        [ $code -ne 137 ] || [ $(($(date +%s) - $6)) -lt "$3" ] || code=124

        members() {
            LC_ALL=C grep -lszE "\) [^ZX] [0-9]+ [0-9]+ $$( -?[0-9]+){20}" /proc/[0-9]*/stat
        }
        rounds=5 left=1
        while [ $left = 1 ] && [ $rounds -gt 0 ]; do
            rounds=$((rounds - 1)) left=0
            for file in $(members); do
                pid=${file#/proc/} pid=${pid%/stat}
                case $pid in
                $$ | "$7") ;;
                *) ! kill -s KILL "$pid" || left=1 ;;
                esac
            done
            [ $left = 0 ] || sleep 0.1
        done
        printf "%s\n" "$code" 1<>"$1.exit"
        sync -- "$1.exit"
        # What left the session may hold the pipe open; what is in it already is read within 5 s.
        rounds=100
        while [ $rounds -gt 0 ]; do
            case $(members) in *"/proc/$7/stat"*) sleep 0.05 ;; *) exit ;; esac
            rounds=$((rounds - 1))
        done
        kill -s KILL "$7"
    ' sh "$1" "$2" "$3" "$4" </dev/null
}

export_rest() {
    shift 4
    for pair; do export "${pair?}"; done
}

make_folder "$OURS/sessions"
end_sessions
for old in "$OURS"/sessions/*; do
    case ${old##*/} in "${key%%-*}"-* | unpack) ;; *) try "remove $old" rm -f -- "$old" ;; esac
done
put "$record.exit" 0644 "-$NEWLINE"
put "$record" 0644 "0 0 0 $FENCE $what$NEWLINE"
put "$record.viewer" 0644 "-$NEWLINE"
note "$record.viewer" "$FENCE"
[ -n "$BORN" ] || fail 74 "Could not read /proc/$$/stat."
try "tidy $OURS/sessions" rm -f -- "$record.pipe"
try "make a pipe in $OURS/sessions" mkfifo -- "$record.pipe"
run "$record" "$FENCE $what" "$limit" "$command" "$@" "RELEASEMGR_COMMAND=$what" | cat 9>&- &
let_go
wait $!
read -r code <"$record.exit"
[ -z "$again" ] || say again "$again"
case $code in
[0-9]*) say exit "$code" ;;
*) fail 0 "The command was cut off before it ended." ;;
esac
