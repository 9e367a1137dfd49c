# Behind prelude.sh in front of every script: who may work in a site, and who still does.
# .releasemgr/holder is who has the lock; sessions/KEY is a command of the project, sessions/unpack
# an archive on its way, both at work without the lock. Each is one line, PID START SESSION FENCE
# WHAT. START, in clock ticks since boot (proc_pid_stat(5)), tells a process from a later one with
# the same number. They are written in place: a full disk must not keep anybody from going back.

take_lock() {
    use_root "$1"
    umask 022
    make_folder "$OURS"
    [ -w "$OURS/lock" ] || try "open $OURS/lock" touch -- "$OURS/lock"
    exec 9>>"$OURS/lock"
    flock -w 2 9
    locked=$?
    if [ "$locked" = 1 ]; then
        [ -z "${2-}" ] || end_older_holder "$2"
        flock -w 8 9
        locked=$?
    fi
    case $locked in
    0) ;;
    1) fail 75 "Another command is still at work in $ROOT; try again in a moment." ;;
    *) fail 74 "The program flock (package util-linux) does not work on this server." ;;
    esac
    { note "$OURS/holder" "${2-}"; } 2>/dev/null || :
    read_current
}

# take_fence ROOT FENCE: takes the lock too; a fence only ever grows.
take_fence() {
    number "$2"
    take_lock "$1" "$2"
    FENCE=$2 seen=0
    [ ! -e "$OURS/fence" ] || read -r seen <"$OURS/fence" || seen=
    case $seen in '' | *[!0-9]*) fail 74 "$OURS/fence is damaged: it must hold one number." ;; esac
    [ "$FENCE" -ge "$seen" ] ||
        fail 76 "A newer worker has taken over here (fence $seen); the one with $FENCE must stop."
    if [ ! -e "$OURS/fence" ]; then
        put "$OURS/fence" 0644 "$FENCE$NEWLINE"
    elif [ "$FENCE" -ne "$seen" ]; then
        try "write $OURS/fence" raise_fence
    fi
}

raise_fence() { printf '%s\n' "$FENCE" 1<>"$OURS/fence" && sync -- "$OURS/fence"; }

# let_go: others may work; whoever waits for the lock no longer has a reason to end us.
let_go() {
    { printf '%s\n' - 1<>"$OURS/holder"; } 2>/dev/null || :
    exec 9>&-
}

# note FILE FENCE [WHAT]: writes this script down there.
note() {
    know "$$"
    printf '%s\n' "$$ $BORN $SESSION $2 ${3-}" 1<>"$1"
}

# know PID: BORN and SESSION become those of a living process; fails when there is none.
know() {
    BORN='' SESSION='' about=''
    { while read -r line; do about="$about $line"; done <"/proc/$1/stat"; } 2>/dev/null || return
    # The last ")" ends the name, which may hold anything.
    # shellcheck disable=SC2086
    set -- ${about##*) }
    case $1 in Z | X) return 1 ;; esac
    SESSION=$4 BORN=${20}
}

# recorded FILE: PID, START, GROUP (its session), HELD (its fence) and WHAT become what it says.
recorded() {
    PID='' START='' GROUP='' HELD='' WHAT=''
    [ ! -e "$1" ] || read -r PID START GROUP HELD WHAT <"$1" || :
    case -$PID-$START-$GROUP-$HELD- in *--* | *[!0-9-]*) return 1 ;; esac
}

# lives FILE: whether what it names still runs; a command does also when its first process is gone.
lives() {
    recorded "$1" || return
    if know "$PID"; then
        [ "$BORN" = "$START" ]
    else
        [ -n "$WHAT" ] && for file in $(members "$GROUP"); do
            grep -qszxF -- "RELEASEMGR_COMMAND=$WHAT" "${file%stat}environ" && return
        done && false
    fi
}

# members SESSION: /proc/PID/stat of each that lives. Behind the name stand state, parent, group,
# session and numbers.
members() { grep -lszE "\) [^ZX] [0-9]+ [0-9]+ $1( -?[0-9]+){20}" /proc/[0-9]*/stat; }

signal() {
    for file in $(members "$2"); do
        pid=${file#/proc/}
        kill -s "$1" "${pid%/stat}" 2>/dev/null
    done
}

# end_recorded FILE PATIENCE: fails when it cannot be ended, or is our own session. Its first process
# goes at once, so that nothing is noted as if it had ended by itself; what works there has PATIENCE
# (tenths of a second) to stop.
end_recorded() {
    lives "$1" || return 0
    know "$$"
    [ "$GROUP" != "$SESSION" ] || return
    kill -s KILL "$PID" 2>/dev/null
    signal TERM "$GROUP"
    waited_for=0
    while [ -n "$(members "$GROUP")" ]; do
        [ "$waited_for" -lt "$2" ] || signal KILL "$GROUP"
        [ "$waited_for" -lt $(($2 + 20)) ] || return
        waited_for=$((waited_for + 1))
        sleep 0.1
    done
}

end_older_holder() {
    recorded "$OURS/holder" && [ "$HELD" -lt "$1" ] && end_recorded "$OURS/holder" 0
}

# end_sessions: nothing that works without the lock goes on; whoever calls it has the lock.
end_sessions() {
    for session in "$OURS"/sessions/*; do
        case ${session##*/} in
        *.*) ;;
        *) end_recorded "$session" 50 || cannot_end "$session" ;;
        esac
    done
}

cannot_end() {
    fail 75 "What an earlier worker began in $ROOT (${1##*/}, process $PID) cannot be ended: end it on \
the server, then try again."
}
