# What a hostile build tries. Every success is printed as "breached: …"; the end as "attacked".
# Told by the test: MANAGER (pid), SECRETS (space-separated files), OUTSIDE (folder), SPRUNG (file),
# TOKEN (the project's own secret), DAEMON (how to hide a daemon).

breached() { echo "breached: $1"; }

# The manager's memory and environment.
for process in "$MANAGER" "$PPID" 1; do
    for part in environ mem maps fd/0 cwd/. root/etc/shadow; do
        if head -c 10 "/proc/$process/$part" >/dev/null 2>&1 && [ "$process" = "$MANAGER" ]; then
            breached "read $part of the manager"
        fi
    done
done
cat /proc/[0-9]*/environ 2>/dev/null | grep -aq CANARY && breached "found the manager's secret"
kill -0 "$MANAGER" 2>/dev/null && breached "may send signals to the manager"

# Files of the manager, and secrets in argument lists.
for file in $SECRETS; do
    cat "$file" >/dev/null 2>&1 && breached "read $file"
    (: >>"$file") 2>/dev/null && breached "may write $file"
done
printf '%s' "$TOKEN" >"$HOME/token"
cat /proc/[0-9]*/cmdline 2>/dev/null | tr '\0' ' ' | grep -qF -f "$HOME/token" &&
    breached "saw the token in an argument list"

# Writing elsewhere.
for place in "$OUTSIDE" /etc / /usr/local/bin "$HOME/../../.." /var/spool/cron; do
    (: >"$place/relmgr-breach") 2>/dev/null && breached "wrote in $place" && rm "$place/relmgr-breach"
done

# A terminal, other accounts, more rights.
(: </dev/tty) 2>/dev/null && breached "opened a terminal"
sudo -n true 2>/dev/null && breached "became root"
su -c true root 2>/dev/null </dev/null && breached "became root by su"
mount -t tmpfs none /mnt 2>/dev/null && breached "mounted something"
# shellcheck disable=SC3045
ulimit -c 100 2>/dev/null && breached "raised a limit"

# Too large files, too much memory.
dd if=/dev/zero of=large bs=1M count=40 2>/dev/null && breached "wrote a file above the limit"
rm -f large
python3 -c 'bytearray(800 << 20); print("breached: took more memory than allowed")' 2>/dev/null

# Traps for a git that somebody else runs in this tree.
mkdir -p .git/hooks .git/objects .git/refs
cat >.git/config <<END
[core]
    repositoryformatversion = 0
    fsmonitor = touch $SPRUNG
    sshCommand = touch $SPRUNG
    hooksPath = .git/hooks
    editor = touch $SPRUNG
[filter "evil"]
    clean = touch $SPRUNG
    smudge = touch $SPRUNG
[alias]
    archive = !touch $SPRUNG
END
echo 'ref: refs/heads/main' >.git/HEAD
printf '#!/bin/sh\ntouch %s\n' "$SPRUNG" >.git/hooks/post-checkout
chmod +x .git/hooks/post-checkout
cp .git/config "$HOME/.gitconfig"
echo '* filter=evil' >.gitattributes
printf '[submodule "x"]\n\tpath = x\n\turl = ext::touch %s\n' "$SPRUNG" >.gitmodules
printf '#!/bin/sh\ntouch %s\nexec /bin/tar "$@"\n' "$SPRUNG" >tar && chmod +x tar
echo "touch $SPRUNG" | tee "$HOME/.profile" "$HOME/.bashrc" >"$HOME/.shrc"

# Staying on.
eval "$DAEMON" </dev/null >/dev/null 2>&1 &
sleep 0.3
echo attacked
