<section class="gift" id="gift">
  <svg viewBox="0 0 120 120" aria-hidden="true">
    <rect x="14" y="48" width="92" height="60" rx="6" class="box"/>
    <rect x="8" y="34" width="104" height="22" rx="6" class="lid"/>
    <path d="M60 34v74M60 34c-34-2-34-30-12-24 10 3 12 24 12 24z"/>
    <path d="M60 34c34-2 34-30 12-24-10 3-12 24-12 24z"/>
  </svg>
  <div><h2>Wrapped in linen, if you like</h2>
  <p>Every piece can travel in a linen cloth with a handwritten card. It costs nothing.</p></div>
  <a class="button" href="#shelf">Choose a gift</a>
</section>
