# Installs the guarded HTTP door to PHP, its keys last: until they name it, nothing new is used.
#
# ROOT WEB_GROUP ENDPOINT_PHP KEYS_JSON CONTROL_NAME CONTROL_PHP
#   WEB_GROUP is the group PHP runs as; empty leaves groups alone
# says installed (CONTROL_NAME), host
# exits 64 74 75 77 79 82
take_lock "$1"
group=$2 door=$OURS/door
plain "$5"

# folder PATH MODE: nobody else may look in before group and mode are right.
folder() {
    [ -d "$1" ] || try "make $1" mkdir -m 700 -- "$1"
    try "give $1 to the group $group" own "$1" "$2" "$group"
}

folder "$door" 0750
folder "$door/nonces" 2770
[ -f "$door/refusals.log" ] || put "$door/refusals.log" 0660 '' "$group"
try "give $door/refusals.log to the group $group" own "$door/refusals.log" 0660 "$group"
put "$OURS/$5" 0644 "$6"
put "$OURS/endpoint.php" 0644 "$3"
put "$door/keys.json" 0640 "$4" "$group"
say installed "$5"
say host "$(uname -n)"
