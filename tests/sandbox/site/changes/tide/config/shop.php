<?php
declare(strict_types=1);

return [
    'version' => '1.9',
    'collection' => 'The tide collection',
    'headline' => ['Pots that', 'remember the sea'],
    'introduction' => 'Stoneware thrown by two people in a boat shed, glazed with kelp and crushed'
        . ' shell and fired for nineteen hours. No two are alike.',
    'colours' => [
        'paper' => '#f2f7f6',
        'soft' => '#d5e8e6',
        'line' => '#c2dbd9',
        'ink' => '#10272e',
        'muted' => '#54717a',
        'accent' => '#17798c',
        'deep' => '#0d4150',
        'glow' => '#7fd0c0',
        'clay' => '#d8c9b4',
    ],
    'sections' => ['hero', 'shelf', 'gift', 'glazes', 'running'],
    'shelf' => [
        ['Harbour vase', 'vase', '#17798c', 'Kelp ash over cobalt, 26 cm', 72],
        ['Low water bowl', 'bowl', '#5fb7a8', 'For soup, bread dough or keys', 48],
        ['Large jug', 'jug', '#2c5f78', 'Milk, water or tulips, 1.4 l', 52],
        ['Fisherman’s mug', 'mug', '#8ac6c1', 'Stays warm in a cold hand', 24],
    ],
];
