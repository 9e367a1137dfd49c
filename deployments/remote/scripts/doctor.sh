# Looks at a server for the doctor. Puts our PHP file there when it is missing; changes nothing else.
#
# ROOT CONTROL_NAME CONTROL_PHP [SOCKET]…
# says user, groups, epoch, current (raw link target, "" when none), writable (0 or 1), free_kb,
#   free_inodes, identity ("" before the first release), include (1 where our file for the web
#   server's configuration lies there, else 0), and once for each of them: socket
#   ("MODE OWNER GROUP PATH"), program (a command line of PHP that runs from the site's folders)
# exits 64 77
use_root "$1"
control_name=$2 control_php=$3
shift 3
plain "$control_name"

say user "$(id -un)"
say groups "$(id -Gn)"
say epoch "$(date +%s)"
say current "$CURRENT"
writable=0
[ ! -w "$ROOT" ] || writable=1
say writable $writable
[ -d "$OURS" ] || mkdir -p -- "$OURS" 2>/dev/null
# Not with put(): a deployment may be writing the same file under the lock, which we do not take.
if ! printf '%s' "$control_php" | cmp -s - "$OURS/$control_name"; then
    draft=$OURS/$control_name.$$.new
    { printf '%s' "$control_php" | cat >"$draft" && chmod 0644 -- "$draft" &&
        mv -fT -- "$draft" "$OURS/$control_name"; } 2>/dev/null || rm -f -- "$draft" 2>/dev/null
fi

read -r blocks size free_inodes inodes <<ROOM
$(stat -f -c '%a %S %d %c' -- "$ROOT")
ROOM
[ "$inodes" -gt 0 ] || free_inodes=4294967295 # btrfs and others do not count them
say free_kb $((blocks * size / 1024))
say free_inodes "$free_inodes"
say identity "$(cat -- "$OURS/identity" 2>/dev/null)"
include=0
[ ! -f "$OURS/web.conf" ] || include=1
say include $include

for socket in "$@"; do
    ! [ -S "$socket" ] || say socket "$(stat -L -c '%a %U %G' -- "$socket") $socket"
done

for process in /proc/[0-9]*; do
    line=$(tr '\0' ' ' <"$process/cmdline") 2>/dev/null || continue
    case ${line%% *} in */php | */php[0-9]* | php | php[0-9]*) ;; *) continue ;; esac
    case "$line $(readlink -- "$process/cwd" 2>/dev/null)/" in
    *"$ROOT/current/"* | *"$ROOT/releases/"*) say program "$(printf '%.200s' "$line")" ;;
    esac
done
