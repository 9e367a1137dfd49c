# Writes the folder that `current` names into the file that the web server's configuration includes,
# and lets the web server test its configuration. A test that fails puts the old file back.
#
# ROOT FENCE SORT TEST LINE
#   SORT is nginx or apache; TEST is a command with plain words, run as root, and LINE is what
#   sudoers must say for it
# says release_root (the folder; ROOT/current while that names no release of ours), changed (1 or 0)
# exits 64 74 75 76 77 79 82
check_command "$4"
right=$5
sort=$3
take_fence "$1" "$2"
# shellcheck disable=SC2086 # it is words
need_right "$right" $4

case $CURRENT in
releases/*) folder=$ROOT/${CURRENT%/} ;;
*) folder=$ROOT/current ;;
esac
# What these letters make can mean nothing else to nginx or Apache.
case $folder in
*[!A-Za-z0-9_./@+,=-]*)
    fail 64 "'$folder' cannot be written into the web server's configuration: use a folder of \
letters, digits and . _ - / alone, or another strategy."
    ;;
esac
case $sort in
nginx) content="set \$release_root \"$folder\";" ;;
apache) content="Define RELEASE_ROOT \"$folder\"" ;;
*) fail 64 "'$sort' is neither nginx nor apache." ;;
esac
content="# Written at each switch; what stands here is replaced.$NEWLINE$content$NEWLINE"

file=$OURS/web.conf changed=0 old='' was_there=0
if [ -f "$file" ]; then
    old=$(cat -- "$file" && echo .) was_there=1
fi
if [ "$old" != "$content." ]; then
    changed=1
    put "$file" 0644 "$content"
fi
# shellcheck disable=SC2086
as_root "$right" $4 || {
    if [ $changed = 1 ] && [ $was_there = 1 ]; then
        put "$file" 0644 "${old%.}"
    elif [ $changed = 1 ]; then
        try "remove $file" rm -f -- "$file"
    fi
    why=$(printf '%s' "$SAID" | tr '\n\t' '  ' | cut -c 1-400)
    fail 74 "The web server refuses its configuration, so nothing was reloaded ('$4'): $why"
}
say release_root "$folder"
say changed $changed
