// Hands the response of a sign-in to the tab of Build a request, and removes it from the address.
const response = Object.fromEntries(new URLSearchParams(location.search));
history.replaceState(null, '', location.pathname);
const channel = new BroadcastChannel('alongside-build');
channel.onmessage = ({ data }) => {
  if (data?.taken !== response.state) return;
  const note = document.getElementById('handed');
  if (note) note.textContent = 'The other tab has the response. You can close this one.';
};
channel.postMessage({ response });
