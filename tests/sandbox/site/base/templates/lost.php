<section class="lost"><h1>Nothing on <em>this shelf</em></h1>
<p class="lead">There is no page at this address.</p>
<p class="actions"><a class="button" href="/">Back to the shop</a></p></section>
