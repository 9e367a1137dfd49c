# Tells of a PHP-FPM master what it was started with and which workers it has. Only reads.
#
# PID: that of the master, or of one of its workers
# says master (its pid), config (its file), epoch (now), and once for each of them:
#   worker ("PID START POOL"; START as proc_pid_stat(5) has it), timeout ("CHANGED FILE VALUE": a
#   line process_control_timeout of [global] in FILE, which was changed at the epoch CHANGED; the
#   last one counts), read ("CHANGED FILE"), unreadable (a file, or an include that is not absolute)
# exits 64 74
number "$1"

# title PID: TITLE becomes its command line.
title() { TITLE=$(tr '\0' ' ' <"/proc/$1/cmdline") 2>/dev/null; }

master=$1
title "$1" || TITLE=''
case $TITLE in
'php-fpm: pool '*)
    master=$(sed -n 's/^PPid:[^0-9]*//p' "/proc/$1/status")
    title "$master"
    ;;
esac
case $TITLE in
'php-fpm: master process ('*')'*) ;;
*) fail 74 "Process $1 of PHP cannot be seen as $(id -un) on this server: PHP-FPM may run in a \
container, or /proc is mounted with hidepid." ;;
esac
config=${TITLE#*(}
config=${config%)*}
say master "$master"
say config "$config"
say epoch "$(date +%s)"

children() { grep -lszE "\) [^ZX] $master( -?[0-9]+){20}" /proc/[0-9]*/stat; }

for file in $(children); do
    pid=${file#/proc/} pid=${pid%/stat}
    title "$pid" || continue
    case $TITLE in 'php-fpm: pool '*) ;; *) continue ;; esac
    ! know "$pid" || say worker "$pid $BORN $(printf '%s' "${TITLE#php-fpm: pool }" | sed 's/ *$//')"
done

# As PHP-FPM reads it: an included file continues the section it is included in.
section=global
read_config() {
    { [ -f "$1" ] && [ -r "$1" ]; } || { say unreadable "$1" && return; }
    set -- "$1" "$(stat -c %Y -- "$1")"
    say 'read' "$2 $1"
    while IFS= read -r line || [ -n "$line" ]; do
        line=${line#"${line%%[![:space:]]*}"}
        value=${line#*=}
        value=${value#"${value%%[![:space:]]*}"}
        case $line in
        ';'* | '#'*) ;;
        '[global]'*) section=global ;;
        '['*) section=pool ;;
        include[=[:space:]]*)
            value=${value%"${value##*[![:space:]]}"}
            case $value in /*) ;; *) say unreadable "$value" && continue ;; esac
            # Its words are patterns.
            # shellcheck disable=SC2086
            for file in $value; do [ ! -e "$file" ] || read_config "$file"; done
            ;;
        process_control_timeout[=[:space:]]*)
            [ $section = pool ] || say timeout "$2 $1 ${value%%[;[:space:]]*}"
            ;;
        esac
    done <"$1"
}
read_config "$config"
