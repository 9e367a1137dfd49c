# Tells which PHP-FPM pools this server runs, and which web servers, so that nobody has to type them.
# Only reads; everything is read as the SSH user, who sees all that is needed on a plain Debian.
#
# says once for each pool of each PHP-FPM master that runs: pool ("SERVICE SOCKET NAME"; a port on
#   all addresses is 127.0.0.1:PORT); for each web server that runs: web (nginx, apache);
#   unreadable (a file)
title() { TITLE=$(tr '\0' ' ' <"/proc/$1/cmdline") 2>/dev/null; }

# The service's name: systemd knows it; else by the file, as Debian names them.
service_of() {
    unit=$(sed -n 's|.*/\([A-Za-z0-9_.@-]*\)\.service$|\1|p' "/proc/$1/cgroup" 2>/dev/null | head -n 1)
    case $unit:$2 in
    php*:*) called=$unit ;;
    *:/etc/php/*/fpm/*) version=${2#/etc/php/} called=php${version%%/*}-fpm ;;
    *) called=php-fpm ;;
    esac
}

tell_pool() {
    [ -n "$2" ] && [ -n "$3" ] || return 0
    listen=$3
    # PHP-FPM's own word, which the shell must not read.
    # shellcheck disable=SC2016
    case $listen in *'$pool'*) listen=${listen%%'$pool'*}$2${listen#*'$pool'} ;; esac
    case $listen in
    /*) ;;
    *[!0-9]*) case ${listen%:*} in '*' | 0.0.0.0 | '[::]') listen=127.0.0.1:${listen##*:} ;; esac ;;
    *) listen=127.0.0.1:$listen ;;
    esac
    say pool "$1 $listen $2"
}

# As PHP-FPM reads it: an included file continues the section it is included in.
read_config() {
    { [ -f "$1" ] && [ -r "$1" ]; } || { say unreadable "$1" && return; }
    while IFS= read -r line || [ -n "$line" ]; do
        line=${line#"${line%%[![:space:]]*}"}
        value=${line#*=}
        value=${value%%;*}
        value=${value#"${value%%[![:space:]]*}"}
        value=${value%"${value##*[![:space:]]}"}
        case $line in
        ';'* | '#'*) ;;
        '['*)
            tell_pool "$called" "$pool" "$socket"
            pool=${line#?} pool=${pool%%]*} socket=''
            [ "$pool" != global ] || pool=''
            ;;
        include[=[:space:]]*)
            case $value in /*) ;; *) say unreadable "$value" && continue ;; esac
            # Its words are patterns.
            # shellcheck disable=SC2086
            for file in $value; do [ ! -e "$file" ] || read_config "$file"; done
            ;;
        listen[=[:space:]]*) socket=${value%\"} socket=${socket#\"} ;;
        esac
    done <"$1"
}

nginx='' apache=''
for process in /proc/[0-9]*; do
    title "${process#/proc/}" || continue
    case $TITLE in
    'php-fpm: master process ('*')'*)
        config=${TITLE#*(} config=${config%)*}
        service_of "${process#/proc/}" "$config"
        pool='' socket=''
        read_config "$config"
        tell_pool "$called" "$pool" "$socket"
        ;;
    'nginx: master process '*) nginx=1 ;;
    */apache2' '* | */httpd' '*) apache=1 ;;
    esac
done
[ -z "$nginx" ] || say web nginx
[ -z "$apache" ] || say web apache
