"""What an administrator writes into the web server's configuration for one site, for each kind.

The lines are those that docs/strategies.md and docs/bringing-a-site-aboard.md tell people to paste.
"""

from tests.sandbox.nginx import SHARED, fastcgi_target, script_location

ENTRY = ".releasemgr/entry/public/index.php"
ENDPOINT = ".releasemgr/endpoint.php"


def first_web_config(host) -> str:
    """What the included file says before the first release was made."""
    return (f'Define RELEASE_ROOT "{host.root}/current"\n' if host.server != "nginx"
            else f'set $release_root "{host.root}/current";\n')


def nginx_block(host) -> str:
    """The site's server block."""
    address, kind = dict(host.pools), host.kind
    root = "$realpath_root" if kind == "realpath" else "$document_root"
    listens = f"listen {host.http_address};\n"
    if host.https:
        listens += f"listen {host.https_address} ssl;\n{host.certificate.directives}"
    doors = [script_location(f"/_releasemgr/{name}", script=host.root / ENDPOINT, address=socket)
             for name, socket in host.pools]
    is_written = kind == "web-config"
    folder = "$release_root/public" if is_written else f'"{host.root}/current/public"'
    include = f'include "{host.root}/.releasemgr/web.conf";\n' if is_written else ""
    return (
        f"server {{\n{listens}server_name {host.site_name};\n{include}root {folder};\n"
        f"access_log {host.access_log_path} sandbox;\n"
        "location / { try_files $uri /index.php$is_args$args; }\n"
        f"location ^~ /api/ {{\n{_nginx_php(host, address['api'], root, '/api/index.php')}}}\n"
        f"location ~ \\.php$ {{\n{_nginx_php(host, address['www'], root, '$fastcgi_script_name')}}}"
        f"\n{''.join(doors)}}}\n"
    )


def _nginx_php(host, address, root, script) -> str:
    if host.kind == "entry":
        named = "" if script.startswith("$") else f"fastcgi_param RELEASEMGR_SCRIPT {script};\n"
        lines = f'fastcgi_param SCRIPT_FILENAME "{host.root}/{ENTRY}";\n{named}'
    else:
        lines = (f"fastcgi_param SCRIPT_FILENAME {root}{script};\n"
                 f"fastcgi_param DOCUMENT_ROOT {root};\n")
    return f"include {SHARED}/fastcgi_params;\n{lines}fastcgi_pass {fastcgi_target(address)};\n"


def apache_block(host) -> str:
    """The site's virtual host, for mod_php or for PHP-FPM behind proxy_fcgi."""
    is_written = host.kind == "web-config"
    folder = "${RELEASE_ROOT}" if is_written else f"{host.root}/current"
    include = f'Include "{host.root}/.releasemgr/web.conf"\n' if is_written else ""
    return (
        f"<VirtualHost {host.http_address}>\nServerName {host.site_name}\n{include}"
        f'DocumentRoot "{folder}/public"\n'
        f"CustomLog {host.access_log_path} sandbox\n"
        f'<Directory "{host.root}">\nRequire all granted\n</Directory>\n'
        f"{_apache_php(host)}{_apache_entrance(host, folder)}</VirtualHost>\n")


def _apache_php(host) -> str:
    """Which PHP runs what, and the guarded endpoint of each pool."""
    lines = [f'Alias /_releasemgr/{name} "{host.root}/{ENDPOINT}"' for name, _ in host.pools]
    if host.server == "apache":
        lines += ['<FilesMatch "\\.php$">\nSetHandler application/x-httpd-php\n</FilesMatch>']
        return "\n".join([*lines, ""])
    handlers = {
        name: f'SetHandler "proxy:unix:{address}|fcgi://{name}"' for name, address in host.pools}
    lines += [f'<FilesMatch "\\.php$">\n{handlers["www"]}\n</FilesMatch>']
    own = "api/" if host.kind == "entry" else "api/.*\\.php"  # a folder itself is no script
    lines += [f'<LocationMatch "^/({own}|_releasemgr/api)$">\n{handlers["api"]}\n'
              "</LocationMatch>"]
    return "\n".join([*lines, ""])


def _apache_entrance(host, folder) -> str:
    if host.kind == "entry":
        entry = f'"{host.root}/{ENTRY}"'
        return (
            "RewriteEngine on\n"
            f"RewriteRule ^/api/ {entry} [L,E=RELEASEMGR_SCRIPT:/api/index.php]\n"
            "RewriteRule ^/_releasemgr/ - [L]\n"
            "RewriteCond %{REQUEST_URI} \\.php$ [OR]\n"
            "RewriteCond %{DOCUMENT_ROOT}%{REQUEST_URI} !-f\n"
            f"RewriteRule ^ {entry} [L]\n")
    return (f'<Directory "{folder}/public">\nFallbackResource /index.php\n</Directory>\n'
            f'<Directory "{folder}/public/api">\nFallbackResource /api/index.php\n</Directory>\n')
