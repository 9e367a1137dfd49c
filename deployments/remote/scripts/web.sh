# Tells which workers a web server has. Only reads.
#
# SORT SERVICE PID
#   SORT is nginx or apache. PID is a process of it; empty: those of the systemd unit SERVICE, and
#   where no unit tells them apart, those of every server of this sort that can be seen
# says worker ("MASTER PID START STATE", once for each; START as proc_pid_stat(5) has it, STATE is
#   serving, or leaving: an nginx worker that takes no new connections)
# exits 64 74
case $1 in
nginx) names=' nginx ' ;;
apache) names=' apache2 httpd ' ;;
*) fail 64 "'$1' is neither nginx nor apache." ;;
esac
[ -z "$3" ] || number "$3"

# One line for each process whose parent is a program of the same name: MASTER PID START.
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
        END { for (pid in parent) if (parent[pid] in parent) print parent[pid], pid, born[pid] }'
}

is_of_unit() { grep -qF -- "/$service.service" "/proc/$1/cgroup" 2>/dev/null; }

service=$2 known=$3 found=$(family) wanted=''
while read -r master pid _; do
    case $known in
    '') ! is_of_unit "$master" || wanted="$wanted $master" ;;
    "$master" | "$pid") wanted=$master ;;
    esac
done <<LINES
$found
LINES
[ -z "$known" ] || [ -n "$wanted" ] ||
    fail 74 "Process $known is no worker of Apache that $(id -un) can see: PHP may run in a \
container there, or /proc is mounted with hidepid."

some=0
while read -r master pid start; do
    case " ${wanted:-$master} " in *" $master "*) ;; *) continue ;; esac
    state=serving
    if [ "$1" = nginx ]; then
        title=$(tr -d '\0' <"/proc/$pid/cmdline") 2>/dev/null
        case $title in
        'nginx: worker process is shutting down'*) state=leaving ;;
        'nginx: worker process'*) ;;
        *) continue ;;
        esac
    fi
    [ -n "$pid" ] || continue
    say worker "$master $pid $start $state"
    some=1
done <<LINES
$found
LINES
[ $some = 1 ] || fail 74 "No running $1 can be seen on this server as $(id -un): it may run in a \
container, or /proc is mounted with hidepid."
