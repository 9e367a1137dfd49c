<?php
use Tidewater\View;

$now = $running->toArray();
$rows = [
    'Version' => $now['version'],
    'Release' => $now['release'],
    'Commit' => substr($now['revision'], 0, 10) ?: 'not built from git',
    'All 120 classes' => implode(', ', $now['classes']),
    'Answered by' => 'pool ' . $now['pool'] . ', process ' . $now['worker'],
];
?>
<section class="running" id="running">
  <h2>What answered you</h2>
  <dl><?php foreach ($rows as $name => $value): ?>
  <div><dt><?= $name ?></dt><dd><?= View::text((string) $value) ?></dd></div>
  <?php endforeach ?></dl>
</section>
