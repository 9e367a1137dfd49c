# Which processes with a text in their command line ran before a command, and which run now.
#
# ROOT FENCE KEY RELEASE TEXT MOMENT
#   before: writes down those that run, once for this KEY and RELEASE; after: tells of them
# says before (how many were written down), old ("PID": one of them, still there), new ("PID": one
#   that was not); old and new once for each
# exits 64 74 75 76 77 79 82
key=''
case $3 in *[!a-z0-9-]* | -* | *-) ;; *-*-*) key=$3 ;; esac
[ -n "$key" ] || fail 64 "'$3' cannot be the key of a command."
plain "$4"
[ -n "$5" ] || fail 64 "An empty text would name every process."
case $6 in before | after) ;; *) fail 64 "'$6' is neither before nor after." ;; esac
[ -r /proc/1/cmdline ] || fail 82 "/proc is mounted with hidepid on this server, so $(id -un) \
cannot see which processes run: mount it with hidepid=0, or add $(id -un) to the group in its gid=."
take_fence "$1" "$2"
release=$4 text=$5
# A name with a dot is no session. It stays as long as what the command itself wrote down.
noted=$OURS/sessions/$key.processes
what=$(printf '%s\n' "$release" "$text" | sha256sum | cut -c 1-16)

# found: one line per process, its number and when it was started (see lock.sh).
found() {
    for file in /proc/[0-9]*/cmdline; do
        line=$(tr '\0' ' ' <"$file") 2>/dev/null
        case $line in *"$text"*) ;; *) continue ;; esac
        pid=${file#/proc/} pid=${pid%/cmdline}
        [ "$pid" = $$ ] || ! know "$pid" || printf '%s\n' "$pid $BORN"
    done 2>/dev/null
}

now=$(found)
if [ "$6" = before ]; then
    make_folder "$OURS/sessions"
    first=''
    [ ! -e "$noted" ] || read -r first <"$noted"
    [ "$first" = "$what" ] || put "$noted" 0644 "$what$NEWLINE$now$NEWLINE"
fi
before=''
[ ! -e "$noted" ] || before=$(sed 1d -- "$noted")
say before "$(printf '%s' "$before" | grep -c .)"
printf '%s\n' "$now" | while read -r pid born; do
    [ -n "$pid" ] || continue
    case "$NEWLINE$before$NEWLINE" in
    *"$NEWLINE$pid $born$NEWLINE"*) say old "$pid" ;;
    *) say new "$pid" ;;
    esac
done
