// Shows the link of a new invitation, which the console returns only once.
const link = document.getElementById('invitation-link');
document.getElementById('invite')?.addEventListener('alongside:done', (event) => {
  if (!(event instanceof CustomEvent) || !link) return;
  const url = String(event.detail.url);
  const code = link.querySelector('code');
  const button = link.querySelector<HTMLButtonElement>('button');
  if (code) code.textContent = url;
  if (button) button.dataset.copy = url;
  link.hidden = false;
  button?.focus();
});
