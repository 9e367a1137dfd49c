# In front of the scripts that run one command as root: only what sudoers allows without a password.

# check_command "PROGRAM ARGUMENT…": plain words that sudo reads as this one command. A program without
# an argument may be run with any, and a path that ends in "/" is all that lies in that folder.
check_command() {
    case $1 in /*) ;; *) fail 64 "'$1' does not begin with the whole path of a program." ;; esac
    case " $1 " in
    *[!A-Za-z0-9_./@\ -]* | *//* | */\ * | *[/\ ].[/\ ]* | *[/\ ]..[/\ ]* | *\ \ *)
        fail 64 "'$1' is no command of plain words."
        ;;
    esac
    case $1 in
    *' '*) ;;
    *) fail 64 "'$1' has no argument, and sudo would allow it with any." ;;
    esac
}

# need_right LINE COMMAND…: fails unless it may be run; LINE is what sudoers must say. It stands
# between quotes, for another sentence follows on the pages, and nobody is to paste that too.
need_right() {
    command -v sudo >/dev/null ||
        fail 82 "The program sudo is missing on this server: install it, then add this line to \
/etc/sudoers.d/releasemgr: '$1'."
    [ "$(id -u)" = 0 ] || asks_no_password "$@" || not_allowed "$@"
}

# `sudo -l COMMAND` also says yes where a password would be asked for. Of the entries that name the
# command itself, or ALL, the last one counts (sudoers(5)).
asks_no_password() {
    shift
    sudo -n -l -- "$@" >/dev/null 2>&1 && sudo -n -l -l 2>/dev/null | awk -v wanted="$*" '
        /^Sudoers entry/ { free = 0 }
        /^ *Options:.*!authenticate/ { free = 1 }
        /^\t/ { if (substr($0, 2) == wanted || $0 == "\tALL") answer = free ? "yes" : "no" }
        END { exit answer == "no" }'
}

not_allowed() {
    line=$1
    shift
    fail 82 "$(id -un) may not run '$*' as root on this server. Let an administrator run \
'visudo -f /etc/sudoers.d/releasemgr' there and add this line: '$line'."
}

# as_root LINE COMMAND…: runs it; SAID becomes what it printed, and its failure is ours.
as_root() {
    line=$1
    shift
    SAID=$(sudo -n -- "$@" 2>&1 9>&-) && return
    case $SAID in
    *'password is required'* | *'not allowed to execute'*) not_allowed "$line" "$@" ;;
    esac
    return 1
}
