# Tells which workers a web server has. Only reads.
#
# SORT SERVICE PID
#   SORT is nginx or apache. PID is a process of it, or several; empty: those of the systemd unit SERVICE, and
#   where no unit tells them apart, those of every server of this sort that can be seen
# says master (its pid), and worker ("MASTER PID START STATE"), once for each. START as
#   proc_pid_stat(5) has it, STATE is serving, or leaving: an nginx worker that takes no new
#   connections. A master may have no worker for a moment, while Apache is reloaded
# exits 64 74
case $1 in
nginx) names=' nginx ' ;;
apache) names=' apache2 httpd ' ;;
*) fail 64 "'$1' is neither nginx nor apache." ;;
esac
case $3 in *[!0-9\ ]*) fail 64 "'$3' is no list of processes." ;; esac

# A line for each process: MASTER PID START where its parent is a program of the same name, else
# its own number and zeros.
family() {
    cat /proc/[0-9]*/stat 2>/dev/null | awk -v names="$names" '
        match($0, /^[0-9]+ \(.*\) /) {
            split(substr($0, RLENGTH + 1), field, " ")
            name = substr($0, length($1) + 3, RLENGTH - length($1) - 4)
            if (index(names, " " name " ") && field[1] !~ /[ZX]/) {
                parent[$1] = field[2]
                born[$1] = field[20]
            }
        }
        END {
            for (pid in parent)
                if (parent[pid] in parent) print parent[pid], pid, born[pid]
                else print pid, 0, 0
        }'
}

is_of_unit() { grep -qF -- "/$service.service" "/proc/$1/cgroup" 2>/dev/null; }

service=$2 known=$3 found=$(family) wanted=''
while read -r master pid _; do
    if [ -n "$known" ]; then
        case " $known " in *" $master "* | *" $pid "*) wanted=$master ;; esac
    elif [ -n "$master" ] && is_of_unit "$master"; then
        wanted="$wanted $master"
    fi
done <<LINES
$found
LINES
[ -z "$known" ] || [ -n "$wanted" ] ||
    fail 74 "Process $known is no worker of Apache that $(id -un) can see: PHP may run in a \
container there, or /proc is mounted with hidepid."

some=0
while read -r master pid start; do
    case " ${wanted:-$master} " in *" $master "*) ;; *) continue ;; esac
    [ -n "$pid" ] || continue
    if [ "$pid" = 0 ]; then
        say master "$master"
        some=1
        continue
    fi
    state=serving
    if [ "$1" = nginx ]; then
        title=$(tr -d '\0' <"/proc/$pid/cmdline") 2>/dev/null
        case $title in
        'nginx: worker process is shutting down'*) state=leaving ;;
        'nginx: worker process'*) ;;
        *) continue ;;
        esac
    fi
    say worker "$master $pid $start $state"
done <<LINES
$found
LINES
[ $some = 1 ] || fail 74 "No running $1 can be seen on this server as $(id -un): it may run in a \
container, or /proc is mounted with hidepid."
