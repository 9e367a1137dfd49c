<?php
use Tidewater\{Config, Pot, Stock, View};

$currency = View::text(Config::shared('SHOP_CURRENCY', '€'));
?>
<section class="shelf" id="shelf">
  <h2>On the shelf today</h2>
  <ul>
  <?php foreach (Config::get('shelf') as [$name, $shape, $colour, $note, $price]): ?>
    <li><svg viewBox="0 0 200 220" aria-hidden="true"><?= Pot::drawing($shape, $colour) ?></svg>
    <h3><?= View::text($name) ?></h3><p><?= View::text($note) ?></p>
    <strong><?= $currency . $price ?></strong>
    <small><?= Stock::left($name) ?> left</small></li>
  <?php endforeach ?>
  </ul>
</section>
