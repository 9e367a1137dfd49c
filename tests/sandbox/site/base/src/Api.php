<?php
declare(strict_types=1);

namespace Tidewater;

final class Api
{
    private Running $running;

    public function __construct(Running $running)
    {
        $this->running = $running;
    }

    public function answer(string $method, string $address): Answer
    {
        switch ($method . ' ' . parse_url($address, PHP_URL_PATH)) {
            case 'GET /api/':
                return Answer::json($this->running->toArray() + ['server' => Storage::report()]);
            case 'POST /api/letters':
                return $this->subscribe((string) ($_POST['address'] ?? ''));
            default:
                return Answer::json(['error' => 'There is nothing at this address.'], 404);
        }
    }

    private function subscribe(string $address): Answer
    {
        if (!filter_var($address, FILTER_VALIDATE_EMAIL)) {
            return Answer::json(['error' => 'This is not an e-mail address.'], 422);
        }
        return Answer::json(['subscribers' => Storage::subscribe($address)], 201);
    }
}
