<?php
declare(strict_types=1);

return [
    'version' => '1.0',
    'collection' => 'The ember collection',
    'headline' => ['Pots that', 'remember the fire'],
    'introduction' => 'Stoneware thrown by two people in a boat shed, glazed with ash from our own'
        . ' stove and fired for nineteen hours. No two are alike.',
    'colours' => [
        'paper' => '#fbf5ee',
        'soft' => '#f3dfcd',
        'line' => '#e6cdb8',
        'ink' => '#2c1c16',
        'muted' => '#7d6357',
        'accent' => '#c2502f',
        'deep' => '#6d2a1a',
        'glow' => '#f0a45d',
        'clay' => '#d9b08c',
    ],
    'sections' => ['hero', 'shelf', 'glazes', 'running'],
    'shelf' => [
        ['Harbour vase', 'vase', '#c2502f', 'Ash over iron, 26 cm', 68],
        ['Sunday teapot', 'teapot', '#8e3b24', 'Pours without a drip, 0.9 l', 84],
        ['Large jug', 'jug', '#e0a458', 'Milk, water or tulips, 1.4 l', 56],
        ['Fisherman’s mug', 'mug', '#a65f3a', 'Stays warm in a cold hand', 24],
    ],
];
