// Calls only the agent's own origin. A reload loses typed digits only if the page is over anyway.

/** Polling interval of a page in milliseconds. */
const interval = 700;

function watch({ dataset: { state = '', step } }: HTMLElement): void {
  // A reload must not replace a submitted form or a followed link.
  let isLeaving = false;
  for (const event of ['submit', 'beforeunload'])
    addEventListener(event, () => {
      isLeaving = true;
    });
  const look = async (): Promise<void> => {
    if (isLeaving) return;
    try {
      const answer = await fetch(state, { cache: 'no-store', credentials: 'omit', redirect: 'error' });
      const known = answer.ok ? (await answer.json()).step : 'over';
      if (!isLeaving && known !== step) return location.replace(location.pathname);
    } catch {
      // The agent does not answer: try again.
    }
    setTimeout(look, interval);
  };
  setTimeout(look, interval);
}

const place = document.querySelector<HTMLElement>('[data-state]');
if (place) watch(place);
