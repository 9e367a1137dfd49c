<?php
use Tidewater\{Glazes, Storage, View};

$make = static fn (): string => View::part('tiles', ['glazes' => Glazes::all()]);
$tiles = Storage::cached('glazes.html', $make);
?>
<section class="glazes" id="glazes">
  <div><h2>The glaze library</h2>
  <p>One hundred and twenty recipes, tested on a tile each. Point at one to read its name.</p></div>
  <?= $tiles ?>
</section>
