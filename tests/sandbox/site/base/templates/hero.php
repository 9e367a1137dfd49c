<?php
use Tidewater\{Config, Pot};

$colours = Config::get('colours');
[$first, $second] = Config::get('headline');
?>
<section class="hero">
  <div class="words">
    <p class="eyebrow"><?= Config::get('collection') ?></p>
    <h1><?= $first ?> <em><?= $second ?></em></h1>
    <p class="lead"><?= Config::get('introduction') ?></p>
    <p class="actions"><a class="button" href="#shelf">See the shelf</a>
    <a class="quiet" href="#glazes">Browse 120 glazes</a></p>
  </div>
  <svg class="still" viewBox="0 0 560 500" role="img" aria-label="Three pots before a low sun">
    <defs><linearGradient id="sun" x1="0" y1="0" x2="0" y2="1">
      <stop offset="0" stop-color="<?= $colours['glow'] ?>"/>
      <stop offset="1" stop-color="<?= $colours['accent'] ?>"/></linearGradient></defs>
    <circle cx="290" cy="236" r="206" fill="url(#sun)"/>
    <g class="line" stroke="<?= $colours['paper'] ?>" stroke-width="3" opacity=".55">
      <path d="M120 128c20-14 38-14 58 0s38 14 58 0 38-14 58 0 38 14 58 0 38-14 58 0"/>
      <path d="M178 84c20-14 38-14 58 0s38 14 58 0 38-14 58 0"/></g>
    <g class="line" stroke="<?= $colours['deep'] ?>" stroke-width="4">
      <path d="M408 236c2-58 22-104 10-160M412 178c20-8 34-26 38-46M414 140c-20-8-30-24-32-44"/></g>
    <g fill="<?= $colours['deep'] ?>">
      <ellipse cx="417" cy="66" rx="9" ry="17" transform="rotate(-8 417 66)"/>
      <ellipse cx="456" cy="120" rx="8" ry="15" transform="rotate(24 456 120)"/>
      <ellipse cx="378" cy="86" rx="8" ry="15" transform="rotate(-20 378 86)"/></g>
    <rect x="24" y="440" width="512" height="16" rx="8" fill="<?= $colours['deep'] ?>"/>
    <g transform="translate(84 76) scale(1.82)"><?= Pot::drawing('vase', $colours['deep']) ?></g>
    <g transform="translate(302 208) scale(1.16)"><?= Pot::drawing('bottle', $colours['ink']) ?></g>
    <g transform="translate(16 262) scale(.89)"><?= Pot::drawing('bowl', $colours['glow']) ?></g>
  </svg>
</section>
