# Looks at a server before anything is changed for visitors, and prepares our own folders.
#
# ROOT FENCE RELEASE DIGEST NEEDED_KB NEEDED_INODES CONTROL_NAME CONTROL_PHP [KIND PATH]…
#   RELEASE may be empty; one that lies there must have the manifest of this DIGEST
#   a PATH of kind `file` must exist in shared/, other kinds are not looked at
# says previous (raw link target, "" when none), previous_marker ("" when it has no folder),
#   placed (1 when releases/RELEASE is complete: then no room is asked for), free_kb, free_inodes,
#   user, host, epoch, identity (random, made once: by it PHP shows which machine answers us),
#   running (the key of a command of the project that still runs; once for each)
# exits 64 74 75 76 77 79 80 81 82
take_fence "$1" "$2"
release=$3 digest=$4 needed_kb=$5 needed_inodes=$6 control_name=$7 control_php=$8
shift 8
number "$needed_kb"
number "$needed_inodes"
plain "$control_name"
[ -z "$release" ] || plain "$release"
check_entries "$@"

releases=$ROOT/releases
make_folder "$releases"
make_folder "$ROOT/shared"
make_folder "$OURS/incoming"
make_folder "$OURS/trash"
with_probes() {
    probe=.releasemgr-write-test
    "$@" -- "$ROOT/$probe" "$releases/$probe" "$ROOT/shared/$probe" "$OURS/$probe" \
        "$OURS/incoming/$probe" "$OURS/trash/$probe"
}
trap 'with_probes rm -f 2>/dev/null' EXIT
try "write in $ROOT" with_probes touch
try "write in $ROOT" with_probes rm
trap - EXIT
devices=$(stat -c %d -- "$releases" "$OURS")
if [ -L "$releases" ] || [ "${devices%"$NEWLINE"*}" != "${devices#*"$NEWLINE"}" ]; then
    fail 82 "$releases must be a real folder on the file system of $ROOT: releases are renamed."
fi
if recorded "$OURS/sessions/unpack" && [ "$HELD" -lt "$FENCE" ]; then
    end_recorded "$OURS/sessions/unpack" 0 || cannot_end "$OURS/sessions/unpack"
fi
sweep
empty_trash || :

missing=
while [ $# -gt 0 ]; do
    [ "$1" != file ] || [ -f "$ROOT/shared/$2" ] || missing="$missing, $ROOT/shared/$2"
    shift 2
done
[ -z "$missing" ] || fail 80 "Missing on this server, and the site needs it: ${missing#, }"

placed=0
if [ -n "$release" ] && [ -f "$releases/$release/.releasemgr/marker.php" ]; then
    placed=1
    has_digest "$releases/$release/.releasemgr/manifest" "$digest" ||
        fail 81 "$releases/$release is there already, with other contents."
fi
read -r blocks size free_inodes inodes <<ROOM
$(stat -f -c '%a %S %d %c' -- "$releases")
ROOM
free_kb=$((blocks * size / 1024))
[ "$inodes" -gt 0 ] || free_inodes=4294967295 # btrfs and others do not count them
if [ $placed = 0 ]; then
    [ "$free_kb" -ge "$needed_kb" ] ||
        fail 79 "Not enough disk space for $ROOT: $needed_kb KB are needed, $free_kb KB are free."
    [ "$free_inodes" -ge "$needed_inodes" ] ||
        fail 79 "Too few inodes for $ROOT: $needed_inodes are needed, $free_inodes are free."
fi

put "$OURS/$control_name" 0644 "$control_php"
if [ ! -f "$OURS/identity" ] || [ ! -s "$OURS/identity" ]; then
    read -r identity </proc/sys/kernel/random/uuid ||
        fail 74 "Could not read /proc/sys/kernel/random/uuid."
    put "$OURS/identity" 0644 "$identity"
fi
RELEASE_NAME=
locate "$CURRENT"
if [ -n "$CURRENT" ] && [ -d "$PLACE" ]; then
    while [ "$PLACE" != "${PLACE%/}" ]; do PLACE=${PLACE%/}; done
    [ -f "$PLACE/.releasemgr/marker.php" ] || write_marker "$PLACE" "${PLACE##*/}"
    read_marker "$PLACE"
fi
say previous "$CURRENT"
say previous_marker "$RELEASE_NAME"
say placed $placed
say free_kb "$free_kb"
say free_inodes "$free_inodes"
say user "$(id -un)"
say host "$(uname -n)"
say epoch "$(date +%s)"
say identity "$(cat -- "$OURS/identity")"
for session in "$OURS"/sessions/*; do
    case ${session##*/} in
    unpack | *.*) ;;
    *) ! lives "$session" || say running "${session##*/}" ;;
    esac
done
