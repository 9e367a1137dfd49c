<?php
// Everything below /api/ enters here: a PHP pool of its own runs it.
declare(strict_types=1);

require dirname(__DIR__, 2) . '/src/autoload.php';

$running = new Tidewater\Running(dirname(__DIR__));
(new Tidewater\Api($running))
    ->answer($_SERVER['REQUEST_METHOD'] ?? 'GET', $_SERVER['REQUEST_URI'] ?? '/api/')
    ->send($running);
