// The window may lose its opener at the agent's origin, so the two pages use a BroadcastChannel of their shared origin.

/** Time until the page says that nothing came back from the window, and until a silent agent counts as absent, in milliseconds. */
const timeouts = { window: 4_000, agent: 1_500 };

function setShown(id: string, isShown: boolean): void {
  const part = document.getElementById(id);
  if (part) part.hidden = !isShown;
}

function sayUnreachable(code: 'silent' | 'unreturned'): void {
  const place = document.getElementById('it-code');
  if (place) place.textContent = place.dataset[code] ?? '';
  setShown('unreachable', true);
  if (code === 'silent') document.getElementById('unreachable')?.focus();
}

/** Returns whether the page may call the agent. Where Local Network Access would ask the user for permission, it may not. */
async function mayCall(): Promise<boolean> {
  if (/^(localhost|127\.|\[::1\])/.test(location.hostname)) return true;
  for (const name of ['loopback-network', 'local-network-access'])
    try {
      return (await navigator.permissions.query({ name: name as PermissionName })).state === 'granted';
    } catch {
      // Unknown to this browser.
    }
  return /Chrome|Firefox/.test(navigator.userAgent);
}

/** Returns whether an agent is there; where it may not be called, what CIS heard of this network decides. */
async function isAgentThere({ presence, heard }: DOMStringMap): Promise<boolean> {
  if (!presence) return true;
  if (!(await mayCall())) return heard === 'true';
  const signal = AbortSignal.timeout(timeouts.agent);
  return fetch(presence, { cache: 'no-store', credentials: 'omit', signal }).then(
    ({ ok }) => ok,
    () => false,
  );
}

function watch(form: HTMLFormElement): void {
  const { channel = '', resume = '' } = form.dataset;
  new BroadcastChannel(channel).onmessage = () => location.assign(resume);
  let waiting: ReturnType<typeof setTimeout> | undefined;
  form.addEventListener('submit', async (event) => {
    const chosen = form.querySelector<HTMLInputElement>('input[name=authenticator]:checked');
    const pressed = event.submitter as HTMLButtonElement | null;
    if (!chosen?.dataset.window || pressed?.name) return;
    event.preventDefault();
    clearTimeout(waiting);
    setShown('unreachable', false);
    setShown('waiting', false);
    // No window opens before the agent responded, so that nobody sees the browser's own error page.
    if (!(await isAgentThere(form.dataset))) return sayUnreachable('silent');
    if (!window.open(chosen.dataset.window, 'alongside-hop', 'popup,width=540,height=720'))
      return form.submit();
    setShown('waiting', true);
    waiting = setTimeout(() => sayUnreachable('unreturned'), timeouts.window);
  });
}

const returned = document.querySelector<HTMLElement>('[data-returned]');
const form = document.querySelector<HTMLFormElement>('form[data-channel]');
if (returned) {
  new BroadcastChannel(returned.dataset.returned ?? '').postMessage('returned');
  setTimeout(() => window.close(), 50);
} else if (form) watch(form);
