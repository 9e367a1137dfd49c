<?php
declare(strict_types=1);

namespace Tidewater;

abstract class Glaze
{
    abstract public static function release(): string;

    abstract public function name(): string;

    abstract public function colour(): string;

    /** @return array<string, float> share of each material, in percent */
    abstract public function recipe(): array;

    abstract public function firing(): string;
}
