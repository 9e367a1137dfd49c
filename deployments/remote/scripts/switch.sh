# Points `current` at TARGET in one rename(2); a reader finds the old or the new one, never none.
#
# ROOT FENCE TARGET EXPECTED
#   TARGET is a raw link target, absolute or seen from ROOT; empty takes the link away
#   EXPECTED is what `current` must be now, "" for no link; being TARGET already is right too.
#   What still runs of the project's commands is ended before the link moves
# says previous and current (raw targets), epoch_ms
# exits 64 74 75 76 77 78 79 82 83
take_fence "$1" "$2"
target=$3
say previous "$CURRENT"
[ "$CURRENT" = "$4" ] || [ "$CURRENT" = "$target" ] ||
    fail 83 "Somebody else switched $ROOT/current: it is '$CURRENT', not '$4' as expected."

locate "$target"
[ -z "$target" ] || [ -d "$PLACE" ] || fail 78 "There is no folder $PLACE to switch to."
if [ "$CURRENT" != "$target" ]; then
    end_sessions
    if [ -z "$target" ]; then
        try "remove $ROOT/current" rm -f -- "$ROOT/current"
    else
        # Never `ln -sfn`: it makes the link inside a real folder and calls that success.
        try "tidy $OURS" rm -f -- "$OURS/current.new"
        try "make a link" ln -s -- "$target" "$OURS/current.new"
        try "rename the new link to $ROOT/current" mv -fT -- "$OURS/current.new" "$ROOT/current"
    fi
fi
epoch_ms=$(date +%s%3N)
try "flush $ROOT" sync -- "$ROOT"
read_current
[ "$CURRENT" = "$target" ] || fail 74 "$ROOT/current is '$CURRENT' after switching to '$target'."
say current "$CURRENT"
say epoch_ms "$epoch_ms"
