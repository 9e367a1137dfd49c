# Lists what a version of a folder that is not ours would hold, as artifacts/manifest.py does.
#
# LIVE [leave PATH | link PATH TARGET]…
#   leave: not part of it; link: a link of this target takes the place of what is there
# says digest (SHA-256 of the list of contents), the same as of the artifact made of it
# exits 64 78
cd -P -- "$1" 2>/dev/null || fail 78 "There is no folder $1 that $(id -un) may read."
shift
PRUNE="-path ./.git -o -path ./.svn -o -path ./REVISION -o -path ./.releasemgr" LINKS=''
{ renice -n 19 -p $$ && ionice -c 2 -n 7 -p $$; } >/dev/null 2>&1
while [ $# -gt 0 ]; do
    PRUNE="$PRUNE -o -path $(quoted "./$(printf '%s' "$2" | sed 's/[][*?\\]/\\&/g')")"
    case $1 in
    leave) shift 2 ;;
    link)
        LINKS="$LINKS printf 'l ./%s//%s\\0' $(quoted "$2") $(quoted "$3");"
        shift 3 ;;
    *) fail 64 "'$1' is not leave or link." ;;
    esac
done
list() {
    eval "$LINKS find . -mindepth 1 \\( $PRUNE \\) -prune -o -type d -printf 'd 755 %p\\0' \
        -o -type f -perm -0100 -printf 'f 755 %p\\0' -o -type f -printf 'f 644 %p\\0' \
        -o -type l -printf 'l %p//%l\\0' -o -printf '%y %p\\0'
        find . -mindepth 1 \\( $PRUNE \\) -prune -o -type f -exec sha256sum -z -- {} +"
}
say digest "$(list | sort -z | sha256sum | cut -d ' ' -f 1)"
