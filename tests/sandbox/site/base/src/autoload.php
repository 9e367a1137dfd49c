<?php
// Tidewater\A\B lives in src/A/B.php; a build also leaves a class map, which spares the look-ups.
declare(strict_types=1);

spl_autoload_register(static function (string $class): void {
    static $map = null;
    $map = $map ?? (is_file(__DIR__ . '/classmap.php') ? require __DIR__ . '/classmap.php' : []);
    if (strncmp($class, 'Tidewater\\', 10) !== 0) {
        return;
    }
    $file = $map[$class] ?? str_replace('\\', '/', substr($class, 10)) . '.php';
    if (is_file(__DIR__ . '/' . $file)) {
        require __DIR__ . '/' . $file;
    }
});
