# Compares the folder of one release with its manifest. Only reads; takes no lock.
#
# ROOT RELEASE MANIFEST SINCE FOLDER PLACED [KIND PATH]…
#   MANIFEST is empty: the one that lies there, or -: on stdin
#   SINCE, epoch seconds: files that have not changed since, by their ctime, are not read. All are
#   when it is empty, when FOLDER is not the one said that time, or when a folder changed since
#   PLACED, epoch seconds: what assets have beyond the manifest must be older, and no script
# says current (raw link target), current_is, releases_is and folder_is (link, folder, file, closed
#   or none), epoch, user, identity, folder (its device and inode), whole (1: all files were read),
#   manifest (SHA-256 of the one that lies there; not where it is no file), and in base64, each
#   record ended by NUL: ours (PHP files of ours and web.conf: SHA256  ./path) and differences: records of a
#   manifest behind m (it alone has them) or t (the folder alone has them), m first; "tu ./path"
#   cannot be read. Records from the 801st on are empty, and it is cut at 180000 bytes
# exits 64
ROOT=${1%/} OURS=${1%/}/.releasemgr release=$2 manifest=$3 since=$4 known=$5 placed=$6
case $ROOT in /*) ;; *) fail 64 "The site's folder must be an absolute path, not '$1'." ;; esac
shift 6
plain "$release"
[ -z "$since" ] || number "$since"
number "$placed"
check_entries "$@"
{ renice -n 19 -p $$ && ionice -c 2 -n 7 -p $$; } >/dev/null 2>&1
# shellcheck disable=SC3045 # dash, bash and ash have it: no program of ours computes longer
ulimit -t 300 2>/dev/null || :

what() {
    if [ -L "$1" ]; then
        echo link
    elif [ -d "$1" ]; then
        [ -r "$1" ] && [ -x "$1" ] && echo folder || echo closed
    elif [ -e "$1" ]; then
        echo file
    else
        echo none
    fi
}

# PRUNE and KEPT are tests of find, DROP commands of sed: nothing below shared and writable paths is
# looked at, there or in the manifest.
PRUNE='' KEPT='' DROP=''
while [ $# -gt 0 ]; do
    pattern=$(printf '%s' "$2" | sed 's/[][*?\\]/\\&/g')
    if [ "$1" = asset ]; then
        KEPT="$KEPT -o -path $(quoted "./$pattern/*")"
    else
        PRUNE="$PRUNE -o -path $(quoted "./$pattern")"
        pattern=$(printf '%s' "$2" | sed 's/[][\.*^$/]/\\&/g')
        DROP="$DROP/^\\([df] [0-7]* \\|[0-9a-f]*  \\|l \\)\\.\\/$pattern\\(\\/.*\\)*\$/d;"
    fi
    shift 2
done
KEPT="\\( -false $KEPT \\) \\( -type d -o ! -newerct @$placed ! -iname '*.ph*' ! -iname '*.inc' \\
    ! -name .htaccess ! -name .user.ini \\)"
PRUNE="\\( -false $PRUNE \\) -prune"

OURS_TOO="-path './.releasemgr/*' -o -path ./REVISION"

# A pipe or a device in its place would be read for ever.
is_plain() { [ -f .releasemgr/manifest ] && [ ! -L .releasemgr/manifest ]; }

contents() {
    if [ "$manifest" = - ]; then
        cat
    elif is_plain; then
        cat -- .releasemgr/manifest
    fi
}

list() {
    eval "find . \\( \\( -type f ! -readable -o -type d ! \\( -readable -executable \\) \\) \
        -printf 'tu %p\\0' -o -true \\) \\( $KEPT -printf a -o -printf t \\) \\( \
        -type d -printf 'd %m %p\\0' -o -type f -printf 'f %m %p\\0' \
        -o -type l -printf 'l %p//%l\\0' -o -printf '%y %p\\0' \\) $PRUNE" 2>/dev/null
}

# hashes TAG TEST: of the files for which a test of find is true.
hashes() {
    eval "find . $PRUNE -o -type f $2 -exec sha256sum -z -- {} +" 2>/dev/null |
        sed -z "s/^/$1/"
}

alone() { sort -z -k 1.2 | uniq -z -u -s 1; }

compare() {
    if [ $whole = 1 ]; then
        {
            contents | sed -z "${DROP}s/^/m/"
            list
            hashes a "$KEPT"
            hashes t "! \\( $KEPT \\)"
        } | alone
    else
        { contents | sed -z "/^[dfl] /!d;${DROP}s/^/m/" && list; } | alone
        hashes '' "! \\( $KEPT \\) \\( -newerct @$since -o $OURS_TOO \\)" |
            sort -z | comm -z -13 .releasemgr/manifest - | sed -z 's/^/t/'
    fi
}

is_changed() {
    [ "$(stat -c %d:%i .)" = "$known" ] && [ "$(date +%s)" -ge "$since" ] || return 0
    eval "find . $PRUNE -o -type d -newerct @$since -print -quit" 2>/dev/null | grep -q .
}

packed() { base64 -w 0 && echo; }

say current "$(readlink -n -- "$ROOT/current")"
say current_is "$(what "$ROOT/current")"
say releases_is "$(what "$ROOT/releases")"
say folder_is "$(what "$ROOT/releases/$release")"
say epoch "$(date +%s)"
say user "$(id -un)"
say identity "$(cat -- "$OURS/identity" 2>/dev/null)"
printf '%s ours=' "$MARK"
[ ! -d "$OURS" ] || (cd -- "$OURS" && find . \( -path ./incoming -o -path ./trash \) -prune \
    -o -xtype f \( -name '*.php' -o -path ./web.conf \) -exec sha256sum -z -- {} + 2>/dev/null) | head -c 20000 | packed

whole=1
if [ "$(what "$ROOT/releases")" = folder ] && [ "$(what "$ROOT/releases/$release")" = folder ]; then
    cd -- "$ROOT/releases/$release" || exit
    say folder "$(stat -c %d:%i .)"
    ! is_plain || say manifest "$(sha256sum <.releasemgr/manifest | cut -d ' ' -f 1)"
    [ -z "$since" ] || is_changed || whole=0
    printf '%s differences=' "$MARK"
    compare | sed -z '/^a/d' | sort -z -s -k 1.1,1.1 | sed -z '1,800!s/.*//' |
        head -c 180000 | packed
fi
say whole $whole
