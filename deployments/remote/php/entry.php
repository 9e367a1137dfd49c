<?php
/**
 * A stable entry outside the releases: reads, for each request, which release is live, and runs
 * that one's script by its real path, which PHP's caches have never seen under another content.
 *
 * It lies in ROOT/.releasemgr/entry/PUBLIC_FOLDER. The web server may name another script of the
 * release than /index.php in RELEASEMGR_SCRIPT; what visitors send arrives as HTTP_…. To a random
 * word that lies in ROOT/.releasemgr/questions it says what it would run. PHP 7.4 to 8.x.
 */

declare(strict_types=1);

require (static function (): string { // outside of it: the site's script may want global scope
    $entry = '/.releasemgr/entry';
    $at = (int) strrpos(__DIR__, $entry);
    $root = substr(__DIR__, 0, $at);
    $public = substr(__DIR__, $at + strlen($entry));
    $link = rtrim((string) @readlink("$root/current"), '/'); // no cache of PHP holds this
    $folder = $link === '' || $link[0] === '/' ? $link : "$root/$link";
    $word = $_SERVER['HTTP_X_RELEASEMGR_QUESTION'] ?? '';
    if (is_string($word) && preg_match('~\A[0-9a-f]{32}\z~', $word) === 1
        && time() - (int) @filemtime("$root/.releasemgr/questions/$word") < 300) {
        header('Content-Type: application/json');
        header('Cache-Control: no-store');
        echo json_encode(['root' => $root, 'folder' => $folder,
            'release' => @include "$folder/.releasemgr/marker.php", 'sapi' => PHP_SAPI,
            'pid' => function_exists('getmypid') ? getmypid() : null,
            'identity' => trim((string) @file_get_contents("$root/.releasemgr/identity"))]);
        exit;
    }
    $script = $_SERVER['RELEASEMGR_SCRIPT']
        ?? $_SERVER['REDIRECT_RELEASEMGR_SCRIPT'] ?? '/index.php';
    $is_plain = preg_match('~\A(/(?!\.\.?(/|\z))[^/\0]+)+\z~', $script) === 1;
    if ($folder === '' || !$is_plain || !is_file($folder . $public . $script)) {
        http_response_code(404);
        header('Content-Type: text/plain');
        echo "File not found.\n"; // as PHP-FPM says it of a missing script
        exit;
    }
    $_SERVER['DOCUMENT_ROOT'] = $folder . $public;
    $_SERVER['SCRIPT_FILENAME'] = $folder . $public . $script;
    $_SERVER['SCRIPT_NAME'] = $_SERVER['PHP_SELF'] = $script;
    unset($_SERVER['RELEASEMGR_SCRIPT'], $_SERVER['REDIRECT_RELEASEMGR_SCRIPT']);
    chdir(dirname($_SERVER['SCRIPT_FILENAME']));
    return $_SERVER['SCRIPT_FILENAME'];
})();
