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

need_right "$6" "$3" "$4" "$5"
say may 1
[ -n "$2" ] || exit 0

take_fence "$1" "$2"
as_root "$6" "$3" "$4" "$5" || fail 74 "'$3 $4 $5' failed: ${SAID%%"$NEWLINE"*}"
say carried_out "$4"
