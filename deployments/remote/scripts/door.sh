# Installs the guarded HTTP door to PHP, its keys last: until they name it, nothing new is used.
#
# ROOT GENERATION WEB_GROUP ENDPOINT_PHP KEYS_JSON CONTROL_NAME CONTROL_PHP
#   GENERATION is a number that only grows: what an older task sends after a newer one is refused
#   WEB_GROUP is the group PHP runs as; empty leaves groups alone
# says installed (CONTROL_NAME), host
# exits 64 74 75 76 77 79 82
number "$2"
plain "$6"
take_lock "$1"
generation=$2 group=$3 door=$OURS/door seen=0
[ ! -e "$door/generation" ] || read -r seen <"$door/generation" || seen=
case $seen in
'' | *[!0-9]*) fail 74 "$door/generation is damaged: remove it, then install the tokens again." ;;
esac
[ "$generation" -ge "$seen" ] ||
    fail 76 "A newer list of tokens is here already (number $seen); this one has $generation."

# folder PATH MODE: nobody else may look in before group and mode are right.
folder() {
    [ -d "$1" ] || try "make $1" mkdir -m 700 -- "$1"
    try "give $1 to the group $group" own "$1" "$2" "$group"
}

folder "$door" 0750
folder "$door/nonces" 2770
[ -f "$door/refusals.log" ] || put "$door/refusals.log" 0660 '' "$group"
try "give $door/refusals.log to the group $group" own "$door/refusals.log" 0660 "$group"
# Before the keys: whoever dies in between has at least shut the older tasks out.
put "$door/generation" 0644 "$generation$NEWLINE"
put "$OURS/$6" 0644 "$7"
put "$OURS/endpoint.php" 0644 "$4"
put "$door/keys.json" 0640 "$5" "$group"
say installed "$6"
say host "$(uname -n)"
