<?php use Tidewater\View; ?>
<ol class="tiles">
<?php foreach ($glazes as $glaze): ?>
<li style="--tile:<?= $glaze->colour() ?>" title="<?= View::text(
    $glaze->name() . ' - ' . $glaze->firing()
) ?>"></li>
<?php endforeach ?>
</ol>
