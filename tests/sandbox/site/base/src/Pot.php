<?php
declare(strict_types=1);

namespace Tidewater;

/** Drawings of what the shop sells: 200 by 220 units, standing on y = 200. */
final class Pot
{
    private const BODIES = [
        'vase' => 'M78 30h44c2 22-4 34 6 48 22 24 34 44 34 70 0 30-22 52-40 52h-44'
            . 'c-18 0-40-22-40-52 0-26 12-46 34-70 10-14 4-26 6-48z',
        'bottle' => 'M90 24h20l2 66c4 16 36 24 36 66 0 28-14 44-28 44h-40c-14 0-28-16-28-44'
            . ' 0-42 32-50 36-66z',
        'bowl' => 'M30 110h140c0 52-28 82-52 86v4h-36v-4c-24-4-52-34-52-86z',
        'mug' => 'M52 92h84c2 40 2 72-6 108h-72c-8-36-8-68-6-108z',
        'jug' => 'M74 60l-12-14h70c-4 20 0 30 8 44 16 26 18 50 10 80-4 18-14 30-24 30h-54'
            . 'c-12 0-22-12-26-32-6-30-2-54 14-78 8-12 12-20 14-30z',
        'teapot' => 'M48 140c0-36 24-54 56-54s56 18 56 54c0 34-20 60-34 60h-44c-14 0-34-26-34-60z',
    ];
    private const BEHIND = [
        'mug' => '<path d="M132 112c46-8 46 62-4 62" class="handle"/>',
        'jug' => '<path d="M136 78c48-10 50 66 12 76" class="handle"/>',
        'teapot' => '<path d="M154 116c38-4 38 58-8 62" class="handle"/>'
            . '<path d="M56 164c-26-6-28-44-46-50l16-9c18 8 24 24 36 30z" class="glaze"/>'
            . '<circle cx="104" cy="78" r="10" class="glaze"/>',
    ];
    private const GLAZE_ENDS = ['vase' => 148, 'bottle' => 138, 'bowl' => 156, 'mug' => 150,
        'jug' => 144, 'teapot' => 158];

    public static function drawing(string $shape, string $colour): string
    {
        static $count = 0;
        $id = 'pot' . ++$count;
        $end = self::GLAZE_ENDS[$shape];
        // The lower edge of a glaze is never straight: it runs in the kiln.
        $glaze = "M0 0h200v{$end}c-14 18-22-10-40 2s-20 22-36 6-24-8-38 4-22-14-40-2-26 8-46-4z";
        $body = self::BODIES[$shape];
        return "<g class=\"pot\" style=\"--glaze:{$colour}\">"
            . '<ellipse cx="102" cy="202" rx="62" ry="7" class="shade"/>'
            . (self::BEHIND[$shape] ?? '')
            . "<clipPath id=\"{$id}\"><path d=\"{$body}\"/></clipPath>"
            . "<g clip-path=\"url(#{$id})\">"
            . '<path d="M0 0h200v220H0z" class="clay"/>'
            . "<path d=\"{$glaze}\" class=\"glaze\"/>"
            . '<path d="M120 0h90v220h-70c20-60 22-140-20-220z" class="dark"/>'
            . '<path d="M68 120c-4 8-5 15-4 22" class="light"/></g></g>';
    }
}
