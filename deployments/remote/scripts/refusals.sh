# Prints the last refusals of the guarded HTTP door.
#
# ROOT COUNT
# says line (one for each, JSON, oldest first; none when nothing was ever refused)
# exits 64 74 77 82
use_root "$1"
number "$2"
log=$OURS/door/refusals.log
[ -e "$log" ] || exit 0
[ -r "$log" ] || fail 82 "$log cannot be read as $(id -un)."
tail -n "$2" -- "$log" | cut -b 1-4096 | while IFS= read -r line; do say line "$line"; done
