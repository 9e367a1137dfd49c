<?php
declare(strict_types=1);

namespace Tidewater;

/** The glaze library: one class per glaze, in src/Glazes/. */
final class Glazes
{
    public const COUNT = 120;

    /** @return string[] */
    public static function classes(): array
    {
        return array_map(
            static fn (int $number): string => sprintf('Tidewater\\Glazes\\Glaze%03d', $number),
            range(1, self::COUNT)
        );
    }

    /** @return Glaze[] */
    public static function all(): array
    {
        return array_map(static fn (string $class): Glaze => new $class(), self::classes());
    }
}
