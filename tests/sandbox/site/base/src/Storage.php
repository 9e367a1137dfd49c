<?php
declare(strict_types=1);

namespace Tidewater;

/** What the shop writes: letters are kept for ever (shared), the cache goes with its release. */
final class Storage
{
    public static function subscribe(string $address): int
    {
        $file = self::lettersFile();
        file_put_contents($file, $address . "\n", FILE_APPEND | LOCK_EX);
        return count(file($file));
    }

    /** Answer what `$make` returns; made once per release where var/cache can be written. */
    public static function cached(string $name, callable $make): string
    {
        $file = self::cacheFolder() . '/' . $name;
        if (is_file($file)) {
            return (string) file_get_contents($file);
        }
        $text = $make();
        if (is_dir(self::cacheFolder()) && is_writable(self::cacheFolder())) {
            $draft = $file . '.' . getmypid();
            file_put_contents($draft, $text);
            rename($draft, $file);
        }
        return $text;
    }

    public static function report(): array
    {
        $root = dirname(__DIR__);
        return [
            'env' => is_file($root . '/.env'),
            'storage_writable' => is_dir($root . '/storage') && is_writable($root . '/storage'),
            'cache_writable' => is_dir(self::cacheFolder()) && is_writable(self::cacheFolder()),
            'subscribers' => is_file(self::lettersFile()) ? count(file(self::lettersFile())) : 0,
        ];
    }

    private static function lettersFile(): string
    {
        return dirname(__DIR__) . '/storage/letters.txt';
    }

    private static function cacheFolder(): string
    {
        return dirname(__DIR__) . '/var/cache';
    }
}
