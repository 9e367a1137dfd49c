<?php
declare(strict_types=1);

namespace Tidewater;

/** Settings: the release's (config/), the build's (config/build.php), this server's (.env). */
final class Config
{
    private static ?array $shop = null;
    private static ?array $shared = null;

    public static function get(string $name)
    {
        self::$shop = self::$shop ?? require dirname(__DIR__) . '/config/shop.php';
        return self::$shop[$name];
    }

    public static function build(string $name): string
    {
        $file = dirname(__DIR__) . '/config/build.php';
        return is_file($file) ? (require $file)[$name] : '';
    }

    public static function shared(string $name, string $default): string
    {
        $file = dirname(__DIR__) . '/.env';
        if (self::$shared === null) {
            $read = is_file($file) ? parse_ini_file($file, false, INI_SCANNER_RAW) : false;
            self::$shared = $read ?: [];
        }
        return self::$shared[$name] ?? $default;
    }
}
