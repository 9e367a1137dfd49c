# Removes releases, and what unfinished ones of older workers left. Never what `current` names.
#
# ROOT FENCE NAME…
#   what still runs of the project's commands or of an archive on its way is ended
# says removed (names joined by spaces; one that is not there counts), kept (the live ones),
#   leftover (in the trash, with files that belong to PHP's user and that we may not remove)
# exits 64 74 75 76 77 79 82
take_fence "$1" "$2"
shift 2
for name; do plain "$name"; done
end_sessions

# Real paths, because `current` may be absolute, pass other links, or name a folder in a release.
live=$(readlink -f -- "$ROOT/current" && echo .)
removed='' kept=''
for name; do
    real=$(readlink -f -- "$ROOT/releases/$name" && echo .)
    case $live in
    "$real" | "${real%"$NEWLINE."}/"*) [ -z "$live" ] || { kept="$kept $name" && continue; } ;;
    esac
    for path in "$ROOT/releases/$name" "$OURS/incoming/$name".* "$OURS/incoming/checked-$name".*; do
        ! is_there "$path" || discard "$path"
    done
    removed="$removed $name"
done
sweep
say removed "${removed# }"
say kept "${kept# }"

make_folder "$OURS/trash"
let_go # renaming was the part that others must wait for
empty_trash || for path in "$OURS"/trash/*; do
    [ ! -e "$path" ] || say leftover "${path##*/}"
done
