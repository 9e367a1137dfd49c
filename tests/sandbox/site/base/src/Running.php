<?php
declare(strict_types=1);

namespace Tidewater;

/**
 * Which release this answer was made by, told by the code that ran and by nothing else.
 *
 * `__DIR__` is fixed when PHP compiles a file, so a worker that still runs an old copy says so.
 */
final class Running
{
    private string $index;

    public function __construct(string $publicFolder)
    {
        $this->index = basename(dirname($publicFolder));
    }

    public function index(): string
    {
        return $this->index;
    }

    public function ofOneClass(): string
    {
        return basename(dirname(__DIR__));
    }

    /** The distinct releases of all glaze classes: one name, or the answer is a mixture. */
    public function ofAllClasses(): array
    {
        return array_values(array_unique(array_map(
            static fn (string $class): string => $class::release(),
            Glazes::classes()
        )));
    }

    public function header(): string
    {
        $names = [$this->index(), $this->ofOneClass()];
        $all = implode(',', array_map('rawurlencode', $this->ofAllClasses()));
        return implode(' ', array_map('rawurlencode', $names)) . ' ' . $all;
    }

    public function toArray(): array
    {
        return [
            'version' => Config::get('version'),
            'colour' => Config::get('colours')['accent'],
            'release' => $this->index(),
            'index' => $this->index(),
            'class' => $this->ofOneClass(),
            'classes' => $this->ofAllClasses(),
            'revision' => Config::build('revision'),
            'pool' => $_SERVER['POOL'] ?? '',
            'worker' => getmypid(),
        ];
    }
}
