/* Shows the glaze under the pointer in the heading of the library. */
const note = document.querySelector('.glazes p');
const resting = note ? note.textContent : '';
document.querySelectorAll('.tiles li').forEach((tile) => {
  tile.addEventListener('pointerenter', () => { note.textContent = tile.title; });
  tile.addEventListener('pointerleave', () => { note.textContent = resting; });
});
