<?php
/**
 * What only PHP itself can do for a release: report its caches, reset them, compile the release
 * ahead of its visitors, and show which release this worker executes. PHP 7.4 to 8.x.
 * Two doors lead here: our own FastCGI request (it alone can set RELEASEMGR_DIRECT; what an HTTP
 * client sends arrives as HTTP_…) and endpoint.php, which has checked a token. Must not resolve
 * ROOT/current but by readlink(): realpath() and stat calls fill the cache that a probe examines.
 */

declare(strict_types=1);

namespace Releasemgr;

define('Releasemgr\ROOT', dirname(__DIR__)); // resolved: this file lies in ROOT/.releasemgr
const ACTS = ['status', 'reset', 'warm', 'scripts', 'keys', 'invalidate', 'probe'];
const JSON_FLAGS = JSON_UNESCAPED_SLASHES | JSON_INVALID_UTF8_SUBSTITUTE;
const INI = [ // those of OPcache without “opcache.”
    'enable', 'enable_cli', 'validate_timestamps', 'revalidate_freq', 'revalidate_path', 'use_cwd',
    'preload', 'file_cache', 'file_cache_only', 'file_update_protection', 'restrict_api', 'jit',
    'jit_buffer_size', 'force_restart_timeout', 'memory_consumption', 'interned_strings_buffer',
    'max_accelerated_files', 'max_wasted_percentage', 'realpath_cache_size', 'realpath_cache_ttl',
    'open_basedir', 'max_execution_time', 'disable_functions',
];
const COUNTERS = [ // PHP's names by ours, as in the next two
    'manual_restarts' => 'manual_restarts', 'oom_restarts' => 'oom_restarts',
    'hash_restarts' => 'hash_restarts', 'start_time' => 'start_time', 'used' => 'used_memory',
    'free' => 'free_memory', 'wasted' => 'wasted_memory', 'scripts' => 'num_cached_scripts',
    'keys' => 'num_cached_keys', 'max_keys' => 'max_cached_keys',
];
const POOL = [
    'name' => 'pool', 'manager' => 'process-manager', 'start_since' => 'start-since',
    'listen_queue' => 'listen-queue', 'max_listen_queue' => 'max-listen-queue',
    'idle' => 'idle-processes', 'active' => 'active-processes', 'slow' => 'slow-requests',
    'total' => 'total-processes', 'max_children_reached' => 'max-children-reached',
];
const WORKER = [
    'pid' => 'pid', 'start_time' => 'start-time', 'state' => 'state', 'requests' => 'requests',
    'script' => 'script', 'query' => 'query-string', 'last_us' => 'request-duration',
];

if (!defined('RELEASEMGR_ENDPOINT')) {
    if (isset($_SERVER['RELEASEMGR_DIRECT'])) {
        serve((string) file_get_contents('php://input'), static fn(): array => []);
    } else {
        http_response_code(404);
    }
}

/** Answers `$body` exactly once, even when a file of the site ends PHP; `$sign` gives headers. */
function serve(string $body, callable $sign): void {
    ini_set('display_errors', '0'); // exhausted memory prints past the buffer
    ob_start(); // what the site's files print is not part of the answer
    $answer = null;
    register_shutdown_function(static function () use (&$answer, $sign): void {
        $why = error_get_last()['message'] ?? 'a file of the site ended the request.';
        if ($answer === null) {
            send(failure("PHP stopped early: $why"), $sign);
        }
    });
    try {
        $answer = answer(json_decode($body, true));
    } catch (\Throwable $error) {
        $answer = failure($error->getMessage());
    }
    send($answer, $sign);
}

function send(array $answer, callable $sign): void {
    $body = json_encode($answer + identity(), JSON_FLAGS);
    while (ob_get_level() > 0 && ob_end_clean()) {}
    header_remove();
    http_response_code(200); // a file that does not compile has set 500
    foreach (['Content-Type' => 'application/json'] + $sign($body) as $name => $value) {
        header("$name: $value");
    }
    echo $body;
    ob_start(static fn(): string => ''); // what the site's own shutdown functions print
}

function failure(string $sentence): array {
    return ['ok' => false, 'error' => $sentence];
}

function answer($request): array {
    $act = is_array($request) ? $request['act'] ?? null : null;
    if (!in_array($act, ACTS, true)) {
        return failure('The request is no JSON object with one of the known acts.');
    }
    $problem = in_array($act, ['status', 'probe'], true) ? null : problem();
    return $problem === null ? ['ok' => true] + ("Releasemgr\\$act")($request) : failure($problem);
}

/** What every answer carries; some hosts disable getmypid(). inspect.sh wrote `identity`. */
function identity(): array {
    return ['sapi' => PHP_SAPI, 'php' => PHP_VERSION, 'root' => ROOT, 'host' => gethostname(),
        'pid' => function_exists('getmypid') ? getmypid() : null, 'pool' => pool(),
        'identity' => trim((string) @file_get_contents(__DIR__ . '/identity')) ?: null];
}

/** The pool's scoreboard, or null outside FPM and before PHP 7.3. */
function pool(): ?array {
    $status = function_exists('fpm_get_status') ? fpm_get_status() : false;
    $worker = static fn(array $proc): array => renamed($proc, WORKER)
        + ['age_s' => $proc['state'] === 'Idle' ? null : $proc['request-duration'] / 1e6];
    return !is_array($status) ? null
        : renamed($status, POOL) + ['procs' => array_map($worker, $status['procs'])];
}

/** `$values` under our names, null where this PHP has no such value. */
function renamed(array $values, array $names): array {
    return array_map(static fn(string $theirs) => $values[$theirs] ?? null, $names);
}

function status(): array {
    $read = static fn(string $name) => ini_get($name) === false ? null : ini_get($name);
    $value = static fn(string $name) => $read("opcache.$name") ?? $read($name);
    return ['opcache' => opcache(), 'problem' => problem(),
        'ini' => array_map($value, array_combine(INI, INI)),
        'ini_file' => php_ini_loaded_file() ?: null];
}

/** OPcache's counters; only `enabled`, false, when it is off or may not be asked (problem()). */
function opcache(): array {
    if (problem() !== null) {
        return ['enabled' => false];
    }
    $status = opcache_get_status(false) + ['opcache_statistics' => [], 'memory_usage' => []];
    return ['enabled' => true, 'restart_pending' => !empty($status['restart_pending']),
        'restart_in_progress' => !empty($status['restart_in_progress'])]
        + renamed($status['opcache_statistics'] + $status['memory_usage'], COUNTERS);
}

/** Returns the sentence why OPcache cannot be used from here, or null. */
function problem(): ?string {
    if (!function_exists('opcache_get_status') || !function_exists('opcache_reset')) {
        return 'OPcache is not loaded, or disable_functions takes its functions away.';
    }
    $below = (string) ini_get('opcache.restrict_api');
    if ($below !== '' && strncmp($_SERVER['SCRIPT_FILENAME'], $below, strlen($below)) !== 0) {
        return "opcache.restrict_api lets only scripts below $below use OPcache's functions.";
    }
    // Not `opcache_enabled`: false while a restart is pending, and in a request that began then.
    $is_on = preg_match('/^(1|on|yes|true)$/i', (string) ini_get('opcache.enable'));
    return $is_on && isset(((array) opcache_get_status(false))['memory_usage']) ? null
        : 'OPcache is switched off in this pool (opcache.enable).';
}

/** `reset` true means scheduled, not done; false means that one is pending already. */
function reset(): array {
    clearstatcache(true);
    return ['before' => opcache(), 'reset' => opcache_reset()];
}

/** Compiles into OPcache without running; `uncached` compiles but OPcache does not keep it yet. */
function warm(array $request): array {
    $found = ['warmed' => [], 'failed' => [], 'uncached' => []];
    foreach (files($request) as $file) {
        $error = refusal($file) ?? compile($file);
        $is_kept = array_filter([$file, realpath($file)], 'opcache_is_script_cached');
        $found[$error !== null ? 'failed' : ($is_kept ? 'warmed' : 'uncached')][] =
            $error === null ? $file : ['file' => $file, 'error' => $error];
    }
    return $found;
}

/** Returns null, or why `$file` does not compile. */
function compile(string $file): ?string {
    error_clear_last();
    set_error_handler(static fn(): bool => true); // its late warning would hide the fatal error
    try {
        $compiled = opcache_compile_file($file);
        return $compiled ? null : error_get_last()['message'] ?? 'it is missing or cannot be read';
    } catch (\Throwable $error) {
        return $error->getMessage() . ' in line ' . $error->getLine();
    } finally {
        restore_error_handler();
    }
}

/** Lists what OPcache holds of one release, or of a folder in it, relative to that folder. */
function scripts(array $request): array {
    $place = (string) place(ours($request['below'] ?? ''));
    $folder = (realpath($place) ?: $place) . '/';
    $cached = array_keys(opcache_get_status(true)['scripts'] ?? []);
    $inside = static fn(string $path): bool => strncmp($path, $folder, strlen($folder)) === 0
        && opcache_is_script_cached($path); // what was invalidated stays in the list
    $short = static fn(string $path): string => substr($path, strlen($folder));
    $files = array_map($short, array_filter($cached, $inside));
    sort($files, SORT_STRING);
    return ['files' => $files];
}

/** Takes a release out of OPcache; never the live one nor `keep`. Requests that run keep theirs. */
function invalidate(array $request): array {
    $folder = realpath((string) place(ours($request['below'] ?? '')));
    $is_release = $folder !== false && dirname($folder) === realpath(ROOT . '/releases');
    foreach ([current_target(), place(ours($request['keep'] ?? ''))] as $needed) {
        $place = realpath((string) $needed) . '/';
        if (!$is_release || strncmp($place, "$folder/", strlen("$folder/")) === 0) {
            throw new \InvalidArgumentException("Refused $folder: it is no release, or is needed.");
        }
    }
    $drop = static fn(string $file): bool => opcache_invalidate("$folder/$file", true);
    return ['invalidated' => count(array_filter(scripts($request)['files'], $drop))];
}

/** Lists which of exactly these paths are keys of OPcache; `hits`: how often used, -1 not kept. */
function keys(array $request): array {
    $entry = '~\A(.+)/\.releasemgr/entry(/(?!\.\.?(/|\z))[^/\0]+)+\z~'; // the stable one
    foreach ($files = files($request) as $file) {
        preg_match($entry, $file, $found) === 1 && realpath($found[1]) === ROOT || ours($file);
    }
    $keys = array_values(array_filter($files, 'opcache_is_script_cached'));
    $hits = array_column(opcache_get_status(true)['scripts'] ?? [], 'hits', 'full_path');
    return ['keys' => $keys, 'hits' => (object) (array_intersect_key($hits, array_flip($keys))
        + array_fill_keys(array_filter($files, 'is_file'), -1))];
}

/** Includes the marker, then the files, through exactly the given paths; `ran` is the evidence. */
function probe(array $request): array {
    $files = array_map('Releasemgr\ours', files($request));
    [$ran, $error] = [[], null];
    $release = run(ours($request['marker'] ?? ''), $ran, $error);
    foreach ($files as $file) {
        run($file, $ran, $error);
    }
    usleep(1000 * max(0, min(50, (int) ($request['hold_ms'] ?? 0)))); // visitors wait meanwhile
    return ['release' => $release, 'ran' => (object) $ran, 'error' => $error];
}

/** Returns what the file returned; notes in `$ran` which file PHP executed for that path. */
function run(string $path, array &$ran, ?string &$error) {
    $known = get_included_files();
    $returned = null;
    try {
        $returned = (static fn() => include $path)();
    } catch (\Throwable $thrown) {
        $error ??= "$path: " . $thrown->getMessage();
    }
    $new = array_diff(get_included_files(), $known);
    if ($new) {
        $ran[$path] = current($new); // the file itself; those that it includes come after it
    } elseif ($returned === false) {
        $error ??= "$path: it is missing or cannot be read";
    }
    return $returned;
}

function files(array $request): array {
    return array_map('strval', (array) ($request['files'] ?? []));
}

/** Returns `$path`, which may be executed or listed; InvalidArgumentException when it may not. */
function ours(string $path): string {
    if (($why = refusal($path)) !== null) {
        throw new \InvalidArgumentException("Refused $path: $why.");
    }
    return $path;
}

/** Returns null when `$path` is below ROOT/current or ROOT/releases/NAME, else why not. */
function refusal(string $path): ?string {
    $place = place($path);
    if ($place === null) {
        return 'it is no plain path below current or releases/NAME of ' . ROOT;
    }
    $real = realpath($place);
    if ($real === false) {
        return null; // a missing file leads nowhere; who uses it says that it is missing
    }
    // A site brought aboard may have a `current` that lies elsewhere.
    foreach ([ROOT . '/releases', current_target() ?? ROOT . '/releases'] as $folder) {
        $base = realpath($folder) . '/';
        if (strncmp("$real/", $base, strlen($base)) === 0) {
            return null;
        }
    }
    return 'a link leads it out of the releases of ' . ROOT;
}

/** Returns `$path` with the site's own `current` link followed, or null when it is not ours. */
function place(string $path): ?string {
    if (preg_match('~\A(/(?!\.\.?(/|\z))[^/\0]+)+\z~', $path) !== 1) {
        return null;
    }
    preg_match_all('~(?<=/)(current|releases/[^/]+)(?=/|\z)~', $path, $found, PREG_OFFSET_CAPTURE);
    foreach ($found[0] as [$folder, $offset]) {
        // The configured root may lead through links of its own (/var/www -> /srv/www).
        if (realpath(substr($path, 0, $offset)) === ROOT) {
            $start = $folder === 'current' ? current_target() : ROOT . "/$folder";
            return $start === null ? null : $start . substr($path, $offset + strlen($folder));
        }
    }
    return null;
}

function current_target(): ?string {
    $target = (string) @readlink(ROOT . '/current');
    return $target === '' || $target[0] === '/' ? ($target ?: null) : ROOT . "/$target";
}
