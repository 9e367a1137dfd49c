# Reads what is live in a site's folder, whoever put it there. Only reads; takes no lock.
#
# ROOT FOLDER GROUP PUBLIC: FOLDER is where the site lies, empty: where ROOT/current leads
# says layout: ours, capistrano, deployer, releases (another link into releases/), link (one to
#   elsewhere), folder (current is one), plain (FOLDER) or none; current (raw link target), live
#   (its whole path or ""), user; and of what is live and not ours: owner, revision, told (the old
#   tool's last line), public (1: PUBLIC is in it), files, kb, free_kb (at ROOT), and in base64
#   entries, fields ended by NUL, without .git, .svn, REVISION and .releasemgr:
#   file|dir|create PATH: a link to the same path in shared/, create: where that is missing
#   link PATH TARGET REAL: another one that is absolute or has ".."; odd PATH: a pipe, a socket
#   asset PATH: a folder inside PUBLIC with a list of built files, and digests in their names
#   writable COUNT PATH: PHP or GROUP may write there, not in most others; closed PATH: unreadable
# exits 64
ROOT=${1%/} live=$2 layout=plain
case $ROOT in /*) ;; *) fail 64 "The site's folder must be an absolute path, not '$1'." ;; esac
{ renice -n 19 -p $$ && ionice -c 2 -n 7 -p $$; } >/dev/null 2>&1
if [ -z "$live" ] && [ -L "$ROOT/current" ]; then
    layout=link live=$(readlink -f -- "$ROOT/current")
    case $live in "$(readlink -f -- "$ROOT/releases")"/?*)
        layout=releases
        [ ! -e "$ROOT/revisions.log" ] && [ ! -d "$ROOT/repo" ] || layout=capistrano
        [ ! -d "$ROOT/.dep" ] || layout=deployer
        [ ! -e "$live/.releasemgr/manifest" ] || layout=ours ;;
    esac
elif [ -z "$live" ]; then
    layout=none
    [ ! -d "$ROOT/current" ] || layout=folder live=$ROOT/current
fi
live=$(readlink -e -- "$live") && cd -P -- "$live" 2>/dev/null && [ -r . ] || live=''
say layout $layout
say current "$(readlink -n -- "$ROOT/current")"
say live "$live"
say user "$(id -un)"
[ -n "$live" ] && [ "$layout" != ours ] || exit 0

revision=$(head -n 1 REVISION 2>/dev/null || head -n 1 .git/HEAD 2>/dev/null)
[ "$revision" = "${revision#ref: }" ] || revision=$(head -n 1 ".git/${revision#ref: }" 2>/dev/null)
say revision "$revision"
say told "$(cd -- "$ROOT" && tail -qn 1 revisions.log .dep/releases_log 2>/dev/null | head -c 300)"
say owner "$(stat -c %U .)"
{ [ -n "$4" ] && [ ! -d "$4" ]; } || say public 1
public=./$4 public=${public%/}
gid=$(getent group -- "$3" | cut -d : -f 3)
# What most folders are like is no sign of PHP.
# shellcheck disable=SC2046
set -- $(find . -maxdepth 2 -type d -printf '%U %G %m\n' | sort | uniq -c | sort -nr | head -n 1)
open="! -uid $2"
case $4 in *[2367]) ;; *) open="$open -o -perm -0002" ;; esac
case "$3 $4" in "${gid:=$3} "*[2367]?) ;; *) open="$open -o ( -gid $gid -perm -0020 )" ;; esac
walk() {
    # shellcheck disable=SC2086
    find . -mindepth 1 \( -path ./.git -o -path ./.svn -o -path ./REVISION \
        -o -path ./.releasemgr \) -prune -o -type d \( $open \) -prune "$@" 2>/dev/null
}
say files "$(walk -o -type f -printf . | wc -c)"
say kb "$(walk -o -type f -printf '%s\n' | awk '{ sum += $1 } END { printf "%d", sum / 1024 }')"
say free_kb "$(df -Pk -- "$ROOT" 2>/dev/null | awk 'NR == 2 { print $4 }')"
# shellcheck disable=SC2016,SC2086
assets() {
    find "$public" -mindepth 1 -maxdepth 6 -type d \( -name vendor -o -name node_modules \
        -o $open \) -prune -o -type f \( -name manifest.json \
        -o -name entrypoints.json \) -exec sh -c 'folder=${2%/*} folder=${folder%/.vite}
            [ "$folder" != "$1" ] && find "$folder" -type f | grep -Eq "$3" &&
                printf "asset\0%s\0" "${folder#./}"' sh "$public" {} \
        '[.-][A-Za-z0-9_-]{8,}[.](js|css)$' \; 2>/dev/null
}
printf '%s entries=' "$MARK"
# shellcheck disable=SC2016
{ assets; walk -exec sh -c 'files=$(find "$1" -type f -printf . | wc -c)
        printf "writable\0%s\0%s\0" "$files" "${1#./}"' sh {} \; \
    -o -type l \( -lname '/*' -o -lname '*..*' \) -exec sh -c 'shared=$1 path=${2#./}
        to=$(readlink -n -- "$2") real=$(readlink -f -- "$2") kind=file
        if [ -z "$real" ] || [ "$real" != "$(readlink -f -- "$shared/$path")" ]; then
            printf "link\0%s\0%s\0%s\0" "$path" "$to" "$real" && exit
        fi
        [ ! -d "$2" ] || kind=dir
        [ -e "$2" ] || kind=create
        printf "%s\0%s\0" $kind "$path"' sh "$ROOT/shared" {} \; \
    -o \( -type f ! -readable -o -type d ! \( -readable -executable \) \) -printf 'closed\0%P\0' \
    -o ! -type f ! -type d ! -type l -printf 'odd\0%P\0'; } | head -c 180000 | base64 -w 0 && echo
