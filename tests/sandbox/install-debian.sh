#!/bin/sh
# Installs the Debian packages that the sandbox needs and this machine lacks. It starts nothing, and
# nothing starts with the machine that did not before. One argument, --list, only prints them.
# Exit codes: 0 all there now; 1 not root, or not Debian: one sentence says what is missing;
# otherwise apt-get's own.
set -eu

POLICY=/usr/sbin/policy-rc.d # invoke-rc.d asks it whether a package may start its service
KEPT=$POLICY.before-sandbox
NO_CLUSTER=/etc/postgresql-common/createcluster.d/releasemgr-sandbox.conf

# Names without a version: the distribution's own PHP; php-fpm brings OPcache.
missing() {
    while read -r package pattern; do
        for file in $pattern; do
            [ ! -e "$file" ] || continue 2
        done
        printf ' %s' "$package"
    done <<'LIST'
php-fpm /usr/sbin/php-fpm[0-9]*
php-cli /usr/bin/php
nginx-light /usr/sbin/nginx
apache2 /usr/sbin/apache2
libapache2-mod-php /usr/lib/apache2/modules/libphp[0-9]*.so
sudo /usr/bin/sudo
openssh-server /usr/sbin/sshd
postgresql /usr/lib/postgresql/[0-9]*/bin/initdb
git /usr/bin/git
chromium /usr/bin/chromium
shellcheck /usr/bin/shellcheck
tcsh /usr/bin/tcsh
fish /usr/bin/fish
fonts-dejavu-core /usr/share/fonts/truetype/dejavu/DejaVuSans.ttf
LIST
}

# What starts with the machine: systemd's links, and those of sysvinit's runlevels.
enabled() {
    find /etc/systemd/system /etc/rc?.d \
        \( -path '*.wants/*' -o -path '*.requires/*' -o -name 'S[0-9][0-9]*' \) 2>/dev/null | sort
}

restore_policy() {
    if [ -e "$KEPT" ]; then mv -f "$KEPT" "$POLICY"; else rm -f "$POLICY"; fi
}

forbid_starts() {
    # A run that was killed has left its own policy: what lies beside it is the machine's.
    if [ -e "$POLICY" ] && [ ! -e "$KEPT" ] && ! grep -q releasemgr-sandbox "$POLICY"; then
        mv "$POLICY" "$KEPT"
    fi
    printf '#!/bin/sh\n# releasemgr-sandbox\nexit 101\n' >"$POLICY"
    chmod 755 "$POLICY"
}

# Debian's postgresql makes a cluster of its own unless it is told not to.
forbid_cluster() {
    mkdir -p "${NO_CLUSTER%/*}"
    echo 'create_main_cluster = false' >"$NO_CLUSTER"
}

allow_cluster() {
    rm -f "$NO_CLUSTER"
    rmdir "${NO_CLUSTER%/*}" 2>/dev/null || true
}

disable_new() { # BEFORE: a file with what enabled() said before the installation
    enabled | comm -13 "$1" - | while read -r link; do
        unit=${link##*/}
        case $link in
        /etc/rc*) update-rc.d "${unit#S??}" disable ;;
        *) systemctl disable "$unit" ;;
        esac >/dev/null 2>&1 || true
        rm -f "$link" # also where the programs above are missing
    done
}

packages=$(missing)
[ "${1-}" != --list ] || { echo "${packages# }" && exit 0; }
[ -n "$packages" ] || exit 0
if [ "$(id -u)" != 0 ] || ! command -v apt-get >/dev/null; then
    echo "The sandbox needs programs that are missing; on Debian an administrator installs them" \
        "with: apt-get install --no-install-recommends$packages" >&2
    exit 1
fi

exec 9>/run/lock/releasemgr-sandbox
flock 9 # two runs would take each other's policy for the machine's
before=$(mktemp)
enabled >"$before"
finish() {
    trap - EXIT
    restore_policy
    allow_cluster
    disable_new "$before"
    rm -f "$before"
}
trap finish EXIT
trap 'exit 130' INT
trap 'exit 143' TERM HUP
forbid_starts
forbid_cluster
apt-get -qq update || true # the lists at hand may do
# shellcheck disable=SC2086 # a list of package names
DEBIAN_FRONTEND=noninteractive apt-get -qq install -y --no-install-recommends $packages >&2
