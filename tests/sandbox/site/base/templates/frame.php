<?php use Tidewater\{Config, View}; ?>
<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>Tidewater - stoneware from a boat shed</title>
<meta name="description" content="The web shop of a small pottery.">
<link rel="icon" href="/favicon.svg" type="image/svg+xml">
<style>:root {
<?php foreach (Config::get('colours') as $name => $colour): ?>--<?= $name ?>: <?= $colour ?>;
<?php endforeach ?>}</style>
<?php foreach (View::assets('css') as $address): ?><link rel="stylesheet" href="<?= $address ?>">
<?php endforeach ?></head>
<body>
<header class="top">
  <a class="mark" href="/">
    <svg viewBox="0 0 40 40" aria-hidden="true"><circle cx="20" cy="20" r="20"/>
    <path d="M14 9h12c0 5-3 6 1 10 6 5 2 13-3 13h-8c-5 0-9-8-3-13 4-4 1-5 1-10z"/></svg>
    Tidewater</a>
  <nav aria-label="Shop"><a href="#shelf">Shop</a><a href="#glazes">Glazes</a>
  <a href="#running">Workshop</a></nav>
  <span class="pill">Version <?= Config::get('version') ?></span>
</header>
<main><?= $content ?></main>
<footer><span>Tidewater Pottery, the old boat shed</span>
<span><?= View::text(Config::shared('SHOP_GREETING', 'Open by appointment')) ?></span></footer>
<?php foreach (View::assets('js') as $address): ?><script src="<?= $address ?>" defer></script>
<?php endforeach ?></body>
</html>
