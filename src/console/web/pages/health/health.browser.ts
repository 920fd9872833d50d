// Asks for new figures every five seconds while the page is visible.
setInterval(() => {
  if (!document.hidden) document.dispatchEvent(new CustomEvent('alongside:refresh', { detail: ['key'] }));
}, 5_000);
