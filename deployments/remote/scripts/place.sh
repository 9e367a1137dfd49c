# Turns an unpacked release into releases/RELEASE: checked against its digest, shared entries linked.
#
# ROOT FENCE RELEASE DIGEST EPOCH REVISION WEB_GROUP PREVIOUS LISTS [KIND PATH]…
#   what still runs of the project's commands or of an archive on its way is ended
#   unpacked is .releasemgr/incoming/RELEASE.FENCE; PREVIOUS is a raw link target or empty
#   file, create, dir: linked into shared/ (file must exist there); writable: PHP may write in it;
#   asset: gets what the folder has in PREVIOUS and lacks here: files as one of LISTS has them,
#   digests of lists of contents in releases/*; no links, nor what hands or others put there. LISTS
#   is -: PREVIOUS is no release of ours and has no list, so all that it has
# says digest, linked and assets (counts; 0 when the release was there already), differs (when 81)
# exits 64 74 75 76 77 78 79 80 81 82
take_fence "$1" "$2"
release=$3 digest=$4 epoch=$5 revision=$6 group=$7 previous=$8 lists=$9
shift 9
plain "$release"
number "$epoch"
check_entries "$@"
end_sessions
unpacked=$OURS/incoming/$release.$FENCE
# Renamed to this once checked: a second run of us after a crash knows what it may change.
tree=$OURS/incoming/checked-$release.$FENCE
linked=0 assets=0

# The records of the manifest; what is no folder, file or link gets one that no manifest has.
list_contents() {
    cd -- "$1" && {
        find . -mindepth 1 \( -path ./.releasemgr -o -path ./REVISION \) -prune \
            -o -type d -printf 'd %m %p\0' -o -type f -printf 'f %m %p\0' \
            -o -type l -printf 'l %p//%l\0' -o -printf '%y %p\0'
        find . -mindepth 1 \( -path ./.releasemgr -o -path ./REVISION \) -prune \
            -o -type f -exec sha256sum -z -- {} +
    } | sort -z >"$OURS/contents.new"
}

check() {
    [ -d "$unpacked" ] || fail 78 "Nothing was unpacked as $unpacked."
    try "list $unpacked" list_contents "$unpacked"
    if ! has_digest "$OURS/contents.new" "$digest"; then
        given=$unpacked/.releasemgr/manifest
        has_digest "$given" "$digest" ||
            fail 81 "$release came with a list of contents that is not the approved one."
        first=$(comm -z -3 -- "$given" "$OURS/contents.new" | head -z -n 1 | tr -d '\0')
        first=${first#* ./} first=${first%%//*}
        say differs "$first"
        fail 81 "$release arrived differently from what was approved, first: '$first'."
    fi
    try "tidy $unpacked" rm -rf -- "$unpacked/.releasemgr" "$unpacked/REVISION" "$tree"
    try "make $unpacked/.releasemgr" mkdir -- "$unpacked/.releasemgr"
    try "keep the manifest" mv -T -- "$OURS/contents.new" "$unpacked/.releasemgr/manifest"
    try "rename $unpacked" mv -T -- "$unpacked" "$tree"
}

# make_parents PATH: in the tree, never through a link; UP becomes the way from there to ROOT.
make_parents() {
    left=$1 folder=$tree UP=../..
    while [ "$left" != "${left#*/}" ]; do
        folder=$folder/${left%%/*} left=${left#*/} UP=$UP/..
        real_folder "$folder" "$1"
    done
}

real_folder() {
    [ ! -L "$1" ] || fail 64 "'$2' cannot be set up: '${1#"$tree/"}' is a link or shared already."
    [ -d "$1" ] || try "make '${1#"$tree/"}' in the release" mkdir -- "$1"
}

share() {
    shared=$ROOT/shared/$2
    make_parents "$2"
    case $1 in
    file) [ -f "$shared" ] || fail 80 "Missing on this server, and the site needs it: $shared" ;;
    *) is_there "$shared" || make_shared "$1" ;;
    esac
    [ "$1" != dir ] || [ -d "$shared" ] || fail 80 "Not a folder, and the site needs one: $shared"
    try "replace '$2' in the release" rm -rf -- "$tree/$2"
    try "link '$2'" ln -s -- "$UP/shared/$2" "$tree/$2"
    linked=$((linked + 1))
}

# Made elsewhere and renamed: one that exists is complete, and its mode is people's business.
make_shared() {
    make_folder "${shared%/*}"
    try "tidy $OURS" rm -rf -- "$OURS/shared.new"
    if [ "$1" = dir ]; then
        try "make $shared" mkdir -- "$OURS/shared.new"
        try "give $shared to the group $group" own "$OURS/shared.new" 2775 "$group"
    else
        try "make $shared" touch -- "$OURS/shared.new"
    fi
    try "make $shared" mv -T -- "$OURS/shared.new" "$shared"
}

make_writable() {
    make_parents "$1"
    real_folder "$tree/$1" "$1"
    try "give '$1' to the group $group" own "$tree/$1" 2775 "$group"
}

# The records of all files that the lists of contents of LISTS have.
known_files() {
    for list in "$ROOT"/releases/*/.releasemgr/manifest; do
        if [ ! -f "$list" ] || [ -L "$list" ]; then continue; fi
        case " $lists " in
        *" $(sha256sum <"$list" | cut -d ' ' -f 1) "*) cat -- "$list" || return ;;
        esac
    done | sort -zu >"$OURS/known.new"
}

# Paths in, paths out.
only_known() {
    if [ "$lists" = - ]; then
        cat
    else
        xargs -0 -r sha256sum -z -- | sort -z | comm -z -12 -- - "$OURS/known.new" |
            sed -z 's/^[0-9a-f]*  //'
    fi
}

# Only what is missing is copied, into a folder of its own; then each file enters in one link(2).
fill() {
    make_parents "$1"
    real_folder "$tree/$1" "$1"
    [ -n "$previous" ] && [ -d "$PLACE/$1" ] || return 0
    fresh=$tree/.releasemgr/assets
    try "read the lists of contents" known_files
    try "tidy the release" rm -rf -- "$fresh"
    try "make $fresh" mkdir -- "$fresh"
    try "copy older files of '$1'" copy_missing "$1"
    assets=$((assets + $(find "$fresh" ! -type d -printf . | wc -c)))
    try "add older files to '$1'" cp -RlP -- "$fresh/." "$tree"
    try "tidy the release" rm -rf -- "$fresh" "$OURS/known.new"
}

# Those that came with PREVIOUS itself, and from before it those of 30 days: without a limit each
# release would carry the assets of all before it. A file's time is its release's; adopted: all.
copy_missing() {
    oldest=$(stat -c %Y -- "$PLACE/.releasemgr/manifest" 2>/dev/null || echo 1)
    [ "$oldest" -lt $((epoch - 2592000)) ] || oldest=$((epoch - 2592000))
    # shellcheck disable=SC2016
    cd -- "$PLACE" && find "./$1/" ! -type d -newermt "@$((oldest - 1))" -exec sh -c '
        tree=$1 lists=$2
        shift 2
        for path; do
            if [ -e "$tree/$path" ] || [ -L "$tree/$path" ]; then continue; fi
            parent=$path
            while parent=${parent%/*} && [ "$parent" != . ]; do
                [ ! -L "$tree/$parent" ] || continue 2
                [ -d "$tree/$parent" ] || [ ! -e "$tree/$parent" ] || continue 2
            done
            if [ "$lists" != - ] && [ -L "$path" ]; then continue; fi
            printf "%s\0" "$path"
        done' sh "$tree" "$lists" {} + | only_known |
        xargs -0 -r cp --parents -pP -t "$fresh" --
}

# set_up SHARED|OWN [KIND PATH]…: shared entries first, so that no other is made inside one.
set_up() {
    turn=$1
    shift
    while [ $# -gt 0 ]; do
        case $turn-$1 in
        shared-file | shared-create | shared-dir) share "$1" "$2" ;;
        own-writable) make_writable "$2" ;;
        own-asset) fill "$2" ;;
        esac
        shift 2
    done
}

if [ -d "$ROOT/releases/$release" ]; then
    has_digest "$ROOT/releases/$release/.releasemgr/manifest" "$digest" ||
        fail 81 "$ROOT/releases/$release is there already, with other contents."
    for path in "$unpacked" "$tree"; do
        try "remove $path" rm -rf -- "$path"
    done
else
    if [ -d "$unpacked" ] || [ ! -d "$tree" ]; then check; fi
    try "open $tree for PHP" chmod 755 -- "$tree"
    put "$tree/REVISION" 0644 "$revision$NEWLINE"
    write_marker "$tree" "$release"
    locate "$previous"
    set_up shared "$@"
    set_up own "$@"
    try "set the times of $release" find "$tree" \( -type d -o -newermt "@$epoch" \) \
        -exec touch -h -d "@$epoch" -- {} +
    make_folder "$ROOT/releases"
    try "flush $release to the disk" sync -f -- "$tree"
    try "rename $release" mv -T -- "$tree" "$ROOT/releases/$release"
fi
say digest "$digest"
say linked $linked
say assets $assets
