// A second submission would find the sign-in completed, and its error would replace the response to the first.

/** Time before the form may be submitted again, in milliseconds. */
const submissionPause = 10_000;

for (const form of document.forms) {
  if (form.method !== 'post') continue;
  let isSent = false;
  const allow = () => {
    isSent = false;
  };
  form.addEventListener('submit', (event) => {
    if (isSent) event.preventDefault();
    else setTimeout(allow, submissionPause);
    isSent = true;
  });
  window.addEventListener('pageshow', allow);
}
