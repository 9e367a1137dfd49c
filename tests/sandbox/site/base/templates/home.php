<?php
use Tidewater\{Config, View};

foreach (Config::get('sections') as $section) {
    echo View::part($section, ['running' => $running]);
}
