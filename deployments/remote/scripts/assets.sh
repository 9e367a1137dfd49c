# Gives a version the assets of the one that is left: open pages of that one still ask for them.
#
# ROOT FENCE RELEASE LEFT DIGEST [KIND PATH]…
#   files below each PATH of kind asset that the manifest of releases/LEFT has (DIGEST is its own),
#   and that are as it says, get a second name in RELEASE where nothing is there. Links are not
#   taken along, nor what hands or others put there
# says assets (how many RELEASE got; none where that manifest is another one or LEFT is gone)
# exits 64 74 75 76 77 78 79 82
take_fence "$1" "$2"
release=$3 left=$4 digest=$5
shift 5
plain "$release"
plain "$left"
check_entries "$@"
tree=$ROOT/releases/$release from=$ROOT/releases/$left fresh=$OURS/assets.new assets=0
[ -d "$tree" ] || fail 78 "There is no folder $tree."

# As place.sh does it: never through a link, and each file enters in one link(2).
link_missing() {
    # shellcheck disable=SC2016
    cd -- "$from" && find "./$1/" -type f -exec sh -c '
        tree=$1
        shift
        for path; do
            shift
            if [ -e "$tree/$path" ] || [ -L "$tree/$path" ]; then continue; fi
            parent=$path
            while parent=${parent%/*} && [ "$parent" != . ]; do
                [ ! -L "$tree/$parent" ] || continue 2
                [ -d "$tree/$parent" ] || [ ! -e "$tree/$parent" ] || continue 2
            done
            set -- "$@" "$path"
        done
        [ $# -eq 0 ] || sha256sum -z -- "$@"' sh "$tree" {} + | sort -z |
        comm -z -12 -- - .releasemgr/manifest | sed -z 's/^[0-9a-f]*  //' |
        xargs -0 -r cp --parents -lpP -t "$fresh" --
}

has_digest "$from/.releasemgr/manifest" "$digest" || set --
while [ $# -gt 0 ]; do
    if [ "$1" = asset ] && [ -d "$from/$2" ]; then
        try "tidy $OURS" rm -rf -- "$fresh"
        try "make $fresh" mkdir -- "$fresh"
        try "keep the files of '$2'" link_missing "$2"
        assets=$((assets + $(find "$fresh" -type f -printf . | wc -c)))
        try "add older files to '$2'" cp -RlP -- "$fresh/." "$tree"
        try "tidy $OURS" rm -rf -- "$fresh"
    fi
    shift 2
done
say assets $assets
