# Reloads or restarts one service through sudo, exactly as the administrator's line allows it.
#
# ROOT FENCE PROGRAM VERB SERVICE LINE
#   runs `sudo -n PROGRAM VERB SERVICE`; with an empty FENCE it only asks whether it may. LINE is
#   what sudoers must say, for the sentence when it does not
# says may (1), carried_out (VERB)
# exits 64 74 75 76 77 79 82
case $3 in /*) ;; *) fail 64 "'$3' is no whole path of a program." ;; esac
case $4 in reload | restart) ;; *) fail 64 "'$4' is neither reload nor restart." ;; esac
case $5 in '' | [!A-Za-z0-9_]* | *[!A-Za-z0-9_.@-]*) fail 64 "'$5' is no name of a service." ;; esac

not_allowed() {
    fail 82 "$(id -un) may not run '$3 $4 $5' as root on this server. Let an administrator run \
'visudo -f /etc/sudoers.d/releasemgr' there and add this line: $6"
}

command -v sudo >/dev/null ||
    fail 82 "The program sudo is missing on this server: install it, then add this line to \
/etc/sudoers.d/releasemgr: $6"
# `sudo -l COMMAND` also says yes where a password would be asked for. Of the entries that name the
# command itself, or ALL, the last one counts (sudoers(5)).
asks_no_password() {
    sudo -n -l -- "$@" >/dev/null 2>&1 && sudo -n -l -l 2>/dev/null | awk -v wanted="$*" '
        /^Sudoers entry/ { free = 0 }
        /^ *Options:.*!authenticate/ { free = 1 }
        /^\t/ { if (substr($0, 2) == wanted || $0 == "\tALL") answer = free ? "yes" : "no" }
        END { exit answer == "no" }'
}

[ "$(id -u)" = 0 ] || asks_no_password "$3" "$4" "$5" || not_allowed "$@"
say may 1
[ -n "$2" ] || exit 0

take_fence "$1" "$2"
said=$(sudo -n -- "$3" "$4" "$5" 2>&1 9>&-) || {
    case $said in
    *'password is required'* | *'not allowed to execute'*) not_allowed "$@" ;;
    esac
    fail 74 "'$3 $4 $5' failed: ${said%%"$NEWLINE"*}"
}
say carried_out "$4"
