<?php
// php harness.php FILE FUNCTION < cases: calls one function of FILE with each list of arguments.
// From a shutdown function, because endpoint.php answers the (missing) request and exits.
register_shutdown_function(static function () use ($argv): void {
    while (ob_get_level() > 0) {
        ob_end_clean();
    }
    $cases = json_decode(stream_get_contents(STDIN), true);
    $results = array_map(static fn(array $arguments) => $argv[2](...$arguments), $cases);
    echo "\nRESULTS ", json_encode($results), "\n";
});
if (basename($argv[1]) !== 'endpoint.php') {
    define('RELEASEMGR_ENDPOINT', true); // control.php leaves the request alone
}
require $argv[1];
