// Lets the shown time run: this tab counts the seconds since the server drew it.
let drawn: string | undefined;
let since = 0;
setInterval(() => {
  const shown = document.getElementById('ticking');
  if (!(shown instanceof HTMLTimeElement) || shown.dataset.runs !== 'true') return;
  if (drawn !== shown.dateTime) {
    drawn = shown.dateTime;
    since = performance.now();
  }
  const time = new Date(Date.parse(drawn) + performance.now() - since);
  shown.textContent = `${time.toISOString().slice(0, 19).replace('T', ' ')} UTC`;
}, 500);
