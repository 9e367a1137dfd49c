<?php
declare(strict_types=1);

namespace Tidewater;

final class View
{
    /** Return the page `templates/$name.php` inside `templates/frame.php`. */
    public static function page(string $name, array $values): string
    {
        return self::part('frame', $values + ['content' => self::part($name, $values)]);
    }

    public static function part(string $name, array $values = []): string
    {
        $file = dirname(__DIR__) . '/templates/' . $name . '.php';
        extract($values, EXTR_SKIP);
        ob_start();
        require $file;
        return (string) ob_get_clean();
    }

    public static function text(string $text): string
    {
        return htmlspecialchars($text, ENT_QUOTES, 'UTF-8');
    }

    /** Return the addresses of the built files of a kind; their names change with their content. */
    public static function assets(string $extension): array
    {
        $file = dirname(__DIR__) . '/public/build/manifest.json';
        $names = is_file($file) ? json_decode((string) file_get_contents($file), true) : [];
        $wanted = preg_grep('~\\.' . $extension . '$~', $names);
        return array_map(static fn (string $name): string => '/build/' . $name, $wanted);
    }
}
