# Tells which commands sudo would let us run as root without a password. Runs none of them. Root needs
# sudo too, as everything that acts goes through it.
#
# COMMAND…: each is one argument of plain words, like "/usr/bin/systemctl reload php8.2-fpm"
# says right ("1 COMMAND" or "0 COMMAND", once for each)
# exits 64
for command in "$@"; do
    check_command "$command"
    right=0
    # shellcheck disable=SC2086 # it is words
    if command -v sudo >/dev/null && { [ "$(id -u)" = 0 ] || asks_no_password '' $command; }; then
        right=1
    fi
    say right "$right $command"
done
