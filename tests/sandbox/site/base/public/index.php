<?php
// Everything but /api/ and files enters here.
declare(strict_types=1);

require dirname(__DIR__) . '/src/autoload.php';

$running = new Tidewater\Running(__DIR__);
(new Tidewater\Shop($running))->answer($_SERVER['REQUEST_URI'] ?? '/')->send($running);
