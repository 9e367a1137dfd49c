# Installs the stable entry outside the releases, and a word to which it answers for five minutes.
#
# ROOT FENCE PUBLIC_FOLDER ENTRY_PHP WORD
#   PUBLIC_FOLDER is the release's, empty for its own folder; WORD is 32 hex digits
# says entry (its path)
# exits 64 74 75 76 77 79 82
case /$3/ in */../* | */./*) fail 64 "'$3' cannot be the public folder." ;; esac
case $5 in '' | *[!0-9a-f]*) fail 64 "That is no random word." ;; esac
[ ${#5} -eq 32 ] || fail 64 "That is no random word."
take_fence "$1" "$2"
entry=$OURS/entry${3:+/}$3
make_folder "$entry"
put "$entry/index.php" 0644 "$4"
# Who knows the word may find it; nobody may list them.
[ -d "$OURS/questions" ] || try "make $OURS/questions" mkdir -m 711 -- "$OURS/questions"
try "tidy $OURS/questions" find "$OURS/questions" -type f -mmin +10 -exec rm -f -- {} +
try "write in $OURS/questions" touch -- "$OURS/questions/$5"
say entry "$entry/index.php"
