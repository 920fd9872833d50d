// Reloads the page when the state changes or the time is over. Does not poll while the page is hidden.

/** Milliseconds between two polls. After each failure the pause doubles, up to the longest. */
const interval = 1_000;
const longestPause = 16_000;

function watch({ content, dataset }: HTMLMetaElement): void {
  const until = performance.now() + Number(dataset.left);
  let pause = interval;
  const look = async (): Promise<void> => {
    if (document.hidden) return document.addEventListener('visibilitychange', look, { once: true });
    let answer: Response;
    try {
      answer = await fetch(content, { cache: 'no-store', redirect: 'error' });
      if (answer.status === 429 || answer.status >= 500) throw new Error('later');
      pause = interval;
    } catch {
      pause = Math.min(2 * pause, longestPause);
      if (performance.now() < until) setTimeout(look, pause);
      return;
    }
    const isAsBefore = answer.ok && (await answer.json()).state === dataset.state;
    if (isAsBefore && performance.now() < until) setTimeout(look, pause);
    else location.reload();
  };
  setTimeout(look, pause);
}

const watched = document.querySelector<HTMLMetaElement>('meta[name=watched]');
if (watched) watch(watched);
