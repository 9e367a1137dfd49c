<?php
/**
 * The guarded HTTP door to control.php, for servers whose PHP cannot be asked over SSH.
 *
 * Answers a signed POST from its token's networks; refuses everything else with one and the same
 * 404, whatever the reason. The reason goes to door/refusals.log, which only we read, over SSH.
 * The peer is REMOTE_ADDR alone: forwarded headers are the caller's own claim. PHP 7.4 to 8.x.
 */

declare(strict_types=1);

namespace Releasemgr\Endpoint;

const DOOR = __DIR__ . '/door';
const SCOPE = 'reset:opcache';
const CLOCK_TOLERANCE_S = 30;
const NONCE_KEPT_S = 120; // more than twice the tolerance: a clock that is ahead needs the double
const UPDATE_KEPT_S = 2592000;
const SWEEP_EVERY_S = 60;
const BODY_MAX_BYTES = 1048576;
const KEY_MIN_BYTES = 16;
const ID_MAX_CHARS = 25; // 16 and "-stranger"; the shortest key in hex is longer
const LOG_MAX_BYTES = 262144;
const LOG_KEPT_BYTES = 131072;

/** The message is the reason: one word for the log. */
final class Refused extends \Exception {
}

define('RELEASEMGR_ENDPOINT', true); // control.php leaves the request to us
ini_set('display_errors', '0');
ob_start(); // a warning printed before the 404 would tell refusals apart
try {
    [$body, $sign] = admit();
} catch (\Throwable $error) {
    refuse($error instanceof Refused ? $error->getMessage() : 'internal');
}
\Releasemgr\serve($body, $sign);

/** Returns [body, signer of the answer] and has control.php loaded; Refused when it must not. */
function admit(): array {
    $keys = json_decode((string) @file_get_contents(DOOR . '/keys.json'), true);
    if (!is_array($keys) || !is_array($keys['tokens'] ?? null)) {
        throw new Refused('keys_unreadable');
    }
    notice_update($keys['endpoint_sha256'] ?? '');
    if ($_SERVER['REQUEST_METHOD'] !== 'POST') {
        throw new Refused('wrong_method');
    }
    $body = (string) file_get_contents('php://input', false, null, 0, BODY_MAX_BYTES + 1);
    if (strlen($body) > BODY_MAX_BYTES) {
        throw new Refused('oversized');
    }
    $key = authenticate($keys['tokens'], $body);
    spend_nonce();
    $control = __DIR__ . '/' . ($keys['control'] ?? '');
    if (preg_match('~/control-[0-9a-f]{12}\.php\z~', $control) !== 1 || !is_file($control)) {
        throw new Refused('control_missing');
    }
    require $control;
    return [$body, static function (string $answer) use ($key): array {
        $signed = sent('NONCE') . "\n" . hash('sha256', $answer);
        return ['X-Releasemgr-Answer' => hash_hmac('sha256', $signed, $key)];
    }];
}

/** Returns the key that signed this request. While a key is rotated an id has two. */
function authenticate(array $tokens, string $body): string {
    $reason = 'unknown_token';
    foreach ($tokens as $token) {
        if (!hash_equals((string) $token['id'], sent('TOKEN'))) {
            continue;
        }
        $key = (string) @hex2bin((string) $token['key']);
        $reason = objection($token, $key, $body);
        if ($reason === null) {
            return $key;
        }
    }
    throw new Refused($reason);
}

function objection(array $token, string $key, string $body): ?string {
    if (isset($token['not_after']) && time() > (int) $token['not_after']) {
        return 'expired';
    }
    if ($token['scope'] !== SCOPE) {
        return 'scope';
    }
    if (!is_within($_SERVER['REMOTE_ADDR'], $token['networks'])) {
        return 'network';
    }
    $difference = clock_difference();
    if ($difference === null || abs($difference) > CLOCK_TOLERANCE_S) {
        return 'clock';
    }
    if (strlen($key) < KEY_MIN_BYTES) {
        return 'keys_unreadable'; // never accept what an empty key signs
    }
    $path = explode('?', $_SERVER['REQUEST_URI'])[0];
    $parts = ['POST', $path, sent('TIME'), sent('NONCE'), hash('sha256', $body)];
    $expected = hash_hmac('sha256', implode("\n", $parts), $key);
    return hash_equals($expected, sent('SIGNATURE')) ? null : 'signature';
}

/** Returns how many seconds the caller's clock is ahead of ours; null when it sent no time. */
function clock_difference(): ?int {
    return preg_match('~\A\d{1,11}\z~', sent('TIME')) === 1 ? (int) sent('TIME') - time() : null;
}

function sent(string $name): string {
    return (string) ($_SERVER["HTTP_X_RELEASEMGR_$name"] ?? '');
}

function is_within(string $address, array $networks): bool {
    $peer = binary($address);
    foreach ($networks as $network) {
        [$base, $bits] = explode('/', "$network/");
        $first = binary($base);
        if ($peer === null || $first === null || strlen($first) !== strlen($peer)) {
            continue;
        }
        $all = 8 * strlen($first);
        $mapped = $all === 32 && strpos($base, ':') !== false; // ::ffff:10.0.0.0/104 is 10.0.0.0/8
        $count = $bits === '' ? $all : (int) $bits - ($mapped ? 96 : 0);
        if (preg_match('~\A\d*\z~', $bits) !== 1 || $count < 0 || $count > $all) {
            continue;
        }
        if (leading_bits($first, $count) === leading_bits($peer, $count)) {
            return true;
        }
    }
    return false;
}

/** Returns 4 or 16 bytes, IPv6-mapped IPv4 as 4; null when it is no address. */
function binary(string $address): ?string {
    $bytes = @inet_pton($address);
    if ($bytes === false) {
        return null;
    }
    $mapped = str_repeat("\0", 10) . "\xff\xff";
    return strncmp($bytes, $mapped, 12) === 0 ? substr($bytes, 12) : $bytes;
}

function leading_bits(string $bytes, int $count): string {
    $bits = '';
    foreach (str_split($bytes) as $byte) {
        $bits .= str_pad(decbin(ord($byte)), 8, '0', STR_PAD_LEFT);
    }
    return substr($bits, 0, $count);
}

/** Uses this request's nonce up: creating a file that must not exist is atomic. */
function spend_nonce(): void {
    if (preg_match('~\A[0-9a-f]{32}\z~', sent('NONCE')) !== 1) {
        throw new Refused('nonce');
    }
    $file = DOOR . '/nonces/' . sent('NONCE');
    if (@fopen($file, 'xb') === false) {
        throw new Refused(file_exists($file) ? 'replay' : 'nonces_unwritable');
    }
    $swept = DOOR . '/nonces/swept';
    if (time() - (int) @filemtime($swept) > SWEEP_EVERY_S) {
        @touch($swept);
        sweep();
    }
}

function sweep(): void {
    foreach (scandir(DOOR . '/nonces') as $name) {
        $file = DOOR . "/nonces/$name";
        $kept_s = strlen($name) === 32 ? NONCE_KEPT_S : UPDATE_KEPT_S;
        if (is_file($file) && time() - (int) @filemtime($file) > $kept_s) {
            @unlink($file);
        }
    }
}

/**
 * This file keeps its name, so a pool with validate_timestamps=0 goes on running its old code.
 * Once for each new content and OPcache memory: have it compiled again, for the next request.
 */
function notice_update(string $sha256): void {
    $status = function_exists('opcache_get_status') ? @opcache_get_status(false) : false;
    if ($status === false || $sha256 === '') {
        return;
    }
    $memory = $status['opcache_statistics']['start_time'] ?? 0;
    $noticed = DOOR . '/nonces/endpoint-' . substr($sha256, 0, 12) . "-$memory";
    if (file_exists($noticed) || hash_file('sha256', __FILE__) !== $sha256) {
        return;
    }
    if (@fopen($noticed, 'xb') !== false) { // else every request would waste OPcache's memory
        opcache_invalidate(__FILE__, true);
    }
}

/** Ends the request with the one 404. */
function refuse(string $reason): void {
    note($reason);
    while (ob_get_level() > 0 && ob_end_clean()) {
    }
    header_remove();
    http_response_code(404);
    header('Content-Type: text/plain');
    echo "Not found.\n";
    exit; // nothing of an auto_append_file may follow
}

/** Appends the reason to a log that keeps its newest part; never fails, never waits long. */
function note(string $reason): void {
    $log = @fopen(DOOR . '/refusals.log', 'r+b');
    for ($tries = 100; $log !== false && !flock($log, LOCK_EX | LOCK_NB); $tries--) {
        if ($tries === 0) {
            return;
        }
        usleep(10000);
    }
    if ($log === false) {
        return;
    }
    if (fstat($log)['size'] > LOG_MAX_BYTES) {
        fseek($log, -LOG_KEPT_BYTES, SEEK_END);
        $kept = (string) stream_get_contents($log);
        ftruncate($log, 0);
        rewind($log);
        fwrite($log, substr($kept, strpos($kept, "\n") + 1));
    }
    fseek($log, 0, SEEK_END);
    $id = sent('TOKEN');
    $line = json_encode([
        'time' => gmdate('Y-m-d\TH:i:s\Z'),
        'reason' => $reason,
        // Whole, as a token and its stranger begin alike; never so much that it may be a key.
        'token' => strlen($id) > ID_MAX_CHARS ? substr($id, 0, 16) . '...' : $id,
        'request' => substr(hash('sha256', sent('NONCE')), 0, 16), // only its sender knows it
        'address' => $_SERVER['REMOTE_ADDR'] ?? '',
        'clock_difference' => clock_difference(),
    ], JSON_UNESCAPED_SLASHES | JSON_INVALID_UTF8_SUBSTITUTE);
    @fwrite($log, "$line\n");
}
