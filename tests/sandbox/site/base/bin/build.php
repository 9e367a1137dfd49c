<?php
// Builds the shop: assets named after their content, the class map, the facts of this build.
declare(strict_types=1);

$root = dirname(__DIR__);

function fail(string $sentence): void
{
    fwrite(STDERR, "build: $sentence\n");
    exit(1);
}

function save(string $file, string $text): void
{
    if (!is_dir(dirname($file)) && !mkdir(dirname($file), 0755, true)) {
        fail('cannot make the folder ' . dirname($file));
    }
    if (file_put_contents($file, $text) === false) {
        fail("cannot write $file");
    }
}

function smaller(string $text): string
{
    $text = preg_replace('~/\*.*?\*/~s', '', $text);
    return trim(preg_replace('~\s*\n\s*~', "\n", $text)) . "\n";
}

$names = [];
foreach (glob("$root/resources/*.{css,js}", GLOB_BRACE) as $file) {
    $text = smaller((string) file_get_contents($file));
    ['filename' => $stem, 'extension' => $extension] = pathinfo($file);
    $name = sprintf('%s.%s.%s', $stem, substr(hash('sha256', $text), 0, 10), $extension);
    save("$root/public/build/$name", $text);
    $names[basename($file)] = $name;
    printf("asset  %-10s -> public/build/%s (%d bytes)\n", basename($file), $name, strlen($text));
}
if ($names === []) {
    fail('there is nothing in resources/');
}
ksort($names);
save("$root/public/build/manifest.json", json_encode($names, JSON_PRETTY_PRINT) . "\n");

$classes = [];
$below = new RecursiveIteratorIterator(
    new RecursiveDirectoryIterator("$root/src", FilesystemIterator::SKIP_DOTS)
);
foreach ($below as $file) {
    $path = substr($file->getPathname(), strlen("$root/src/"));
    if (preg_match('~^[A-Z][A-Za-z0-9/]*\.php$~', $path)) {
        $classes['Tidewater\\' . str_replace('/', '\\', substr($path, 0, -4))] = $path;
    }
}
ksort($classes);
save("$root/src/classmap.php", "<?php\nreturn " . var_export($classes, true) . ";\n");
printf("map    %d classes\n", count($classes));

$facts = ['revision' => (string) getenv('REVISION'), 'ref' => (string) getenv('RELEASE_REF')];
save("$root/config/build.php", "<?php\nreturn " . var_export($facts, true) . ";\n");
printf("built  version %s\n", (require "$root/config/shop.php")['version']);
