<?php
declare(strict_types=1);

namespace Tidewater;

final class Shop
{
    private const SLOW_PAGE_MICROSECONDS = 300000;

    private Running $running;

    public function __construct(Running $running)
    {
        $this->running = $running;
    }

    public function answer(string $address): Answer
    {
        switch (parse_url($address, PHP_URL_PATH)) {
            case '/':
            case '/index.php':
                return Answer::page(View::page('home', ['running' => $this->running]));
            case '/version':
                return Answer::json($this->running->toArray());
            case '/slow':
                // The pause comes before most classes are loaded, as a slow query would.
                usleep(self::SLOW_PAGE_MICROSECONDS);
                return Answer::json($this->running->toArray());
            default:
                return Answer::page(View::page('lost', ['running' => $this->running]), 404);
        }
    }
}
