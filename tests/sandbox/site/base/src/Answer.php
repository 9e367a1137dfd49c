<?php
declare(strict_types=1);

namespace Tidewater;

final class Answer
{
    private int $status;
    private string $type;
    private string $body;

    private function __construct(int $status, string $type, string $body)
    {
        $this->status = $status;
        $this->type = $type;
        $this->body = $body;
    }

    public static function page(string $body, int $status = 200): self
    {
        return new self($status, 'text/html; charset=utf-8', $body);
    }

    public static function json(array $body, int $status = 200): self
    {
        $flags = JSON_PRETTY_PRINT | JSON_UNESCAPED_SLASHES | JSON_UNESCAPED_UNICODE;
        return new self($status, 'application/json', json_encode($body, $flags) . "\n");
    }

    public function send(Running $running): void
    {
        http_response_code($this->status);
        header('Content-Type: ' . $this->type);
        header('Cache-Control: no-store');
        header('Shop-Release: ' . $running->header());
        header('Content-Length: ' . strlen($this->body));
        echo $this->body;
    }
}
